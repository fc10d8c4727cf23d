"""What happened to lines, as events, and the counters kept with them."""
