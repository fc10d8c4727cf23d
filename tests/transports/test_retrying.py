"""A stumble of the network is tried again for seconds; doubt and refusal are not."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from tests.contracts.transport_contract import BYTES, Road, TransportContract, arm, clean, manners, put
from transports.errors import Refused, Unreachable
from transports.folder import Folder, FolderSettings
from transports.retrying import Patience, Retrying
from transports.transport import Blocks, Delivery, Put, Remote

__all__ = ["arm"]


@pytest.fixture
def road(tmp_path: Path) -> Road:
    return Road(clean(tmp_path), lambda **changes: patient(Folder(FolderSettings(tmp_path, manners(**changes)))))


def patient(transport: Folder) -> Retrying:
    return Retrying(transport, Patience(attempts=4), sleep=lambda _seconds: None)


class TestRetrying(TransportContract):
    """All promises, with patience around."""


class Stumbling(Folder):
    """Says what a test lists, in that order, then does what it should."""

    def __init__(self, root: Path, *said: Put | Exception) -> None:
        super().__init__(FolderSettings(clean(root), manners()))
        self.said = list(said)
        self.asked = 0

    def _next(self) -> Put | None:
        self.asked += 1
        word = self.said.pop(0) if self.said else None
        if isinstance(word, Exception):
            raise word
        return word

    def put(self, name: str, blocks: Blocks, size: int, digest: str) -> Put:
        return self._next() or super().put(name, blocks, size, digest)

    def list(self, awaited: Sequence[str] = ()) -> list[Remote]:
        self._next()
        return super().list()

    def get(self, name: str) -> Iterator[bytes]:
        self._next()
        yield from super().get(name)


LATER = Put(Delivery.RETRY, "unreachable")


def test_a_put_is_tried_again_until_it_is_delivered(tmp_path: Path) -> None:
    transport = Stumbling(tmp_path, LATER, LATER)

    assert Put(Delivery.DELIVERED) == put(patient(transport))
    assert transport.asked == 3


def test_it_gives_up_and_says_the_last_word_as_it_came(tmp_path: Path) -> None:
    transport = Stumbling(tmp_path, *[LATER] * 9)

    assert LATER == put(patient(transport))
    assert transport.asked == 4


@pytest.mark.parametrize(
    "final", [Put(Delivery.IN_DOUBT, "line-broken"), Put(Delivery.REFUSED, "login-refused")], ids=lambda p: p.code
)
def test_doubt_and_refusal_are_never_tried_again(tmp_path: Path, final: Put) -> None:
    transport = Stumbling(tmp_path, final)

    assert final == put(patient(transport))
    assert transport.asked == 1


def test_a_retry_that_ends_in_doubt_says_doubt(tmp_path: Path) -> None:
    doubt = Put(Delivery.IN_DOUBT, "line-broken")

    assert doubt == put(patient(Stumbling(tmp_path, LATER, doubt)))


def test_a_listing_is_tried_again_when_nobody_is_there_and_only_then(tmp_path: Path) -> None:
    assert patient(Stumbling(tmp_path, Unreachable("x"), Unreachable("x"))).list() == []
    with pytest.raises(Refused):
        patient(Stumbling(tmp_path, Refused("x"))).list()
    with pytest.raises(Unreachable):
        patient(Stumbling(tmp_path, *[Unreachable("x")] * 9)).list()


def test_a_fetch_is_tried_again_before_its_first_block(tmp_path: Path) -> None:
    transport = Stumbling(tmp_path, Unreachable("x"))
    (tmp_path / "out" / "a").write_bytes(BYTES)

    assert b"".join(patient(transport).get("a")) == BYTES


def test_pauses_grow_with_full_jitter_and_stay_bounded(tmp_path: Path) -> None:
    pauses: list[float] = []
    keep: Callable[[float], None] = pauses.append
    Retrying(Stumbling(tmp_path, *[LATER] * 30), Patience(attempts=20, seconds=1e9, pause_s=1, pause_max_s=4), sleep=keep).put(
        "a", lambda: iter(()), 0, ""
    )

    assert len(pauses) == 19
    assert all(0 <= pause <= 4 for pause in pauses)
    assert len(set(pauses)) > 10
