"""The only door in: a sheet is read, judged row by row, held against the ledger and written in one transaction."""
