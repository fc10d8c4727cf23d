"""The object store promises: what it names is whole and durable, what it gives is what was put, and no name leaves its folder."""

import hashlib
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from connector.objects import store as store_module
from connector.objects.store import ObjectBroken, ObjectMissing, ObjectStore, StoreFull

BYTES = [b"sealed " * 1000, b"", b"parcel"]
DIGEST = hashlib.sha256(b"".join(BYTES)).hexdigest()


@pytest.fixture
def store(tmp_path: Path) -> ObjectStore:
    return ObjectStore(tmp_path / "objects")


def files(store: ObjectStore) -> list[Path]:
    return [path for path in store.folder.rglob("*") if path.is_file()]


class TestPuttingAndGetting:
    """The same bytes out as in, under their digest."""

    def test_what_was_put_comes_back_in_blocks(self, store: ObjectStore) -> None:
        assert (DIGEST, 7006) == store.put(iter(BYTES))
        assert b"".join(BYTES) == b"".join(store.get(DIGEST))
        assert store.has(DIGEST)

    def test_large_objects_stream(self, store: ObjectStore) -> None:
        digest, size = store.put(b"x" * 65536 for _ in range(64))

        assert {store_module.BLOCK_BYTES} == {len(block) for block in store.get(digest)}
        assert 64 * 65536 == size

    def test_the_same_bytes_are_one_object(self, store: ObjectStore) -> None:
        assert store.put(BYTES) == store.put(BYTES)
        assert 1 == len(files(store))
        assert [DIGEST] == list(store.digests())

    def test_an_empty_object_is_an_object(self, store: ObjectStore) -> None:
        digest, size = store.put([])

        assert (0, []) == (size, list(store.get(digest)))

    def test_nothing_is_for_other_eyes(self, store: ObjectStore) -> None:
        store.put(BYTES)
        modes = {stat.S_IMODE(path.stat().st_mode) for path in store.folder.rglob("*") if path.is_dir()}

        assert {0o700} == modes
        assert {0o600} == {stat.S_IMODE(path.stat().st_mode) for path in files(store)}

    def test_many_writers_of_the_same_bytes_do_not_meet(self, store: ObjectStore) -> None:
        threads = [threading.Thread(target=lambda: store.put(BYTES)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert 1 == len(files(store))

    def test_delete_removes_it_and_may_be_repeated(self, store: ObjectStore) -> None:
        store.put(BYTES)

        assert [True, False] == [store.delete(DIGEST), store.delete(DIGEST)]
        assert not store.has(DIGEST)
        with pytest.raises(ObjectMissing):
            list(store.get(DIGEST))


class TestDamage:
    """A damaged object is found, and mended by putting it again."""

    @pytest.mark.parametrize("damage", [lambda b: b[:-1], lambda b: b + b"x", lambda b: b"\x00" + b[1:], lambda _: b""])
    def test_other_bytes_are_found_and_putting_again_heals(self, store: ObjectStore, damage: object) -> None:
        store.put(BYTES)
        path = files(store)[0]
        path.write_bytes(damage(path.read_bytes()))  # type: ignore[operator]

        with pytest.raises(ObjectBroken):
            list(store.get(DIGEST))
        store.put(BYTES)
        assert b"".join(BYTES) == b"".join(store.get(DIGEST))

    @pytest.mark.parametrize(
        "hostile", ["", "..", "../" * 20 + "etc/passwd", "A" * 64, "0" * 63, "0" * 64 + "\n", "/" + "0" * 63]
    )
    def test_b1_a_hostile_digest_is_refused(self, store: ObjectStore, hostile: str) -> None:
        for use in (store.has, store.delete, lambda digest: list(store.get(digest))):
            with pytest.raises(ValueError, match="not a SHA-256 digest"):
                use(hostile)

    def test_a_source_that_fails_leaves_nothing(self, store: ObjectStore) -> None:
        def failing() -> Iterator[bytes]:
            yield b"half"
            raise ConnectionError

        with pytest.raises(ConnectionError):
            store.put(failing())

        assert [] == files(store)

    def test_a_full_disk_is_said_and_leaves_nothing(self, store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(_: int) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(StoreFull):
            store.put(BYTES)

        assert [] == files(store)


KILLED_AT = """
import sys
from pathlib import Path
from connector.objects.store import ObjectStore
ObjectStore(Path(sys.argv[1])).put([b"sealed " * 1000, b"parcel"])
"""


class TestCrash:
    """Killed anywhere in a put, the store holds the whole object or none, and the put can be repeated."""

    @pytest.mark.parametrize(("label", "kept"), [("O7", False), ("O8", False), ("O9", True)])
    def test_rule_093_a_kill_leaves_the_whole_object_or_none(self, store: ObjectStore, label: str, kept: bool) -> None:
        arguments = [sys.executable, "-c", KILLED_AT, str(store.folder)]
        ended = subprocess.run(arguments, env=os.environ | {"CONNECTOR_CRASHPOINT": label}, check=False)
        assert -9 == ended.returncode

        assert kept == store.has(DIGEST)
        store.put(BYTES)
        assert b"".join(BYTES) == b"".join(store.get(DIGEST))

    def test_what_a_crash_left_is_swept_and_objects_stay(self, store: ObjectStore) -> None:
        store.put(BYTES)
        old, young = store.folder / "unfinished" / "old", store.folder / "unfinished" / "young"
        for path, time in [(old, 100), (young, 300)]:
            path.write_bytes(b"half")
            os.utime(path, (time, time))

        assert 1 == store.sweep(before=200)
        assert (False, True, True) == (old.exists(), young.exists(), store.has(DIGEST))
