"""Discs and sticks as bytes: volumes cut, written with signed lists, read and held against them. Who may do so is connector/media's to say."""
