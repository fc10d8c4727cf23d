"""The papers that go with a question where a bank wants them: who waits for a scan, what is carried, and how much fits into one parcel."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from functools import partial
from typing import Any

from bank_profiles.errors import Problems
from bank_profiles.language.packages import Papers
from bank_profiles.language.profile import Profile
from bank_profiles.packing.limits import ENTRIES_MAX, PACKED_BYTES_MAX
from bank_profiles.papers import Paper, paper_of
from connector.bank import Bank
from connector.ledger import authorizations, rosters
from connector.ledger.rows import AnyRow, Tx
from connector.parts import Parts, problem

# What a reader takes of one package, with room for the files of lines, their lists, and what packing adds to scans.
SCANS_MAX = ENTRIES_MAX - 16
SCAN_BYTES_MAX = PACKED_BYTES_MAX - (16 << 20)


class TooMuch(Exception):
    """These lines, or their scans, do not fit into one parcel: fewer lines do."""


def waiting(tx: Tx, profile: Profile, roster: int) -> set[int]:
    """Positions of a roster that are not sent to a bank of this profile yet: some paper of the household has no scan.

    They wait, and are cut as soon as it is attached: an authorization is handed in at a counter, its scan perhaps a day later.
    """
    agreed = profile.inquiry.authorization
    return set() if agreed is None or agreed.carries == "letter" else set(authorizations.unscanned_positions(tx, roster))


def told(parts: Parts, tx: Tx, code: str, now: datetime) -> list[dict[str, Any]]:
    """For ``status``: that lines wait at this bank for the scans of their authorizations."""
    try:
        profile = parts.banks.working[code].profile_on(parts.day(now))
    except Problems:  # no edition of its profile holds today: told where a step finds it
        return []
    agreed = profile.inquiry.authorization
    if agreed is None or agreed.carries == "letter":
        return []
    rows = rosters.uncut(tx, code)
    lines = sum(len(waiting(tx, profile, key).intersection(rosters.free_positions(tx, key, code))) for key in rows)
    said = problem(
        "scans-awaited",
        "授权书须随查询送出，而扫描件尚未附上，未送出；请用 connector authorization attach 附上",
        "the authorization goes with the question here and its scan is not attached; not sent yet. Attach it: connector authorization"
        " attach",
    )
    return [{**said, "about": [f"{lines}"], "alarm": True}] if lines else []


def harmless(parts: Parts, tx: Tx, now: datetime) -> set[str]:
    """The connected banks that get no scan and no digest of one: by the edition that holds today, and by those their batches are in."""
    return {code for code, bank in parts.banks.working.items() if not any(map(_shows_scans, _spoken(tx, bank, parts.day(now))))}


def _spoken(tx: Tx, bank: Bank, today: date) -> Iterator[Profile | None]:
    """None for an edition that is not there any more."""
    asked: list[Callable[[], Profile]] = [partial(bank.profile_on, today)]
    asked += [partial(bank.edition, each) for each in rosters.editions(tx, bank.code)]
    for read in asked:
        try:
            yield read()
        except Problems:
            yield None


def _shows_scans(profile: Profile | None) -> bool:
    agreed = profile.inquiry.authorization if profile else None
    return profile is None or (agreed is not None and agreed.carries != "letter")


def carried(parts: Parts, tx: Tx, profile: Profile, rows: Sequence[AnyRow]) -> list[Paper]:
    """The papers of these lines, each once, as the profile wants them. Raises TooMuch."""
    agreed = profile.inquiry.authorization
    if agreed is None:
        return []
    papers: dict[int, Paper] = {}
    size = 0
    for row in rows:
        if row.authorization not in papers:
            papers[row.authorization] = paper = _paper(parts, tx, agreed, row)
            size += len(paper.scan or b"")
        if agreed.carries == "scan" and len(rows) > 1 and (len(papers) > SCANS_MAX or size > SCAN_BYTES_MAX):
            raise TooMuch
    return list(papers.values())


def _paper(parts: Parts, tx: Tx, agreed: Papers, row: AnyRow) -> Paper:
    number = row.authorization_no
    if agreed.carries == "letter" or row.scan_object is None:
        return Paper(number)
    if agreed.carries == "digest" and agreed.digest == "sha256":
        return Paper(number, row.scan_digest)
    scan = parts.vault.open(tx, row.scan_key, b"".join(parts.objects.get(row.scan_object)), f"scan {row.authorization}")
    return paper_of(agreed, number, scan)
