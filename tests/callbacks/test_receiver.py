"""The receiver of call-backs: who may put, what is put once for ever, on whichever node, and what a bank is told."""

import concurrent.futures
import dataclasses
import hashlib
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from connector.assembly import clock
from connector.bankside.calling_back import _signing as as_the_bank
from connector.ledger.seen import LedgerSeen
from tests.callbacks.town import CallBackTown
from tests.certificates import Identity, authority, leaf
from tests.contracts.transport_contract import put
from transports import words
from transports.errors import Refused, Unreachable
from transports.https import Https, HttpsServer, Signing
from transports.transport import Delivery, Put

ANSWER = b"sealed answer" * 100


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CallBackTown]:
    with CallBackTown(tmp_path_factory.mktemp("town")) as made:
        yield made


@pytest.fixture(scope="module")
def server(town: CallBackTown) -> Iterator[HttpsServer]:
    with town.receiving() as opened:
        yield opened


def signing(town: CallBackTown, ahead: timedelta = timedelta(0)) -> Signing:
    """As the bank signs; ``ahead``: as its clock goes wrong."""
    desk = town.desk(town.code)
    made = as_the_bank(desk, desk.profile(clock()).channel, lambda: clock() + ahead)  # type: ignore[arg-type]
    assert made is not None
    return made


def ended(put: Put) -> tuple[Delivery, str]:
    return put.delivery, put.code


def test_a11_rule_028_h31_an_answer_called_back_again_is_told_and_lands_once(town: CallBackTown, server: HttpsServer) -> None:
    with town.calling(server.port, signing=signing(town)) as line:
        first = put(line, "once.p7m", ANSWER)
        (town.dir / "call-backs" / town.code / "in" / "once.p7m").unlink()  # collected
        again = put(line, "once.p7m", ANSWER)

    assert [Delivery.DELIVERED, Delivery.DELIVERED] == [first.delivery, again.delivery]
    assert "once.p7m" not in town.landed()


def test_a11_rule_028_h31_another_node_and_another_day_know_it_too(town: CallBackTown) -> None:
    for _node in range(2):
        with town.receiving() as server, town.calling(server.port, signing=signing(town)) as line:
            assert Delivery.DELIVERED is put(line, "nodes.p7m", ANSWER).delivery
            (town.dir / "call-backs" / town.code / "in" / "nodes.p7m").unlink(missing_ok=True)
    seen = LedgerSeen(town.ledger())
    message = hashlib.sha256(b"nodes.p7m").hexdigest()[:32]

    in_400_days = (clock() + timedelta(days=400)).timestamp()
    assert "same" == seen.first(town.code, message, "new-nonce", hashlib.sha256(ANSWER).hexdigest(), in_400_days)
    assert "nodes.p7m" not in town.landed()


def test_a11_h33_a_nonce_serves_one_message_of_one_bank_for_as_long_as_its_stamp_is_good(town: CallBackTown) -> None:
    seen, at = LedgerSeen(town.ledger(), window_s=300), clock().timestamp()
    one, two = "11" * 32, "22" * 32

    assert "new" == seen.first("A", "m1", "nonce", one, at)
    assert "new" == seen.first("A", "m1", "nonce", one, at + 1)  # not kept yet: the same message tried again
    assert "other" == seen.first("A", "m2", "nonce", two, at + 1)
    assert "other" == seen.first("A", "m1", "nonce", two, at + 1)
    assert "new" == seen.first("B", "m2", "nonce", two, at + 1)  # nonces of different banks know nothing of each other
    assert "new" == seen.first("A", "m2", "nonce", two, at + 301)


def test_rule_028_one_name_with_other_bytes_is_refused_for_ever(town: CallBackTown, server: HttpsServer) -> None:
    with town.calling(server.port, signing=signing(town)) as line:
        put(line, "name.p7m", ANSWER)
        (town.dir / "call-backs" / town.code / "in" / "name.p7m").unlink()
        other = put(line, "name.p7m", b"another answer")

    assert (Delivery.REFUSED, "collision") == ended(other)
    assert "name.p7m" not in town.landed()


def test_rule_028_h34_the_same_at_once_lands_once(town: CallBackTown, server: HttpsServer) -> None:
    def call(_number: int) -> Delivery:
        with town.calling(server.port, signing=signing(town)) as line:
            return put(line, "twin.p7m", ANSWER).delivery

    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        assert [Delivery.DELIVERED] * 3 == list(pool.map(call, range(3)))
    assert 1 == town.landed().count("twin.p7m")


@pytest.mark.parametrize("minutes", [-60, 60, 400 * 24 * 60])
def test_a11_h32_a_stamp_outside_the_window_is_refused(town: CallBackTown, server: HttpsServer, minutes: int) -> None:
    with town.calling(server.port, signing=signing(town)) as line:
        shifted = clock() + timedelta(minutes=minutes)
        settings = dataclasses.replace(line._settings, now=shifted.timestamp)
        with Https(settings) as wrong:
            assert (Delivery.REFUSED, "stamp-outside") == ended(put(wrong, "late.p7m", ANSWER))


def test_a10_who_does_not_sign_as_the_note_says_is_nobody(town: CallBackTown, server: HttpsServer) -> None:
    good = signing(town)
    garbage = dataclasses.replace(good, sign=lambda _message: b"signature")
    of_something_else = dataclasses.replace(good, sign=lambda message: good.sign(message + b"!"))
    for_another = dataclasses.replace(good, bank="990100000099")
    for how in (None, garbage, of_something_else, for_another):
        with town.calling(server.port, signing=how) as line:
            assert (Delivery.REFUSED, "not-authentic") == ended(put(line, "poor.p7m", ANSWER))
    assert "poor.p7m" not in town.landed()


def test_a3_a_key_of_the_same_authority_that_is_not_pinned_puts_nothing(town: CallBackTown, server: HttpsServer) -> None:
    strangers = {
        "not-authentic": leaf(town.bank_issuer, "another machine"),
        "login-refused": town.bank,
    }  # of its line: not trusted here
    for code, stranger in strangers.items():
        with town.calling(server.port, stranger, signing=signing(town)) as line:
            assert (Delivery.REFUSED, code) == ended(put(line, "strange.p7m", ANSWER))
    assert "strange.p7m" not in town.landed()


def test_a_receiver_takes_and_gives_nothing_back(town: CallBackTown, server: HttpsServer) -> None:
    with town.calling(server.port, signing=signing(town)) as line:
        put(line, "mine.p7m", ANSWER)
        for act in (line.list, lambda: b"".join(line.get("mine.p7m")), lambda: line.acknowledge("mine.p7m")):
            with pytest.raises(Refused) as refused:
                act()
            assert refused.value.code == "not-offered"
    assert "mine.p7m" in town.landed()


def test_a_ledger_that_is_away_is_told_as_come_again(town: CallBackTown, server: HttpsServer) -> None:
    ledger = town.dir / "ledger.db"
    seen = LedgerSeen(town.ledger())
    hidden = ledger.rename(ledger.with_suffix(".away"))
    try:
        with pytest.raises(Unreachable) as away:
            seen.first("B", "m", "n", "00" * 32, 0.0)
    finally:
        hidden.rename(ledger)
    assert words.BUSY[0] == away.value.code


def test_a3_a_bank_that_changes_its_key_is_let_in_while_the_receiver_runs(tmp_path: Path) -> None:
    with CallBackTown(tmp_path) as town, town.receiving() as server:
        new_issuer = authority("New machines of the bank")
        new = leaf(new_issuer, "its new machine")

        def calls(identity: Identity) -> tuple[Delivery, str]:
            with town.calling(server.port, identity, signing=signing(town)) as line:
                return ended(put(line, "changed.p7m", ANSWER))

        before = calls(new)
        (town.dir / "secrets" / "line" / "callers").write_text(new_issuer.pem)
        town.amend(town.connection, call_back={"authority": "secret:line/callers", "pins": [new.pin]})
        ends_at = time.monotonic() + 30
        while (after := calls(new))[0] is not Delivery.DELIVERED and time.monotonic() < ends_at:
            pass

        assert (Delivery.REFUSED, "login-refused") == before
        assert (Delivery.DELIVERED, "") == after
        assert Delivery.REFUSED is calls(town.caller)[0]
