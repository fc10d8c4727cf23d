"""A handshake that fails says why before the line ends: asyncio (Python 3.11) would break it off with the alert unsent."""

import ssl
from collections.abc import Callable

READS_MAX = 8  # of a caller that goes on talking; at most 256 KiB each


def telling(context: ssl.SSLContext, failing: Callable[[ssl.SSLError], None] = lambda _failed: None) -> ssl.SSLContext:
    """The context of a server whose callers hear TLS's own word for why they are not let in (expired, unknown, …).

    ``failing`` hears of each handshake that failed. The failure is told to asyncio as "more is awaited": so it sends what OpenSSL has
    to say. Then the line ends as the caller hears it and closes, or talks on, or the time of a handshake is over; ending it at once
    could overtake the alert on the way.
    """

    class Telling(ssl.SSLObject):
        _failed: ssl.SSLError | None = None
        _reads = 0

        def do_handshake(self) -> None:
            if self._failed is None:
                try:
                    super().do_handshake()
                except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                    raise
                except ssl.SSLError as failed:
                    self._failed = failed
                    failing(failed)
                else:
                    return
            self._reads += 1
            if self._reads > READS_MAX:
                raise self._failed
            raise ssl.SSLWantReadError

    context.sslobject_class = Telling
    return context
