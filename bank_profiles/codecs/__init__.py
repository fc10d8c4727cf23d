"""The codecs: bytes ⇄ cells of text. This is the only list of them."""

from collections.abc import Callable
from typing import Any

from bank_profiles.codecs.codec import Codec
from bank_profiles.codecs.delimited import DelimitedFormat
from bank_profiles.codecs.encoding import BOMS
from bank_profiles.codecs.excel import ExcelCodec
from bank_profiles.codecs.fixed_codec import FixedCodec
from bank_profiles.codecs.json_codec import JsonCodec
from bank_profiles.codecs.line_codec import LineCodec
from bank_profiles.codecs.lines import Cutting
from bank_profiles.codecs.self_describing import DescribedLines
from bank_profiles.codecs.titled_lines import TitledLines
from bank_profiles.codecs.transcoded import Transcoded, flows
from bank_profiles.codecs.xml_codec import XmlCodec
from bank_profiles.layout import FileLayout

__all__ = ["Codec", "codec_for"]


def codec_for(layout: FileLayout) -> Codec:
    """A codec for one file to be read or written, as its ``format`` says."""
    made = _MAKERS[layout.spec.format]
    return Transcoded(layout, made) if flows(layout) else made(layout)


def _delimited(layout: FileLayout) -> Codec:
    spec: Any = layout.spec
    form = DelimitedFormat(
        spec.separator,
        layout.encoding,
        spec.quote,
        ends_with_separator=spec.ends_with_separator,
        pads_short_rows=spec.short_rows == "pad",
        comments=spec.comments,
    )
    return (LineCodec if spec.title_row is None else TitledLines)(layout, form, spec.line_end, _cutting(layout, spec))


def _cutting(layout: FileLayout, spec: Any) -> Cutting:
    return Cutting(
        first=layout.head is not None,
        last=layout.tail is not None,
        bom=BOMS[layout.encoding],
        skip_first=spec.skip_first,
        blank_lines=spec.blank_lines == "skip",
        comments=(spec.comments or "").encode(),
        returns=spec.line_end == "cr",
        framed=spec.separator != "\x01",
    )


_MAKERS: dict[str, Callable[[FileLayout], Codec]] = {
    "delimited": _delimited,
    "fixed": FixedCodec,
    "xml": XmlCodec,
    "json": JsonCodec,
    "excel": ExcelCodec,
}
