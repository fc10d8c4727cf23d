"""Laws are tried without a stopwatch and with the same cases on every machine."""

from hypothesis import settings

settings.register_profile("laws", deadline=None, derandomize=True)
settings.load_profile("laws")
