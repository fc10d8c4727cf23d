"""What every home of sealed objects promises, on real storage: what it names is whole, what it gives is what was put, no name leaves it.

A home is tried by a class that inherits ``ObjectStoreContract`` and gives the fixtures ``store`` and ``raw`` (its bytes, past the store).
"""

import hashlib
import threading
from collections.abc import Callable, Iterator
from typing import Protocol

import pytest

from connector.objects.store import BLOCK_BYTES, ObjectBroken, ObjectMissing, ObjectStore

BYTES = [b"sealed " * 1000, b"", b"parcel"]
DIGEST = hashlib.sha256(b"".join(BYTES)).hexdigest()
LARGE = 20 << 20  # more than two parts of a bucket


class Raw(Protocol):
    """The bytes as they lie there, for whoever damages them or counts them."""

    def names(self) -> list[str]: ...
    def read(self, digest: str) -> bytes: ...
    def write(self, digest: str, content: bytes) -> None: ...


class ObjectStoreContract:
    """Inherit, and give ``store`` and ``raw``."""

    def test_what_was_put_comes_back(self, store: ObjectStore) -> None:
        assert (DIGEST, 7006) == store.put(iter(BYTES))
        assert b"".join(BYTES) == b"".join(store.get(DIGEST))
        assert store.has(DIGEST)

    def test_large_objects_stream_in_blocks(self, store: ObjectStore, raw: Raw) -> None:
        digest, size = store.put(bytes([at % 251]) * 65536 for at in range(LARGE // 65536))

        assert {BLOCK_BYTES} == {len(block) for block in store.get(digest)}
        assert (LARGE, LARGE) == (size, len(raw.read(digest)))
        assert (digest, size) == store.put(bytes([at % 251]) * 65536 for at in range(LARGE // 65536))

    def test_the_same_bytes_are_one_object(self, store: ObjectStore, raw: Raw) -> None:
        assert store.put(BYTES) == store.put(BYTES)
        assert 1 == len(raw.names())
        assert [DIGEST] == list(store.digests())

    def test_all_are_listed(self, store: ObjectStore) -> None:
        put = {store.put([b"%d" % each])[0] for each in range(30)}

        assert put == set(store.digests())

    def test_an_empty_object_is_an_object(self, store: ObjectStore) -> None:
        digest, size = store.put([])

        assert (0, []) == (size, list(store.get(digest)))
        assert store.put([]) == (digest, 0)

    def test_many_writers_of_the_same_bytes_do_not_meet(self, store: ObjectStore, raw: Raw) -> None:
        ended: list[tuple[str, int]] = []
        threads = [threading.Thread(target=lambda: ended.append(store.put(BYTES))) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert [(DIGEST, 7006)] * 8 == ended
        assert 1 == len(raw.names())

    def test_delete_removes_it_and_may_be_repeated(self, store: ObjectStore, raw: Raw) -> None:
        store.put(BYTES)

        assert [True, False] == [store.delete(DIGEST), store.delete(DIGEST)]
        assert not store.has(DIGEST)
        assert [] == raw.names()
        with pytest.raises(ObjectMissing):
            list(store.get(DIGEST))

    @pytest.mark.parametrize("damage", [lambda b: b[:-1], lambda b: b + b"x", lambda b: b"\x00" + b[1:], lambda _: b""])
    def test_other_bytes_are_found_and_putting_again_heals(
        self, store: ObjectStore, raw: Raw, damage: Callable[[bytes], bytes]
    ) -> None:
        store.put(BYTES)
        raw.write(DIGEST, damage(raw.read(DIGEST)))

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

    def test_a_source_that_fails_leaves_nothing(self, store: ObjectStore, raw: Raw) -> None:
        def failing() -> Iterator[bytes]:
            yield b"half" * (3 << 20)
            raise ConnectionError

        with pytest.raises(ConnectionError):
            store.put(failing())

        assert [] == raw.names()
