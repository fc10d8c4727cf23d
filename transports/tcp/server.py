"""Being called: a listener, a thread for each line, one Transport behind each; lines are counted, proved and let go in order."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Self

from transports import words as shared
from transports.errors import TransportError, Unreachable
from transports.tcp.line import Line, Stamp
from transports.tcp.serving import Serving
from transports.tcp.session import Numbers
from transports.tcp.settings import ServerSettings
from transports.tls import expect_pinned, in_our_words, server_context
from transports.transport import Transport

Tell = Callable[[TransportError], None]


class TcpServer:
    """``with TcpServer(settings, open) as server:`` and be called at ``server.port``.

    ``open`` makes the Transport behind each line; what comes is passed on to it and never opened. ``tell`` hears why a line
    was ended that the peer did not end itself (in that line's thread).
    """

    def __init__(
        self,
        settings: ServerSettings,
        open: Callable[[], Transport],
        *,
        tell: Tell = lambda _error: None,
        stamp: Stamp | None = None,
    ) -> None:
        if settings.dialect.header.has("time") and stamp is None:
            raise ValueError("this line's messages carry the time: give the clock")
        self._settings = settings
        self._open = open
        self._tell = tell
        self._stamp = stamp
        self._context = server_context(settings.tls) if settings.tls else None
        self._numbers = self._counted() if settings.sequence == "key" else None
        self._lines: dict[threading.Thread, socket.socket] = {}
        self._names: set[str] = set()
        self._turn = threading.Condition()
        self._stopping = False

    def __enter__(self) -> Self:
        self._listener = socket.create_server((self._settings.host, self._settings.port))
        self.port = int(self._listener.getsockname()[1])
        self._door = threading.Thread(target=self._accept, name="tcp-server")
        self._door.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Take no more lines, end those there are, and return when every thread has ended."""
        self._stopping = True
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._door.join()
        with self._turn:
            lines = dict(self._lines)
        for line in lines.values():
            with suppress(OSError):  # the plain shutdown: that of an SSLSocket would let its thread read on without TLS
                socket.socket.shutdown(line, socket.SHUT_RDWR)
        for thread in lines:
            thread.join()

    def _accept(self) -> None:
        while not self._stopping:
            try:
                raw, _ = self._listener.accept()
            except OSError:
                if self._stopping:
                    return
                time.sleep(0.1)  # no handle is left for one more line: let some end
                continue
            if not self._taken(raw):
                raw.close()

    def _taken(self, raw: socket.socket) -> bool:
        """Is there room for a line, and a thread?"""
        thread = threading.Thread(target=self._line, args=(raw,), name="tcp-line")
        with self._turn:
            if len(self._lines) >= self._settings.connections_max:
                return False
            try:
                thread.start()
            except RuntimeError:  # the system gives none: this caller comes again, those who are here go on
                return False
            self._lines[thread] = raw
        return True

    def _line(self, raw: socket.socket) -> None:
        try:
            with self._held(raw) as sock:
                self._shake_hands(sock)
                self._serve(sock)
        except TransportError as error:
            if not (self._stopping and isinstance(error, Unreachable)):  # a line we ended ourselves is no news
                self._tell(error)
        except OSError:
            self._tell(shared.say(Unreachable, shared.BROKEN))  # nobody knows how far it came: the line ends without a word
        finally:
            with self._turn:
                del self._lines[threading.current_thread()]

    def _held(self, raw: socket.socket) -> socket.socket:
        """The socket to speak on, held where ``stop`` finds it."""
        raw.settimeout(self._settings.deadlines.handshake_s)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._context is None:
            return raw
        with self._turn:
            line = self._context.wrap_socket(raw, server_side=True, do_handshake_on_connect=False)
            self._lines[threading.current_thread()] = line
        return line

    def _shake_hands(self, sock: socket.socket) -> None:
        """Raises Refused for a caller without a certificate of the authority and a pinned key."""
        if not isinstance(sock, ssl.SSLSocket) or self._settings.tls is None:
            return
        try:
            sock.do_handshake()
        except Exception as error:
            known = in_our_words(error)
            if known is None:
                raise
            raise known from error
        expect_pinned(sock.getpeercert(binary_form=True), self._settings.tls.pins)

    def _serve(self, sock: socket.socket) -> None:
        numbers = self._numbers if self._settings.sequence == "key" else self._counted()
        line = Line(sock, self._settings, self._stamp)
        with self._open() as transport:
            Serving(self._settings, line, transport, numbers, self._alone).run()
        line.close()

    @contextmanager
    def _alone(self, name: str) -> Iterator[None]:
        """One parcel of a name at a time, whatever lines it comes by: a lost line's parcel may still be on its way to the disk."""
        with self._turn:
            if not self._turn.wait_for(lambda: name not in self._names, self._settings.busy_s):
                raise shared.say(Unreachable, shared.BUSY)
            self._names.add(name)
        try:
            yield
        finally:
            with self._turn:
                self._names.discard(name)
                self._turn.notify_all()

    def _counted(self) -> Numbers | None:
        digits, folder = self._settings.dialect.header.width_of("sequence"), self._settings.numbers
        if not digits:
            return None
        if folder:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return (
            Numbers(digits, kept=folder / "heard.number")
            if self._settings.sequence == "key" and folder
            else Numbers(digits, gap_max=1)
        )
