"""The life of keys: how they come, are stopped and end; what each protected; when they run out."""
