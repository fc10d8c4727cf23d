"""What a bank, a stranger at its folders or a crash may do to the steps: no file stops another, nothing is taken back unseen."""

import dataclasses
import os
import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from sqlalchemy import select, update

from connector.assembly import clock
from connector.bankside.invented import invent
from connector.bankside.lookup import Answer
from connector.deciding import acts
from connector.ledger import answers, authorizations, people, retention
from connector.ledger.rows import AnyRow
from connector.ledger.tables import inquiry, member
from connector.lifecycle import State
from connector.steps import dispatch as module
from tests.replies import batches, reply
from tests.town import FOLDERS, PROFILES, Town
from transports import crashpoint

pytestmark = pytest.mark.xdist_group("attacks")


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    """Four households at four banks, their batches sealed and not sent."""
    city = invent(tmp_path / "city", households=4, banks=4)
    with Town(tmp_path, city.folder) as made:
        made.intake()
        made.step("gather")
        yield made


def test_d14_an_answer_to_what_was_not_sent_is_set_apart_and_stops_nobody(town: Town) -> None:
    code = _codes(town)[0]
    batch = batches(town, code)[0]
    reply(town, batch)
    kept = _objects(town)

    found = town.step("collect", "settle", "settle")["settle"]

    assert {} == found.problems
    assert [("quarantined", "answer-not-awaited", batch.id)] == [_said(row) for row in _arrived(town, code)]
    assert State.SEALED == batches(town, code)[0].state
    assert kept + 1 == _objects(town)


def test_h5_a_fault_of_ours_in_one_file_does_not_stop_the_next(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    code = _codes(town)[0]
    town.step("dispatch")
    batch = batches(town, code)[0]
    reply(town, batch, again=1)
    reply(town, batch)
    real, seen = answers.add_edition, []

    def stumbles(*arguments: Any, **values: Any) -> None:
        seen.append(1)
        if len(seen) == 1:
            raise ZeroDivisionError
        real(*arguments, **values)

    monkeypatch.setattr(answers, "add_edition", stumbles)
    found = town.step("collect", "settle")["settle"]

    assert "our-fault" == found.problems[code]["code"]
    assert ["arrived", "opened"] == [row.state for row in _arrived(town, code)]


def test_d14_what_a_partial_answer_gave_is_not_taken_back_by_one_person(town: Town) -> None:
    code = _codes(town)[1]
    town.step("dispatch")
    batch = batches(town, code)[0]
    reply(town, batch, rows=_outcomes(lambda row: row | ({"outcome": "partial"} if row["outcome"] == "found" else {})))
    town.step("collect", "settle")
    partial = batches(town, code)[0].counts
    nothing = {"outcome": "no_record", "declared_accounts": 0, "declared_movements": 0}
    reply(town, batch, again=1, rows=_outcomes(lambda row: row | nothing if row["outcome"] == "found" else None, bare=True))
    town.step("collect", "settle")

    assert partial["partial"] > 0
    assert partial == batches(town, code)[0].counts
    assert "answer-differs" == _said(_arrived(town, code)[-1])[1]


def test_b12_a_file_that_cannot_be_had_does_not_keep_the_others_waiting(town: Town) -> None:
    code = _codes(town)[0]
    town.step("dispatch")
    first = _offers(town, code) / "A.zip.p7m"
    with first.open("wb") as file:
        file.truncate(3 << 30)  # no byte of it on the disk
    os.utime(first, (1, 1))
    first.with_name("A.zip.p7m.ok").touch()
    reply(town, batches(town, code)[0])

    found = town.step("collect", "settle")

    assert "too-large" == found["collect"].problems[code]["code"]
    assert State.ANSWERED == batches(town, code)[0].state


def test_b6_what_a_folder_holds_is_neither_run_nor_taken_for_settings(town: Town) -> None:
    code = _codes(town)[0]
    town.step("dispatch")
    ran = town.folder / "ran"
    program = f"open({str(ran)!r}, 'w')\n".encode()
    names = ("sitecustomize.py", "x.pth", "autorun.inf", "connector.yaml", "2026.9.yaml", "bank.py.p7m", "run.sh")
    for name in names:
        for dropped in (_offers(town, code) / name, _offers(town, code) / f"{name}.ok"):
            dropped.write_bytes(program)
            dropped.chmod(0o755)
    before = sorted(path for path in town.dir.rglob("*.yaml"))
    reply(town, batches(town, code)[0])
    town.step("collect", "settle")

    assert not ran.exists()
    assert before == sorted(path for path in town.dir.rglob("*.yaml"))
    assert [] == [path for path in town.dir.rglob("*") if path.name in names]
    assert State.ANSWERED == batches(town, code)[0].state


@pytest.mark.parametrize("bank", [0, 1])
def test_e11_after_a_crash_nothing_is_acknowledged_unread(town: Town, bank: int) -> None:
    code = _codes(town)[bank]
    town.step("dispatch")
    name = reply(town, batches(town, code)[0])
    crashpoint.arm("N13:raise")
    try:
        with pytest.raises(crashpoint.Crash):
            town.step("collect")
    finally:
        crashpoint.arm("")
    offered = _offers(town, code) / name
    offered.write_bytes(bytes(byte ^ 1 for byte in offered.read_bytes()))  # the bank put another file in its place meanwhile
    town.step("collect", "settle")

    assert ["opened", "refused"] == [row.state for row in _arrived(town, code)]


def test_a16_junk_under_the_name_to_come_does_not_keep_the_real_answer_out(town: Town) -> None:
    code = _codes(town)[0]
    town.step("dispatch")
    batch = batches(town, code)[0]
    junk = _offers(town, code) / f"FK_{code}_{batch.sequence_day:%Y%m%d}_{batch.sequence:04d}.zip.p7m"
    junk.write_bytes(os.urandom(4000))
    junk.with_name(f"{junk.name}.ok").touch()
    town.step("collect", "settle")
    name = reply(town, batch)
    town.step("collect", "settle")

    assert junk.name == name
    assert ["refused", "opened"] == [row.state for row in _arrived(town, code)]


def test_a14_another_banks_answer_is_refused_whoever_names_whose_batch(town: Town) -> None:
    one, other = _codes(town)[0], _codes(town)[2]
    town.step("dispatch")
    ours = batches(town, one)[0]
    name = reply(town, ours)
    stolen = _offers(town, other) / name.replace(one, other)
    shutil.copy(_offers(town, one) / name, stolen)
    stolen.with_name(f"{stolen.name}.ok").touch()
    town.step("collect", "settle")
    reply(town, batches(town, other)[0], number=ours.number, again=1)
    counts = batches(town, one)[0].counts
    town.step("collect", "settle")

    assert ["seal-signer-unknown", "batch-unknown"] == [_said(row)[1] for row in _arrived(town, other)]
    assert (counts, State.SENT) == (batches(town, one)[0].counts, batches(town, other)[0].state)


def test_f3_a_paper_withdrawn_while_a_pass_goes_on_stops_what_was_not_sent(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    code, looked = _codes(town)[0], []
    real = authorizations.not_askable_positions

    def withdrawn_after_the_first_look(*which: Any) -> list[int]:
        looked.append(which)
        return real(*which) if len(looked) == 1 else [0]

    monkeypatch.setattr(authorizations, "not_askable_positions", withdrawn_after_the_first_look)
    parts = town.deployment().parts
    monkeypatch.setattr("connector.ledger.lanes.still", lambda *_: True)
    counts = module.dispatch(parts, parts.banks.working[code], 1, clock())

    assert ({"held": 1}, State.RECALLED) == (counts, batches(town, code)[0].state)


def test_e4_a_person_moved_to_another_paper_in_the_database_is_not_asked_about(town: Town) -> None:
    with town.ledger().begin() as tx:
        tx.execute(update(inquiry).values(gathered_at=None))
        one, other = tx.execute(select(member.c.id, member.c.sealed).where(member.c.place == 0).limit(2))
        for key, sealed in ((one.id, other.sealed), (other.id, one.sealed)):
            tx.execute(update(member).where(member.c.id == key).values(sealed=sealed))

    found = town.step("gather")["gather"]

    assert "at-rest-broken" in {why["code"] for why in found.problems.values()}


def test_f5_an_erasure_cut_short_is_finished_by_the_next_pass(town: Town) -> None:
    town.step("dispatch")
    town.banks_respond()
    town.step("collect", "settle", "conclude")
    later = clock() + timedelta(days=3650 + 62)
    town.step("retire", now=later)
    with town.ledger().begin() as tx:
        people.add(tx, at=clock(), name="wang", roles=["manager"], centre="C1", region="440106", by="li")
        acts.decide(tx, people.of_act(tx, "retire-month")[0].id, agree=True, by="wang", now=clock())
    crashpoint.arm("O24:raise")
    try:
        with pytest.raises(crashpoint.Crash):
            town.step("retire", now=later)
    finally:
        crashpoint.arm("")
    left = _objects(town)
    town.step("retire", now=later)

    assert (True, 0) == (left > 0, _objects(town))
    with town.ledger().read() as tx:
        assert {} == retention.unfinished(tx)


def _codes(town: Town) -> list[str]:
    return [institution["code"] for institution in town.institutions]


def _offers(town: Town, code: str) -> Path:
    return town.servers[code].root / FOLDERS[PROFILES[_codes(town).index(code) % 2]][1]


def _arrived(town: Town, code: str) -> list[AnyRow]:
    with town.ledger().read() as tx:
        return list(answers.inbounds(tx, code))


def _said(row: AnyRow) -> tuple[str, str, int | None]:
    return row.state, row.problem["code"], row.batch


def _objects(town: Town) -> int:
    return sum(1 for path in (town.dir / "objects").rglob("*") if path.is_file())


def _outcomes(change: Callable[[dict[str, Any]], dict[str, Any] | None], *, bare: bool = False) -> Callable[[Answer], Answer]:
    """Every outcome row changed (or left out); ``bare``: without accounts and movements."""

    def changed(answer: Answer) -> Answer:
        rows = [row for row in map(change, answer.outcome.to_pylist()) if row is not None]
        tables = {"outcome": pa.Table.from_pylist(rows, answer.outcome.schema)}
        if bare:
            tables |= {"holding": answer.holding.slice(0, 0), "movement": answer.movement.slice(0, 0)}
        return dataclasses.replace(answer, **tables)

    return changed
