"""The scan of an authorization: what may be one, kept sealed with its digest, and put in the place of a wrong one by two persons.

A bank that wants the papers gets the scan in its parcel (domain rule 1), so what is attached is looked at: a file of the kinds scanners
make, and not the scan of another paper. Once a bank has it in a parcel it stays: what was sent is on record as it was.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from connector.authorization import AuthorizationError
from connector.intake.desk import Desk
from connector.intake.errors import SheetError
from connector.intake.rows import Rows
from connector.intake.scanning import must_be_clean
from connector.ledger import audit, authorizations, people, rosters
from connector.ledger.rows import AnyRow, Tx
from reconciliation.identity import normalise_text

SCAN_BYTES_MAX = 32 * 2**20  # one paper, scanned
REPLACE = "replace-scan"  # the act of two persons

# How files of these kinds begin: PDF (ISO 32000-1, 7.5.2), JPEG (ITU-T T.81, B.1.1.3), PNG (ISO/IEC 15948, 5.2), TIFF of either order.
_BEGINNINGS = (b"%PDF-", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"II*\x00", b"MM\x00*")
_ZIP, _OFD = b"PK\x03\x04", b"OFD.xml"  # OFD (GB/T 33190-2016, 7.1): a zip whose entry of that name leads to the rest


@dataclass(frozen=True)
class Scans:
    """What became of a folder of scans."""

    attached: int = 0
    known: int = 0  # the same scan was attached before
    differ: tuple[str, ...] = ()  # authorization numbers that have another scan already
    of_another: tuple[str, ...] = ()  # whose file is the scan another authorization has
    not_scans: tuple[str, ...] = ()  # whose file is of no kind a scan is of
    too_large: tuple[str, ...] = ()
    infected: tuple[str, ...] = ()  # the virus scanner found something in them
    unmatched: int = 0  # files whose name is no authorization number of ours
    missing: int = 0  # authorizations of the sheet that have no scan


_OF_ONE_SCAN = ("scan-differs", "scan-of-another", "scan-kind-unknown", "scan-too-large", "infected")  # why it is not attached


def read_scan(path: Path) -> bytes:
    """The bytes of a scan, as far as ``attach`` needs them to keep it or to refuse it for its size."""
    with path.open("rb") as file:
        return file.read(SCAN_BYTES_MAX + 1)


def attach(desk: Desk, key: int, scan: bytes, who: str, now: datetime) -> bool:
    """Seal a scan and keep its digest; False when it is there already.

    Raises AuthorizationError: not a scan, another's, too large, or another one is attached; SheetError: infected; NotScanned.
    """
    digest = _looked_at(desk, scan)
    with desk.ledger.begin() as tx:
        before = authorizations.scan_digest(tx, key)
        if before is not None and before != digest:
            raise _differs()
        if before is None:
            _expect_nobody_elses(tx, desk.centre, key, digest)
            data_key, kept = _sealed(desk, tx, key, scan, now)
            authorizations.set_scan(tx, key, digest=digest, sealed_object=kept, data_key=data_key)
            detail, subject = {"digest": digest}, f"authorization {key}"
            audit.record(tx, at=now, who=who, what="scan-attached", centre=desk.centre, subject=subject, detail=detail)
    return before is None


def attach_folder(desk: Desk, folder: Path, rows: Rows, who: str, now: datetime) -> Scans:
    """Attach the files of a folder to the authorizations of a sheet, each named by its number: ``SQ3212832026110200.pdf``."""
    with desk.ledger.read() as tx:
        papers = authorizations.of_papers(tx, desk.centre, set(rows.papers))
    by_number: dict[str, list[AnyRow]] = {}
    for row in papers.values():
        by_number.setdefault(row.number, []).append(row)
    counts = {"attached": 0, "known": 0, "unmatched": 0}
    problems: dict[str, list[str]] = {code: [] for code in _OF_ONE_SCAN}
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
        of_another=tuple(problems["scan-of-another"]),
        not_scans=tuple(problems["scan-kind-unknown"]),
        too_large=tuple(problems["scan-too-large"]),
        infected=tuple(problems["infected"]),
        missing=len({row.id for row in papers.values()} - scanned),
    )


# ---------------------------------------------------------------- another in its place
def ask_replace(desk: Desk, key: int, scan: bytes, *, harmless: Collection[str], reason: str, by: str, now: datetime) -> int:
    """Keep another scan, sealed, and ask that it takes the place of the one attached; the number of the request.

    ``harmless``: the banks that get no scan (steps/papers.py); a batch at any other may hold the one attached.
    Raises AuthorizationError as ``attach`` does, and where there is none to replace or a bank has it already.
    """
    digest = _looked_at(desk, scan)
    with desk.ledger.begin() as tx:
        row = authorizations.one(tx, key)
        if row.scan_digest in (None, digest):
            raise AuthorizationError(
                "该授权书没有另一份扫描件可换；未作更改。请不带 --replace 附上。",
                "The authorization has no other scan that could be replaced; nothing was changed. Attach this one without --replace.",
                code="scan-not-replaced",
            )
        _expect_not_gone(tx, key, harmless)
        _expect_nobody_elses(tx, desk.centre, key, digest)
        for asked in people.waiting(tx, desk.centre):
            if asked.act == REPLACE and (asked.subject["authorization"], asked.subject["digest"]) == (key, digest):
                return int(asked.id)
        data_key, kept = _sealed(desk, tx, key, scan, now)
        paper = {"authorization": key, "number": row.number, "household_no": row.household_no, "before": row.scan_digest}
        subject = {**paper, "digest": digest, "object": kept, "data_key": data_key, "harmless": sorted(harmless)}
        return people.ask(tx, at=now, act=REPLACE, subject=subject, reason=reason, by=by)


def replace(tx: Tx, subject: Mapping[str, Any], now: datetime) -> None:
    """Carry out what two persons agreed. Raises AuthorizationError where it changed or went to a bank since it was asked."""
    key = subject["authorization"]
    if authorizations.scan_digest(tx, key) != subject["before"]:
        raise _differs()
    _expect_not_gone(tx, key, subject["harmless"])
    agreed = people.agreed(tx, REPLACE, subject)
    authorizations.set_scan(tx, key, digest=subject["digest"], sealed_object=subject["object"], data_key=subject["data_key"])
    detail = {"digest": subject["digest"], "before": subject["before"], "asked_by": agreed.asked_by, "approval": agreed.id}
    who, about = agreed.decided_by, f"authorization {key}"
    audit.record(tx, at=now, who=who, what="scan-replaced", centre=agreed.centre, subject=about, detail=detail)


# ---------------------------------------------------------------- rules
def _looked_at(desk: Desk, scan: bytes) -> str:
    """The digest (SHA-256) of what is a scan, and clean."""
    if len(scan) > SCAN_BYTES_MAX:
        raise AuthorizationError(
            f"扫描件超过 {SCAN_BYTES_MAX // 2**20} MiB；未保存。请降低分辨率。",
            f"The scan is above {SCAN_BYTES_MAX // 2**20} MiB; it was not kept. Scan with a lower resolution.",
            code="scan-too-large",
        )
    if not (scan.startswith(_BEGINNINGS) or (scan.startswith(_ZIP) and _OFD in scan)):
        raise AuthorizationError(
            "文件不是 PDF、OFD、JPEG、PNG 或 TIFF；未保存。请给出授权书的扫描件。",
            "The file is no PDF, OFD, JPEG, PNG or TIFF; it was not kept. Give the scan of the authorization.",
            code="scan-kind-unknown",
        )
    must_be_clean(desk, scan)
    return hashlib.sha256(scan).hexdigest()


def _expect_nobody_elses(tx: Tx, centre: str, key: int, digest: str) -> None:
    """A scan shows one paper; several households may have signed it, under one number."""
    others = authorizations.numbers_with_scan(tx, centre, digest) - {authorizations.one(tx, key).number}
    if others:
        named = ", ".join(sorted(others))
        raise AuthorizationError(
            f"此扫描件已是授权书 {named} 的；未保存。请核对文件与编号。",
            f"This is the scan of the authorization {named} already; it was not kept. Compare the file with the number.",
            code="scan-of-another",
        )


def _expect_not_gone(tx: Tx, key: int, harmless: Collection[str]) -> None:
    having = sorted(rosters.banks_with_paper(tx, key) - set(harmless))
    if having:
        named = ", ".join(having)
        raise AuthorizationError(
            f"扫描件已随查询封装给 {named}，不能更换；未作更改。请撤回此授权书（authorization withdraw），以新的编号重新受理。",
            f"A parcel for {named} holds the scan already, so it stays; nothing was changed. Withdraw the authorization (authorization"
            " withdraw) and bring the household in under a new one.",
            code="scan-sent",
        )


def _sealed(desk: Desk, tx: Tx, key: int, scan: bytes, now: datetime) -> tuple[int, str]:
    """(its data key, its object) once it is kept."""
    data_key, sealed = desk.vault.seal(tx, "scan", f"{now:%Y-%m}", scan, f"scan {key}")
    kept, _ = desk.objects.put([sealed])
    return data_key, kept


def _differs() -> AuthorizationError:
    return AuthorizationError(
        "该授权书已有另一份扫描件，摘要不同；未作更改。请核对原件；确需更换，用 authorization attach … --replace --reason …，须两人同意。",
        "Another scan with another digest is attached already; nothing was changed. Compare with the paper; to put this one in its place,"
        " two persons: authorization attach … --replace --reason …",
        code="scan-differs",
    )


def _files(folder: Path) -> Iterable[Path]:
    return sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
