"""The journey, step by step: each begins at the ledger, does one thing, ends at the ledger; none calls another."""
