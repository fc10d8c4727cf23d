"""No error of any kind, at any stage, is a delivery: every class is tried, and each where it can happen."""

import errno
import socket
import struct
from collections.abc import Iterator
from pathlib import Path

import paramiko
import pytest
from paramiko import sftp as wire

from tests.contracts.transport_contract import BYTES, NAME, clean, look, manners, put
from transports.errors import BrokenRing, BrokenSeal, Refused, TransportError, UnknownKey, Unreachable
from transports.files import Entry, Failed, Missing, NotRenamed
from transports.folder import LocalFiles
from transports.mailbox import Mailbox
from transports.outcomes import OUTCOMES, Stage, outcome
from transports.sftp.words import FAULTS, STATUSES, ServerSaid, in_our_words
from transports.transport import Delivery, Presence

OURS: list[Exception] = [
    Unreachable("x"),
    Refused("x"),
    Missing("x"),
    Failed("x"),
    NotRenamed("x"),
    TransportError("x"),
    BrokenSeal("x"),
    UnknownKey("x"),
    BrokenRing("x"),
]
UNFORESEEN: list[Exception] = [
    RuntimeError("x"),
    TypeError("x"),
    MemoryError(),
    KeyError("x"),
    AssertionError(),
    ZeroDivisionError(),
    OSError(5, "x"),
]


def subclasses(kind: type[Exception]) -> Iterator[type[Exception]]:
    yield kind
    for child in kind.__subclasses__():
        yield from subclasses(child)


def of_paramiko() -> list[Exception]:
    kinds = {kind for kind in subclasses(paramiko.SSHException) if kind.__module__.startswith("paramiko")}
    return [kind.__new__(kind) for kind in sorted(kinds, key=lambda kind: kind.__name__)]


def of_the_network() -> list[Exception]:
    numbers = [
        errno.ECONNREFUSED,
        errno.ECONNRESET,
        errno.EPIPE,
        errno.EHOSTUNREACH,
        errno.ENETUNREACH,
        errno.ETIMEDOUT,
        errno.EBADF,
    ]
    plain = [
        TimeoutError(),
        EOFError(),
        OSError("Socket is closed"),
        struct.error("x"),
        wire.SFTPError("x"),
        socket.gaierror(-2, "x"),
    ]
    return [*(OSError(number, "x") for number in numbers), *plain, UnicodeDecodeError("utf-8", b"x", 0, 1, "x")]


@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize("error", OURS + UNFORESEEN, ids=repr)
def test_no_error_is_ever_a_delivery(error: Exception, stage: Stage) -> None:
    said = outcome(error, stage)

    assert said.delivery is not Delivery.DELIVERED
    assert all((said.code, said.en, said.zh))


def test_the_table_itself_holds_no_delivery() -> None:
    assert not any(Delivery.DELIVERED in row for row in OUTCOMES.values())


@pytest.mark.parametrize(
    ("error", "by_stage"),
    [
        (Refused("x"), (Delivery.REFUSED, Delivery.REFUSED, Delivery.REFUSED)),
        (Unreachable("x"), (Delivery.RETRY, Delivery.RETRY, Delivery.IN_DOUBT)),
        (Failed("x"), (Delivery.RETRY, Delivery.RETRY, Delivery.IN_DOUBT)),
        (NotRenamed("x"), (Delivery.RETRY, Delivery.RETRY, Delivery.RETRY)),
        (RuntimeError("x"), (Delivery.REFUSED, Delivery.IN_DOUBT, Delivery.IN_DOUBT)),
    ],
    ids=["refused", "unreachable", "failed", "not renamed", "unforeseen"],
)
def test_a_line_that_breaks_after_the_rename_was_sent_is_in_doubt(error: Exception, by_stage: tuple[Delivery, ...]) -> None:
    assert by_stage == tuple(outcome(error, stage).delivery for stage in Stage)


@pytest.mark.parametrize("error", [*of_paramiko(), *of_the_network()], ids=lambda error: type(error).__name__)
def test_everything_paramiko_or_a_socket_raises_has_words_and_a_place(error: Exception) -> None:
    ours = in_our_words(error)

    assert isinstance(ours, Unreachable | Refused)
    assert all((ours.code, ours.en, ours.zh))


@pytest.mark.parametrize("status", range(2, 40))
def test_everything_a_server_says_has_words_and_a_place(status: int) -> None:
    ours = in_our_words(ServerSaid(status))

    assert isinstance(ours, Unreachable | Refused | Failed | Missing)
    assert outcome(ours, Stage.RENAMING).delivery is not Delivery.DELIVERED


def test_what_nobody_foresaw_has_no_words_of_the_peer() -> None:
    assert in_our_words(ZeroDivisionError()) is None
    assert len(FAULTS) >= 10
    assert set(range(wire.SFTP_NO_SUCH_FILE, wire.SFTP_OP_UNSUPPORTED + 1)) <= set(STATUSES)


class Breaking(LocalFiles):
    """A peer that breaks at the n-th act, either before doing it or after."""

    def __init__(self, root: Path, error: Exception, at: int, *, done: bool) -> None:
        super().__init__(root)
        self._error, self._left, self._done = error, at, done

    def _turn(self, done: bool) -> None:
        if done is self._done:
            self._left -= 1
            if self._left == 0:
                raise self._error

    def stat(self, path: str) -> Entry | None:
        self._turn(False)
        found = super().stat(path)
        self._turn(True)
        return found

    def write(self, path: str, blocks: Iterator[bytes], size: int) -> None:
        self._turn(False)
        super().write(path, blocks, size)
        self._turn(True)

    def read(self, path: str, size: int) -> Iterator[bytes]:
        self._turn(False)
        yield from super().read(path, size)
        self._turn(True)

    def rename(self, old: str, new: str) -> None:
        self._turn(False)
        super().rename(old, new)
        self._turn(True)


@pytest.mark.parametrize("done", [False, True], ids=["before the act", "after the act"])
@pytest.mark.parametrize("at", range(1, 10))
@pytest.mark.parametrize("error", [*OURS[:4], RuntimeError("x")], ids=lambda error: type(error).__name__)
def test_whatever_breaks_at_whatever_act_the_word_is_true(tmp_path: Path, error: Exception, at: int, done: bool) -> None:
    root = clean(tmp_path)
    said = put(Mailbox(Breaking(root, error, at, done=done), manners()))
    found = look(Mailbox(LocalFiles(root), manners()))

    assert said.delivery is not Delivery.DELIVERED or found is Presence.PRESENT
    assert said.delivery is not Delivery.RETRY or found is not Presence.PRESENT
    if said.delivery is not Delivery.DELIVERED:
        again = put(Mailbox(LocalFiles(root), manners()))
        assert again.delivery is Delivery.DELIVERED
    assert (root / "in" / NAME).read_bytes() == BYTES


class SaysNo(LocalFiles):
    """A peer that answers "failure" to a rename: it did not do it, or it did and swept the file in at once."""

    def __init__(self, root: Path, *, done: bool) -> None:
        super().__init__(root)
        self._done = done

    def rename(self, old: str, new: str) -> None:
        if self._done:
            self.remove(old)
        raise Failed("no")


@pytest.mark.parametrize(("done", "word"), [(False, Delivery.RETRY), (True, Delivery.IN_DOUBT)])
def test_a_no_to_the_rename_is_believed_only_while_the_old_name_is_there(tmp_path: Path, done: bool, word: Delivery) -> None:
    root = clean(tmp_path)

    assert word is put(Mailbox(SaysNo(root, done=done), manners())).delivery
