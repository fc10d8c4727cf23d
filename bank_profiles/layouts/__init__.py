"""A checked profile's file as plain data, ready for work, and a cell by the rules of its field."""
