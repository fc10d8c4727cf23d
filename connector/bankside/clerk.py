"""How one inquiry becomes sealed answers, step by step: say, pack, seal, address. misbehaviour.py does a step otherwise on request."""

import dataclasses
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute

from bank_profiles.errors import RowProblem
from bank_profiles.language.profile import Profile
from bank_profiles.package_names import BANK_TIME, PackageFacts, parcel_name
from bank_profiles.papers import Carried
from bank_profiles.translation import write_package
from connector.bankside.desk import Desk
from connector.bankside.lookup import Answer, look_up
from reconciliation.exchange import RECORDS

pc: Any = pyarrow.compute  # its stubs ask whether a value is a scalar or an array; these functions need not know


@dataclasses.dataclass(frozen=True)
class Asked:
    """An inquiry that was opened and read: its lines, the rows that could not be read, the papers it came with where any were agreed."""

    facts: PackageFacts  # of the answer to it
    lines: pa.Table  # RECORDS["inquiry"]
    unreadable: Sequence[RowProblem] = ()
    papers: Carried | None = None

    def by_paper(self) -> tuple[pa.Table, pa.Table]:
        """The lines whose authorization came as agreed, and those whose did not."""
        numbers = self.lines.column("authorization_no").to_pylist()
        covered = pa.array([self.papers is None or self.papers.covers(number) for number in numbers], pa.bool_())
        return self.lines.filter(covered), self.lines.filter(pc.invert(covered))


@dataclasses.dataclass(frozen=True)
class Sealed:
    """One parcel ready for the road."""

    name: str
    content: bytes
    flagged: bool = True
    at_once: bool = False  # a receipt: it does not wait until the answer is due


_NO_PAPER = "未附约定的授权书材料，不予查询"


class Clerk:
    """The clerk of one desk, at one moment, by one profile."""

    def __init__(self, desk: Desk, profile: Profile, now: datetime) -> None:
        self.desk, self.profile, self.now = desk, profile, now

    def answer(self, asked: Asked) -> list[Sealed]:
        """All parcels to deliver, in order."""
        return [*self.receipts(asked.facts), *self.parcels(asked.facts, self.say(asked))]

    def receipts(self, facts: PackageFacts, code: str = "received", package: str | None = None) -> list[Sealed]:
        """What is said of the package at once, where the profile has receipts; ``code`` of reconciliation.words.RECEIPTS."""
        if self.profile.receipt is None:
            return []
        here = self.now.astimezone(BANK_TIME)
        row: dict[str, Any] = {"batch_no": facts.batch_no or None, "package": package, "code": code, "received_on": here.date()}
        row["received_time"] = here.time().replace(microsecond=0, tzinfo=None)
        table = pa.Table.from_pylist([row], RECORDS["receipt"])
        password = self.desk.zip_password
        content = b"".join(write_package(self.profile, "receipt", facts, {"receipt": [table]}, zip_password=password).blocks)
        sealed = b"".join(self.desk.channel(self.profile).seal([content], self.now, len(content)))
        return [Sealed(parcel_name(self.profile, "receipt", facts), sealed, at_once=True)]

    def parcels(self, facts: PackageFacts, answer: Answer) -> list[Sealed]:
        """One package of an answer, packed, sealed, addressed."""
        return self.address(facts, self.seal(self.pack(facts, answer)))

    def say(self, asked: Asked) -> Answer:
        """Look everybody up whose paper came; every other line is refused by its reference, so that none is passed over in silence."""
        covered, without = asked.by_paper()
        answer = look_up(covered, self.desk.directory)
        refused: list[dict[str, Any]] = [
            {
                "line_ref": ref,
                "outcome": "refused.authority",
                "message": _NO_PAPER,
                "declared_accounts": 0,
                "declared_movements": 0,
            }
            for ref in without.column("line_ref").to_pylist()
        ]
        refused += [
            {"line_ref": row.line_ref, "outcome": "refused.other", "message": f"{row.code}：该行无法读取"}
            for row in asked.unreadable
            if row.line_ref
        ]
        unread = pa.Table.from_pylist(refused, RECORDS["outcome"])
        outcome = pa.concat_tables([answer.outcome, unread])
        return dataclasses.replace(answer, outcome=self._with_sums(outcome, answer.holding))

    def _with_sums(self, outcome: pa.Table, holding: pa.Table) -> pa.Table:
        """With what the yuan accounts of each line come to, where the profile has a place for it."""
        records = [record for file in self.profile.response.files.values() for record in file.records.values()]
        if not any("declared_balance" in rule.targets for record in records for rule in record.fields.values()):
            return outcome
        yuan = holding.filter(pc.equal(holding.column("currency"), "CNY"))
        sums = dict.fromkeys(outcome.column("line_ref").to_pylist(), 0)
        for ref, balance in zip(yuan.column("line_ref").to_pylist(), yuan.column("balance_minor").to_pylist(), strict=True):
            sums[ref] += balance or 0
        rows = [row | {"currency": "CNY", "declared_balance_minor": sums[row["line_ref"]]} for row in outcome.to_pylist()]
        return pa.Table.from_pylist(rows, RECORDS["outcome"])

    def pack(self, facts: PackageFacts, answer: Answer) -> bytes:
        """The package in the bank's language. Held in memory: opened content never touches a disk."""
        return b"".join(
            write_package(self.profile, "response", facts, answer.tables(), zip_password=self.desk.zip_password).blocks
        )

    def seal(self, content: bytes) -> bytes:
        """Signed by the bank, enveloped for the centre."""
        return b"".join(self.desk.channel(self.profile).seal([content], self.now, len(content)))

    def address(self, facts: PackageFacts, sealed: bytes) -> list[Sealed]:
        """Under which name it goes, and how often."""
        return [Sealed(parcel_name(self.profile, "response", facts), sealed)]
