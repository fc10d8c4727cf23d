"""What comes back: receipts, answers in one part or several, editions of them, and what of it may count."""
