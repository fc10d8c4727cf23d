"""paramiko's SFTP client, and what it hides: extensions, true status codes, sync, names that are not UTF-8."""

import collections
import contextlib
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import paramiko
from paramiko import sftp as wire
from paramiko.file import BufferedFile
from paramiko.message import Message
from paramiko.sftp_attr import SFTPAttributes

from transports.crashpoint import crashpoint
from transports.files import Entry
from transports.sftp.words import ServerSaid

BLOCK = 32 * 1024  # what every server takes and answers in one request
LARGE_BLOCK = 128 * 1024  # what OpenSSH does, where it says so: a quarter of the requests
AHEAD = 8 * 1024 * 1024  # bytes of requests under way: several windows' worth


class _Replies:
    """Where paramiko leaves replies, which a server may give in any order."""

    def __init__(self) -> None:
        self.arrived: dict[int, tuple[int, Message]] = {}

    def _async_response(self, kind: int, reply: Message, number: int) -> None:
        self.arrived[number] = (kind, reply)


class Client(paramiko.SFTPClient):
    """paramiko's client with the server's extensions, true status codes, sync, and names that need not be UTF-8."""

    extensions: frozenset[bytes]

    if TYPE_CHECKING:  # the parts of paramiko that are not public and that this class stands on (5.1)
        _send_packet: Callable[[int, Message], None]
        _read_packet: Callable[[], tuple[int, bytes]]
        _request: Callable[..., tuple[int, Message]]
        _async_request: Callable[..., int]
        _read_response: Callable[..., tuple[int, Message]]

    def _send_version(self) -> int:
        hello = Message()
        hello.add_int(3)
        self._send_packet(wire.CMD_INIT, hello)
        kind, data = self._read_packet()
        if kind != wire.CMD_VERSION:
            raise wire.SFTPError("no version")
        reply, found = Message(data), set()
        version = reply.get_int()
        while reply.get_remainder():
            found.add(reply.get_binary())
            reply.get_binary()  # its value
        self.extensions = frozenset(found)
        return version

    @property
    def block(self) -> int:
        """Bytes of one request."""
        return LARGE_BLOCK if b"limits@openssh.com" in self.extensions else BLOCK

    def _convert_status(self, reply: Message) -> None:
        status = reply.get_int()
        if status == wire.SFTP_EOF:
            raise EOFError
        if status != wire.SFTP_OK:
            raise ServerSaid(status)

    def pour(self, file: paramiko.SFTPFile, blocks: Iterable[bytes]) -> None:
        """Write everything, have it made durable where the server can, close; AHEAD bytes under way, every reply heard.

        paramiko drops the replies still under way at its close, and with them a full disk.
        """
        replies, asked, start = _Replies(), collections.deque[int](), 0
        try:
            for block in blocks:
                for at in range(0, len(block), self.block):
                    if len(asked) * self.block >= AHEAD:
                        self._hear(replies, asked)
                    piece = block[at : at + self.block]
                    asked.append(self._async_request(replies, wire.CMD_WRITE, file.handle, wire.int64(start), piece))
                    start += len(piece)
            if b"fsync@openssh.com" in self.extensions:
                asked.append(self._async_request(replies, wire.CMD_EXTENDED, "fsync@openssh.com", file.handle))
        except ServerSaid:
            with contextlib.suppress(ServerSaid):
                self.finish(file)
            raise
        BufferedFile.close(file)  # so that it is not closed once more when it is forgotten
        asked.append(self._async_request(replies, wire.CMD_CLOSE, file.handle))
        while asked:
            self._hear(replies, asked)

    def _hear(self, replies: _Replies, asked: collections.deque[int]) -> None:
        """The oldest reply under way. Raises ServerSaid."""
        number = asked.popleft()
        while number not in replies.arrived:
            self._read_response()
        kind, reply = replies.arrived.pop(number)
        if kind != wire.CMD_STATUS:
            raise wire.SFTPError("no status")
        self._convert_status(reply)

    def finish(self, file: paramiko.SFTPFile) -> None:
        """Close a file and hear that it was: paramiko's own close takes silence for a yes."""
        BufferedFile.close(file)  # so that it is not closed once more when it is forgotten
        self._request(wire.CMD_CLOSE, file.handle)

    def stats(self, paths: Sequence[str]) -> list[SFTPAttributes | None]:
        """What the server says of each path, none where there is no such file. Raises ServerSaid when every reply was heard."""
        replies = _Replies()
        numbers = [self._async_request(replies, wire.CMD_STAT, path.encode()) for path in paths]
        while not all(number in replies.arrived for number in numbers):
            self._read_response()
        return [self._told(*replies.arrived[number]) for number in numbers]

    def _told(self, kind: int, reply: Message) -> SFTPAttributes | None:
        if kind == wire.CMD_ATTRS:
            found: SFTPAttributes = SFTPAttributes._from_msg(reply)  # type: ignore[attr-defined]
            return found
        if kind != wire.CMD_STATUS:
            raise wire.SFTPError("no attributes")
        try:
            self._convert_status(reply)
        except ServerSaid as said:
            if said.status == wire.SFTP_NO_SUCH_FILE:
                return None
            raise
        raise wire.SFTPError("no attributes")

    def rename(self, oldpath: bytes | str, newpath: bytes | str) -> None:
        number = self._async_request(type(None), wire.CMD_RENAME, oldpath, newpath)
        crashpoint("O18")
        self._read_response(number)

    def content(self, file: paramiko.SFTPFile, size: int) -> Iterator[bytes]:
        """At most ``size`` bytes, with AHEAD bytes under way.

        paramiko's prefetch does this in a thread that dies loudly when the line breaks; its cap on requests under way sleeps
        between them and costs 20 times the speed.
        """
        replies = _Replies()
        asked: collections.deque[tuple[int, int, int]] = collections.deque()
        start = 0
        while start < size or asked:
            while start < size and len(asked) * self.block < AHEAD:
                length = min(self.block, size - start)
                asked.append((self._async_request(replies, wire.CMD_READ, file.handle, wire.int64(start), length), start, length))
                start += length
            number, at, length = asked.popleft()
            while number not in replies.arrived:
                self._read_response()
            block = self._block(*replies.arrived.pop(number))
            while 0 < len(block) < length and (more := self._more(file, at + len(block), length - len(block))):
                block += more
            if len(block) > length:  # a cap on sizes would be worth nothing
                raise wire.SFTPError("more than was asked for")
            if not block:
                return  # the file is shorter than it was said to be; mailbox.py counts
            yield block

    def _more(self, file: paramiko.SFTPFile, at: int, length: int) -> bytes:
        """The rest of a block: a server may give less than it was asked for."""
        try:
            return self._block(*self._request(wire.CMD_READ, file.handle, wire.int64(at), length))
        except EOFError:  # the server says so; a line that ends is another error
            return b""

    def _block(self, kind: int, reply: Message) -> bytes:
        if kind == wire.CMD_STATUS:
            try:
                self._convert_status(reply)
            except EOFError:
                return b""
        if kind != wire.CMD_DATA:
            raise wire.SFTPError("no data")
        return reply.get_binary()

    def entries(self, folder: str) -> Iterator[Entry]:
        """Everything in a folder; a name that is not UTF-8 keeps its bytes as surrogates, so that it can be told and refused."""
        _, reply = self._request(wire.CMD_OPENDIR, folder)
        handle = reply.get_binary()
        try:
            while True:
                kind, reply = self._request(wire.CMD_READDIR, handle)
                if kind != wire.CMD_NAME:
                    raise wire.SFTPError("no names")
                for _ in range(reply.get_int()):
                    name = reply.get_binary().decode("utf-8", "surrogateescape")
                    reply.get_binary()  # the long form, made for people
                    found = SFTPAttributes()
                    found._unpack(reply)  # type: ignore[attr-defined]
                    if name not in (".", ".."):
                        yield entry(name, found)
        except (EOFError, GeneratorExit):  # the end of the folder, or nobody wants the rest
            self._request(wire.CMD_CLOSE, handle)


def entry(name: str, found: SFTPAttributes) -> Entry:
    regular = found.st_mode is None or stat.S_ISREG(found.st_mode)
    return Entry(name, -1 if found.st_size is None else found.st_size, float(found.st_mtime or 0), regular)
