"""A virus scanner that speaks clamd's INSTREAM on a real socket, finds EICAR's test string, and fails on request.

``with ScriptedScanner() as scanner:`` listens on a free loopback port, ``ScriptedScanner(path)`` on a unix socket; ``stop`` kills it.
"""

import contextlib
import io
import shutil
import socketserver
import tempfile
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

from transports.scanner import Scanner

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + rb"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
NAME = "Eicar-Test-Signature"
HANGS_UP, EARLY, SILENT = "hangs up", "early", "silent"


class ScriptedScanner:
    """``manners``: what it does instead of a scan, content by content: HANGS_UP after a chunk, says OK as EARLY,
    keeps SILENT, or gives the bytes of an answer.
    """

    def __init__(self, at: Path | None = None, *, bytes_max: int = 25 << 20, manners: list[str | bytes] | None = None) -> None:
        self.path, self.port, self.bytes_max, self.manners = at, 0, bytes_max, manners or []
        self.seen: list[bytes] = []
        self._server: Any = None

    @property
    def scanner(self) -> Scanner:
        """A client with short deadlines."""
        return Scanner(self.path or ("127.0.0.1", self.port), connect_s=5, send_s=5, answer_s=0.5)

    @property
    def settings(self) -> dict[str, object]:
        """As service.yaml names it."""
        return {"socket": str(self.path)} if self.path else {"host": "127.0.0.1", "port": self.port}

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def start(self) -> None:
        """Listen, where it listened before if it did."""
        self._ended = threading.Event()
        make = _Unix if self.path else _Tcp
        self._server = make(str(self.path) if self.path else ("127.0.0.1", self.port), self._handler())
        self.port = 0 if self.path else self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self) -> None:
        """Killed: nobody listens any more; a socket's file stays, as a kill leaves it."""
        if self._server is not None:
            self._ended.set()
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def _handler(self) -> type[socketserver.StreamRequestHandler]:
        script = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                with contextlib.suppress(OSError):
                    script.serve(self.rfile, self.wfile)

        return Handler

    def serve(self, said: Any, answer: Any) -> None:
        """One dialogue."""
        assert said.read(10) == b"zINSTREAM\0"
        manner = self.manners.pop(0) if self.manners else None
        content = b""
        while size := int.from_bytes(said.read(4), "big"):
            content += said.read(size)
            if manner == HANGS_UP:
                return
            if manner == EARLY:
                answer.write(b"stream: OK\0")
                return
            if len(content) > self.bytes_max:
                answer.write(b"INSTREAM size limit exceeded. ERROR\0")
                return
        self.seen.append(content)
        if manner == SILENT:
            self._ended.wait()
        elif isinstance(manner, bytes):
            answer.write(manner)
        else:
            found = any(EICAR in part for part in _parts(content))
            answer.write(f"stream: {NAME} FOUND\0".encode() if found else b"stream: OK\0")


def _parts(content: bytes) -> Iterator[bytes]:
    """The content, and what a zip holds."""
    yield content
    if zipfile.is_zipfile(io.BytesIO(content)):
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            yield from (packed.read(name) for name in packed.namelist())


class _Tcp(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


class _Unix(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True

    def server_bind(self) -> None:
        Path(str(self.server_address)).unlink(missing_ok=True)
        super().server_bind()


@contextlib.contextmanager
def socket_folder() -> Iterator[Path]:
    """A folder with a short name: the path of a socket may be 107 bytes long."""
    folder = Path(tempfile.mkdtemp(prefix="scan-", dir="/tmp"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
