"""When: the working days, the deadlines that run on them, and the duties of the clock."""
