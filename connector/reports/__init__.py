"""Household reports: all that is known of a household put together, and the forms it is given in."""
