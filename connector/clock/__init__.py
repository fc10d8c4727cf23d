"""WHEN: the duties of the clock, what is due, and when it will be done; a node runs them."""
