"""A month of many banks on a clock that is not the machine's: everything happens that may, and every line must end answered or named."""
