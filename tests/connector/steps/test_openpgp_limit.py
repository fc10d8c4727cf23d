"""OpenPGP holds a message whole: what is above its limit goes in more batches, and one line that alone is above it is not sent and says so."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bank_profiles.catalogue import BANKS
from connector.assembly import clock
from connector.bankside.invented import invent
from connector.founding import OUR_KEYS
from connector.ledger.answers import unasked_at
from tests.replies import batches
from tests.town import BANK_SECRET, Town
from transports.sealing import seals
from transports.sealing.keyring import KeyRing


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    """Three households; the one bank seals by OpenPGP."""
    invent(tmp_path / "city", households=3, banks=2)
    with Town(tmp_path, tmp_path / "city") as made:
        code = str(made.institutions[0]["code"])
        ours, theirs = made.ring(), KeyRing.open(made.bank_folder(code) / "keys", BANK_SECRET)
        for alias, role in OUR_KEYS.items():
            peer = "sign" if role == "sign" else "encrypt"
            for ring in (ours, theirs):
                ring.new(alias, "any", "pgp-ed25519", 365, clock())
            ours.import_certificate(f"{code}/{peer}", theirs.certificate(alias, "pgp-ed25519").pem, use="any", evidence="HD-1")
            theirs.import_certificate(f"centre/{peer}", ours.certificate(alias, "pgp-ed25519").pem, use="any")
        note = (BANKS / "hxcb" / "2026.1.yaml").read_text("utf-8").partition("\nexamples:")[0]
        note = note.replace("profile: hxcb", "profile: pgp").replace("seal: cms-aes256gcm", "seal: openpgp") + "\n"
        made.speaks(code, "pgp", {"2026.1": note}, {"2026.1": note})
        made.intake()
        yield made


def test_what_is_above_the_limit_goes_in_more_batches_and_is_answered(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    code = str(town.institutions[0]["code"])
    monkeypatch.setattr(seals, "CONTENT_BYTES_MAX", 420)  # some lines of this city, zipped

    town.journey()

    asked = batches(town, code)
    assert len(asked) > 1
    assert {"ANSWERED"} == {batch.state for batch in asked}
    assert [0, 0, 0] == [report["asked"]["lines_not_answered"] for report in town.reports().values()]


def test_a_line_that_alone_is_above_the_limit_is_not_sent_and_says_why(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    code, other = (str(each["code"]) for each in town.institutions)
    monkeypatch.setattr(seals, "CONTENT_BYTES_MAX", 100)

    town.journey()

    with town.ledger().read() as tx:
        noted = [
            row for position in range(sum(batch.lines for batch in batches(town, other))) for row in unasked_at(tx, 1, position)
        ]
    assert [] == batches(town, code)
    assert {(code, "seal-too-large")} == {(row.institution, row.problem["code"]) for row in noted}
    assert {"ANSWERED"} == {batch.state for batch in batches(town, other)}
