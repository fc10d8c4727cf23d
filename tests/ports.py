"""Ports that tests open: a thread takes whoever calls, and is gone when the test is."""

import contextlib
import socket
import threading
from collections.abc import Callable


class Port:
    """``take`` is given every caller, in the thread that waits for them; ``number`` is where they call."""

    def __init__(self, take: Callable[[socket.socket], None]) -> None:
        self._take = take
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.number = int(self._listener.getsockname()[1])
        self._thread = threading.Thread(target=self._accept, name="test-port", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Nobody is taken any more; returns when the thread has ended."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes accept(); close() alone does not
        self._listener.close()
        self._thread.join()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                self._take(self._listener.accept()[0])


def hang_up(line: socket.socket) -> None:
    """Whoever reads on it in another thread reads its end. The plain shutdown: an SSLSocket's own would let that thread read on without TLS."""
    with contextlib.suppress(OSError):  # gone already
        socket.socket.shutdown(line, socket.SHUT_RDWR)
