"""A folder of this machine keeps the promises of a road."""

import errno
import os
from pathlib import Path

import pytest

from tests.contracts.transport_contract import NAME, FolderContract, Road, arm, clean, manners, put
from transports.folder import Folder, FolderSettings
from transports.transport import Delivery

__all__ = ["arm"]


@pytest.fixture
def road(tmp_path: Path) -> Road:
    return Road(clean(tmp_path), lambda **changes: Folder(FolderSettings(tmp_path, manners(**changes))))


class TestFolder(FolderContract):
    """All promises, on a local disk."""


@pytest.mark.parametrize(
    ("number", "delivery", "code"),
    [
        (errno.ENOSPC, Delivery.RETRY, "remote-full"),
        (errno.EDQUOT, Delivery.RETRY, "remote-full"),
        (errno.EACCES, Delivery.REFUSED, "permission"),
        (errno.EROFS, Delivery.REFUSED, "permission"),
        (errno.ENOENT, Delivery.REFUSED, "missing"),
        (errno.ESTALE, Delivery.RETRY, "unreachable"),
        (errno.EIO, Delivery.RETRY, "remote-failure"),
    ],
)
def test_what_the_disk_says_is_told_in_the_words_of_a_road(
    road: Road, monkeypatch: pytest.MonkeyPatch, number: int, delivery: Delivery, code: str
) -> None:
    def broken(_handle: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", broken)
    with road.open() as transport:
        said = put(transport)

    assert (delivery, code) == (said.delivery, said.code)
    assert NAME not in road.sent()


def test_without_hard_links_the_rename_still_overwrites_nothing(road: Road, monkeypatch: pytest.MonkeyPatch) -> None:
    def unsupported(*_args: object, **_more: object) -> None:
        raise OSError(errno.EPERM, "no hard links here")

    monkeypatch.setattr(os, "link", unsupported)
    with road.open() as transport:
        assert put(transport).delivery is Delivery.DELIVERED
        assert put(transport, content=b"other").code == "collision"
