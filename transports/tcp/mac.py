"""A message's authentication code: a key both sides hold, over every byte of the frame, checked before a byte of it is read."""

import dataclasses
import hashlib
import hmac
from typing import Literal

_HASHES = {"hmac-sha256": "sha256", "hmac-sm3": "sm3"}
KEY_BYTES_MIN = 16


@dataclasses.dataclass(frozen=True)
class Mac:
    """HMAC with SHA-256 or SM3. ``key`` makes ours; ``peer_key`` checks theirs, where each direction has its own.

    ``form``: in hexadecimal digits or as raw bytes. A shorter field holds the code's beginning, half of it at least (RFC 2104 5).
    """

    algorithm: Literal["hmac-sha256", "hmac-sm3"]
    key: bytes = dataclasses.field(repr=False)
    peer_key: bytes = dataclasses.field(default=b"", repr=False)
    form: Literal["hex", "raw"] = "hex"

    def __post_init__(self) -> None:
        keys = (self.key, self.peer_key or self.key)
        if self.algorithm not in _HASHES or min(map(len, keys)) < KEY_BYTES_MIN:
            raise ValueError(f"a MAC is hmac-sha256 or hmac-sm3, with a key of at least {KEY_BYTES_MIN} bytes")

    def widths(self) -> range:
        """How many bytes the field of the code may have."""
        return range(16, 33) if self.form == "raw" else range(32, 65)

    def of(self, before: bytes, after: bytes, width: int) -> bytes:
        """The code of a frame we send, ``width`` bytes, over what stands before and after its field."""
        return self._of(self.key, before, after, width)

    def holds(self, before: bytes, code: bytes, after: bytes) -> bool:
        """Is this the code of a frame the peer sent? Compared in constant time, whatever is wrong with it (A15)."""
        return hmac.compare_digest(
            self._of(self.peer_key or self.key, before, after, len(code)), code.lower() if self._hex else code
        )

    @property
    def _hex(self) -> bool:
        return self.form == "hex"

    def _of(self, key: bytes, before: bytes, after: bytes, width: int) -> bytes:
        code = hmac.new(key, before, _hash(self.algorithm))
        code.update(after)
        return (code.hexdigest().encode() if self._hex else code.digest())[:width]


def _hash(algorithm: str) -> str:
    name = _HASHES[algorithm]
    hashlib.new(name)  # an OpenSSL without SM3 says so here, in one place
    return name
