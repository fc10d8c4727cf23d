"""A codec behind another encoding: the file is made UTF-8 before the codec of its format sees it, and made of UTF-8 behind it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from bank_profiles.codecs.codec import Codec, Cut, Item, MakesLines, Sheaf
from bank_profiles.codecs.encoding import written
from bank_profiles.codecs.lines.cutting import LineTooLong
from bank_profiles.codecs.lines.line_codec import line_too_long
from bank_profiles.codecs.transcoding import Incoming, Outgoing
from bank_profiles.encodings import ENCODINGS
from bank_profiles.errors import DataPlace
from bank_profiles.language.formats.excel import Excel
from bank_profiles.language.formats.fixed import Fixed
from bank_profiles.language.formats.xml import Xml
from bank_profiles.layouts.layout import Field, FileLayout, RecordLayout


def flows(layout: FileLayout) -> bool:
    """Must the file be made UTF-8 as it flows? Not where records are cut in its bytes, nor where a document says its own encoding."""
    encoding, spec = ENCODINGS[layout.encoding], layout.spec
    if isinstance(spec, Xml | Excel) or (isinstance(spec, Fixed) and spec.counts == "bytes"):
        return False
    return encoding.writes_bom or encoding.family != "ascii"


class Transcoded:
    def __init__(self, layout: FileLayout, made: Callable[[FileLayout], Codec]) -> None:
        self._encoding = layout.encoding
        self._codec = made(replace(layout, encoding="utf-8"))
        self._incoming, self._outgoing = Incoming(layout.encoding), Outgoing(layout.encoding)
        self.made: Counter[str] = self._codec.made if isinstance(self._codec, MakesLines) else Counter()

    @property
    def oddities(self) -> list[str]:
        return [*self._incoming.oddities, *self._codec.oddities]

    @property
    def last_line(self) -> int:
        return self._codec.last_line

    # ---- reading ----

    def pieces(self, blocks: Iterable[bytes]) -> Iterator[Any]:
        try:
            yield from self._codec.pieces(self._incoming.blocks(blocks))
        except LineTooLong as endless:
            raise line_too_long(endless.line) from None

    def cut(self, piece: Any) -> Sequence[Cut] | None:
        return self._codec.cut(piece)

    def walk(self, piece: Any) -> Iterator[Item]:
        return self._codec.walk(piece)

    def parts(self, piece: Any) -> Sequence[Any]:
        return self._codec.parts(piece)

    def place(self, file: str, line: int, record: RecordLayout | None, field: Field | None) -> DataPlace:
        return self._codec.place(file, line, record, field)

    def digest(self, name: str) -> str:
        return self._codec.digest(name)

    # ---- writing ----

    def compose(self, sheaves: Sequence[Sheaf]) -> bytes | None:
        return self._outgoing.block(self._codec.compose(sheaves))

    def end(self) -> bytes:
        return self._outgoing.block(self._codec.end()) or b""

    def fit(self, field: Field, text: str) -> None:
        written(text, self._encoding)
        self._codec.fit(field, text)
