"""The acts of SFTP as requests: those that need not wait for one another are asked for together, and every reply is heard."""

import collections
import contextlib
from collections.abc import Iterable, Iterator, Sequence

from paramiko import sftp as wire

from transports.crashpoint import crashpoint
from transports.errors import TransportError
from transports.files import Entry
from transports.sftp.attributes import attributes, entry
from transports.sftp.conversation import Channel, Conversation, number, place, text
from transports.sftp.words import ServerSaid

BLOCK = 32 * 1024  # what every server takes and answers in one request
LARGE_BLOCK = 128 * 1024  # what OpenSSH does, where it says so: a quarter of the requests
AHEAD = 8 * 1024 * 1024  # bytes of requests under way: several windows' worth

Looks = list[tuple[str, int]]  # paths, and the numbers of the requests that ask what lies there

_CREATE = wire.SFTP_FLAG_WRITE | wire.SFTP_FLAG_CREATE | wire.SFTP_FLAG_TRUNC | wire.SFTP_FLAG_EXCL
_NOTHING = number(0)  # no attributes
_SYNC = b"fsync@openssh.com"


class Client:
    """One session over a channel. Raises ServerSaid where the server said no; after anything else the session is over."""

    def __init__(self, channel: Channel) -> None:
        self._talk = Conversation(channel)

    @property
    def block(self) -> int:
        """Bytes of one request."""
        return LARGE_BLOCK if b"limits@openssh.com" in self._talk.extensions else BLOCK

    def ask_looks(self, paths: Sequence[str]) -> Looks:
        """Ask what lies there, with whatever is asked next."""
        return [(path, self._talk.ask(wire.CMD_STAT, text(path))) for path in paths]

    def seen(self, looks: Looks) -> list[Entry | None]:
        """What the server says of each path, none where there is no such file."""
        replies = [(path, self._talk.hear(asked)) for path, asked in looks]  # every one, though the first may be a no
        return [entry(path, reply) for path, reply in replies]

    def begin(self, path: str, others: Sequence[str]) -> tuple[bytes | None, list[Entry | None]]:
        """A handle on a new file, none where there is one or it cannot be had; and what lay there and elsewhere before. One wait."""
        looks, handle = self.ask_looks([path, *others]), None
        asked = self._ask_open(path, _CREATE)
        with contextlib.suppress(ServerSaid):
            handle = self._handle(asked)
        try:
            found = self.seen(looks)
        except ServerSaid:  # who may not look does not begin
            if handle is not None:
                self.let_go(handle)
                self._talk.say(wire.CMD_REMOVE, text(path))
            raise
        if handle is not None and found[0] is not None:  # opened all the same, by a server that knows no "exclusively"
            self.let_go(handle)
            handle = None
        return handle, found

    def create(self, path: str) -> bytes:
        """A handle on a new file, never on one that is there."""
        return self._handle(self._ask_open(path, _CREATE))

    def _ask_open(self, path: str, flags: int) -> int:
        return self._talk.ask(wire.CMD_OPEN, text(path), number(flags), _NOTHING)

    def _handle(self, asked: int) -> bytes:
        return self._talk.hear(asked).expect(wire.CMD_HANDLE).text()

    def pour(self, handle: bytes, blocks: Iterable[bytes], paths: Sequence[str]) -> Looks:
        """Write everything, have it made durable where the server can, close, every reply heard; and ask what then lies at ``paths``.

        AHEAD bytes are under way, and all that follows the last block is one wait: what concerns one file a server does in the
        order in which it was asked (draft-ietf-secsh-filexfer-02, 3). paramiko drops the replies still under way at its close, and
        with them a full disk.
        """
        asked, looks = collections.deque[int](), None
        try:
            for start, piece in _pieces(blocks, self.block):
                if len(asked) * self.block >= AHEAD:
                    self._hear(asked)
                asked.append(self._talk.ask(wire.CMD_WRITE, text(handle), place(start), text(piece)))
            if _SYNC in self._talk.extensions:
                asked.append(self._talk.ask(wire.CMD_EXTENDED, text(_SYNC), text(handle)))
            asked.append(self._talk.ask(wire.CMD_CLOSE, text(handle)))
            looks = self.ask_looks(paths)
            while asked:
                self._hear(asked)
        except (ServerSaid, TransportError):  # the server's no, or our own bytes are not what they should be: the line is whole
            self._talk.forget(asked)
            if looks is None:
                self.let_go(handle)
            else:
                self._talk.forget(number for _, number in looks)
            raise
        return looks

    def _hear(self, asked: collections.deque[int]) -> None:
        """The oldest reply under way."""
        self._talk.hear(asked.popleft()).expect(wire.CMD_STATUS)

    def let_go(self, handle: bytes) -> None:
        """Close a file of which nothing is wanted any more: leaves with the next request, and nobody waits for the reply."""
        self._talk.forget([self._talk.ask(wire.CMD_CLOSE, text(handle))])

    def rename(self, old: str, new: str) -> None:
        """Plain SFTP rename, which fails where the name is taken; never the posix one, which overwrites."""
        asked = self._talk.ask(wire.CMD_RENAME, text(old), text(new))
        self._talk.send()
        crashpoint("O18")
        self._talk.hear(asked).expect(wire.CMD_STATUS)

    def remove(self, path: str) -> None:
        """Take a file away."""
        self._talk.say(wire.CMD_REMOVE, text(path)).expect(wire.CMD_STATUS)

    def content(self, path: str, size: int) -> Iterator[bytes]:
        """At most ``size`` bytes from the start, with AHEAD bytes under way."""
        handle = self._handle(self._ask_open(path, wire.SFTP_FLAG_READ))
        try:
            yield from self._blocks(handle, size)
        finally:
            self.let_go(handle)

    def _blocks(self, handle: bytes, size: int) -> Iterator[bytes]:
        asked: collections.deque[tuple[int, int, int]] = collections.deque()
        start = 0
        try:
            while start < size or asked:
                while start < size and len(asked) * self.block < AHEAD:
                    length = min(self.block, size - start)
                    asked.append((self._ask_block(handle, start, length), start, length))
                    start += length
                first, at, length = asked.popleft()
                block = self._block(first, length)
                while 0 < len(block) < length and (more := self._more(handle, at + len(block), length - len(block))):
                    block += more
                if not block:
                    return  # the file is shorter than it was said to be; mailbox.py counts
                yield block
        finally:
            self._talk.forget(each for each, _, _ in asked)

    def _ask_block(self, handle: bytes, at: int, length: int) -> int:
        return self._talk.ask(wire.CMD_READ, text(handle), place(at), number(length))

    def _more(self, handle: bytes, at: int, length: int) -> bytes:
        """The rest of a block: a server may give less than it was asked for."""
        return self._block(self._ask_block(handle, at, length), length)

    def _block(self, asked: int, length: int) -> bytes:
        try:
            block = self._talk.hear(asked).expect(wire.CMD_DATA).text()
        except ServerSaid as said:
            if said.status == wire.SFTP_EOF:
                return b""
            raise
        if len(block) > length:  # a cap on sizes would be worth nothing
            raise wire.SFTPError("more than was asked for")
        return block

    def entries(self, folder: str) -> Iterator[Entry]:
        """Everything in a folder; a name that is not UTF-8 keeps its bytes as surrogates, so that it can be told and refused."""
        handle = self._talk.say(wire.CMD_OPENDIR, text(folder)).expect(wire.CMD_HANDLE).text()
        try:
            while True:
                reply = self._talk.say(wire.CMD_READDIR, text(handle)).expect(wire.CMD_NAME)
                for _ in range(reply.number()):
                    name = reply.text().decode("utf-8", "surrogateescape")
                    reply.text()  # the long form, made for people
                    found = attributes(name, reply)
                    if name not in (".", ".."):
                        yield found
        except ServerSaid as said:
            if said.status != wire.SFTP_EOF:
                raise
        finally:
            self.let_go(handle)


def _pieces(blocks: Iterable[bytes], size: int) -> Iterator[tuple[int, bytes]]:
    """Blocks of any size as pieces of at most ``size`` bytes, each with its place in the file."""
    start = 0
    for block in blocks:
        for at in range(0, len(block), size):
            piece = block[at : at + size]
            yield start, piece
            start += len(piece)
