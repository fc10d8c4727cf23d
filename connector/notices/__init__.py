"""Telling people outside: a letter by mail, a signed message by webhook. Batches, counts and days; never a person's data."""
