"""Which layout is this? Asked of the first bytes of a file where several of one name differ, or a column says the edition.

Titles, the document element, constants of the first line: what each format shows at its beginning. A layout that fits may still turn
out wrong further down; then its codec says so.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any

from lxml import etree

from bank_profiles.codecs import codec_for
from bank_profiles.codecs.codec import BadFile
from bank_profiles.codecs.lines.line_codec import is_of
from bank_profiles.encodings import decode
from bank_profiles.language.formats.delimited import Delimited
from bank_profiles.layouts.layout import FileLayout, RecordLayout

HEAD_BYTES = 64 << 10  # what is looked at; titles and headers stand at the top
_XLSX, _XLS = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_CUT_BYTES_MAX = 4  # a character may be cut where the head ends
_BLANKS = " \t\u3000"
_DEFAULT = "default"  # the short name of a namespace for elements without one


def fits(layout: FileLayout, head: bytes) -> bool:
    """Could a file that begins so be of this layout?"""
    return _FITS[layout.spec.format](layout, head)


def said(layout: FileLayout, record: str, column: str, head: bytes) -> str | None:
    """What stands in this column of the first such record, where the head of the file holds it."""
    codec = codec_for(layout)
    with suppress(BadFile):  # the head ends in the middle
        for piece in codec.pieces([head]):
            for item in codec.walk(piece):
                if item.record is not None and item.record.name == record and item.bad is None:
                    names = [field.name for field in item.record.fields]
                    cell = item.cells[names.index(column)]
                    return cell.strip(_BLANKS) if isinstance(cell, str) else None
    return None


# ---- lines --------------------------------------------------------------------------------------------------------------------------


def _fits_lines(layout: FileLayout, head: bytes) -> bool:
    """Are its titles or its header understood, and is its first line one of its records, with all its constants?"""
    codec, whole = codec_for(layout), head[: head.rfind(b"\n") + 1] or head
    titled = isinstance(layout.spec, Delimited) and layout.spec.title_row is not None
    try:
        for piece in codec.pieces([whole]):
            item = None if titled else next(iter(codec.walk(piece)), None)
            return item is None or (item.record is not None and item.bad is None and is_of(item.record, item.cells))
    except BadFile:
        return False
    return titled


def _fits_fixed(layout: FileLayout, head: bytes) -> bool:
    spec: Any = layout.spec
    start = head[spec.skip_first_bytes :]
    return any(_stands(layout, record, start) for record in _beginning(layout))


def _stands(layout: FileLayout, record: RecordLayout, head: bytes) -> bool:
    spec: Any = layout.spec
    length = spec.bytes_of(record.spec)
    if spec.line_end != "none" and spec.record_length is None and spec.short_lines == "refuse" and length:
        line = head.partition(b"\r" if spec.line_end == "cr" else b"\n")[0].removesuffix(b"\r")
        if spec.counts == "bytes" and len(line) != length:
            return False
    return all(_text(head, field.span, layout.encoding) == field.says for field in record.fields if field.says is not None)


def _text(head: bytes, span: tuple[int, int] | None, encoding: str) -> str | None:
    try:
        return decode(head[slice(*span)], encoding).strip(_BLANKS) if span else None
    except UnicodeDecodeError:
        return None


def _beginning(layout: FileLayout) -> Iterable[RecordLayout]:
    """The records a file may begin with."""
    return (layout.head,) if layout.head is not None else layout.bodies


def _lines(layout: FileLayout, head: bytes) -> list[str]:
    for cut in range(_CUT_BYTES_MAX):
        try:
            text = decode(head[: len(head) - cut], layout.encoding)
        except UnicodeDecodeError:
            continue
        return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return []


# ---- trees --------------------------------------------------------------------------------------------------------------------------


def _fits_xml(layout: FileLayout, head: bytes) -> bool:
    """Is the element of ``root`` there, by name and namespace?"""
    spec: Any = layout.spec
    wanted = [_element(step, spec.namespaces) for step in spec.root.split("/")]
    return any(_is_path(path, wanted) for path in _paths(head, len(wanted)))


def _is_path(path: Sequence[tuple[str, str]], wanted: Sequence[tuple[str, tuple[str, ...] | None]]) -> bool:
    if len(path) != len(wanted):
        return False
    steps = zip(path, wanted, strict=True)
    return all(local == name and (spaces is None or space in spaces) for (space, local), (name, spaces) in steps)


def _element(step: str, namespaces: dict[str, tuple[str, ...]]) -> tuple[str, tuple[str, ...] | None]:
    short, colon, name = step.rpartition(":")
    return name, namespaces.get(short if colon else _DEFAULT)


def _paths(head: bytes, deep: int) -> Iterator[list[tuple[str, str]]]:
    """The paths of the elements the head begins with, at most so deep. A document type is no bank's: nothing fits it."""
    parser = etree.XMLPullParser(events=("start", "end"), resolve_entities=False, no_network=True, load_dtd=False)
    if b"<!DOCTYPE" in head or b"<\x00!\x00D" in head or b"\x00<\x00!\x00D" in head:
        return
    with suppress(etree.XMLSyntaxError):  # what came before it stands
        parser.feed(head)
    path: list[tuple[str, str]] = []
    for event, element in parser.read_events():
        if event == "end":
            path.pop()
            continue
        space, _, local = str(getattr(element, "tag", "")).rpartition("}")
        path.append((space.removeprefix("{"), local))
        if len(path) <= deep:
            yield path


def _fits_json(layout: FileLayout, head: bytes) -> bool:
    """An object or a list, with the constants the layout has."""
    text = "".join("".join(_lines(layout, head)).split())
    says = (
        (field.name.rpartition("/")[2], field.says)
        for record in layout.records
        for field in record.fields
        if field.says is not None
    )
    return text[:1] in ("{", "[") and all(f'"{key}":"{value}"' in text or f'"{key}":{value}' in text for key, value in says)


def _fits_excel(_layout: FileLayout, head: bytes) -> bool:
    return head.startswith((_XLSX, _XLS))


_FITS: dict[str, Callable[[FileLayout, bytes], bool]] = {
    "delimited": _fits_lines,
    "fixed": _fits_fixed,
    "xml": _fits_xml,
    "json": _fits_json,
    "excel": _fits_excel,
    "self_describing": _fits_lines,
}
