"""JSON: a tree of objects ⇄ cells."""
