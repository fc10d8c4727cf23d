"""A folder of this machine keeps the promises of a road."""

import errno
import os
from pathlib import Path

import pytest

from tests.contracts.transport_contract import NAME, FolderContract, Road, arm, clean, manners, put
from transports import renaming
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


@pytest.fixture(params=["renameat2", "neither"])
def _no_links(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    def unsupported(*_args: object, **_more: object) -> None:
        raise OSError(errno.EPERM, "no hard links here")

    def not_offered(*_args: object) -> None:
        raise OSError(errno.EINVAL, "not on this file system")

    monkeypatch.setattr(os, "link", unsupported)
    if request.param == "neither":
        monkeypatch.setattr(renaming, "_exclusively", not_offered)


@pytest.mark.usefixtures("_no_links")
class TestFolderWithoutLinks(FolderContract):
    """All promises, where a file has one name only."""


@pytest.mark.usefixtures("_no_links")
def test_without_hard_links_the_rename_still_overwrites_nothing(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.write_bytes(b"ours")
    new.write_bytes(b"theirs")

    assert not renaming.link(old, new)
    with pytest.raises(FileExistsError):
        renaming.rename(old, new)

    assert (b"ours", b"theirs") == (old.read_bytes(), new.read_bytes())


def test_where_the_system_offers_it_no_look_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os.path, "lexists", lambda _path: False)  # what another puts there after a look
    old, new = tmp_path / "old", tmp_path / "new"
    old.write_bytes(b"ours")
    new.write_bytes(b"theirs")

    with pytest.raises(FileExistsError):
        renaming.rename(old, new)
