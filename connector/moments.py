"""Times as the ledger keeps them: UTC, one fixed width, so that they sort as text on every database."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo


def moment(at: datetime) -> str:
    """``2026-11-21T08:30:00.000000+00:00``; ``at`` must carry a zone."""
    if at.tzinfo is None:
        raise ValueError("a time without a zone")
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def parse(text: str) -> datetime:
    """The time kept under ``text``."""
    return datetime.fromisoformat(text)


def day_of(at: datetime | str, zone: ZoneInfo) -> str:
    """``2026-12-15``, by the clock on the centre's wall."""
    return f"{(parse(at) if isinstance(at, str) else at).astimezone(zone):%Y-%m-%d}"
