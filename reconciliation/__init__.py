"""JUDGES: the records, and what can be concluded from them. Knows no file, no bank format; does no I/O."""
