"""The codecs: bytes ⇄ cells of text. This is the only list of them."""

from collections.abc import Callable
from typing import Any

from bank_profiles.codecs.codec import Codec
from bank_profiles.codecs.delimited import DelimitedFormat
from bank_profiles.codecs.fixed_width import FixedFormat
from bank_profiles.codecs.line_codec import LineCodec
from bank_profiles.layout import FileLayout

__all__ = ["Codec", "codec_for"]


def codec_for(layout: FileLayout) -> Codec:
    """A codec for one file to be read or written, as its ``format`` says."""
    return _MAKERS[layout.spec.format](layout)


def _delimited(layout: FileLayout) -> Codec:
    spec: Any = layout.spec
    return LineCodec(layout, DelimitedFormat(spec.separator, layout.encoding), spec.line_end)


def _fixed(layout: FileLayout) -> Codec:
    spec: Any = layout.spec
    return LineCodec(layout, FixedFormat(spec.record_bytes, layout.encoding), spec.line_end)


_MAKERS: dict[str, Callable[[FileLayout], Codec]] = {"delimited": _delimited, "fixed": _fixed}
