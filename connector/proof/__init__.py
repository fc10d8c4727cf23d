"""The completeness proof: every person, bank and class accounted for, each with its evidence."""
