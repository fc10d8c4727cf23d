"""One script for each edition of the tables, numbered."""
