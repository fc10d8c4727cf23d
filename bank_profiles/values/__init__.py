"""Text ⇄ value: one cell at a time in plain Python, whole columns in Arrow."""
