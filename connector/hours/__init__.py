"""HOURS: when a bank may be called, when it rests, by when it must answer; the calendar all of that is reckoned with."""
