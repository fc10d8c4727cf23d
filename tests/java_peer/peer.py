"""The second house in Java: compiled once, one process asked by many tests."""

import shutil
import struct
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SOURCES = Path(__file__).parent
_JARS = [Path("/usr/share/java") / name for name in ("bcprov.jar", "bcpkix.jar", "bcutil.jar")]  # Debian: libbc…-java


def missing() -> str:
    """What is not installed for it; empty when all is there."""
    if shutil.which("javac") is None:
        return "openjdk-17-jdk-headless is not installed"
    return "" if all(jar.exists() for jar in _JARS) else "libbcprov-java and libbcpkix-java are not installed"


class RefusedByPeer(Exception):
    """The other house did not take it; what it said."""


class Peer:
    """One running peer. ``ask`` sends the parts of a call and gives what came back."""

    def __init__(self, running: "subprocess.Popen[bytes]") -> None:
        assert running.stdin is not None
        assert running.stdout is not None
        self._to, self._from = running.stdin, running.stdout

    def ask(self, *parts: bytes | str) -> bytes:
        """Raises RefusedByPeer."""
        encoded = [part.encode() if isinstance(part, str) else part for part in parts]
        message = b"".join(struct.pack(">i", len(part)) + part for part in encoded)
        self._to.write(struct.pack(">i", len(encoded)) + message)
        self._to.flush()
        answer = [self._part() for _ in range(self._number())]
        if answer[0] != b"done":
            raise RefusedByPeer(answer[1].decode())
        return answer[1]

    def _number(self) -> int:
        return int(struct.unpack(">i", self._from.read(4))[0])

    def _part(self) -> bytes:
        return self._from.read(self._number())


def compiled(folder: Path) -> list[str]:
    """Compile into ``folder``; the command to which the name of a main class is added."""
    path = ":".join(map(str, [folder, *_JARS]))
    sources = map(str, sorted(SOURCES.glob("*.java")))
    done = subprocess.run(["javac", "-d", str(folder), "-cp", path, *sources], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return ["java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx256m", "-cp", path]


@contextmanager
def running(folder: Path) -> Iterator[Peer]:
    """Compile into ``folder`` and run; it ends with its standard input."""
    command = [*compiled(folder), "Peer"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        yield Peer(process)
        assert process.stdin is not None
        process.stdin.close()
        assert 0 == process.wait(30)
