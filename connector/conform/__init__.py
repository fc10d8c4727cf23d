"""Does a bank's test system keep what its profile promises? Asked over its own road about invented persons, and certified."""
