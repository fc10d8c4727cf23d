"""The codec of JSON: a document of objects and lists, or one a line."""

from __future__ import annotations

from bank_profiles.codecs.json.reading import JsonReader
from bank_profiles.codecs.json.writing import JsonWriter
from bank_profiles.layouts.layout import FileLayout


class JsonCodec:
    """One file, read or written."""

    def __init__(self, layout: FileLayout) -> None:
        reader, writer = JsonReader(layout), JsonWriter(layout)
        self._reader = reader
        self.pieces, self.cut, self.walk, self.parts, self.place = (
            reader.pieces,
            reader.cut,
            reader.walk,
            reader.parts,
            reader.place,
        )
        self.compose, self.end, self.fit = writer.compose, writer.end, writer.fit

    @property
    def oddities(self) -> list[str]:
        return self._reader.oddities

    @property
    def last_line(self) -> int:
        return self._reader.last_line

    def digest(self, name: str) -> str:  # noqa: ARG002 - a tree has no bytes before its last record
        return ""
