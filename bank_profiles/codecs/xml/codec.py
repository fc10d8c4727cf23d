"""XML read and written: document → pieces of whole elements → columns or rows of cells; and back.

prolog.py  bytes → UTF-8 without DOCTYPE           columns.py  elements → columns, in one pass
document.py  UTF-8 → outermost elements            rows.py  elements → rows, by plain look-ups
dividing.py  elements → pieces of bounded size     other_root.py  another document: which
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from bank_profiles.codecs.codec import BadFile, Cut, Item, Sheaf
from bank_profiles.codecs.tree_paths import home_of, shown_path
from bank_profiles.codecs.xml.columns import Columns
from bank_profiles.codecs.xml.dividing import XmlPiece, parts
from bank_profiles.codecs.xml.document import Document, parsed
from bank_profiles.codecs.xml.other_root import soap_fault
from bank_profiles.codecs.xml.prolog import opened, opened_text, unwrapped
from bank_profiles.codecs.xml.rows import rows
from bank_profiles.codecs.xml.shape import Names, Spot, Steps, record_spec, shapes, spec_of
from bank_profiles.codecs.xml.tree import Element, follow
from bank_profiles.codecs.xml.writing import Writer
from bank_profiles.errors import DataPlace, Text
from bank_profiles.language.formats.trees import HERE
from bank_profiles.language.xml_paths import XmlPath, element_path, path_of
from bank_profiles.layouts.layout import Field, FileLayout, RecordLayout


class XmlCodec:
    """The codec of one XML file."""

    def __init__(self, layout: FileLayout) -> None:
        self._layout, self._spec = layout, spec_of(layout)
        self._names = Names(self._spec.namespaces)
        self._tops = shapes(layout)
        self._columns = Columns(self._tops)
        root = self._names.steps(element_path(self._spec.root))
        self._more, self._page = self._paging(root)
        self._document = Document(root, self._tops, [spot for spot in (self._more, self._page) if spot])
        self._writer: Writer | None = None
        self.oddities: list[str] = []

    @property
    def last_line(self) -> int:
        return self._document.last_line

    # ---- reading ----

    def pieces(self, blocks: Iterable[bytes]) -> Iterator[XmlPiece]:
        chunks = opened(blocks, self._layout.encoding, self._spec.declares, self.oddities)
        yield from self._document.pieces(chunks if self._spec.payload is None else self._payload(chunks))
        paging, said = self._spec.paging, self._document.said
        if paging is not None and self._more is not None and said.get(self._more) in paging.more_is:
            raise _more_pages(said.get(self._page) if self._page else None)

    def _paging(self, root: Steps) -> tuple[Spot | None, Spot | None]:
        """Where a document says that another one follows, and which one it is."""
        paging = self._spec.paging
        spots = [self._names.spot(path_of(path)) for path in (paging.more, paging.page) if path] if paging else []
        more, page, *_ = [*(Spot(root + spot.steps, spot.attribute) for spot in spots), None, None]
        return more, page

    def _payload(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """The document inside the document. Its lines are counted from its own first one."""
        payload = self._spec.payload
        assert payload is not None
        outer = parsed(chunks)
        texts = list(self._texts(outer, path_of(payload.at)))
        if len(texts) != 1:
            raise soap_fault(outer) or _no_payload()
        if payload.kind == "text":
            return opened_text(texts[0])
        encoding = payload.encoding or self._layout.encoding
        return opened([unwrapped(texts[0])], encoding, self._spec.declares, self.oddities)

    def _texts(self, top: Element, path: XmlPath) -> Iterator[str]:
        """What stands at a path from the document element on, where something does."""
        spot = self._names.spot(path)
        for each in follow(top, spot.steps[1:]) if top.tag in spot.steps[0] else ():
            yield from filter(None, [each.text] if spot.attribute is None else map(each.get, spot.attribute))

    def cut(self, piece: XmlPiece) -> Sequence[Cut] | None:
        return self._columns.cut(piece.units, piece.first)

    def walk(self, piece: XmlPiece) -> Iterator[Item]:
        for unit in piece.units:
            yield from islice(rows(unit.element, unit.group.shapes), 1 if unit.alone else None)

    def parts(self, piece: XmlPiece) -> Sequence[XmlPiece]:
        return parts(piece)

    def place(self, file: str, line: int, record: RecordLayout | None, field: Field | None) -> DataPlace:
        if record is None:
            return DataPlace(file, line)
        home = record if field is None else home_of(self._layout, record, field)
        spot = "/".join([self._spec.root, *self._way(home), *([shown_path(field)] if field else [])])
        return DataPlace(file, line, field.number if field else None, field.name if field else None, spot=spot)

    def _way(self, record: RecordLayout) -> list[str]:
        names = [record.name, *self._layout.around(record.name)]
        return [each for name in reversed(names) if (each := record_spec(self._layout.record(name)).each) != HERE]

    def digest(self, name: str) -> str:  # noqa: ARG002
        return ""

    # ---- writing ----

    def compose(self, sheaves: Sequence[Sheaf]) -> bytes | None:
        self._writer = self._writer or Writer(self._layout)
        return b"" if self._writer.add(sheaves) else None

    def end(self) -> bytes:
        return (self._writer or Writer(self._layout)).document()

    def fit(self, field: Field, text: str) -> None:
        (self._writer or Writer(self._layout)).fit(field, text)


def _more_pages(page: str | None) -> BadFile:
    number = f" {page}" if page and page.isdecimal() and len(page) < _PAGE_DIGITS else ""
    return BadFile(
        "more-pages",
        Text(f"page{number} says that another one follows", f"第{number} 页声明还有后续页" if number else "本页声明还有后续页"),
        Text("an answer that is whole", "完整的反馈"),
        Text("the pages that follow must be fetched too. The whole file is refused", "需取回后续各页。整个文件已拒收"),
    )


_PAGE_DIGITS = 9


def _no_payload() -> BadFile:
    return BadFile(
        "no-payload",
        Text("the element that should hold the document is not here, or more than once", "应含文档的元素不存在或不止一个"),
        Text("one element, at the path of the profile", "画像路径上的一个元素"),
        Text("another kind of message? The whole file is refused", "是另一种报文？整个文件已拒收"),
    )
