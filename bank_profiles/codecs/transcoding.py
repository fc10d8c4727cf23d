"""A file of text made UTF-8 as it flows, and made of UTF-8 when written: UTF-16, EBCDIC, and UTF-8 that begins with its mark.

Lines of the first two cannot be cut at the byte 0x0A: UTF-16 has it within characters, and EBCDIC ends a line with NEL (0x15) or
LF (0x25). NEL is written.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from bank_profiles.codecs.codec import BadFile
from bank_profiles.codecs.encoding import from_utf8, wrong_encoding
from bank_profiles.codecs.lines.cutting import LINE_BYTES_MAX, LineTooLong
from bank_profiles.encodings import ENCODINGS, UTF_16_BOMS, decode

_HOST_ENDS = (0x15, 0x25)
_NEL = "\x85"


@dataclass
class Incoming:
    """One file being read. ``oddities``: what was forgiven: bom."""

    encoding: str
    oddities: list[str] = field(default_factory=list)
    _line: int = 1  # of the next byte
    _byte: int = 0  # bytes of that line seen so far

    def blocks(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        """Blocks of UTF-8. Raises BadFile, LineTooLong."""
        known = ENCODINGS[self.encoding]
        if known.family == "host":
            return self._host(iter(blocks))
        if known.family == "wide":
            return self._decoded(self._marked(iter(blocks)))
        return self._unmarked(iter(blocks), known.bom)

    def _unmarked(self, blocks: Iterator[bytes], bom: bytes) -> Iterator[bytes]:
        yield self._begin(blocks, len(bom)).removeprefix(bom)
        yield from blocks

    def _begin(self, blocks: Iterator[bytes], size: int) -> bytes:
        begin = b""
        for block in blocks:
            begin += block
            if len(begin) >= size:
                break
        return begin

    # ---- UTF-16 ----

    def _marked(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        """Without its byte order mark, which says which byte comes first where the profile does not."""
        begin = self._begin(blocks, 2)
        mark = next((name for name, bom in UTF_16_BOMS.items() if begin.startswith(bom)), None)
        if begin and mark is None and self.encoding == "utf-16":
            raise wrong_encoding(self.encoding, 1, 1, begin)
        if mark is not None and self.encoding == "utf-16":
            self._named = mark
        elif mark is not None and mark != self.encoding:
            raise wrong_encoding(self.encoding, 1, 1, begin, mark)
        elif mark is not None:
            self.oddities.append("bom")
        yield begin[2:] if mark else begin
        yield from blocks

    _named: str | None = None

    def _decoded(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        decoder: codecs.IncrementalDecoder | None = None
        for block in blocks:
            decoder = decoder or codecs.getincrementaldecoder(self._named or self.encoding)()
            yield self._counted(decoder, block, final=False).encode()
        if decoder is not None:
            yield self._counted(decoder, b"", final=True).encode()

    def _counted(self, decoder: codecs.IncrementalDecoder, block: bytes, *, final: bool) -> str:
        try:
            text = decoder.decode(block, final)
        except UnicodeDecodeError as wrong:
            self._count(wrong.object[: wrong.start].decode(wrong.encoding))
            raise wrong_encoding(self.encoding, self._line, self._byte + 1, wrong.object) from None
        self._count(text)
        return text

    def _count(self, text: str) -> None:
        feeds, tail = text.count("\n"), text.rpartition("\n")[2]
        self._line += feeds
        self._byte = len(tail.encode("utf-16-le")) + (0 if feeds else self._byte)

    # ---- EBCDIC ----

    def _host(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        held = b""
        for block in blocks:
            data = held + block
            end = max(data.rfind(feed) for feed in _HOST_ENDS) + 1
            if len(data) - end > LINE_BYTES_MAX:
                raise LineTooLong(self._line)
            held = data[end:]
            if end:
                yield self._of_host(data[:end])
        if held:
            yield self._of_host(held)

    def _of_host(self, data: bytes) -> bytes:
        try:
            text = ENCODINGS[self.encoding].decode_block(data).replace(_NEL, "\n")
        except UnicodeDecodeError:
            raise self._wrong(data) from None
        self._line += text.count("\n")
        return text.encode()

    def _wrong(self, data: bytes) -> BadFile:
        """Neither line end is half of a character, so the first wrong line is found line by line."""
        for number, line in enumerate(data.replace(b"\x15", b"\x25").split(b"\x25"), start=self._line):
            try:
                decode(line, self.encoding)
            except UnicodeDecodeError as wrong:
                return wrong_encoding(self.encoding, number, wrong.start + 1, line)
        return wrong_encoding(self.encoding, self._line, 1, data)


@dataclass
class Outgoing:
    """One file being written, from blocks of UTF-8."""

    encoding: str
    _begun: bool = False

    def block(self, block: bytes | None) -> bytes | None:
        """As it is sent; None where the encoding has not every character of it."""
        known = ENCODINGS[self.encoding]
        if block is not None and known.family == "host":
            block = block.replace(b"\n", _NEL.encode())
        block = None if block is None else from_utf8(block, self.encoding)
        if block is None or self._begun or not known.writes_bom:
            return block
        self._begun = True
        return known.bom + block
