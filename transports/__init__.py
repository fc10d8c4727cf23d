"""CARRIES: bytes on the road: seal, carry, fetch, open. Knows no person and no money."""
