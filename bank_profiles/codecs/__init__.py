"""The codecs: bytes ⇄ cells of text. This is the only list of them."""

from collections.abc import Callable

from bank_profiles.codecs.codec import Codec
from bank_profiles.codecs.excel.codec import ExcelCodec
from bank_profiles.codecs.fixed.codec import FixedCodec
from bank_profiles.codecs.json.codec import JsonCodec
from bank_profiles.codecs.lines.delimited_codec import delimited_codec
from bank_profiles.codecs.lines.self_describing import DescribedLines
from bank_profiles.codecs.transcoded import Transcoded, flows
from bank_profiles.codecs.xml.codec import XmlCodec
from bank_profiles.layouts.layout import FileLayout

__all__ = ["Codec", "codec_for"]


def codec_for(layout: FileLayout) -> Codec:
    """A codec for one file to be read or written, as its ``format`` says."""
    made = _MAKERS[layout.spec.format]
    return Transcoded(layout, made) if flows(layout) else made(layout)


_MAKERS: dict[str, Callable[[FileLayout], Codec]] = {
    "delimited": delimited_codec,
    "fixed": FixedCodec,
    "xml": XmlCodec,
    "json": JsonCodec,
    "excel": ExcelCodec,
    "self_describing": DescribedLines,
}
