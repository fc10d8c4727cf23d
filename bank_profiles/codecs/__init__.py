"""The codecs: bytes ⇄ cells of text. This is the only list of them."""

from bank_profiles.codecs.codec import Codec
from bank_profiles.codecs.delimited import DelimitedCodec
from bank_profiles.codecs.fixed_width import FixedWidthCodec
from bank_profiles.layout import FileLayout
from bank_profiles.profile import Delimited

__all__ = ["Codec", "codec_for"]


def codec_for(layout: FileLayout) -> Codec:
    """The codec that a file's ``format`` names."""
    if isinstance(layout.spec, Delimited):
        return DelimitedCodec(layout.spec.separator, layout.encoding)
    return FixedWidthCodec(layout.spec.record_bytes, layout.encoding)
