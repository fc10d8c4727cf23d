"""The object store in a folder: the promises of every home, and what a kill, a full disk and other eyes find there."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from connector.objects.folder import FolderStore
from connector.objects.store import StoreFull
from tests.contracts.object_store_contract import BYTES, DIGEST, ObjectStoreContract


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "objects")


class Files:
    """The files of a folder store, past it."""

    def __init__(self, store: FolderStore) -> None:
        self.folder = store.folder

    def names(self) -> list[str]:
        return [path.name for path in self.folder.rglob("*") if path.is_file()]

    def read(self, digest: str) -> bytes:
        return self._path(digest).read_bytes()

    def write(self, digest: str, content: bytes) -> None:
        self._path(digest).write_bytes(content)

    def _path(self, digest: str) -> Path:
        return self.folder / digest[:2] / digest[2:4] / digest


@pytest.fixture
def raw(store: FolderStore) -> Files:
    return Files(store)


class TestTheFolder(ObjectStoreContract):
    """Every promise of a home."""


class TestOfAFolder:
    """What only a folder has."""

    def test_nothing_is_for_other_eyes(self, store: FolderStore) -> None:
        store.put(BYTES)
        paths = list(store.folder.rglob("*"))

        assert {0o700} == {stat.S_IMODE(path.stat().st_mode) for path in paths if path.is_dir()}
        assert {0o600} == {stat.S_IMODE(path.stat().st_mode) for path in paths if path.is_file()}

    def test_a_full_disk_is_said_and_leaves_nothing(
        self, store: FolderStore, raw: Files, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(_: int) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(StoreFull):
            store.put(BYTES)

        assert [] == raw.names()


KILLED_AT = """
import sys
from pathlib import Path
from connector.objects.folder import FolderStore
FolderStore(Path(sys.argv[1])).put([b"sealed " * 1000, b"parcel"])
"""


class TestCrash:
    """Killed anywhere in a put, the store holds the whole object or none, and the put can be repeated."""

    @pytest.mark.parametrize(("label", "kept"), [("O7", False), ("O8", False), ("O9", True)])
    def test_rule_093_a_kill_leaves_the_whole_object_or_none(self, store: FolderStore, label: str, kept: bool) -> None:
        arguments = [sys.executable, "-c", KILLED_AT, str(store.folder)]
        ended = subprocess.run(arguments, env=os.environ | {"CONNECTOR_CRASHPOINT": label}, check=False)
        assert -9 == ended.returncode

        assert kept == store.has(DIGEST)
        store.put(BYTES)
        assert b"".join(BYTES) == b"".join(store.get(DIGEST))

    def test_what_a_crash_left_is_swept_and_objects_stay(self, store: FolderStore) -> None:
        store.put(BYTES)
        old, young = store.folder / "unfinished" / "old", store.folder / "unfinished" / "young"
        for path, time in [(old, 100), (young, 300)]:
            path.write_bytes(b"half")
            os.utime(path, (time, time))

        assert 1 == store.sweep(before=200)
        assert (False, True, True) == (old.exists(), young.exists(), store.has(DIGEST))
