"""What two persons must see to: a medium held by a broken seal, chain of hands or virus; one that waits for its scanner; refused acts."""

import dataclasses
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from connector.deciding import acts
from connector.ledger import audit
from connector.ledger.errors import NotAllowed
from connector.media import holding, inward, papers, refusals
from connector.papers import slip as printed
from connector.status import survey
from tests.media.town import CHANNEL, SEAL, MediaTown, signed
from tests.scripted_scanner import EICAR, ScriptedScanner
from transports.errors import Refused, TransportError
from transports.scanner import NotScanned

pytestmark = pytest.mark.xdist_group("held media")


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MediaTown]:
    """Its profile asks for a virus scan, as every profile does that says nothing of it."""
    channel = CHANNEL.replace("digest: sm3", "digest: sm3, signed: true").replace("  virus_scan: none\n", "")
    with MediaTown(tmp_path_factory.mktemp("media"), channel=channel) as made, ScriptedScanner() as scanner:
        made.asked()
        deployment, _bank = made.opened()
        made._opened = dataclasses.replace(deployment, parts=dataclasses.replace(deployment.parts, scanner=scanner.scanner))
        yield made


def came(town: MediaTown, label: str, content: bytes = b"sealed") -> tuple[int, Path]:
    """A pouch that was received, and the disc out of it."""
    disc = signed(town, town.empty(f"disc-{label}"), [(f"{label}.zip.p7m", label.encode() + content)], label=label)
    return town.receive(label), disc


def told(town: MediaTown, key: int | None, days: int = 0) -> list[str]:
    """The codes ``status`` names for a medium; without one, those of refused acts."""
    found = survey(town.opened()[0].parts, town.now + timedelta(days=days))["media"]
    return [each["code"] for each in found if each["id"] == key and (key is not None or each["state"] == "refused-act")]


def trail(town: MediaTown, what: str) -> list[Any]:
    with town.ledger().read() as tx:
        return [row.detail for row in audit.newest(tx, 200) if row.what == what]


def released(town: MediaTown, key: int, *, seal: str = SEAL, by: str = "zhao", second: str = "wang") -> None:
    parts = town.opened()[0].parts
    reason = "the bank read its number out again"
    request = holding.ask_release(parts, town.medium(key), seal=seal, reason=reason, by=by, now=town.now)
    with town.ledger().begin() as tx:
        acts.decide(tx, request, agree=True, by=second, now=town.now)


def test_g2_a_broken_seal_holds_the_medium_until_two_persons_release_it(town: MediaTown) -> None:
    key, disc = came(town, "H-1")
    with pytest.raises(Refused) as broken:
        town.take_in(key, disc, seal="0031458")
    with pytest.raises(Refused) as held:
        town.take_in(key, disc)  # the right number now: too late

    assert ("media-seal", "media-held") == (broken.value.code, held.value.code)
    assert ["media-seal"] == told(town, key)
    assert "import-refused" == town.events(key)[-1]
    assert "media-seal" == next(each for each in trail(town, "medium-import-refused") if each["label"] == "H-1")["note"]
    with pytest.raises(NotAllowed):
        released(town, key, second="zhao")
    released(town, key)
    assert 1 == town.take_in(key, disc).fetched
    assert ([], ["released", "imported"]) == (told(town, key), town.events(key)[-2:])


def test_g2_a_gap_in_the_chain_of_hands_holds_it_too_and_the_chain_begins_anew_with_the_release(town: MediaTown) -> None:
    deployment, bank = town.opened()
    late = {"kind": "optical_disc", "seal": SEAL, "by": "zhao", "second": "wang", "now": town.now}
    key = inward.receive(deployment.parts, bank, "H-2", **late, handed_at=town.now - timedelta(days=4))
    disc = signed(town, town.empty("disc-H-2"), [("H-2.zip.p7m", b"H-2")], label="H-2")
    with pytest.raises(Refused) as gap:
        town.take_in(key, disc)

    assert ("media-custody", ["media-custody"]) == (gap.value.code, told(town, key))
    released(town, key, seal="0099")
    assert 1 == town.take_in(key, disc, seal="0099").fetched


def test_what_is_held_may_be_refused_and_given_back_without_a_release(town: MediaTown) -> None:
    from connector.media import ending

    key, disc = came(town, "H-3")
    with pytest.raises(Refused):
        town.take_in(key, disc, seal="1")
    ending.give_back(town.opened()[0].parts, town.medium(key), by="zhao", second="wang", now=town.now)

    assert [] == told(town, key)
    with pytest.raises(Refused):
        released(town, key)


def test_g3_an_infected_medium_is_held(town: MediaTown) -> None:
    key, disc = came(town, "H-4", EICAR)
    with pytest.raises(Refused) as found:
        town.take_in(key, disc)

    assert ("media-infected", ["media-infected"]) == (found.value.code, told(town, key))


def test_g3_where_a_scan_is_required_a_medium_waits_for_the_scanner_by_name(town: MediaTown) -> None:
    deployment, bank = town.opened()
    key, disc = came(town, "H-5")
    blind = dataclasses.replace(deployment.parts, scanner=None)
    with pytest.raises(NotScanned) as waits:
        inward.take_in(blind, bank, town.medium(key), disc, seal=SEAL, by="zhao", second="wang", now=town.now)

    assert ("media-scanner-missing", ["media-scanner-missing"]) == (waits.value.code, told(town, key))
    assert 1 == town.take_in(key, disc).fetched
    assert [] == told(town, key)


def test_g2_one_person_alone_is_on_record_and_told_for_three_days(town: MediaTown) -> None:
    key, disc = came(town, "H-6")
    before = len(trail(town, "medium-act-refused"))
    for second in ("", "zhao"):
        with pytest.raises(NotAllowed):
            town.take_in(key, disc, second=second)

    first, *_ = noted = trail(town, "medium-act-refused")
    assert ("import", "second-person-missing", "H-6", 2) == (*(first[k] for k in ("act", "cause", "label")), len(noted) - before)
    assert "second-person-missing" in told(town, None, refusals.TOLD_FOR.days)
    assert "second-person-missing" not in told(town, None, refusals.TOLD_FOR.days + 1)


def test_g4_m901_a_disc_nobody_knows_is_on_record(town: MediaTown) -> None:
    disc = signed(town, town.empty("disc-X-9"), [("X-9.zip.p7m", b"X")], label="X-9")
    hands = ("--seal", SEAL, "--by", "zhao", "--with", "wang", "--json")
    strange = town.command("media", "import", str(disc), "--label", "X-9", *hands)

    assert (8, "media-unknown") == (strange.returncode, json.loads(strange.stderr)["code"])
    assert "X-9" in [each["label"] for each in trail(town, "medium-act-refused")]
    status = json.loads(town.command("status", "--json").stdout)["media"]
    assert ("media-unknown", "X-9") in [(each["code"], each["label"]) for each in status]


def test_when_the_bank_gave_it_away_is_asked_or_said_to_be_unknown(town: MediaTown) -> None:
    receive = ("media", "receive", town.code, "--label", "H-7", "--seal", SEAL, "--by", "zhao", "--with", "wang")
    asked = town.command(*receive, "--json")
    told = town.command(*receive, "--not-on-slip", "--serial", "MAP6A2-33")

    assert (8, "media-handed-at") == (asked.returncode, json.loads(asked.stderr)["code"])
    assert 0 == told.returncode, told.stderr
    assert ("交接单未载交出时间" in told.stdout, "MAP6A2-33" in told.stdout) == (True, True)


def test_g1_the_slip_names_purpose_serial_number_lines_and_both_digests(town: MediaTown, monkeypatch: pytest.MonkeyPatch) -> None:
    disc = town.empty("out-slip")
    (key,) = town.write(disc)
    deployment, bank = town.opened()
    from connector.media import handing

    hands = {"by": "zhao", "second": "wang", "now": town.now}
    handing.seal(deployment.parts, bank, town.medium(key), disc, number=SEAL, serial="MAP6A2-33", **hands)  # type: ignore[arg-type]
    seen: dict[str, Any] = {}
    monkeypatch.setattr(printed, "typeset", lambda _name, data, _form: seen.update(data) or b"%PDF-")
    with deployment.ledger.read() as tx:
        papers.slip(tx, deployment.parts, bank, town.medium(key), town.now, "centre")

    assert ("MAP6A2-33", True) == (seen["serial"], int(seen["lines"]) > 0)
    assert seen["purposes"]
    assert ([8, 8], [8, 8]) == tuple([len(seen[name]), len(seen[name][0])] for name in ("manifest", "manifest_sm3"))
    assert seen["manifest"] != seen["manifest_sm3"]


def test_d10_the_disc_of_another_bank_is_named_and_the_right_one_goes_in_afterwards(town: MediaTown) -> None:
    key, disc = came(town, "H-8")
    other = signed(town, town.empty("disc-other"), [("o.zip.p7m", b"o")], label="H-8", bank="990100000099\u202e\n")
    with pytest.raises(TransportError) as swapped:
        town.take_in(key, other)

    assert ("media-other-bank", True, False) == (
        swapped.value.code,
        "990100000099 in" in swapped.value.en,
        "\u202e" in swapped.value.en + swapped.value.zh,
    )
    assert ["media-other-bank"] == told(town, key)
    assert 1 == town.take_in(key, disc).fetched
