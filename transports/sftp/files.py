"""The six acts over SFTP: on one line, which opens on first need, ends with the first fault, and belongs to one thread."""

import contextlib
import threading
from collections.abc import Callable, Iterator

from paramiko import sftp as wire

from transports import words
from transports.errors import TransportError, Unreachable
from transports.files import Entry, Failed, Missing
from transports.sftp.client import Client
from transports.sftp.line import Line
from transports.sftp.settings import Deadlines
from transports.sftp.watch import Watch
from transports.sftp.words import ServerSaid, in_our_words

_LISTING_S = 300.0


class RemoteFiles:
    """The six acts over one line, which opens on first need, ends with the first fault, and belongs to one thread.

    ``open_line``: gives a logged-in line, or raises Unreachable or Refused.
    """

    def __init__(self, open_line: Callable[[], Line], deadlines: Deadlines) -> None:
        self._open_line = open_line
        self._deadlines = deadlines
        self._open: Line | None = None
        self._owner = 0
        self._begun: dict[str, bytes] = {}  # what begin() created: its handle, until it is written or removed

    def stat(self, path: str) -> Entry | None:
        """The file, or None."""
        return self.stats(path)[0]

    def stats(self, *paths: str) -> list[Entry | None]:
        """Several files, all asked for before the first reply is waited for."""
        with self._line(self._deadlines.silence_s) as client:
            return client.seen(client.ask_looks(paths))

    def entries(self, folder: str) -> Iterator[Entry]:
        """Everything in a folder."""
        with self._line(_LISTING_S) as client:
            yield from client.entries(folder)

    def begin(self, path: str, *others: str) -> list[Entry | None]:
        """Look, and create where nothing lies: one wait."""
        with self._line(self._deadlines.silence_s) as client:
            handle, found = client.begin(path, others)
            self._begun = {} if handle is None else {path: handle}
            return found

    def write(self, path: str, blocks: Iterator[bytes], size: int, *looks: str) -> list[Entry | None]:
        """Create what was not begun; then write with many blocks under way, sync, close and look, in one wait."""
        with self._line(self._deadlines.transfer(size)) as client:
            handle = self._begun.pop(path, None) or client.create(path)
            try:
                asked = client.pour(handle, blocks, looks)
            except ServerSaid as said:
                raise words.say(Failed, words.FULL) if said.status == wire.SFTP_FAILURE else said from None
            return client.seen(asked)

    def read(self, path: str, size: int) -> Iterator[bytes]:
        """At most ``size`` bytes, asked for ahead of their use."""
        with self._line(self._deadlines.transfer(size)) as client:
            yield from client.content(path, size)

    def rename(self, old: str, new: str) -> None:
        """Plain SFTP rename, which fails where the name is taken; never the posix one, which overwrites."""
        with self._line(self._deadlines.silence_s) as client:
            client.rename(old, new)

    def remove(self, path: str) -> None:
        """Gone when it returns."""
        with contextlib.suppress(Missing), self._line(self._deadlines.silence_s) as client:
            if path in self._begun:
                client.let_go(self._begun.pop(path))
            client.remove(path)

    def close(self) -> None:
        """Let the line go."""
        line, self._open, self._begun = self._open, None, {}
        if line is not None:
            self._watch.end()
            line.hang_up()

    # ---- the line ----------------------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _line(self, seconds: float) -> Iterator[Client]:
        """The open line for one act of at most ``seconds``; what breaks on it is said in our words and ends it."""
        if self._open is None:
            self._open = self._open_line()
            self._watch = Watch(self._open.hang_up)
            self._owner = threading.get_ident()
        if self._owner != threading.get_ident():
            raise RuntimeError("one Sftp per thread")
        line, watch = self._open, self._watch
        try:
            with watch.at_most(seconds):
                yield line.client
        except Exception as error:
            if isinstance(error, TransportError):
                raise
            ours = in_our_words(error)
            if not isinstance(error, ServerSaid):
                self.close()
            if ours is None:
                raise
            raise (words.say(Unreachable, words.SILENT) if watch.late else ours) from error
