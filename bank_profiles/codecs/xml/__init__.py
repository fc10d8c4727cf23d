"""XML: a tree of elements ⇄ cells."""
