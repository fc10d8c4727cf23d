"""What a bank said beside its answers: receipts of packages, and the parts an answer comes in."""
