"""A TCP proxy that lets a line break where a test wants it: after n bytes of a direction, or with replies held back and then cut."""

import contextlib
import socket
import threading
import time
from typing import Literal, Self

from tests.ports import Port, hang_up

Direction = Literal["up", "down"]


class CuttingProxy:
    """``with CuttingProxy(server.port) as proxy:`` and connect to ``proxy.port``. ``up`` is client to server.

    ``after``: cut the first line when so many bytes went in ``direction``; later lines pass whole. ``hold(direction)``
    swallows what goes that way from now on, ``slow(direction)`` lets a byte through now and then, ``cut()`` breaks all lines,
    ``refuse`` breaks every new one at once.
    """

    def __init__(self, target: int, *, direction: Direction = "up", after: int | None = None) -> None:
        self._target, self._direction, self._after = target, direction, after
        self._lock = threading.Lock()
        self._held: set[Direction] = set()
        self._slow: set[Direction] = set()
        self._lines: list[socket.socket] = []
        self._pumps: list[threading.Thread] = []
        self.carried: dict[Direction, int] = {"up": 0, "down": 0}
        self.connections = 0
        self.refuse = False

    def __enter__(self) -> Self:
        self._port = Port(self._take)
        self.port = self._port.number
        return self

    def __exit__(self, *exc: object) -> None:
        self._port.close()
        self.cut()
        for pump in self._pumps:
            pump.join()

    def hold(self, direction: Direction) -> None:
        """From now on nothing arrives that way, and nobody is told."""
        self._held.add(direction)

    def slow(self, direction: Direction) -> None:
        """From now on twenty bytes a second arrive that way."""
        self._slow.add(direction)

    def cut(self) -> None:
        """Break every line; new ones pass."""
        self._held.clear()
        self._slow.clear()
        lines, self._lines = self._lines, []
        for line in lines:
            hang_up(line)
            line.close()

    def _take(self, client: socket.socket) -> None:
        self.connections += 1
        if self.refuse:
            client.close()
            return
        server = socket.create_connection(("127.0.0.1", self._target))
        self._lines += [client, server]
        for way in ((client, server, "up"), (server, client, "down")):
            pump = threading.Thread(target=self._pump, args=way, name="test-pump", daemon=True)
            self._pumps.append(pump)
            pump.start()

    def _pump(self, source: socket.socket, sink: socket.socket, direction: Direction) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if direction in self._held:
                    continue
                while direction in self._slow and data:
                    time.sleep(0.05)
                    sink.sendall(data[:1])
                    data = data[1:]
                after = self._after
                if after is not None and direction == self._direction:
                    data = data[: max(0, after - self.carried[direction])]
                sink.sendall(data)
                self.carried[direction] += len(data)
                if self._is_time():
                    self.cut()
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_RDWR)

    def _is_time(self) -> bool:
        """To cut the first line? True once, or the other direction would cut the line that comes after it."""
        with self._lock:
            if self._after is None or self.carried[self._direction] < self._after:
                return False
            self._after = None
            return True
