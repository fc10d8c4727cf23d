"""A bucket of S3's protocol that keeps sealed objects under ``prefix/ab/cd/<SHA-256>``: confirmed before anyone may name one.

Digest and size of a stream are known at its end, and an object is named by its digest, so what is put is first gathered beside (up to a
few MiB in memory, beyond in a nameless file of this disk; it is ciphertext) and then sent in one piece, or in parts where it is large.
A copy that lies there already is read back before it is believed, and a broken one is replaced. The bucket must keep no older versions
and lock no object: what is erased must be gone (docs/object-store.md).
"""

import base64
import errno
import functools
import hashlib
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, TypeVar

from connector.objects import refusals
from connector.objects.store import BLOCK_BYTES, ObjectBroken, ObjectError, ObjectMissing, broken, is_digest, missing, shelved
from transports.crashpoint import crashpoint
from transports.measured import DIGEST

PART_BYTES = 8 << 20  # one piece, and each part of what is larger; S3 wants at least 5 MiB
TRIES = 3
CONNECT_S, READ_S = 10, 60

T = TypeVar("T")


@dataclass(frozen=True)
class BucketPlace:
    """Which bucket, how it is reached, as whom. Without keys boto3 looks where it always does (environment, the machine's role)."""

    name: str
    endpoint: str | None = None
    region: str | None = None
    prefix: str = "objects"
    authority: Path | None = None  # PEM: whose certificates are believed; the server's own alone pins it
    path_style: bool = False
    access_key: str | None = None
    secret_key: str | None = None
    beside: Path | None = None  # the folder whose disk gathers what is larger than a part

    def __repr__(self) -> str:
        """Without the keys."""
        return f"BucketPlace({self.name!r}, {self.endpoint!r})"


class BucketStore:
    """The store in a bucket. Nothing is asked of the server before the first use. Safe for many processes and threads at once."""

    def __init__(self, place: BucketPlace) -> None:
        self._place = place
        self._made: Any = None
        self._making = threading.Lock()
        self._prefix = f"{place.prefix.strip('/')}/" if place.prefix.strip("/") else ""
        self._conditional = True  # until the server says that it knows no "only where there is none"

    def put(self, blocks: Iterable[bytes]) -> tuple[str, int]:
        """See ObjectStore."""
        with tempfile.SpooledTemporaryFile(PART_BYTES, dir=str(self._place.beside) if self._place.beside else None) as spool:
            digest, size = _gather(spool, blocks)
            crashpoint("O7")
            spool.seek(0)
            there = self._head(digest)
            if there is None or there["ContentLength"] != size or not self._reads_back(digest):
                self._send(spool, digest, size, new=there is None)
                crashpoint("O8")
                self._confirm(digest, size)
        crashpoint("O9")
        return digest, size

    def get(self, digest: str) -> Iterator[bytes]:
        """See ObjectStore."""
        key = self._key(digest)
        try:
            body = self._asked(lambda: self._client.get_object(Bucket=self._place.name, Key=key))["Body"]
        except _Absent:
            raise missing(digest) from None
        running = hashlib.new(DIGEST)
        with body:
            while block := self._asked(lambda: body.read(BLOCK_BYTES)):
                running.update(block)
                yield block
        if running.hexdigest() != digest:
            raise broken(digest)

    def has(self, digest: str) -> bool:
        """See ObjectStore."""
        return self._head(digest) is not None

    def delete(self, digest: str) -> bool:
        """See ObjectStore."""
        key, was_there = self._key(digest), self.has(digest)
        self._asked(
            lambda: self._client.delete_object(Bucket=self._place.name, Key=key)
        )  # a bucket that is not there says so only here
        return was_there

    def digests(self) -> Iterator[str]:
        """See ObjectStore."""
        pages = iter(self._client.get_paginator("list_objects_v2").paginate(Bucket=self._place.name, Prefix=self._prefix))
        while (page := self._asked(lambda: next(pages, None))) is not None:
            names = (found["Key"].removeprefix(self._prefix) for found in page.get("Contents", []))
            yield from (name[6:] for name in names if is_digest(name[6:]) and name == shelved(name[6:]))

    def sweep(self, before: float) -> int:
        """Ends what was begun in parts and never finished. See ObjectStore."""
        pages = iter(self._client.get_paginator("list_multipart_uploads").paginate(Bucket=self._place.name, Prefix=self._prefix))
        ended = 0
        while (page := self._asked(lambda: next(pages, None))) is not None:
            for left in page.get("Uploads", []):
                if left["Initiated"].timestamp() < before:
                    self._abandon(left["Key"], left["UploadId"])
                    ended += 1
        return ended

    # ---------------------------------------------------------------- sending
    def _send(self, spool: IO[bytes], digest: str, size: int, *, new: bool) -> None:
        if size > PART_BYTES:
            self._send_parts(spool, self._key(digest))
            return
        named = {"Bucket": self._place.name, "Key": self._key(digest), "Body": spool.read(), "ChecksumSHA256": _told(digest)}
        only = {"IfNoneMatch": "*"} if new and self._conditional else {}
        try:
            self._asked(lambda: self._client.put_object(**named, **only))
        except _Kept:
            return  # another writer of the same bytes was first; what lies there is confirmed all the same
        except _Unknown:
            self._conditional = False
            self._asked(lambda: self._client.put_object(**named))

    def _send_parts(self, spool: IO[bytes], key: str) -> None:
        at = {"Bucket": self._place.name, "Key": key}
        at["UploadId"] = self._asked(lambda: self._client.create_multipart_upload(**at))["UploadId"]
        try:
            parts = list(self._parts(spool, at))
            self._asked(lambda: self._client.complete_multipart_upload(**at, MultipartUpload={"Parts": parts}))
        except BaseException:
            with suppress(ObjectError):  # what stays of it is swept
                self._abandon(key, at["UploadId"])
            raise

    def _parts(self, spool: IO[bytes], at: dict[str, str]) -> Iterator[dict[str, Any]]:
        number = 0
        while part := spool.read(PART_BYTES):
            number += 1
            send = functools.partial(self._client.upload_part, **at, PartNumber=number, Body=part)
            yield {"PartNumber": number, "ETag": self._asked(send)["ETag"]}

    def _abandon(self, key: str, upload: str) -> None:
        with suppress(_Absent):
            self._asked(lambda: self._client.abort_multipart_upload(Bucket=self._place.name, Key=key, UploadId=upload))

    # ---------------------------------------------------------------- believing
    def _confirm(self, digest: str, size: int) -> None:
        """By the server's own SHA-256 of the whole where it tells one, else by reading it back. Raises ObjectBroken."""
        head = self._head(digest)
        if head is None or head["ContentLength"] != size:
            raise broken(digest)
        if head.get("ChecksumSHA256") != _told(digest) and not self._reads_back(digest):
            raise broken(digest)

    def _reads_back(self, digest: str) -> bool:
        try:
            for _ in self.get(digest):
                pass
        except (ObjectBroken, ObjectMissing):
            return False
        return True

    def _head(self, digest: str) -> dict[str, Any] | None:
        key = self._key(digest)
        try:
            return dict(self._asked(lambda: self._client.head_object(Bucket=self._place.name, Key=key, ChecksumMode="ENABLED")))
        except _Absent:
            return None

    def _key(self, digest: str) -> str:
        return self._prefix + shelved(digest)

    @property
    def _client(self) -> Any:
        """boto3's, which threads may share; made once."""
        with self._making:
            self._made = self._made or self._asked(lambda: _client(self._place))
        return self._made

    def _asked(self, ask: Callable[[], T]) -> T:
        """What the server answers. Raises _Absent, _Kept, _Unknown, StoreAway, StoreFull, StoreRefused."""
        try:
            import botocore.exceptions as theirs
        except ModuleNotFoundError as lacking:
            raise refusals.not_installed() from lacking
        try:
            return ask()
        except theirs.ClientError as said:
            code = str(said.response.get("Error", {}).get("Code", ""))
            status = int(said.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
            meant = _MEANT.get(code) or _MEANT_BY_STATUS.get(status)
            raise meant() if meant else refusals.of_server(self._place.name, code, status) from said
        except (theirs.BotoCoreError, OSError) as line:
            raise refusals.of_line(self._place.name, line) from line


class _Absent(Exception):
    """There is no such object (or part, or upload)."""


class _Kept(Exception):
    """There is one already, and only a new one was to be made."""


class _Unknown(Exception):
    """The server does not know what was asked."""


_MEANT: dict[str, type[Exception]] = {
    "NoSuchKey": _Absent,
    "404": _Absent,  # of a question for the head alone, which has no words
    "NoSuchUpload": _Absent,
    "PreconditionFailed": _Kept,
    "NotImplemented": _Unknown,
}
_MEANT_BY_STATUS: dict[int, type[Exception]] = {412: _Kept, 501: _Unknown}


def _gather(spool: IO[bytes], blocks: Iterable[bytes]) -> tuple[str, int]:
    digest, size = hashlib.new(DIGEST), 0
    for block in blocks:
        digest.update(block)
        size += len(block)
        try:
            spool.write(block)
        except OSError as disk:
            if disk.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
                raise refusals.no_room() from disk
            raise
    return digest.hexdigest(), size


def _told(digest: str) -> str:
    """A SHA-256 as the protocol spells it."""
    return base64.b64encode(bytes.fromhex(digest)).decode()


def _client(place: BucketPlace) -> Any:
    import boto3
    from botocore.config import Config

    return boto3.session.Session().client(
        "s3",
        endpoint_url=place.endpoint,
        region_name=place.region,
        aws_access_key_id=place.access_key,
        aws_secret_access_key=place.secret_key,
        verify=str(place.authority) if place.authority else None,
        config=Config(
            connect_timeout=CONNECT_S,
            read_timeout=READ_S,
            retries={"total_max_attempts": TRIES, "mode": "standard"},
            s3={"addressing_style": "path" if place.path_style else "auto"},
            request_checksum_calculation="when_required",  # other servers than Amazon's stumble over what nobody asked for
            response_checksum_validation="when_required",  # what comes back is held against its own name
        ),
    )
