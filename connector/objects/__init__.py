"""Sealed bytes kept under their digest: parcels as they went out or arrived, and segments of answers."""
