"""Records of a fixed number of bytes."""
