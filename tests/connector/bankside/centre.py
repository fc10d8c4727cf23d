"""A centre's hand for the tests of the other side: asks by a profile, seals, opens and reads answers; and the city's truth."""

import csv
import dataclasses
import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from bank_profiles.catalogue import find_profile, load_profile
from bank_profiles.language.profile import Profile
from bank_profiles.translation import PackageFacts, read_package, write_package
from connector.bankside.opening import Centre as Certificates
from connector.roads.agreed_seals import agreed_seal
from reconciliation.exchange import RECORDS
from transports.sealing import cms
from transports.sealing.certificates import Certificate
from transports.sealing.keyring import KeyRing

SECRET = b"the secret of a ring in a test"
ID_TYPE = {"R": "resident_id", "T": "hmt_residence_permit", "F": "foreign_permanent_id", "P": "passport"}


@dataclasses.dataclass(frozen=True)
class Read:
    """An answer, read to its end."""

    facts: dict[str, Any]
    tables: dict[str, pa.Table]

    def outcomes(self) -> list[tuple[str, int, int]]:
        names = ("outcome", "declared_accounts", "declared_movements")
        return list(zip(*(self.tables["outcome"].column(name).to_pylist() for name in names), strict=True))


class Centre:
    """With a ring of its own in ``folder``."""

    def __init__(self, folder: Path, now: datetime) -> None:
        self.ring = KeyRing.create(folder, SECRET)
        self.ring.new("us/sign", "sign", "ec-p256", 365, now)
        self.ring.new("us/decrypt", "encrypt", "ec-p256", 365, now)
        self.now = now

    def certificates(self) -> Certificates:
        """What a bank is given."""
        return Certificates([self.ring.certificate("us/sign").pem], [self.ring.certificate("us/decrypt").pem])

    def ask(
        self, profile: Profile, bank: str, to: bytes, lines: pa.Table, *, seq: int = 1, batch_no: str = ""
    ) -> tuple[str, bytes]:
        """The sealed inquiry and its name on the wire; ``to``: the bank's certificate as PEM."""
        facts = PackageFacts(bank, batch_no or f"20261121{seq:07}", date(2026, 11, 21), seq, self.now)
        written = write_package(profile, "inquiry", facts, {"inquiry": [lines]})
        return written.sealed_name, self.seal(profile, b"".join(written.blocks), to)

    def seal(self, profile: Profile, content: bytes, to: bytes) -> bytes:
        signer = self.ring.own("us/sign", self.now)[0]
        recipients = [Certificate.read(to)]
        return b"".join(
            cms.seal([content], suite=agreed_seal(profile.channel.seal), signer=signer, recipients=recipients, at=self.now)
        )

    def open(self, profile: Profile, content: bytes, signed_by: bytes) -> bytes:
        """Raises BrokenSeal, UnknownKey."""
        keys, signers = self.ring.own_any("us/decrypt"), [Certificate.read(signed_by)]
        suite = agreed_seal(profile.channel.seal)
        return b"".join(cms.open_verified(lambda: iter([content]), suite=suite, decrypt=keys, signers=signers, at=self.now))

    def read(self, profile: Profile, name: str, content: bytes, signed_by: bytes, **given: Any) -> Read:
        """Raises BrokenSeal, UnknownKey, UnreadableFile."""
        reading = read_package(profile, "response", name, [self.open(profile, content, signed_by)], **given)
        rows: dict[str, list[pa.Table]] = {kind: [] for kind in RECORDS}
        for piece in reading:
            rows[piece.kind].append(piece.table)
        assert reading.problems == []
        tables = {kind: pa.concat_tables([RECORDS[kind].empty_table(), *parts]) for kind, parts in rows.items()}
        return Read(reading.facts, tables)


def profile_of(name: str) -> Profile:
    """The newest edition that comes with the product."""
    return load_profile(find_profile(name))


@dataclasses.dataclass(frozen=True)
class City:
    """A city of the sample collection: everybody who is asked about, and what every institution must say of each."""

    folder: Path
    lines: pa.Table  # RECORDS["inquiry"]
    truth: dict[str, list[tuple[str, int, int]]]  # institution → outcome, accounts, movements in the order of the lines

    @classmethod
    def read(cls, folder: Path) -> "City":
        households = json.loads((folder / "expected_intake.json").read_text("utf-8"))["households"]
        asked = [(home["household_key"], home, member) for home in households for member in home["members"]]
        with (folder / "expected_answers.csv").open(encoding="utf-8", newline="") as file:
            expected = {
                (row["institution"], row["household_key"], row["person_key"]): (
                    row["outcome"],
                    int(row["accounts"]),
                    int(row["movements"]),
                )
                for row in csv.DictReader(file)
            }
        truth = {
            institution: [expected[institution, key, member["person_key"]] for key, _, member in asked]
            for institution in sorted({institution for institution, _, _ in expected})
        }
        return cls(folder, pa.Table.from_pylist([_line(*each) for each in enumerate(asked, 1)], RECORDS["inquiry"]), truth)


def _line(position: int, asked: tuple[str, dict[str, Any], dict[str, Any]]) -> dict[str, Any]:
    _, household, member = asked
    scope = [*member["scope"], *(["liability"] if member["liabilities_in_scope"] else [])]
    as_of = date.fromisoformat(household["as_of"])
    return {
        "line_ref": f"{position:06}",
        "name": member["name"],
        "id_type": ID_TYPE[member["person_key"][0]],
        "id_no": member["person_key"][2:],
        "as_of": as_of,
        "window_from": date.fromisoformat(household["window_start"]),
        "window_to": as_of,
        "scope": ",".join(sorted(scope)),
        "authorization_no": f"SQ{position:06}",
        "purpose": household["programme"],
    }
