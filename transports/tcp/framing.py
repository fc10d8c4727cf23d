"""Frames: where a message ends on a stream, told by its length in front. Bytes are counted, never characters; the cap comes first."""

import dataclasses
from collections.abc import Iterator
from typing import Literal

from transports.tcp import words

MEBIBYTE = 1024 * 1024


@dataclasses.dataclass(frozen=True)
class Framing:
    """A length of ``digits`` ASCII digits or of ``binary`` bytes, big-endian, before every frame.

    ``counts``: what is behind the length, or the length itself too. ``pad`` fills the digits up, on the left or the right.
    ``frame_bytes_max``: the longest frame, without its length; looked at before a byte of it is kept.
    """

    digits: Literal[0, 4, 6, 8] = 0
    binary: Literal[0, 2, 4] = 0
    counts: Literal["body", "all"] = "body"
    pad: Literal["0", " "] = "0"
    padded: Literal["left", "right"] = "left"
    frame_bytes_max: int = MEBIBYTE

    def __post_init__(self) -> None:
        if bool(self.digits) == bool(self.binary):
            raise ValueError("a length has digits or binary bytes, one of the two")
        if self.pad == "0" and self.padded == "right":
            raise ValueError("zeros behind a number would change it: pad them on the left")
        if self.frame_bytes_max < 1 or self._own + self.frame_bytes_max > self._largest:
            raise ValueError(f"frame_bytes_max must be 1 to {self._largest - self._own}: the length has room for no more")

    @property
    def prefix_bytes(self) -> int:
        """How many bytes the length itself has."""
        return self.digits or self.binary

    @property
    def _own(self) -> int:
        return self.prefix_bytes if self.counts == "all" else 0

    @property
    def _largest(self) -> int:
        return int(10**self.digits - 1 if self.digits else 256**self.binary - 1)

    def encode(self, frame: bytes) -> bytes:
        """The frame with its length before it. Raises Refused frame-too-large."""
        if len(frame) > self.frame_bytes_max:
            raise words.garbled(words.TOO_LARGE)
        return self._written(len(frame)) + frame

    def length(self, prefix: bytes) -> int:
        """How many bytes follow the prefix. Raises Garbled: what is read must be exactly what would have been written."""
        if self.binary:
            length = int.from_bytes(prefix, "big") - self._own
        else:
            digits = prefix.strip(b" ") if self.pad == " " else prefix
            if not digits.isdigit():
                raise words.garbled(words.NOT_A_LENGTH)
            length = int(digits) - self._own
        if length < 0:
            raise words.garbled(words.TOO_SMALL)
        if length > self.frame_bytes_max:
            raise words.garbled(words.TOO_LARGE)
        if self._written(length) != prefix:
            raise words.garbled(words.NOT_A_LENGTH)
        return length

    def _written(self, length: int) -> bytes:
        number = length + self._own
        if self.binary:
            return number.to_bytes(self.binary, "big")
        text = str(number)
        full = text.rjust(self.digits, self.pad) if self.padded == "left" else text.ljust(self.digits, self.pad)
        return full.encode()


class Reader:
    """Bytes in as they come, frames out as they end. ``least``: the bytes every frame has at least (its header)."""

    def __init__(self, framing: Framing, least: int = 0) -> None:
        self._framing = framing
        self._least = least
        self._held = bytearray()
        self._length: int | None = None

    @property
    def held(self) -> int:
        """Bytes that came and are no whole frame yet."""
        return len(self._held)

    def feed(self, data: bytes) -> None:
        """Bytes of the line, split anywhere."""
        self._held += data

    def frames(self) -> Iterator[bytes]:
        """The frames that are whole by now, without their lengths. Raises Garbled; the line is of no use after it."""
        while (frame := self.frame()) is not None:
            yield frame

    def frame(self) -> bytes | None:
        """The next whole frame, or None until more bytes came."""
        prefix = self._framing.prefix_bytes
        if self._length is None:
            if len(self._held) < prefix:
                return None
            length = self._framing.length(bytes(self._held[:prefix]))
            if length < self._least:
                raise words.garbled(words.TOO_SMALL)
            self._length = length
        end = prefix + self._length
        if len(self._held) < end:
            return None
        with memoryview(self._held) as view:
            frame = bytes(view[prefix:end])
        del self._held[:end]
        self._length = None
        return frame
