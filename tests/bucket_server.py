"""A real server of S3's protocol on this machine (moto's), in a process of its own so that it can be killed; and its bytes, past a store."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any, Self

import boto3

from connector.objects.bucket import BucketPlace

_SERVE = """
import sys
from moto.server import main
port, *tls = sys.argv[1:]
main(["-H", "127.0.0.1", "-p", port, *(["-c", tls[0], "-k", tls[1]] if tls else [])])
"""


class BucketServer:
    """One server with one bucket, ``sealed``. What it holds ends with it. ``tls``: its certificate and key, and who is believed."""

    def __init__(self, tls: tuple[Path, Path, Path] | None = None) -> None:
        self.port, self._tls = free_port(), tls
        self.endpoint = f"http{'s' if tls else ''}://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.kill()

    def start(self) -> None:
        """Up, and with its bucket."""
        self._process = subprocess.Popen(
            [sys.executable, "-c", _SERVE, str(self.port), *map(str, self._tls[:2] if self._tls else ())],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until = time.monotonic() + 30
        while True:
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=2):
                    break
            except OSError:
                assert time.monotonic() < until, "the bucket's server did not come up"
                time.sleep(0.1)
        self.client().create_bucket(Bucket="sealed")

    def kill(self) -> None:
        """Without a word to anybody."""
        os.kill(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def empty(self) -> None:
        """As on the first day."""
        request = urllib.request.Request(f"{self.endpoint}/moto-api/reset", method="POST")
        with urllib.request.urlopen(request, timeout=10):
            self.client().create_bucket(Bucket="sealed")

    def place(self, **other: Any) -> BucketPlace:
        """How a store reaches it."""
        said: dict[str, Any] = {"endpoint": self.endpoint, "region": "us-east-1", "path_style": True}
        return BucketPlace("sealed", **said | {"access_key": "key", "secret_key": "secret"} | other)

    def client(self) -> Any:
        """boto3's."""
        keys = {"aws_access_key_id": "key", "aws_secret_access_key": "secret", "region_name": "us-east-1"}
        return boto3.session.Session().client("s3", endpoint_url=self.endpoint, verify=self._tls and str(self._tls[2]), **keys)

    # ---------------------------------------------------------------- its bytes
    def names(self) -> list[str]:
        """The names of what lies there."""
        return [found["Key"] for found in self.client().list_objects_v2(Bucket="sealed").get("Contents", [])]

    def read(self, digest: str) -> bytes:
        """An object's bytes."""
        body: bytes = self.client().get_object(Bucket="sealed", Key=_key(digest))["Body"].read()
        return body

    def write(self, digest: str, content: bytes) -> None:
        """Other bytes in its place."""
        self.client().put_object(Bucket="sealed", Key=_key(digest), Body=content)


def _key(digest: str) -> str:
    return str(Path("objects") / digest[:2] / digest[2:4] / digest)


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
