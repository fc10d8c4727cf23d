"""UTF-16 and EBCDIC text: lines however the bytes arrive, and a wrong byte keeps its place."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bank_profiles.codecs.codec import BadFile
from bank_profiles.codecs.lines.cutting import LINE_BYTES_MAX, LineTooLong
from bank_profiles.codecs.transcoding import Incoming, Outgoing
from bank_profiles.encodings import ENCODINGS

TEXT = "000001|00|示例甲\n000002|01|A-z 9\n"
FLOWING = ["utf-16", "utf-16-le", "utf-16-be", "cp1388", "cp935", "utf-8-bom"]


def blocks_of(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


@pytest.mark.parametrize("encoding", FLOWING)
@settings(deadline=None)
@given(size=st.integers(1, 40))
def test_what_goes_out_comes_in_however_it_is_cut_on_the_way(encoding: str, size: int) -> None:
    outgoing, incoming = Outgoing(encoding), Incoming(encoding)
    lines = [line.encode() for line in TEXT.splitlines(keepends=True)]
    sent = b"".join(outgoing.block(line) or b"" for line in lines)

    assert b"".join(lines) == b"".join(incoming.blocks(blocks_of(sent, size)))
    assert [] == incoming.oddities
    assert sent.startswith(ENCODINGS[encoding].bom) or not ENCODINGS[encoding].writes_bom


def test_lines_of_the_host_end_with_nel_or_line_feed() -> None:
    assert b"A\nB\nC" == b"".join(Incoming("cp1047").blocks([b"\xc1\x15\xc2\x25\xc3"]))
    assert b"\xc1\x15" == Outgoing("cp1047").block(b"A\n")


def test_a_mark_of_the_other_byte_order_is_refused_and_its_own_is_forgiven() -> None:
    incoming = Incoming("utf-16-le")
    assert b"A" == b"".join(incoming.blocks([b"\xff", b"\xfeA", b"\0"]))
    assert ["bom"] == incoming.oddities
    with pytest.raises(BadFile) as bad:
        list(Incoming("utf-16-le").blocks([b"\xfe\xff\0A"]))
    assert (1, 1) == (bad.value.line, bad.value.byte)


def test_utf_16_without_a_mark_is_not_guessed_but_named() -> None:
    with pytest.raises(BadFile) as bad:
        list(Incoming("utf-16").blocks([TEXT.encode("utf-16-le")]))

    assert "wrong-encoding" == bad.value.code


@pytest.mark.parametrize(
    ("encoding", "data", "place"),
    [
        ("utf-16-le", "一\n二".encode("utf-16-le") + b"\x00\xd8\x41\x00", (2, 3)),
        ("utf-16-le", "一\n二三".encode("utf-16-le") + b"\x41", (2, 5)),
        ("cp1388", b"\xc1\x15\xc2\x0e\x48\x45", (2, 4)),
        ("cp1388", b"\xc1\x25\xc2\x25\x0e\x45\x45\x0f\xff\xfd\x25", (3, 6)),
    ],
)
@settings(deadline=None)
@given(size=st.integers(1, 12))
def test_a_wrong_byte_keeps_its_line_and_place(encoding: str, data: bytes, place: tuple[int, int], size: int) -> None:
    with pytest.raises(BadFile) as bad:
        list(Incoming(encoding).blocks(blocks_of(data, size)))

    assert "wrong-encoding" == bad.value.code
    assert place == (bad.value.line, bad.value.byte)


def test_a_line_without_end_is_not_gathered() -> None:
    with pytest.raises(LineTooLong):
        list(Incoming("cp037").blocks([b"\xc1" * LINE_BYTES_MAX, b"\xc1" * LINE_BYTES_MAX]))


def test_a_character_the_encoding_has_not_is_not_replaced() -> None:
    assert Outgoing("cp037").block("一\n".encode()) is None
