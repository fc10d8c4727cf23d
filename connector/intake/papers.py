"""Authorizations in the hand of a person: registered before a sheet cites them, withdrawn, ended, given their scans.

Withdrawing stops at once what was not sent: inquiries without places in a roster are withdrawn here; of those that have places the
steps stop every line not yet sent, because they ask for the state of the paper (domain rules 3, 4, 9).
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from connector.authorization import AuthorizationError, State, UnknownAuthorization
from connector.intake.checks import first_reasons
from connector.intake.desk import Desk
from connector.intake.errors import SheetError
from connector.intake.judging import household, whole_households
from connector.intake.rows import Rows
from connector.intake.scanning import must_be_clean
from connector.ledger import audit, authorizations, rosters
from connector.ledger.rows import AnyRow, Tx
from reconciliation.identity import normalise_text

SCAN_BYTES_MAX = 32 * 2**20  # one paper, scanned


@dataclass(frozen=True)
class Effect:
    """What a change of state stops: whole households, and persons of households already asked about."""

    households_stopped: int
    households_asked: int
    persons_asked: int


def find_one(tx: Tx, centre: str, number: str, household_no: str | None) -> AnyRow:
    """The authorization of this number. Raises UnknownAuthorization."""
    found = authorizations.find(tx, centre, normalise_text(number), household_no)
    if not found:
        raise UnknownAuthorization("没有这个授权书编号；请核对编号。", "No authorization has this number; check it.")
    if len(found) > 1:
        raise UnknownAuthorization(
            f"此编号用于 {len(found)} 户；请用 --household 指明家庭编号。",
            f"{len(found)} households have this number; name one with --household.",
            code="authorization-ambiguous",
        )
    return found[0]


def register(desk: Desk, rows: Rows, who: str, now: datetime) -> tuple[int, int]:
    """Register the papers of a sheet as drafts, nobody being asked about yet: (new, already known). Judged by the sheet alone."""
    whole = whole_households(rows, first_reasons(rows, desk.policy))
    homes = [household(rows, positions, desk.policy) for positions in whole.values()]
    cited = {(m.signature.authorization_no, home.household_no): home for home in homes for m in home.members}
    with desk.ledger.begin() as tx:
        known = authorizations.of_papers(tx, desk.centre, cited)
        fresh = {paper: home for paper, home in cited.items() if paper not in known}
        detail = {"digest": rows.sheet.digest}
        authorizations.register(tx, desk.centre, fresh, State.DRAFT, now=now, who=who, detail=detail)
    return len(fresh), len(known)


def effect(tx: Tx, key: int) -> Effect:
    """What would stop if this authorization were no longer in force."""
    citing = authorizations.citing(tx, key)
    asked = [row for row in citing if row.gathered_at is not None]
    waiting = [row for row in citing if row.gathered_at is None]
    return Effect(len(waiting), len(asked), sum(row.persons for row in asked))


def close(desk: Desk, number: str, household_no: str | None, to: State, why: str, who: str, now: datetime) -> Effect:
    """Withdraw (REVOKED) or end (ENDED) an authorization. Raises AuthorizationError, UnknownAuthorization."""
    if not why.strip():
        raise AuthorizationError("须写明理由；未作更改。", "A reason is needed; nothing was changed.", code="reason-missing")
    with desk.ledger.begin() as tx:
        row = find_one(tx, desk.centre, number, household_no)
        stopped = effect(tx, row.id)
        waiting = [inquiry.id for inquiry in authorizations.citing(tx, row.id) if inquiry.gathered_at is None]
        authorizations.move(tx, desk.centre, [row.id], to, now=now, who=who, why=why)
        rosters.withdraw(tx, waiting, now)
        for inquiry in waiting:
            detail = {"authorization": row.id, "state": str(to)}
            audit.record(
                tx, at=now, who=who, what="inquiry-withdrawn", centre=desk.centre, subject=f"inquiry {inquiry}", detail=detail
            )
    return stopped


# ---------------------------------------------------------------- scans
@dataclass(frozen=True)
class Scans:
    """What became of a folder of scans."""

    attached: int = 0
    known: int = 0  # the same scan was attached before
    differ: tuple[str, ...] = ()  # authorization numbers that have another scan already
    too_large: tuple[str, ...] = ()
    infected: tuple[str, ...] = ()  # the virus scanner found something in them
    unmatched: int = 0  # files whose name is no authorization number of ours
    missing: int = 0  # authorizations of the sheet that have no scan


def attach(desk: Desk, key: int, scan: bytes, who: str, now: datetime) -> bool:
    """Seal a scan and keep its digest; False when it is there already.

    Raises AuthorizationError: another scan, or too large; SheetError: infected; NotScanned.
    """
    digest = hashlib.sha256(scan).hexdigest()
    if len(scan) > SCAN_BYTES_MAX:
        raise AuthorizationError(
            f"扫描件超过 {SCAN_BYTES_MAX // 2**20} MiB；未保存。请降低分辨率。",
            f"The scan is above {SCAN_BYTES_MAX // 2**20} MiB; it was not kept. Scan with a lower resolution.",
            code="scan-too-large",
        )
    must_be_clean(desk, scan)
    with desk.ledger.begin() as tx:
        before = authorizations.scan_digest(tx, key)
        if before is not None and before != digest:
            raise AuthorizationError(
                "该授权书已有另一份扫描件，摘要不同；未作更改。请核对原件。",
                "Another scan with another digest is attached already; nothing was changed. Compare with the paper.",
                code="scan-differs",
            )
        if before is None:
            data_key, sealed = desk.vault.seal(tx, "scan", f"{now:%Y-%m}", scan, f"scan {key}")
            kept, _ = desk.objects.put([sealed])
            authorizations.set_scan(tx, key, digest=digest, sealed_object=kept, data_key=data_key)
            detail, subject = {"digest": digest}, f"authorization {key}"
            audit.record(tx, at=now, who=who, what="scan-attached", centre=desk.centre, subject=subject, detail=detail)
    return before is None


def read_scan(path: Path) -> bytes:
    """The bytes of a scan, as far as ``attach`` needs them to keep it or to refuse it for its size."""
    with path.open("rb") as file:
        return file.read(SCAN_BYTES_MAX + 1)


def attach_folder(desk: Desk, folder: Path, rows: Rows, who: str, now: datetime) -> Scans:
    """Attach the files of a folder to the authorizations of a sheet, each named by its number: ``SQ3212832026110200.pdf``."""
    with desk.ledger.read() as tx:
        papers = authorizations.of_papers(tx, desk.centre, set(rows.papers))
    by_number: dict[str, list[AnyRow]] = {}
    for row in papers.values():
        by_number.setdefault(row.number, []).append(row)
    counts = {"attached": 0, "known": 0, "unmatched": 0}
    problems: dict[str, list[str]] = {"scan-differs": [], "scan-too-large": [], "infected": []}
    scanned: set[int] = {row.id for row in papers.values() if row.scan_digest is not None}
    for path in _files(folder):
        number = normalise_text(path.stem)
        counts["unmatched"] += number not in by_number
        for row in by_number.get(number, ()):
            try:
                counts["attached" if attach(desk, row.id, read_scan(path), who, now) else "known"] += 1
                scanned.add(row.id)
            except (AuthorizationError, SheetError) as refused:
                problems[refused.code].append(number)
    return Scans(
        **counts,
        differ=tuple(problems["scan-differs"]),
        too_large=tuple(problems["scan-too-large"]),
        infected=tuple(problems["infected"]),
        missing=len({row.id for row in papers.values()} - scanned),
    )


def _files(folder: Path) -> Iterable[Path]:
    return sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
