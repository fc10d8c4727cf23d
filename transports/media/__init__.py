"""Media: volumes that two persons carry: what lies on one, in what order, proved by what. Knows no register and no person."""

from transports.media.road import Media, MediaSettings

__all__ = ["Media", "MediaSettings"]
