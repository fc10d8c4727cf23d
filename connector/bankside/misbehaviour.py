"""What goes wrong at banks, done on purpose: for demonstrations, tests and the conformance of a centre.

A lying trailer is written into the plain text before it is packed and sealed, so that the seal is right and the content lies. Damage to
the parcel is done after sealing.
"""

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute

from bank_profiles.filenames import recognise
from bank_profiles.language.fields import FieldRule
from bank_profiles.language.formats import FileSpec
from bank_profiles.language.formats.delimited import Delimited
from bank_profiles.language.formats.fixed import Fixed
from bank_profiles.language.profile import Profile
from bank_profiles.language.records import Record
from bank_profiles.packing.steps import NamedFile
from bank_profiles.translation import PackageFacts, packed, parcel_name, write_files
from connector.bankside.clerk import Asked, Clerk, Sealed
from connector.bankside.desk import Desk
from connector.bankside.lookup import Answer
from reconciliation.exchange import RECORDS
from transports import wrong_seals
from transports.channel import Channel

PARTS = 3  # packages of one answer
LIE_MINOR = 100  # added to the sum of a trailer, or to its count
pc: Any = pyarrow.compute  # its stubs ask whether a value is a scalar or an array; these functions need not know
_WRONG_SEALS: dict[str, Callable[[Channel, bytes, datetime], bytes]] = {
    "unsigned": wrong_seals.unsigned,
    "by_a_stranger": wrong_seals.by_a_stranger,
    "for_another": wrong_seals.for_another,
    "weaker_suite": wrong_seals.weaker,
}
_LIARS: dict[str, Callable[[bytes], bytes]] = {
    "truncated": lambda sealed: sealed[: len(sealed) // 2],
    "flipped": wrong_seals.flip,
}


def clerk(desk: Desk, profile: Profile, now: datetime) -> Clerk:
    """The clerk a bank.yaml asks for: an honest one unless it names a behaviour."""
    behaviours = set(desk.settings.behaviours) - {"answers", "late", "hangs_up"}
    return Misbehaving(desk, profile, now) if behaviours else Clerk(desk, profile, now)


class Misbehaving(Clerk):
    """A clerk that does some steps otherwise."""

    @property
    def behaviours(self) -> tuple[str, ...]:
        return self.desk.settings.behaviours

    def answer(self, asked: Asked) -> list[Sealed]:
        if "silent" in self.behaviours:
            return []
        if "wrong_batch" in self.behaviours:
            facts = dataclasses.replace(asked.facts, batch_no=_another(asked.facts.batch_no))
            asked = dataclasses.replace(asked, facts=facts)
        if "refuses_package" in self.behaviours:
            return self.receipts(asked.facts, "document_mismatch")
        parcels = super().answer(asked)
        if "revises" in self.behaviours:
            revised = dataclasses.replace(asked.facts, seq=asked.facts.seq + 5000, revised=True)
            parcels += super().parcels(revised, super().say(asked))
        return parcels

    def receipts(self, facts: PackageFacts, code: str = "received", package: str | None = None) -> list[Sealed]:
        return [] if "no_receipt" in self.behaviours else super().receipts(facts, code, package)

    def parcels(self, facts: PackageFacts, answer: Answer) -> list[Sealed]:
        if not {"in_parts", "loses_part"} & set(self.behaviours):
            return super().parcels(facts, answer)
        sent = PARTS - ("loses_part" in self.behaviours)
        pieces = [dataclasses.replace(facts, package_no=number, packages=PARTS) for number in range(1, sent + 1)]
        return [
            parcel for piece in pieces for parcel in super(Misbehaving, self).parcels(piece, part_of(answer, piece.package_no))
        ]

    def say(self, asked: Asked) -> Answer:
        said = super().say(asked)
        if "revises" in self.behaviours:
            said = _wrong(said)
        if "partial" in self.behaviours:
            said = part_of(said, 1, of=2)
        if "not_asked" in self.behaviours:
            said = _with_a_stranger(said)
        if "refuses" not in self.behaviours:
            return said
        refused = [
            {"line_ref": ref, "outcome": "refused.other", "declared_accounts": 0, "declared_movements": 0}
            for ref in said.outcome.column("line_ref").to_pylist()
        ]
        outcome = pa.Table.from_pylist(refused, RECORDS["outcome"])
        return Answer(outcome, RECORDS["holding"].empty_table(), RECORDS["movement"].empty_table())

    def pack(self, facts: PackageFacts, answer: Answer) -> bytes:
        if "miscounts" not in self.behaviours:
            return super().pack(facts, answer)
        files = [
            file._replace(blocks=list(file.blocks)) for file in write_files(self.profile, "response", facts, answer.tables())
        ]
        return b"".join(packed(self.profile, "response", facts, _lying(self.profile, files), self.desk.zip_password))

    def seal(self, content: bytes) -> bytes:
        wrong = next((_WRONG_SEALS[each] for each in self.behaviours if each in _WRONG_SEALS), wrong_seals.honest)
        sealed = wrong(self.desk.channel(self.profile), content, self.now)
        for behaviour in self.behaviours:
            sealed = _LIARS.get(behaviour, bytes)(sealed)
        return sealed

    def address(self, facts: PackageFacts, sealed: bytes) -> list[Sealed]:
        parcels = super().address(facts, sealed)
        if "duplicate" in self.behaviours:
            again = dataclasses.replace(facts, seq=facts.seq + 5000)
            parcels.append(Sealed(parcel_name(self.profile, "response", again), sealed))
        return [dataclasses.replace(parcel, flagged="no_flag" not in self.behaviours) for parcel in parcels]


def _another(batch_no: str) -> str:
    """A batch number of the same form that is not this one, nor another of the day: a digit of those no day counts up to is changed."""
    at = max(len(batch_no) - 6, 1)
    return batch_no[:at] + ("9" if batch_no[at] == "0" else "0") + batch_no[at + 1 :]


# ---- answers in pieces, and wrong ones ----------------------------------------------------------------------------------------------


def part_of(answer: Answer, number: int, of: int = PARTS) -> Answer:
    """The ``number``-th of so many parts of an answer: its lines dealt out in turn, each with all its rows."""
    mine = (
        answer.outcome.column("line_ref").combine_chunks().take(pa.array(range(number - 1, len(answer.outcome), of), pa.int64()))
    )
    return Answer(
        *(table.filter(pc.is_in(table.column("line_ref"), mine)) for table in (answer.outcome, answer.holding, answer.movement))
    )


def _wrong(answer: Answer) -> Answer:
    """Another line has the outcome of the first: what a bank revises."""
    outcome = answer.outcome
    rows = outcome.to_pylist()
    for row in rows[:1]:
        row |= {"outcome": "id_unknown", "declared_accounts": 0, "declared_movements": 0, "declared_balance_minor": 0}
    first = pa.array([row["line_ref"] for row in rows[:1]], pa.string())
    others = [table.filter(pc.invert(pc.is_in(table.column("line_ref"), first))) for table in (answer.holding, answer.movement)]
    return Answer(pa.Table.from_pylist(rows, outcome.schema), *others)


def _with_a_stranger(answer: Answer) -> Answer:
    """One line more than was asked."""
    refs = answer.outcome.column("line_ref").to_pylist()
    last = max(str(ref) for ref in refs)
    row = {"line_ref": str(int(last) + 1).zfill(len(last)), "outcome": "no_record"}
    more = pa.Table.from_pylist(
        [row | {"currency": "CNY", "declared_accounts": 0, "declared_movements": 0}], answer.outcome.schema
    )
    return dataclasses.replace(answer, outcome=pa.concat_tables([answer.outcome, more]))


# ---- a trailer that lies ------------------------------------------------------------------------------------------------------------


def _lying(profile: Profile, files: Iterable[NamedFile]) -> Iterator[NamedFile]:
    """The same files, the first total that can be made wrong made wrong: a sum if there is one, else a count."""
    file_key, record, rule = _total(profile)
    spec = profile.response.files[file_key]
    for file in files:
        content = b"".join(file.blocks)
        yield NamedFile(file.name, [_damaged(content, spec, record, rule) if recognise(spec.name, file.name) else content])


def _total(profile: Profile) -> tuple[str, Record, FieldRule]:
    found = [
        (rule.equals.sum is None, key, record, rule)
        for key, file in profile.response.files.items()
        for record in file.records.values()
        for rule in record.fields.values()
        if rule.equals is not None and record.place == "last"
    ]
    _, key, record, rule = min(found, key=lambda each: each[0])
    return key, record, rule


def _damaged(content: bytes, spec: FileSpec, record: Record, rule: FieldRule) -> bytes:
    body, end = content.rstrip(b"\r\n"), content[len(content.rstrip(b"\r\n")) :]
    start = body.rfind(b"\n") + 1
    line = body[start:]
    return body[:start] + _LIE[type(spec)](line, spec, record, rule) + end


def _lie_between(line: bytes, spec: Any, record: Record, rule: FieldRule) -> bytes:
    place = next(number for number, each in enumerate(record.fields.values()) if each is rule)
    cells = line.split(spec.separator.encode("ascii"))
    cells[place] = str(int(cells[place]) + LIE_MINOR).encode("ascii")
    joined: bytes = spec.separator.encode("ascii").join(cells)
    return joined


def _lie_at(line: bytes, spec: Any, record: Record, rule: Any) -> bytes:  # noqa: ARG001
    start, width = (rule.at or 1) - 1, rule.width or 1
    old = line[start : start + width]
    value = int(old) + LIE_MINOR
    sign = b"" if rule.sign is None else (b"-" if value < 0 else b"+")
    new = str(abs(value)).encode("ascii").rjust(width - len(sign), b"0")
    return line[:start] + (new + sign if rule.sign == "trailing" else sign + new) + line[start + width :]


_LIE: dict[type, Callable[[bytes, Any, Record, FieldRule], bytes]] = {Delimited: _lie_between, Fixed: _lie_at}
