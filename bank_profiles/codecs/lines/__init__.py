"""Files of lines: between separators, under titles, with continuations, saying themselves which columns they have."""
