"""The pull reader reads what the encoders write, whatever the cutting, and answers any bytes with a value or a refusal."""

import functools
from collections.abc import Iterator

import pytest
from asn1crypto import core
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contracts.cms_contract import AT, BEGIN, Case, party
from tests.contracts.seal_contract import in_blocks, outcome, refused
from transports.sealing import ber, cms
from transports.sealing.ber import OCTET_STRING, SEQUENCE, Reader, header, integer, oid, tlv

GOOD = Case("cms-aes256gcm", "ec-p256")


@given(st.integers(-(2**200), 2**200))
def test_integers_are_as_another_library_writes_and_reads_them(number: int) -> None:
    assert core.Integer(number).dump() == integer(number)
    assert number == Reader([integer(number)]).integer()


@given(st.tuples(st.integers(0, 1), st.integers(0, 39), st.lists(st.integers(0, 2**130), max_size=6)))
def test_identifiers_are_as_another_library_writes_them(arcs: tuple[int, int, list[int]]) -> None:
    dotted = ".".join(map(str, (arcs[0], arcs[1], *arcs[2])))
    assert core.ObjectIdentifier(dotted).dump() == oid(dotted)


@pytest.mark.parametrize("length", [0, 127, 128, 255, 256, 65535, 65536])
def test_lengths_are_as_another_library_writes_them(length: int) -> None:
    assert core.OctetString(bytes(length)).dump() == tlv(OCTET_STRING, bytes(length))


strings = st.recursive(
    st.binary(max_size=300).map(lambda value: (tlv(OCTET_STRING, value), value)),
    lambda inner: st.tuples(st.booleans(), st.lists(inner, max_size=4)).map(lambda drawn: in_pieces(*drawn)),
    max_leaves=12,
)


def in_pieces(definite: bool, parts: list[tuple[bytes, bytes]]) -> tuple[bytes, bytes]:
    encoded, value = b"".join(part[0] for part in parts), b"".join(part[1] for part in parts)
    whole = tlv(0x24, encoded) if definite else header(0x24, None) + encoded + ber.END
    return whole, value


@given(strings, st.integers(1, 50))
def test_a_string_is_the_same_whole_or_in_pieces_of_pieces(string: tuple[bytes, bytes], cut: int) -> None:
    encoded, value = string
    reader = Reader(in_blocks(encoded, cut))
    assert value == b"".join(map(bytes, reader.octets()))
    reader.finish()


@given(strings)
def test_an_element_is_given_as_it_stands(string: tuple[bytes, bytes]) -> None:
    assert string[0] == Reader([string[0] + b"more"]).element()


@pytest.mark.parametrize(
    ("code", "encoded"),
    [
        ("seal-malformed", tlv(SEQUENCE, b"\x1f\x81\x01\x00")),  # a tag above 30
        ("seal-malformed", tlv(SEQUENCE, b"\x04\x05abc")),  # longer than what holds it
        ("seal-malformed", tlv(SEQUENCE, b"\x04\x80abc\0\0")),  # indefinite but primitive
        ("seal-malformed", tlv(SEQUENCE, b"\x04\x88" + b"\1" * 8)),
        ("seal-malformed", tlv(SEQUENCE, b"\0\0")),  # an end where nothing was left open
        ("seal-malformed", tlv(SEQUENCE, integer(1))),  # more than was asked for
        ("seal-malformed", tlv(SEQUENCE, b"\x30\x80") + ber.END),  # left open at the end of what holds it
        ("seal-truncated", b"\x30\x80"),
        ("seal-truncated", b"\x30"),
        ("seal-truncated", b"\x30\x05\x04\x03ab"),
        ("seal-over-limit", tlv(SEQUENCE, tlv(OCTET_STRING, bytes(ber.SMALL_MAX + 1)))),
    ],
)
def test_what_is_not_right_is_refused(code: str, encoded: bytes) -> None:
    reader = Reader([encoded])

    def read() -> None:
        with reader.inside(SEQUENCE):
            if reader.peek() == SEQUENCE:
                with reader.inside(SEQUENCE):
                    pass
            elif reader.peek() not in (ber.INTEGER, 0):
                reader.small_octets()
        reader.finish()

    assert code == refused(read)


def read_all(encoded: bytes) -> tuple[Reader, str]:
    """A string read to its end or its refusal, and that refusal's code."""
    reader = Reader([encoded])
    return reader, outcome(lambda: b"".join(map(bytes, reader.octets()))).decode("latin-1")


SHORT_PIECES = {"empty": b"\x04\x00", "one byte": b"\x04\x01x", "empty and nested": b"\x24\x80\x00\x00"}


@pytest.mark.parametrize("piece", SHORT_PIECES.values(), ids=SHORT_PIECES)
def test_b2_a_string_in_endlessly_many_pieces_is_left_at_the_limit(piece: bytes) -> None:
    reader, code = read_all(header(0x24, None) + piece * 20_000 + ber.END)
    assert "seal-over-limit" == code
    assert reader._position < 2 * ber.PIECES_FREE * len(piece)


def test_b2_pieces_are_counted_over_all_strings_of_a_stream() -> None:
    half = header(0x24, None) + b"\x04\x00" * (ber.PIECES_FREE // 2 + 100) + ber.END
    reader = Reader([half * 2])
    assert b"" == reader.small_octets()
    assert "seal-over-limit" == refused(reader.small_octets)


@pytest.mark.parametrize(("size", "count"), [(16, 4000), (1000, 10_000), (4096, 2000)], ids=["cipher", "BouncyCastle", "openssl"])
def test_pieces_as_tools_cut_them_are_read_whatever_their_number(size: int, count: int) -> None:
    reader, read = read_all(header(0x24, None) + tlv(OCTET_STRING, b"x" * size) * count + ber.END)
    assert "x" * size * count == read
    reader.finish()


def test_b2_an_element_of_endlessly_many_empty_ones_is_left_at_the_limit() -> None:
    endless = header(SEQUENCE, None) + b"\x24\x80\x00\x00" * 40_000 + ber.END
    assert "seal-over-limit" == refused(Reader([endless]).element)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_answered_with_a_refusal(junk: bytes) -> None:
    """F-7: nothing but a refusal leaves, whatever comes in."""
    for parcel in (junk, b"\x30\x80" + junk, GOOD.seal(b"x")[:30] + junk):
        assert outcome(functools.partial(GOOD.open, parcel)).startswith(b"seal-")


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=400), st.sampled_from(["", "signed", "certificates"]))
def test_any_bytes_inside_an_envelope_are_answered_with_a_refusal(junk: bytes, after: str) -> None:
    signed = GOOD.signed(b"x")
    place = {"": 0, "signed": 15, "certificates": signed.index(GOOD.bank.certificate.der) + 30}[after]
    inner = signed[:place] + junk + signed[place + len(junk) :]
    got = outcome(functools.partial(GOOD.open, GOOD.envelope(inner)))
    assert got.startswith(b"seal-") or inner == signed


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_mangled_parcel_never_opens_to_something_else(data: st.DataObject) -> None:
    case, sealed = data.draw(st.sampled_from(samples()))
    parcel = bytearray(sealed)
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(parcel) - 1))
        parcel[start : start + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
        parcel = parcel or bytearray(b"\0")
    got = outcome(lambda: case.open(bytes(parcel)))
    assert got.startswith(b"seal-") or got == b"content"


@functools.cache
def samples() -> list[tuple[Case, bytes]]:
    cases = [Case(suite, "sm2" if suite.startswith("sm2") else "ec-p256") for suite in cms.SUITES]
    return [(case, parcel) for case in cases for parcel in both(case)]


def both(case: Case) -> Iterator[bytes]:
    yield case.seal(b"content")
    yield case.seal(b"content", size=7)


def test_a_name_is_compared_as_it_stands() -> None:
    certificate = party("ec-p256", "核对中心 𠮷", encrypts=False).certificate
    assert certificate.x509.issuer.public_bytes() == certificate.issuer
    assert BEGIN <= AT <= certificate.not_after
