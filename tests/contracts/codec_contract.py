"""What every codec promises; each codec's tests inherit this class and give it a ``codec`` and a ``record``."""

from collections.abc import Sequence

import pyarrow as pa
import pytest

from bank_profiles.codecs import Codec
from bank_profiles.codecs.codec import BadLine
from bank_profiles.layout import RecordLayout
from bank_profiles.values.converters import BadValue

TEXTS = [["D", "张三", "6217", ""], ["D", "亅倈億", "0017", "摘要"], ["D", "𠮷", "9", "A B"]]


def columns(rows: Sequence[Sequence[str]]) -> list[pa.StringArray]:
    return [pa.array(list(column), pa.string()) for column in zip(*rows, strict=True)]


class CodecContract:
    """Reads what it writes, alike for a line and for a block, and gives a block back where a line of it is not good."""

    @pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
    def test_it_reads_what_it_wrote_in_blocks_and_line_by_line(self, codec: Codec, record: RecordLayout, line_end: bytes) -> None:
        block = codec.join(record.fields, columns(TEXTS), line_end)

        assert block is not None
        assert TEXTS == [[str(cell).rstrip() for cell in codec.cells(line, record)] for line in block.split(line_end)[:-1]]
        (cut,) = codec.cut(block, [record]) or []
        assert TEXTS == [
            [text.rstrip() for text in row] for row in zip(*(column.to_pylist() for column in cut.columns), strict=True)
        ]
        assert [0, 1, 2] == cut.lines.tolist()

    def test_no_row_is_no_line(self, codec: Codec, record: RecordLayout) -> None:
        assert b"" == codec.join(record.fields, columns([["x"] * 4])[:0] or [pa.array([], pa.string())] * 4, b"\n")

    def test_a_line_that_is_not_of_the_layout_gives_the_block_back(self, codec: Codec, record: RecordLayout) -> None:
        block = codec.join(record.fields, columns(TEXTS), b"\n") or b""

        assert None is codec.cut(block + b"D\n", [record])
        with pytest.raises(BadLine):
            codec.cells(b"D", record)

    @pytest.mark.parametrize("control", [b"\x00", b"\x1a", b"\r", b"\x7f", b"\t"])
    def test_a_control_character_gives_the_block_back(self, codec: Codec, record: RecordLayout, control: bytes) -> None:
        block = codec.join(record.fields, columns(TEXTS), b"\n") or b""

        assert None is codec.cut(block.replace(b"6217", b"62" + control + b"7"), [record])

    def test_half_a_character_gives_the_block_back(self, codec: Codec, record: RecordLayout) -> None:
        block = codec.join(record.fields, columns(TEXTS), b"\n") or b""

        assert None is codec.cut(block.replace(b"6217", b"621\x81"), [record])

    @pytest.mark.parametrize("text", ["a\nb", "a\rb", "\x00", "\ufeff", "长" * 100])
    def test_a_text_that_does_not_fit_is_refused_not_changed(self, codec: Codec, record: RecordLayout, text: str) -> None:
        if codec.join(record.fields, columns([["D", text, "", ""]]), b"\n") is None:
            with pytest.raises(BadValue):
                codec.fit(record.fields[1], text)
        else:
            assert text == "长" * 100  # delimited columns have no width

    def test_a_line_is_told_by_its_marker(self, codec: Codec, record: RecordLayout) -> None:
        good, other = (codec.join(record.fields, columns([[mark, "", "", ""]]), b"\n") or b"" for mark in "DX")

        assert record == codec.record_of(good.rstrip(b"\n"), [record])
        assert None is codec.record_of(other.rstrip(b"\n"), [record])
