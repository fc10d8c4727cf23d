"""The supervisor's figures (domain rules 82–86): read from counters, closed by month, reckoned again from raw events."""
