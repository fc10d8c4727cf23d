"""A profile proves itself: rows made up from it come back equal, and damage to good files is noticed by name."""
