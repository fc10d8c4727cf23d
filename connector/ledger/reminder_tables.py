"""Reminders and escalations as records, and how each was delivered."""
