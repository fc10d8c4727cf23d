"""The completeness proof of a household (``proof/1``): every person, bank and asset class, each with one status and its evidence.

Persons stand masked, without their keys. What is asked of whom comes from the same lines the report is made of.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson

from connector.ledger import answers, appeals, evidence, receipts
from connector.ledger.errors import LedgerError
from connector.ledger.rows import AnyRow, Tx
from connector.parts import Parts
from connector.proof.cells import CLASSES, STATUSES, Asked, Cell, cell, standing_of
from connector.reports.dossier import Dossiers, Reader
from connector.reports.lines import Line
from reconciliation.household import Person
from reconciliation.identity import mask

SCHEMA = "proof/1"
_NOT_TAKEN = frozenset({"refused", "quarantined"})


def prove(parts: Parts, household: str, now: datetime) -> dict[str, Any]:
    """The proof as things stand. Raises LedgerError household-unknown."""
    with parts.ledger.read() as tx:
        inquiry = evidence.newest_inquiry(tx, parts.centre, household)
        if inquiry is None:
            raise LedgerError(
                f"no inquiry about household {household}; connector status counts the households known",
                f"没有家庭 {household} 的核对委托；请核对家庭编号",
                code="household-unknown",
            )
        reader = Reader(tx, parts, now)
        found = reader.read([inquiry])
        accounting = _Accounting(tx, parts, inquiry, found, reader)
        made = accounting.proof(now)
    return {**made, "digest": digest_of(made)}


def digest_of(proof: Mapping[str, Any]) -> str:
    """SHA-256 of a proof without its own digest, so that a file that was changed is found."""
    plain = {name: value for name, value in proof.items() if name != "digest"}
    return hashlib.sha256(orjson.dumps(plain, option=orjson.OPT_SORT_KEYS)).hexdigest()


class _Accounting:
    """One household, counted in one read transaction."""

    def __init__(self, tx: Tx, parts: Parts, inquiry: AnyRow, found: Dossiers, reader: Reader) -> None:
        self._tx, self._parts, self._inquiry, self._reader = tx, parts, inquiry, reader
        (self._case,), (lines,) = found.cases, found.lines
        self._lines = {(line.answer.person_key, line.answer.institution): line for line in lines}
        self._held = _held(found, parts.policy.product_class)
        self._places = {person.person_key: place for place, person in enumerate(self._case.household.members)}
        self._batches: dict[str, dict[str, Any]] = {}
        self._damaged: dict[int, bool] = {}
        self._limited = appeals.that_asked(tx, inquiry.id) is not None

    def proof(self, now: datetime) -> dict[str, Any]:
        """Coverage first, then every line with its cells, then the evidence of each batch once."""
        banks = sorted({bank for _, bank in self._lines} | self._parts.banks.working.keys() | self._parts.banks.awaited)
        persons = self._case.household.members
        lines = [self._line(person, bank) for bank in banks for person in persons]
        counted = Counter(one["status"] for line in lines for one in line["cells"].values())
        return {
            "schema": SCHEMA,
            "household_key": self._inquiry.household_key,
            "inquiry": self._inquiry.id,
            "programme": self._inquiry.programme,
            "as_of": self._inquiry.as_of.isoformat(),
            "withdrawn": self._inquiry.withdrawn_at is not None,
            "made_at": now.isoformat(),
            "coverage": {
                "persons": len(persons),
                "institutions": len(banks),
                "classes": len(CLASSES),
                "cells": sum(counted.values()),
                "by_status": {status: counted[status] for status in STATUSES if counted[status]},
                "banks": [self._bank(bank, [line for line in lines if line["institution"] == bank]) for bank in banks],
            },
            "persons": [
                {"person": place, "name": _masked(one.name), "number": _number(one)} for place, one in enumerate(persons)
            ],
            "lines": lines,
            "batches": self._batches,
        }

    # ------------------------------------------------------------ banks and lines
    def _bank(self, code: str, lines: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        statuses = [one["status"] for line in lines for one in line["cells"].values()]
        reasons = Counter(
            one["why"] for line in lines for one in line["cells"].values() if one["why"] and one["status"] != "not_applicable"
        )
        return {
            "institution": code,
            "name": self._reader.lines.name(code),
            "standing": standing_of(statuses),
            "why": sorted(reasons),
            "by_status": dict(sorted(Counter(statuses).items())),
        }

    def _line(self, person: Person, bank: str) -> dict[str, Any]:
        line = self._lines.get((person.person_key, bank))
        asked = self._asked(person, bank, line)
        cells = {kind: cell(asked, kind) for kind in CLASSES}
        answer = line.answer if line else None
        return {
            "person": self._places[person.person_key],
            "institution": bank,
            "outcome": answer.outcome if answer else None,
            "batch": answer.batch if answer else None,
            "edition": answer.edition if answer else None,
            "received_at": answer.received_at.isoformat() if answer and answer.received_at else None,
            "marks": answer.marks if answer else [],
            "appeal": dict(answer.appeal) if answer and answer.appeal else None,
            "note": dict(line.note) if line and line.note else None,
            "answer": self._answer_file(line),
            "cells": {kind: {"status": one.status, "why": one.why} for kind, one in cells.items()},
        }

    def _asked(self, person: Person, bank: str, line: Line | None) -> Asked:
        if line is None:
            return Asked(None, self._reader.lines.answerable(bank), _scope(person), unasked=self._not_in_roster())
        if line.batch is not None:
            self._evidence(line.batch)
        return Asked(
            line.answer,
            line.answer.answers,
            _scope(person),
            held=self._held.get((person.person_key, bank), frozenset()),
            over=line.settled,
            damaged=self._damaged.get(line.batch.id, False) if line.batch is not None else False,
            why=self._why(line),
        )

    def _why(self, line: Line) -> str:
        """Why nothing came, where the ledger knows."""
        if line.note:
            return str(line.note["code"])
        if line.batch is None or line.batch.sent_at is None or line.answer.edition is not None:
            return ""
        return "unreadable-file-came" if evidence.strays(self._tx, line.batch.institution, line.batch.sent_at) else ""

    def _not_in_roster(self) -> Cell:
        if self._inquiry.withdrawn_at is not None:
            return Cell("withdrawn", "inquiry-withdrawn")
        if self._inquiry.gathered_at is None:
            return Cell("open", "not-gathered-yet")
        return Cell("not_asked", "appeal-of-others" if self._limited else "not-connected-then")

    # ------------------------------------------------------------ evidence
    def _answer_file(self, line: Line | None) -> dict[str, Any] | None:
        if line is None or line.batch is None or line.answer.edition is None:
            return None
        file = appeals.answer_file(self._tx, line.batch.id, line.answer.edition)
        return None if file is None else {"name": file.name, "digest": file.digest, "size": file.size, "late": file.late}

    def _evidence(self, batch: AnyRow) -> None:
        """What proves a batch, once for all its lines."""
        if batch.number in self._batches:
            return
        came = evidence.files(self._tx, batch.id)
        self._damaged[batch.id] = bool(came) and came[-1].state in _NOT_TAKEN
        moments = ("sealed_at", "sent_at", "delivered_at", "accepted_at", "answered_at", "due_at")
        self._batches[batch.number] = {
            "institution": batch.institution,
            "state": batch.state,
            "profile": f"{batch.profile} {batch.edition}",
            "parcel": {"name": batch.parcel_name, "digest": batch.parcel_digest, "size": batch.parcel_size},
            **{name: getattr(batch, name) for name in moments},
            "provisional": bool(batch.provisional),
            "attempts": [
                {name: getattr(one, name) for name in ("number", "began_at", "ended_at", "delivery", "code", "road")}
                for one in evidence.attempts(self._tx, batch.id)
            ],
            "receipts": [
                {"code": one.code, "accepted": one.accepted, "said_at": one.said_at, "arrived_at": one.arrived_at}
                for one in receipts.of_batch(self._tx, batch.id)
            ],
            "editions": len(answers.editions(self._tx, batch.id)),
            "files": [
                {
                    **{name: getattr(file, name) for name in ("name", "digest", "size", "state", "arrived_at")},
                    "edition": file.number,
                    "code": file.problem["code"] if file.problem else None,
                }
                for file in came
            ],
            "strays": [
                {name: getattr(file, name) for name in ("name", "digest", "size", "state", "arrived_at")}
                for file in (evidence.strays(self._tx, batch.institution, batch.sent_at) if batch.sent_at and not came else ())
            ],
            "keys": {
                "sealed": evidence.keys(self._tx, "batch", [batch.id]),
                "opened": evidence.keys(self._tx, "file", [file.id for file in came]),
            },
        }


def _held(found: Dossiers, product_class: Mapping[str, str]) -> dict[tuple[str, str], frozenset[str]]:
    """(person, institution) → the classes of which rows came."""
    held: dict[tuple[str, str], set[str]] = {}
    for row in found.holdings.select(["person_key", "institution", "product"]).to_pylist():
        held.setdefault((row["person_key"], row["institution"]), set()).add(product_class.get(row["product"], "other"))
    return {whose: frozenset(kinds) for whose, kinds in held.items()}


def _scope(person: Person) -> frozenset[str]:
    return frozenset(filter(None, person.scope.split(",")))


def _masked(name: str) -> str:
    """The first character of a name."""
    return name[:1] + "*" * max(1, len(name) - 1)


def _number(person: Person) -> str:
    return mask(person.person_key.partition(":")[2])
