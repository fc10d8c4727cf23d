"""Discs and sticks (domain rule 26): written, sealed, handed over by two persons, taken in, given back or destroyed; never lost, never strange."""
