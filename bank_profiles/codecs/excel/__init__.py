"""Workbooks: sheets ⇄ cells."""
