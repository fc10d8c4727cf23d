"""Calls our own doors refuse are counted, audited once an hour, shown by ``status``; a flood of them fills nothing."""

import dataclasses
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connector.assembly import clock
from connector.ledger import audit
from connector.ledger.ledger import Ledger
from connector.ledger.rows import Tx
from connector.parts import Parts
from connector.status import survey
from connector.turned_away import CALL_BACKS, DROP_BOX, SHOWN, TurnedAway
from tests.callbacks.test_receiver import signing
from tests.callbacks.town import CallBackTown
from tests.certificates import expired, leaf
from tests.contracts.transport_contract import put
from tests.dropbox.town import BoxTown
from transports.https import Https

ANSWER = b"sealed answer" * 100


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CallBackTown]:
    with CallBackTown(tmp_path_factory.mktemp("refused")) as made:
        yield made


@pytest.fixture
def parts(town: CallBackTown, tmp_path: Path) -> Parts:
    """With a ledger of its own."""
    made = Ledger.open(f"sqlite:///{tmp_path / 'ledger.db'}")
    made.migrate()
    return dataclasses.replace(town.deployment().parts, ledger=made)


def records(parts: Parts) -> list[dict[str, Any]]:
    with parts.ledger.read() as tx:
        return [dict(row.detail) for row in reversed(audit.newest(tx, 1000)) if row.what == "call-refused"]


def shown(parts: Parts, now: datetime | None = None) -> list[tuple[str, str, str, int]]:
    """What ``status`` tells at a moment: door, peer, code, how many."""
    found = survey(parts, now or clock())["callers"]
    assert all(each["alarm"] and each["en"] and each["zh"] and each["en"] != each["zh"] for each in found)
    return [(each["door"], each["peer"], each["code"], each["calls"]) for each in found]


def test_h28_h32_h33_what_the_receiver_of_call_backs_refuses_shows_in_status_and_in_the_audit(town: CallBackTown) -> None:
    good, stranger = signing(town), leaf(town.bank_issuer, "another machine")
    garbage = dataclasses.replace(good, sign=lambda _message: b"signature")
    with town.receiving() as server:
        with town.calling(server.port, signing=garbage) as line:
            put(line, "poor.p7m", ANSWER)
        with town.calling(server.port, stranger, signing=good) as line:
            put(line, "strange.p7m", ANSWER)
        with town.calling(server.port, expired(town.bank_issuer), signing=good) as line:
            put(line, "old.p7m", ANSWER)
        with town.calling(server.port, signing=good) as line:
            with Https(dataclasses.replace(line._settings, now=(clock() + timedelta(hours=1)).timestamp)) as late:
                put(late, "late.p7m", ANSWER)
            assert put(line, "good.p7m", ANSWER).code == ""

    expected = {(town.code, "not-authentic"), ("", "not-authentic"), ("", "login-refused"), (town.code, "stamp-outside")}
    found = town.deployment().parts
    assert {(CALL_BACKS, *each) for each in expected} == {each[:3] for each in shown(found)}
    assert expected == {(each["peer"], each["code"]) for each in records(found)}
    said = town.command("status")
    assert all(word in said.stdout for word in (town.code, "▲")), said


def test_h33_a_nonce_used_again_for_another_message_is_told(town: CallBackTown, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("transports.https.signing.fresh_nonce", lambda: "5" * 32)
    with town.receiving() as server, town.calling(server.port, signing=signing(town)) as line:
        told = [put(line, name, ANSWER).code for name in ("nonce.p7m", "other.p7m")]

    assert ["", "replayed"] == told
    assert (CALL_BACKS, town.code, "replayed", 1) in shown(town.deployment().parts)


def test_a_stranger_at_the_drop_box_shows_in_status(tmp_path: Path) -> None:
    with BoxTown(tmp_path) as town:
        with town.serving() as server:
            assert 401 == town.clerk(server, identity=leaf(town.issuer, "stranger")).get("/batches").status
            with pytest.raises((ssl.SSLError, ConnectionError)):
                town.clerk(server, identity=expired(town.issuer)).get("/batches")

        assert {("", "not-authentic"), ("", "login-refused")} == {each[1:3] for each in shown(town.deployment().parts)}
        assert {DROP_BOX} == {each[0] for each in shown(town.deployment().parts)}


def test_a9_a_flood_of_refused_calls_is_one_record_an_hour_and_the_count_is_kept(parts: Parts) -> None:
    now = [datetime.fromisoformat("2026-11-22T10:00:00+00:00")]
    tell = TurnedAway(parts, CALL_BACKS, lambda: now[0])
    for _call in range(1000):
        tell("B1", "not-authentic")
        now[0] += timedelta(seconds=3)
    tell("B1", "replayed")
    now[0] += timedelta(hours=1)
    tell("B1", "not-authentic")

    assert [("B1", "not-authentic", 1), ("B1", "replayed", 1), ("B1", "not-authentic", 1000)] == [
        (each["peer"], each["code"], each["calls"]) for each in records(parts)
    ]
    assert [(CALL_BACKS, "B1", "not-authentic", 1001), (CALL_BACKS, "B1", "replayed", 1)] == shown(parts, now[0])
    assert [] == shown(parts, now[0] + SHOWN + timedelta(seconds=1))


def test_a_ledger_that_is_away_loses_no_count(parts: Parts) -> None:
    path = Path(str(parts.ledger.engine.url.database))
    tell = TurnedAway(parts, DROP_BOX, clock)
    hidden = path.rename(path.with_suffix(".away"))
    tell("B1", "not-authentic")
    hidden.rename(path)
    tell("B1", "not-authentic")

    assert [(DROP_BOX, "B1", "not-authentic", 2)] == shown(parts)


def test_a9_while_the_ledger_hangs_one_refused_call_waits_for_it_and_no_other(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin, hangs, goes_on = parts.ledger.begin, threading.Event(), threading.Event()

    @contextmanager
    def hanging() -> Iterator[Tx]:
        hangs.set()
        assert goes_on.wait(20)
        with begin() as tx:
            yield tx

    monkeypatch.setattr(parts.ledger, "begin", hanging)
    tell = TurnedAway(parts, DROP_BOX, clock)
    first = threading.Thread(target=tell, args=("B1", "not-authentic"))
    first.start()
    assert hangs.wait(20)
    for _call in range(3):
        tell("B1", "not-authentic")
    goes_on.set()
    first.join()
    tell("B1", "not-authentic")

    assert [(DROP_BOX, "B1", "not-authentic", 5)] == shown(parts)
