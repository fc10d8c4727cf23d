"""Appeals: a person disputes what a bank answered, and the bank is asked again about just that."""
