"""Answers go by the virus scanner before a row of them is read (B5): what is infected stays sealed, without its word they wait."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from connector.bankside.invented import invent
from connector.ledger import answers
from connector.ledger.proof_tables import audit as trail
from connector.ledger.rows import AnyRow
from connector.lifecycle import State
from connector.status import survey
from tests.replies import batches, reply
from tests.scripted_scanner import EICAR, HANGS_UP, NAME, ScriptedScanner, socket_folder
from tests.town import Town
from transports import crashpoint

pytestmark = pytest.mark.xdist_group("scanned")


@pytest.fixture
def script() -> Iterator[ScriptedScanner]:
    """A scanner at a socket of this machine."""
    with socket_folder() as folder, ScriptedScanner(folder / "s") as made:
        yield made


@pytest.fixture
def town(tmp_path: Path, script: ScriptedScanner) -> Iterator[Town]:
    """Three households asked at four banks, none of which has answered; the centre has a scanner."""
    city = invent(tmp_path / "city", households=3, banks=4)
    with Town(tmp_path, city.folder) as made:
        settings = made.dir / "service.yaml"
        told = yaml.safe_load(settings.read_text("utf-8")) | {"scanner": script.settings}
        settings.write_text(yaml.safe_dump(told, allow_unicode=True), "utf-8")
        made.intake()
        made.step("gather", "dispatch")
        script.seen.clear()
        yield made


def test_b5_an_infected_answer_is_refused_unread_and_stays_sealed(town: Town) -> None:
    ill, well = _codes(town)
    reply(town, batches(town, ill)[0], text=lambda file: file + EICAR)
    reply(town, batches(town, well)[0])
    town.step("collect", "settle")

    (file,) = _arrived(town, ill)
    assert ("refused", "infected") == (file.state, file.problem["code"])
    assert town.deployment().parts.objects.has(file.digest)
    assert [State.SENT, State.ANSWERED] == [batches(town, code)[0].state for code in (ill, well)]
    assert NAME in _problem(town, ill)["en"]
    assert NAME in _problem(town, ill)["zh"]
    assert EICAR.decode() not in str(_status(town))
    assert ("answer-refused", "infected") == [_said(row) for row in _audit(town) if row.subject == f"inbound {file.id}"][-1]

    reply(town, batches(town, ill)[0], again=1)
    town.step("collect", "settle")

    assert State.ANSWERED == batches(town, ill)[0].state


def test_b5_with_the_scanner_killed_answers_wait_until_it_is_back(town: Town, script: ScriptedScanner) -> None:
    script.stop()
    for code in _codes(town):
        reply(town, batches(town, code)[0])
    found = town.step("collect", "settle")["settle"]

    assert [{"retry": 1}] * 2 == [found.by_bank[code] for code in _codes(town)]
    for code in _codes(town):
        assert ["arrived"] == [file.state for file in _arrived(town, code)]
        assert State.SENT == batches(town, code)[0].state
        assert ("scanner-down", ["settle"]) == (_problem(town, code)["code"], _problem(town, code)["about"])
    assert 2 == len([row for row in _audit(town) if _said(row) == ("step-stopped", "scanner-down")])

    script.start()
    town.step("settle")

    assert [State.ANSWERED] * 2 == [batches(town, code)[0].state for code in _codes(town)]
    assert [[]] * 4 == [bank["problems"] for bank in _status(town)["banks"]]
    assert 2 == len([row for row in _audit(town) if _said(row) == ("step-mended", "mended")])


def test_b5_an_answer_without_a_verdict_waits_and_the_others_go_on(town: Town, script: ScriptedScanner) -> None:
    code = _codes(town)[0]
    reply(town, batches(town, code)[0])
    reply(town, batches(town, code)[0], again=1)
    town.step("collect")
    script.manners = [HANGS_UP]
    town.step("settle")

    assert ["arrived", "opened"] == [row.state for row in _arrived(town, code)]
    first = _arrived(town, code)[0].name
    assert "not-scanned" == _problem(town, code)["code"]
    assert first in _problem(town, code)["en"]

    town.step("settle")

    assert ["duplicate", "opened"] == [row.state for row in _arrived(town, code)]
    assert [[]] * 4 == [bank["problems"] for bank in _status(town)["banks"]]


def test_b5_an_answer_above_the_scanners_limit_waits_until_the_limit_is_raised(town: Town, script: ScriptedScanner) -> None:
    code = _codes(town)[0]
    reply(town, batches(town, code)[0], text=lambda file: file + os.urandom(20_000))
    script.bytes_max = 10_000
    town.step("collect", "settle")

    assert ["arrived"] == [row.state for row in _arrived(town, code)]
    assert "size limit" in _problem(town, code)["en"]

    script.bytes_max = 1 << 20
    town.step("settle")

    assert ["refused"] == [row.state for row in _arrived(town, code)]  # for what stands in it: it was read at last


def test_b5_a_crash_between_scan_and_reading_only_scans_again(town: Town, script: ScriptedScanner) -> None:
    code = _codes(town)[0]
    reply(town, batches(town, code)[0])
    crashpoint.arm("N6:raise")
    try:
        with pytest.raises(crashpoint.Crash):
            town.step("collect", "settle")
    finally:
        crashpoint.arm("")
    town.step("settle")

    assert 2 == len(script.seen)
    assert script.seen[0] == script.seen[1]
    assert ["opened"] == [row.state for row in _arrived(town, code)]


def test_b5_a_broken_seal_never_reaches_the_scanner(town: Town, script: ScriptedScanner) -> None:
    code = _codes(town)[0]
    name = reply(town, batches(town, code)[0])
    (parcel,) = town.servers[code].root.rglob(name)
    whole = parcel.read_bytes()
    parcel.write_bytes(whole[:-40] + bytes(byte ^ 1 for byte in whole[-40:]))
    town.step("collect", "settle")

    assert ["refused"] == [row.state for row in _arrived(town, code)]
    assert [] == script.seen


# ---------------------------------------------------------------- looking
def _codes(town: Town) -> list[str]:
    """The two banks of whom is told here; the others keep silent."""
    return [institution["code"] for institution in town.institutions[:2]]


def _arrived(town: Town, code: str) -> list[AnyRow]:
    with town.ledger().read() as tx:
        return list(answers.inbounds(tx, code))


def _audit(town: Town) -> list[AnyRow]:
    with town.ledger().read() as tx:
        return list(tx.execute(trail.select()).all())


def _said(row: AnyRow) -> tuple[str, str | None]:
    return row.what, row.detail.get("code")


def _status(town: Town) -> dict[str, Any]:
    return survey(town.deployment().parts)


def _problem(town: Town, code: str) -> dict[str, Any]:
    """The one thing that is wrong at a bank."""
    (bank,) = (bank for bank in _status(town)["banks"] if bank["code"] == code)
    (problem,) = bank["problems"]
    found: dict[str, Any] = problem
    return found
