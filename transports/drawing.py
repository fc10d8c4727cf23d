"""Where every key and every nonce of a seal or a message is drawn: from the system's own generator, asked anew each time.

Nothing is remembered between two draws, in this process or on a disk. So there is no state that a crash could lose, a restart could
read again or a fork could double: whoever tries again draws again (getrandom(2); NIST SP 800-38D 8.2.2: 96 random bits, at most
2^32 times under one key). The two crash points stand between a draw and its first use.
"""

import os

from transports.crashpoint import crashpoint


def key(size_bytes: int) -> bytes:
    """A fresh secret key of ``size_bytes`` bytes."""
    drawn = os.urandom(size_bytes)
    crashpoint("K1")
    return drawn


def nonce(size_bytes: int) -> bytes:
    """A fresh nonce of ``size_bytes`` bytes, to be used once and then public."""
    drawn = os.urandom(size_bytes)
    crashpoint("K2")
    return drawn
