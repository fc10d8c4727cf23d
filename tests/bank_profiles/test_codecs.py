"""Delimited and fixed width keep the promises of every codec; what only one of them can get wrong stands behind."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bank_profiles.codecs import Codec
from bank_profiles.codecs.delimited import DelimitedCodec
from bank_profiles.codecs.encoding import decode, encode, is_rather_utf8
from bank_profiles.codecs.fixed_width import FixedWidthCodec
from bank_profiles.codecs.lines import LINE_BYTES_MAX, Cutting, LineTooLong
from bank_profiles.errors import ProfilePlace
from bank_profiles.layout import Field, RecordLayout
from bank_profiles.values.converters import Plain
from tests.contracts.codec_contract import TEXTS, CodecContract, columns

HERE = ProfilePlace("test.yaml", 1)
SPANS = [(0, 1), (1, 13), (13, 19), (19, 25)]


def _record(spans: list[tuple[int, int]] | None) -> RecordLayout:
    fields = tuple(
        Field(f"c{number}", number, HERE, "gb18030", converter=Plain(), span=spans[number - 1] if spans else None)
        for number in range(1, 5)
    )
    return RecordLayout("row", None, None, "any", {0: "D"}, fields, {}, HERE)


class TestDelimited(CodecContract):
    @pytest.fixture
    def codec(self) -> Codec:
        return DelimitedCodec("|", "gb18030")

    @pytest.fixture
    def record(self) -> RecordLayout:
        return _record(None)

    def test_records_among_each_other_are_told_apart(self, codec: Codec, record: RecordLayout) -> None:
        other = RecordLayout("other", None, None, "any", {0: "E"}, record.fields[:2], {}, HERE)
        cuts = codec.cut("D|a|b|c\nE|x\nD|d|e|f\n".encode("gb18030"), [record, other])

        assert cuts is not None
        assert [("row", [0, 2]), ("other", [1])] == [(cut.record.name, cut.lines.tolist()) for cut in cuts]

    @pytest.mark.parametrize("character", [c for c in map(chr, range(0x4E00, 0x9FA6)) if b"|" in c.encode("gb18030")])
    def test_every_character_with_the_byte_of_the_separator(self, codec: Codec, record: RecordLayout, character: str) -> None:
        block = codec.join(record.fields, columns([["D", character, "", ""]]), b"\n") or b""
        (cut,) = codec.cut(block, [record]) or []

        assert [character] == (cut.columns[1].to_pylist() if cut.columns[1] else None)


class TestFixedWidth(CodecContract):
    @pytest.fixture
    def codec(self) -> Codec:
        return FixedWidthCodec(25, "gb18030")

    @pytest.fixture
    def record(self) -> RecordLayout:
        return _record(SPANS)

    def test_positions_are_bytes_not_characters(self, codec: Codec, record: RecordLayout) -> None:
        lines = (codec.join(record.fields, columns(TEXTS), b"\n") or b"").split(b"\n")[:-1]

        assert [25] * 3 == [len(line) for line in lines]
        assert {"6217", "0017", "9"} == {decode(line[13:19], "gb18030").strip() for line in lines}

    def test_mixed_line_ends_are_left_to_the_slow_way(self, codec: Codec, record: RecordLayout) -> None:
        one, two = ((codec.join(record.fields, columns(TEXTS[:1]), end) or b"") for end in (b"\n", b"\r\n"))

        assert None is codec.cut(one + two, [record])


# ---- encodings and lines ------------------------------------------------------------------------------------------------------------


@given(st.text(st.characters(exclude_categories=("Cs",))))
def test_every_character_survives_gb18030(text: str) -> None:
    moved = {
        0xE81E: 0x9FB4,
        0xE826: 0x9FB5,
        0xE82B: 0x9FB6,
        0xE82C: 0x9FB7,
        0xE832: 0x9FB8,
        0xE843: 0x9FB9,
        0xE854: 0x9FBA,
        0xE864: 0x9FBB,
    }

    assert text.translate(moved) == decode(encode(text, "gb18030"), "gb18030")


@pytest.mark.parametrize("text", ["小", "小小", "聪", "联通", "示例甲活期储蓄", "小|D|中"])
def test_chinese_in_gb18030_is_not_taken_for_utf8(text: str) -> None:
    assert (False, True) == (is_rather_utf8(text.encode("gb18030"), "gb18030"), is_rather_utf8(text.encode(), "gb18030"))


def _pieces(data: bytes, size: int, *, first: bool = True, last: bool = True) -> list[tuple[str, bytes, int]]:
    cutting = Cutting(first, last, b"\xef\xbb\xbf")
    blocks: Iterator[bytes] = (data[at : at + size] for at in range(0, len(data), size))
    return [(piece.where, piece.data, piece.line) for piece in cutting.pieces(blocks)]


@settings(max_examples=200)
@given(st.lists(st.sampled_from([b"a", b"bb", b"\r"]), min_size=3, max_size=12), st.integers(1, 9))
def test_first_body_and_last_are_the_file_again(lines: list[bytes], size: int) -> None:
    data = b"\n".join([*lines[:-1], b"z"]) + b"\n"
    pieces = _pieces(data, size)

    assert data == b"".join(piece for _, piece, _ in pieces)
    assert (["first", "last"], [1, len(lines)]) == ([pieces[0][0], pieces[-1][0]], [pieces[0][2], pieces[-1][2]])


def test_a_file_of_one_line_has_a_first_and_no_last() -> None:
    assert [("first", b"H\n", 1)] == _pieces(b"H", 1)


def test_a_megabyte_without_a_line_end_is_refused_and_not_gathered() -> None:
    with pytest.raises(LineTooLong):
        _pieces(b"x" * (LINE_BYTES_MAX * 5), 1 << 20)
