"""Appeals: what is disputed, by when it is to be answered, and how it ended."""
