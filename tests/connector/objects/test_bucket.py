"""The object store in a bucket, on a real server of the protocol: the promises of every home, and what a server that fails does."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from connector.objects import bucket as bucket_module
from connector.objects.bucket import BucketStore
from connector.objects.store import ObjectBroken, StoreAway, StoreRefused
from tests.bucket_server import BucketServer, free_port
from tests.certificates import authority, leaf
from tests.contracts.object_store_contract import BYTES, DIGEST, ObjectStoreContract


@pytest.fixture(scope="module")
def server() -> Iterator[BucketServer]:
    with BucketServer() as running:
        yield running


@pytest.fixture
def raw(server: BucketServer) -> BucketServer:
    server.empty()
    return server


@pytest.fixture
def store(raw: BucketServer) -> BucketStore:
    return BucketStore(raw.place())


class TestTheBucket(ObjectStoreContract):
    """Every promise of a home."""


class TestWhatIsAsked:
    """What goes over the line is only what must."""

    def test_a_whole_object_that_lies_there_is_not_sent_again(self, store: BucketStore, raw: BucketServer) -> None:
        store.put(BYTES)
        first = raw.client().head_object(Bucket="sealed", Key=raw.names()[0])["LastModified"]
        time.sleep(1.1)
        store.put(BYTES)

        assert first == raw.client().head_object(Bucket="sealed", Key=raw.names()[0])["LastModified"]

    def test_two_deployments_share_a_bucket_by_prefix(self, raw: BucketServer) -> None:
        one, other = BucketStore(raw.place(prefix="c1/objects/")), BucketStore(raw.place(prefix="c2"))
        one.put(BYTES)

        assert ([DIGEST], []) == (list(one.digests()), list(other.digests()))
        assert not other.has(DIGEST)

    def test_what_is_no_object_is_not_listed(self, store: BucketStore, raw: BucketServer) -> None:
        store.put(BYTES)
        raw.client().put_object(Bucket="sealed", Key="objects/notes.txt", Body=b"x")
        raw.client().put_object(Bucket="sealed", Key=f"objects/00/00/{DIGEST}", Body=b"x")

        assert [DIGEST] == list(store.digests())

    def test_no_key_is_shown(self, raw: BucketServer) -> None:
        assert "secret" not in repr(raw.place())


class TestFaults:
    """A server that is away, refuses, loses bytes or dies in the middle: nothing is named that is not whole."""

    def test_a_bucket_that_does_not_answer_is_for_later(self, raw: BucketServer) -> None:
        away = BucketStore(raw.place(endpoint=f"http://127.0.0.1:{free_port()}"))

        for use in (
            lambda: away.put(BYTES),
            lambda: away.has(DIGEST),
            lambda: list(away.get(DIGEST)),
            lambda: list(away.digests()),
        ):
            with pytest.raises(StoreAway, match="sealed"):
                use()

    def test_a_bucket_that_is_not_there_is_ours_to_mend(self, raw: BucketServer) -> None:
        place = raw.place()
        other = BucketStore(
            bucket_module.BucketPlace(
                "nobody-has-it", place.endpoint, "us-east-1", path_style=True, access_key="k", secret_key="s"
            )
        )

        for use in (lambda: other.put(BYTES), lambda: other.delete(DIGEST), lambda: list(other.get(DIGEST))):
            with pytest.raises(StoreRefused, match="NoSuchBucket"):
                use()

    def test_only_the_server_whose_certificate_we_know_is_spoken_to(self, tmp_path: Path) -> None:
        ours, theirs = authority("ours"), authority("another")
        known, other = ours.write(tmp_path, "ours")[0], theirs.write(tmp_path, "theirs")[0]
        with BucketServer((*leaf(ours).write(tmp_path, "leaf"), known)) as server:
            assert (DIGEST, 7006) == BucketStore(server.place(authority=known)).put(BYTES)
            with pytest.raises(StoreRefused, match="SSLError"):
                BucketStore(server.place(authority=other)).has(DIGEST)

    def test_a_server_that_keeps_other_bytes_is_not_believed(
        self, store: BucketStore, raw: BucketServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        client = store._client
        honest = client.put_object

        def lossy(**named: object) -> object:
            return honest(**{k: v for k, v in named.items() if k != "ChecksumSHA256"} | {"Body": b"half of it"})

        monkeypatch.setattr(client, "put_object", lossy)
        with pytest.raises(ObjectBroken):
            store.put(BYTES)

    def test_what_was_begun_in_parts_and_never_finished_is_swept(self, store: BucketStore, raw: BucketServer) -> None:
        store.put(BYTES)
        raw.client().create_multipart_upload(Bucket="sealed", Key=f"objects/00/00/{'0' * 64}")

        assert [0, 1, 0] == [store.sweep(before=0), store.sweep(before=4e9), store.sweep(before=4e9)]
        assert store.has(DIGEST)

    @pytest.mark.parametrize("dies_at", [1, 3])
    def test_rule_093_a_server_killed_in_the_middle_of_a_put(
        self, dies_at: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setattr(bucket_module, "PART_BYTES", 5 << 20)
        with BucketServer() as mortal:
            store = BucketStore(mortal.place(beside=tmp_path))
            client = store._client
            honest, sent = client.upload_part, list[int]()

            def dying(**named: object) -> object:
                sent.append(1)
                if len(sent) == dies_at:
                    threading.Timer(0.01, mortal.kill).start()
                    time.sleep(0.1)
                return honest(**named)

            monkeypatch.setattr(client, "upload_part", dying)
            content = [bytes([at]) * (1 << 20) for at in range(16)]
            with pytest.raises(StoreAway):
                store.put(content)
            mortal.start()
            monkeypatch.setattr(client, "upload_part", honest)
            assert [] == list(store.digests())
            digest, size = store.put(content)

            assert b"".join(content) == b"".join(store.get(digest))
            assert 16 << 20 == size
        assert [] == list(tmp_path.iterdir())
