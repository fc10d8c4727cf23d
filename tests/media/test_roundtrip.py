"""A disc goes out and one comes back: what a journey by media is, from sealed parcel to the household's report."""

import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from connector.ledger import media, rosters
from connector.ledger.errors import NotAllowed
from connector.media import ending, register
from connector.moments import parse
from connector.status import survey
from tests.media.town import LIST_NAME, SEAL, MediaTown, burn
from transports.errors import Refused
from transports.media.manifest import JSON_NAME, SIGNATURE_NAME


@pytest.fixture
def town(tmp_path: Path) -> Iterator[MediaTown]:
    with MediaTown(tmp_path) as made:
        yield made.asked()


def test_rule_026_a_journey_by_media_ends_in_the_report(town: MediaTown) -> None:
    disc = town.empty("disc")
    (key,) = town.write(disc)

    assert {"SEALED"} == set(town.states())
    town.step("dispatch")
    assert {"SEALED"} == set(town.states())  # no step carries what two persons carry

    town.seal(key, disc)
    town.hand_over(key)
    assert {"SENT"} == set(town.states())

    back = town.receive()
    taken = town.take_in(back, burn(town.empty("answer"), town.bank_reads(disc)))
    town.step("settle", "conclude")

    assert (taken.known, taken.awaited) == (0, ())
    assert {"ANSWERED"} == set(town.states())
    assert 2 == len(town.reports())
    assert ["registered", "written", "sealed", "handed-over"] == town.events(key)
    assert ["handed-over", "received", "imported"] == town.events(back)


def test_the_bank_checks_list_and_signature_with_common_programs(town: MediaTown, tmp_path: Path) -> None:
    disc = town.empty("disc")
    town.write(disc)
    ours = tmp_path / "centre_sign.crt"
    ours.write_bytes(town.ring().certificate("us/sign").pem)
    line = ["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", SIGNATURE_NAME, "-content", JSON_NAME]
    line += ["-nointern", "-certfile", str(ours), "-noverify", "-out", "/dev/null"]

    assert 0 == subprocess.run(line, cwd=disc, capture_output=True, check=False).returncode
    content = (disc / JSON_NAME).read_bytes()
    (disc / JSON_NAME).write_bytes(content.replace(b'"volume": 1', b'"volume": 2'))
    assert 0 != subprocess.run(line, cwd=disc, capture_output=True, check=False).returncode
    first = (disc / LIST_NAME).read_text("utf-8").splitlines()[0].split("  ")
    said = subprocess.run(["openssl", "dgst", "-sm3", "-r", first[1]], cwd=disc, capture_output=True, text=True, check=True)
    assert first[0] == said.stdout.split()[0]


def test_the_clock_runs_from_the_hand_over(town: MediaTown) -> None:
    disc = town.empty("disc")
    (key,) = town.write(disc)
    town.seal(key, disc)
    town.now += timedelta(hours=5)
    town.hand_over(key)

    with town.ledger().read() as tx:
        (sent,) = {row.sent_at for row in rosters.batches(tx, town.code)}
    assert parse(sent) == town.now


def test_g2_no_medium_leaves_unsealed_or_by_one_person(town: MediaTown) -> None:
    disc = town.empty("disc")
    (key,) = town.write(disc)

    with pytest.raises(Refused) as unsealed:
        town.hand_over(key)
    town.seal(key, disc)
    with pytest.raises(NotAllowed) as alone:
        town.hand_over(key, second="zhao")

    assert ("media-not-sealed", "second-person-missing") == (unsealed.value.code, alone.value.code)
    assert {"SEALED"} == set(town.states())


def test_what_never_left_goes_out_anew(town: MediaTown) -> None:
    (key,) = town.write(town.empty("disc"))
    assert town.write(town.empty("other")) == []  # it lies on the first

    deployment, _ = town.opened()
    ending.give_back(deployment.parts, town.medium(key), by="zhao", second="wang", now=town.now)

    (again,) = town.write(town.empty("third"))
    assert ("back", 2) == (town.medium(key).state, town.medium(again).label_seq)


def test_d14_destruction_is_asked_by_one_and_agreed_by_another(town: MediaTown) -> None:
    from connector.deciding import acts

    (key,) = town.write(town.empty("disc"))
    deployment, _ = town.opened()
    request = ending.ask_destroy(deployment.parts, town.medium(key), method="shred", reason="scratched", by="zhao", now=town.now)

    with pytest.raises(NotAllowed), deployment.ledger.begin() as tx:
        acts.decide(tx, request, agree=True, by="zhao", now=town.now)
    with deployment.ledger.begin() as tx:
        acts.decide(tx, request, agree=True, by="wang", now=town.now)

    assert "destroyed" == town.medium(key).state
    with town.ledger().read() as tx:
        assert ("zhao", "wang") == (media.events(tx, key)[-1].who, media.events(tx, key)[-1].second)
    assert len(town.write(town.empty("other"))) == 1


def test_a_parcel_larger_than_a_volume_travels_in_parts(tmp_path: Path) -> None:
    with MediaTown(tmp_path) as town:
        key = town.receive("R-1", volume=(1, 2), set_name="R-1")
        other = town.receive("R-2", volume=(2, 2), set_name="R-1")
        big = bytes(range(256)) * 8000
        from transports.media.volumes import Parcel, cut

        pieces = [piece for volume in cut([Parcel("R_big.zip.p7m", len(big), "x")], 1_200_000) for piece in volume]
        assert ["R_big.zip.p7m.001of003", "R_big.zip.p7m.002of003", "R_big.zip.p7m.003of003"] == [p.name for p in pieces]
        assert b"".join(big[p.offset : p.offset + p.size] for p in pieces) == big
        assert (key, other) == (1, 2)


def test_the_status_tells_of_overdue_media(town: MediaTown) -> None:
    disc = town.empty("disc")
    (key,) = town.write(disc)
    town.seal(key, disc)
    town.hand_over(key)
    parts = town.opened()[0].parts

    assert survey(parts, town.now)["media"] == []
    assert ["media-overdue"] == [each["code"] for each in survey(parts, town.now + timedelta(days=8))["media"]]


def test_the_status_tells_what_waits_for_a_medium(town: MediaTown) -> None:
    parts = town.opened()[0].parts

    assert [("media-to-write", town.code)] == [(each["code"], each["institution"]) for each in survey(parts, town.now)["media"]]
    town.write(town.empty("disc"))
    assert [] == survey(parts, town.now)["media"]


def test_a_scanned_code_names_the_medium_and_no_other(town: MediaTown) -> None:
    disc = town.empty("disc")
    (key,) = town.write(disc)
    code = register.code_of(town.medium(key))

    with town.ledger().read() as tx:
        assert key == register.find(tx, code).id
        with pytest.raises(Refused) as strange:
            register.find(tx, code[:-1] + ("0" if code[-1] != "0" else "1"))
    assert "media-unknown" == strange.value.code
    assert SEAL == "0031457"


@pytest.mark.parametrize("statement", ["UPDATE medium_event SET who = 'x'", "DELETE FROM medium_event"])
def test_what_happened_to_a_medium_is_never_changed(town: MediaTown, statement: str) -> None:
    town.receive()

    with pytest.raises(IntegrityError, match="append-only"), town.opened()[0].ledger.begin() as tx:
        tx.execute(text(statement))
