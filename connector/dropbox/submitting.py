"""An answer submitted: whole uploads go to where collect takes them, once; and what became of it, read from the ledger every time."""

import dataclasses
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from bank_profiles.translation import unsealed_name
from connector.dropbox import batches, notes, problems, telling
from connector.dropbox.batches import Owned
from connector.dropbox.clients import Client
from connector.dropbox.notes import File, Note, Submission
from connector.dropbox.problems import Refusal
from connector.dropbox.uploads import Held, Uploads
from connector.ledger import answers, audit, rosters
from connector.ledger.rows import AnyRow, Tx
from connector.moments import moment
from connector.parts import Parts
from transports import shelf

_STATES = {
    "arrived": "received",
    "opened": "accepted",
    "rows-parked": "accepted",
    "duplicate": "accepted",
    "refused": "refused",
    "quarantined": "set-aside",
}
_ORDER = ("refused", "set-aside", "submitted", "received", "accepted")  # the first that is true of a file is true of the whole
_OVER = frozenset({"refused", "set-aside"})


@dataclasses.dataclass(frozen=True)
class Revision:
    """Of which answer (its id), and why."""

    of: str
    reason: str


def submit(
    parts: Parts, client: Client, batch: Owned, names: Sequence[str], now: datetime, *, revision: Revision | None = None
) -> dict[str, Any]:
    """Call these uploads (names on the wire) the bank's answer, or one that revises another. The same again gives the same.

    Raises Refusal. What a revision says differently is settle's to judge: it waits there for two persons.
    """
    note = notes.read(client.box, batch.row.id)
    uploads = Uploads(client.box.uploads(batch.row.id))
    submission = _again(note, names, uploads) or _new(parts, client, batch, note, names, uploads, now, revision)
    _bring(parts, client, batch, submission, uploads)
    return told(parts, batch, submission)


def _again(note: Note, names: Sequence[str], uploads: Uploads) -> Submission | None:
    """The submission these names are of already, unless one of them was brought anew."""
    for each in reversed(note.submissions):
        if {file.name for file in each.files} == set(names):
            anew = [held for file in each.files if (held := uploads.held(file.name)) and held.digest != file.digest]
            return None if anew else each
    return None


def _new(
    parts: Parts,
    client: Client,
    batch: Owned,
    note: Note,
    names: Sequence[str],
    uploads: Uploads,
    now: datetime,
    revision: Revision | None,
) -> Submission:
    with parts.ledger.read() as tx:
        _expect_open(tx, batch, note, revision)
    files = _whole(uploads, names)
    _expect_free(client, files)
    submission = Submission.of(batch.row.id, files, moment(now))
    with parts.ledger.begin() as tx:
        if revision is not None:
            reason = batches.sealed(parts, tx, batch.row, revision.reason, now)
            submission = dataclasses.replace(submission, revises=revision.of, reason=reason)
        detail = {"answer": submission.id, "digests": [file.digest for file in submission.files], "revises": submission.revises}
        audit.of_batch(tx, batch.row, at=now, who=client.who, what="dropbox-submitted", detail=detail)
    kept = [each for each in note.submissions if each.id != submission.id]
    notes.keep(client.box, batch.row.id, Note(note.taken_at, note.receipt, (*kept, submission)))
    return submission


def _expect_open(tx: Tx, batch: Owned, note: Note, revision: Revision | None) -> None:
    """One answer at a time; a batch that has all its results takes another answer only in place of one that was accepted."""
    row = rosters.find_batch(tx, batch.row.id)
    states = {each.id: _state(tx, row, each) for each in note.submissions}
    if revision is None:
        batches.expect_answerable(row)
    elif states.get(revision.of) != "accepted":
        raise Refusal(409, problems.NOT_REVISABLE)
    if {"submitted", "received"} & set(states.values()):
        raise Refusal(409, problems.PENDING)


def _whole(uploads: Uploads, names: Sequence[str]) -> list[File]:
    """Every file whole; all that are not are named at once by their place in the call."""
    held = [uploads.held(name) for name in names]
    missing = [problems.NOT_WHOLE.at(f"/files/{n}") for n, each in enumerate(held) if each is None or each.digest is None]
    if missing:
        raise Refusal(422, *missing)
    return [_file(name, each) for name, each in zip(names, held, strict=True) if each is not None]


def _file(name: str, held: Held) -> File:
    sm3 = None if held.sheet else shelf.digest(held.path, kind="sm3")
    return File(name, held.digest or "", held.total, sm3, held.sheet)


def _expect_free(client: Client, files: Sequence[File]) -> None:
    """What collect has not taken yet is never replaced."""
    taken = [problems.COLLISION.at(f"/files/{n}") for n, file in enumerate(files) if client.box.brought(file.name).exists()]
    if taken:
        raise Refusal(409, *taken)


def _bring(parts: Parts, client: Client, batch: Owned, submission: Submission, uploads: Uploads) -> None:
    """Each upload to where collect takes it; finished by the next call where this one was cut short."""
    for file in submission.files:
        held = uploads.held(file.name)
        if held is None or held.digest != file.digest:
            continue
        with parts.ledger.read() as tx:
            wanted = _over_or_new(answers.arrived(tx, batch.row.institution, file.name, file.digest))
        target = client.box.brought(file.name)
        if wanted and not target.exists():
            target.hardlink_to(held.path)
            shelf.sync(target.parent)
        uploads.drop(file.name)


def _over_or_new(arrived: AnyRow | None) -> bool:
    """Not taken yet, or taken once and refused: then the same bytes are read again."""
    return arrived is None or _STATES[arrived.state] in _OVER


# ---- what became of it --------------------------------------------------------------------------------------------------------------


def find(parts: Parts, client: Client, said: str) -> tuple[Owned, Submission]:
    """An answer by its id. Raises Refusal not-yours."""
    number, _, rest = said.partition("-")
    if number.isascii() and number.isdigit() and len(number) < 16 and rest:
        for each in notes.read(client.box, int(number)).submissions:
            if each.id == said:
                with parts.ledger.read() as tx:
                    row = rosters.find_batch(tx, int(number))
                return batches.owned(parts, client, row.number), each
    raise Refusal(404, problems.NOT_YOURS)


def of_name(parts: Parts, client: Client, batch: Owned, name: str) -> File | None:
    """The file of this name that was submitted for a batch and stands: not one that was refused or set aside."""
    with parts.ledger.read() as tx:
        for each in reversed(notes.read(client.box, batch.row.id).submissions):
            for file in each.files:
                if file.name == name and _file_state(tx, batch.row, file)[0] not in _OVER:
                    return file
    return None


def told(parts: Parts, batch: Owned, submission: Submission) -> dict[str, Any]:
    """An answer as its bank sees it: state, what is wrong, and the slip once it was accepted."""
    with parts.ledger.read() as tx:
        found = [(file, *_file_state(tx, batch.row, file)) for file in submission.files]
        slip = [_slip(tx, batch.row, file, arrived) for file, state, arrived in found if state == "accepted" and arrived]
    wrong = [telling.of_kept(arrived.problem) for _, _, arrived in found if arrived is not None and arrived.problem]
    return {
        "schema": "answer/1",
        "answer": submission.id,
        "batch": batch.row.number,
        "submitted_at": submission.at,
        "state": _worst(state for _, state, _ in found),
        "revises": submission.revises,
        "files": [_shown(batch, file) | {"state": state} for file, state, _ in found],
        "problems": telling.limited(wrong + [each for one in slip for each in one.pop("findings")]),
        "slip": slip if len(slip) == len(found) else None,
    }


def _shown(batch: Owned, file: File) -> dict[str, Any]:
    """As its bank knows it: of a sheet its own name and size, and no digest, for only a sealed parcel of it is here."""
    if file.sheet is None:
        return {"name": file.name, "size": file.size, "sha256": file.digest, "sm3": file.sm3}
    name = unsealed_name(batch.bank.edition(batch.row.edition), file.name)
    return {"name": name, "size": file.sheet.size, "sha256": None, "sm3": None}


def _state(tx: Tx, row: AnyRow, submission: Submission) -> str:
    return _worst(_file_state(tx, row, file)[0] for file in submission.files)


def _worst(states: Iterable[str]) -> str:
    return min(states, key=_ORDER.index)


def _file_state(tx: Tx, row: AnyRow, file: File) -> tuple[str, AnyRow | None]:
    arrived = answers.arrived(tx, row.institution, file.name, file.digest)
    return ("submitted", None) if arrived is None else (_STATES[arrived.state], arrived)


def _slip(tx: Tx, row: AnyRow, file: File, arrived: AnyRow) -> dict[str, Any]:
    """What an acceptance slip (受理单) says of a file: which edition of the answer it is, when it came, what it came to."""
    first = answers.known_digest(tx, row.institution, file.digest) or arrived
    edition = next((each for each in answers.editions(tx, row.id) if each.inbound in (arrived.id, first.id)), None)
    problems_kept = edition.problems if edition else []
    return {
        "batch": row.number,
        "sha256": file.digest,
        "received_at": edition.received_at if edition else arrived.arrived_at,
        "edition": edition.number if edition else None,
        "handed_in": edition.handed_in if edition else None,
        "late": bool(edition.late) if edition else None,
        "counts": edition.counts if edition else None,
        "findings": [telling.of_finding(each, row.number) for each in problems_kept if "position" in each],
    }
