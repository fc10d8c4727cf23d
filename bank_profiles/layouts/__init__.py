"""A checked profile's file as plain data, ready for work."""
