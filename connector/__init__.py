"""REMEMBERS and MOVES: who may ask, the ledger, the steps, the other side, the clock."""
