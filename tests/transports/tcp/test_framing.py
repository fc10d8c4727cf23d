"""Frames on a stream: what is written is read again however the network splits it, and nothing is kept before its length is proved."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transports.tcp.framing import Framing, Reader
from transports.tcp.words import Garbled

FRAMINGS = [
    Framing(digits=width, counts=counts, pad=pad, padded=padded, frame_bytes_max=1000)  # type: ignore[arg-type]
    for width, counts, (pad, padded) in itertools.product(
        (4, 6, 8), ("body", "all"), (("0", "left"), (" ", "left"), (" ", "right"))
    )
] + [
    Framing(binary=width, counts=counts, frame_bytes_max=1000)  # type: ignore[arg-type]
    for width, counts in itertools.product((2, 4), ("body", "all"))
]
SMALL = Framing(digits=4, frame_bytes_max=60)


def read(framing: Framing, raw: bytes, cuts: list[int], least: int = 0) -> list[bytes]:
    """The frames of these bytes, fed in pieces that end at ``cuts``."""
    reader, found = Reader(framing, least), []
    edges = [0, *sorted({cut % (len(raw) + 1) for cut in cuts}), len(raw)]
    for start, end in itertools.pairwise(edges):
        reader.feed(raw[start:end])
        found += reader.frames()
    assert reader.held == 0
    return found


@given(
    framing=st.sampled_from(FRAMINGS),
    frames=st.lists(st.binary(max_size=80), max_size=6),
    cuts=st.lists(st.integers(min_value=0, max_value=10_000), max_size=12),
)
def test_rule_025_what_is_framed_is_read_again_in_any_split(framing: Framing, frames: list[bytes], cuts: list[int]) -> None:
    assert frames == read(framing, b"".join(map(framing.encode, frames)), cuts)


@given(st.sampled_from(FRAMINGS), st.binary(max_size=60))
def test_whatever_comes_is_frames_or_garbled_and_never_more_is_held_than_came(framing: Framing, noise: bytes) -> None:
    reader = Reader(framing)
    reader.feed(noise)
    try:
        found = list(reader.frames())
    except Garbled:
        return
    assert noise.startswith(b"".join(map(framing.encode, found)))


@pytest.mark.parametrize(
    ("framing", "wire"),
    [
        (Framing(digits=8), b"00000005hello"),
        (Framing(digits=4, frame_bytes_max=9_999), b"0005hello"),
        (Framing(digits=8, counts="all", pad=" ", padded="right"), b"13      hello"),
        (Framing(digits=6, pad=" ", frame_bytes_max=999_999), b"     5hello"),
        (Framing(binary=2, frame_bytes_max=65_535), b"\x00\x05hello"),
        (Framing(binary=2, counts="all", frame_bytes_max=65_533), b"\x00\x07hello"),
        (Framing(binary=4), b"\x00\x00\x00\x05hello"),
    ],
)
def test_as_the_banks_notes_write_it(framing: Framing, wire: bytes) -> None:
    assert framing.encode(b"hello") == wire
    assert read(framing, wire, []) == [b"hello"]


@pytest.mark.parametrize("charset", ["gb18030", "utf-8"])
def test_rule_025_bytes_are_counted_never_characters(charset: str) -> None:
    text = "某某银行𠮷"  # the last has four bytes in GB18030 as in UTF-8
    body = text.encode(charset)

    assert Framing(digits=8).encode(body)[:8] == b"%08d" % len(body)
    assert read(Framing(digits=8), Framing(digits=8).encode(body), [])[0].decode(charset) == text


@pytest.mark.parametrize(
    ("framing", "prefix", "code"),
    [
        (SMALL, b"0061", "frame-too-large"),
        (SMALL, b"9999", "frame-too-large"),
        (SMALL, b"-001", "length-not-a-number"),
        (SMALL, b"+001", "length-not-a-number"),
        (SMALL, b" 001", "length-not-a-number"),
        (SMALL, b"1   ", "length-not-a-number"),
        (SMALL, b"0x10", "length-not-a-number"),
        (SMALL, "１２".encode("gb18030"), "length-not-a-number"),  # full-width digits
        (SMALL, b"\xef\xbb\xbf0", "length-not-a-number"),
        (SMALL, b"<?xm", "length-not-a-number"),
        (Framing(digits=4, pad=" ", frame_bytes_max=60), b"0012", "length-not-a-number"),
        (Framing(digits=4, pad=" ", frame_bytes_max=60), b"    ", "length-not-a-number"),
        (Framing(digits=4, counts="all", frame_bytes_max=60), b"0003", "frame-too-small"),
        (Framing(binary=2, counts="all", frame_bytes_max=60), b"\x00\x01", "frame-too-small"),
        (Framing(binary=2, frame_bytes_max=60), b"\xff\xff", "frame-too-large"),
        (Framing(binary=4, frame_bytes_max=60), b"\xff\xff\xff\xff", "frame-too-large"),  # -1 where the peer's length is signed
        (Framing(binary=4, frame_bytes_max=60), b"\x80\x00\x00\x00", "frame-too-large"),
    ],
)
def test_rule_025_a12_a_length_that_is_none_or_too_much_is_refused_before_anything_is_kept(
    framing: Framing, prefix: bytes, code: str
) -> None:
    reader = Reader(framing)
    reader.feed(prefix)

    with pytest.raises(Garbled) as refused:
        reader.frame()
    assert refused.value.code == code


def test_a_frame_shorter_than_its_header_is_refused() -> None:
    with pytest.raises(Garbled) as refused:
        read(SMALL, b"0009xxxxxxxxx", [], least=10)
    assert refused.value.code == "frame-too-small"


def test_the_largest_frame_goes_and_one_byte_more_does_not() -> None:
    assert read(SMALL, SMALL.encode(b"x" * 60), []) == [b"x" * 60]
    with pytest.raises(Garbled):
        SMALL.encode(b"x" * 61)


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"digits": 8, "binary": 2},
        {"digits": 8, "padded": "right"},
        {"digits": 4, "frame_bytes_max": 10_000},
        {"digits": 4, "counts": "all", "frame_bytes_max": 9_996},
        {"binary": 2},
        {"digits": 8, "frame_bytes_max": 0},
    ],
    ids=str,
)
def test_a_framing_that_cannot_be_is_not_built(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"length|zeros|frame_bytes_max"):
        Framing(**wrong)  # type: ignore[arg-type]
