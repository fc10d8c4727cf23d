"""Headers, codes, MACs and settings as data: what is written is read again, and what cannot be is not built."""

import dataclasses
import hashlib
import hmac
import random
import statistics
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.certificates import authority, leaf, tls_settings
from tests.transports.tcp.lines import BARE, ESB, KEY
from transports.address import Address
from transports.errors import Refused, Unreachable
from transports.tcp import HOUSE, Codes, Field, Framing, Header, Heartbeat, Mac, Meaning, Message, TcpSettings
from transports.tcp.listing import read_listing, write_listing
from transports.tcp.words import Garbled, said_by_peer
from transports.transport import Remote

LOCAL = Address("127.0.0.1", 1)
MAC = Mac("hmac-sha256", KEY)
NOTE = Header((Field("code", 4), Field("name", 12), Field("size", 6), Field("mac", 32)), "gb18030")


# ---- header ------------------------------------------------------------------------------------------------------------------


@given(
    name=st.text(alphabet="abc_某银行𠮷", max_size=40),
    size=st.integers(0, 10**13 - 1),
    page=st.integers(0, 10**8 - 1),
    body=st.binary(max_size=50),
)
def test_what_a_header_says_is_read_again(name: str, size: int, page: int, body: bytes) -> None:
    message = Message("PQ", 7, name=name, size=size, page=page, more=1, digest="0" * 64, body=body)

    assert message == HOUSE.header.read(HOUSE.header.write(message) + body)


def test_rule_025_a_field_has_bytes_of_its_charset() -> None:
    written = NOTE.write(Message("PUT", name="某某银行", size=42))

    assert written == b"PUT " + "某某银行".encode("gb18030") + b"    " + b"000042" + b" " * 32
    assert NOTE.read(written).name == "某某银行"
    assert NOTE.mac_at() == slice(22, 54)


@pytest.mark.parametrize(
    ("name", "code"), [("某" * 7, "field-too-long"), ("x" * 13, "field-too-long"), ("\ud800", "field-unwritable")]
)
def test_what_does_not_fit_a_field_is_not_sent(name: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        NOTE.write(Message("PUT", name=name))
    assert refused.value.code == code


@pytest.mark.parametrize("raw", [b"PUT " + b"\xff" * 12, b"PUT " + b"x" * 12 + b"12x456", b"PUT " + b"x" * 12 + b"-12345"])
def test_a_header_that_cannot_be_read_is_garbled(raw: bytes) -> None:
    with pytest.raises(Garbled) as refused:
        NOTE.read(raw.ljust(NOTE.width, b" "))
    assert refused.value.code == "header-unreadable"


def test_a_version_that_is_not_ours_is_garbled() -> None:
    header = Header((Field("constant", 4, "1.00"),))

    assert header.read(b"1.00body").body == b"body"
    with pytest.raises(Garbled):
        header.read(b"2.00body")


@pytest.mark.parametrize(
    "fields",
    [
        (Field("code", 4), Field("code", 4)),
        (Field("pages", 4), Field("more", 1)),
        (Field("constant", 2),),
        (Field("constant", 2, "long"),),
    ],
)
def test_a_header_that_cannot_be_is_not_built(fields: tuple[Field, ...]) -> None:
    with pytest.raises(ValueError, match=r"role|pages|constant"):
        Header(fields)


@pytest.mark.parametrize("wrong", [("code", 0), ("colour", 3), ("size", 3, "", "0", "right")])
def test_a_field_that_cannot_be_is_not_built(wrong: tuple[Any, ...]) -> None:
    with pytest.raises(ValueError, match=r"width|zeros"):
        Field(*wrong)


# ---- dialect -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"header": Header((Field("name", 2000),)), "framing": Framing(digits=4, frame_bytes_max=2000)}, "no room"),
        ({"header": Header()}, "field for their code"),
        ({"codes": Codes()}, "put has one"),
        ({"statuses": {}}, "status needs both"),
        ({"header": Header((Field("code", 2), Field("status", 2)))}, "field for the name"),
        ({"header": Header((Field("code", 2), Field("name", 9))), "statuses": {}}, "answered by a status"),
        ({"codes": Codes(("Q", "A"), ("Q", "B"))}, "own code"),
        ({"codes": Codes(("QUESTION", "A"))}, "fit"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_a_dialect_that_cannot_be_is_not_built(change: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        dataclasses.replace(HOUSE, **change)


def test_what_a_note_has_no_status_for_is_said_by_the_nearest() -> None:
    note = dataclasses.replace(HOUSE, statuses={"0": Meaning.OK, "1": Meaning.REFUSED})

    assert note.status(Meaning.RETRY) == "1"
    assert note.status(Meaning.IN_DOUBT) == ""  # a doubt is never said as anything surer
    assert BARE.status(Meaning.OK) == ""


def test_a_bare_line_knows_one_question() -> None:
    assert BARE.verb("") == "put"
    assert not BARE.has_parts
    assert HOUSE.verb("XX") == ""


# ---- MAC ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("algorithm", "name"), [("hmac-sha256", "sha256"), ("hmac-sm3", "sm3")])
def test_a_mac_is_over_all_of_the_frame_but_itself(algorithm: Any, name: str) -> None:
    hexadecimal, raw = Mac(algorithm, KEY), Mac(algorithm, KEY, form="raw")
    expected = hmac.new(KEY, b"headerbody", lambda: hashlib.new(name))

    assert hexadecimal.of(b"header", b"body", 64) == expected.hexdigest().encode()
    assert hexadecimal.of(b"header", b"body", 32) == expected.hexdigest().encode()[:32]
    assert raw.of(b"header", b"body", 32) == expected.digest()
    assert hexadecimal.holds(b"header", expected.hexdigest().upper().encode(), b"body")
    assert not hexadecimal.holds(b"header", expected.hexdigest().encode(), b"Body")
    assert not raw.holds(b"heade", expected.digest(), b"body")


def test_each_direction_may_have_its_key() -> None:
    ours = Mac("hmac-sha256", b"k" * 16, b"p" * 16)
    theirs = Mac("hmac-sha256", b"p" * 16, b"k" * 16)

    assert theirs.holds(b"a", ours.of(b"a", b"b", 64), b"b")
    assert not ours.holds(b"a", ours.of(b"a", b"b", 64), b"b")  # our own message come back is not the peer's
    assert "kkk" not in repr(ours)
    assert "ppp" not in repr(ours)


@pytest.mark.parametrize("wrong", [("hmac-sha256", b"short"), ("hmac-md5", KEY), ("hmac-sm3", KEY, b"short")])
def test_a_weak_mac_is_not_built(wrong: tuple[Any, ...]) -> None:
    with pytest.raises(ValueError, match="key of at least"):
        Mac(*wrong)


def test_a15_codes_are_compared_by_what_takes_the_same_time_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """A comparison of bytes that stops at the first difference is too quick to be measured here: so it is seen by name."""
    compared: list[tuple[bytes, bytes]] = []
    monkeypatch.setattr(hmac, "compare_digest", lambda ours, theirs: bool(compared.append((ours, theirs))))
    code = MAC.of(b"header", b"body", 64)

    assert not MAC.holds(b"header", code, b"body")  # nothing else decides
    assert [(code, code)] == compared


def test_a15_how_much_of_a_code_is_right_does_not_show_in_the_time() -> None:
    code = MAC.of(b"header", b"body", 64)
    early, late = b"x" + code[1:], code[:-1] + b"x"
    took: dict[bytes, list[int]] = {early: [], late: []}
    order = [early, late] * 10_000
    random.Random(1).shuffle(order)
    for each in order:
        start = time.perf_counter_ns()
        MAC.holds(b"header", each, b"body")
        took[each].append(time.perf_counter_ns() - start)

    fast, slow = sorted(statistics.median(each) for each in took.values())
    assert slow <= fast * 1.1  # medians of 10,000 each


# ---- settings ----------------------------------------------------------------------------------------------------------------


def settings(**changes: Any) -> TcpSettings:
    return TcpSettings(**({"address": LOCAL, "tls": None, "connection": "one_per_message"} | changes))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({}, "without TLS needs a MAC"),
        ({"mac": MAC}, "field in the header"),
        ({"mac": MAC, "dialect": dataclasses.replace(ESB, header=Header((*ESB.header.fields[:-1], Field("mac", 16))))}, "narrow"),
        ({"mac": MAC, "dialect": ESB}, "numbered for the key"),
        ({"mac": MAC, "dialect": ESB, "sequence": "key"}, "folder"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_a_line_that_nothing_protects_is_not_built(change: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        settings(**change)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"dialect": BARE, "connection": "kept"}, "sequence numbers"),
        ({"dialect": BARE, "heartbeat": Heartbeat()}, "heartbeat"),
        ({"page_bytes": 0}, "page_bytes"),
        ({"reply_name": "../{file}"}, "name"),
        ({"reply_name": "same"}, "name"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_settings_that_contradict_each_other_are_not_built(tmp_path: Path, change: dict[str, Any], why: str) -> None:
    ca = authority()
    with pytest.raises(ValueError, match=why):
        settings(tls=tls_settings(tmp_path, leaf(ca), ca, leaf(ca).pin), **change)


# ---- listing -----------------------------------------------------------------------------------------------------------------


def test_a_listing_is_read_again_oldest_first() -> None:
    found = [Remote("b.zip", 1, 2.5), Remote("查询.zip", 0, 1.0)]
    strange = [("name-control", "‹3 bytes, #01234567›"), ("listing-cut", "‹after 10 entries›")]

    assert (found[::-1], tuple(strange)) == read_listing(write_listing(found, strange), 100)


def test_b1_names_of_a_hostile_listing_are_left_out_and_masked() -> None:
    raw = b"1\t1.0\t../x\n-\tname-parent\tJohn Smith 110101199003070011\n-\t<b>\tx\n2\tnan\tgood\n"

    found, strange = read_listing([raw[:20], raw[20:]], 100)

    assert [Remote("good", 2, 0.0)] == found
    assert [reason for reason, _ in strange] == ["name-separator", "name-parent", "name-character"]
    assert all(masked.startswith("‹") for _, masked in strange)


def test_an_endless_listing_ends_at_the_cap() -> None:
    def endless() -> Any:
        while True:
            yield b"1\t1.0\tx\n" * 50

    found, strange = read_listing(endless(), 120)

    assert (120, [("listing-cut", "‹after 120 entries›")]) == (len(found), list(strange))


@pytest.mark.parametrize(
    "raw", [b"x" * 600, b"1\t1.0\tx", b"1\t1.0\n", b"x\t1.0\tx\n", b"1\tx\tx\n", b"1\t1\t\xff\n", b"9" * 99 + b"\t1\tx\n"]
)
def test_a_listing_that_is_none_is_garbled(raw: bytes) -> None:
    with pytest.raises(Garbled):
        read_listing([raw], 100)


# ---- what a peer says --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "text", "code"),
    [
        ("10", "collision", "collision"),
        ("E001", "", "peer-E001"),
        ("E\x1b[31m", "客户张三 not found", "peer-E31m"),
        ("1", "Not A Slug", "peer-1"),
        ("1", "remote-full", "remote-full"),
    ],
)
def test_of_what_a_peer_says_only_a_plain_code_is_repeated(status: str, text: str, code: str) -> None:
    for kind in (Refused, Unreachable):
        said = said_by_peer(kind, status, text)  # type: ignore[arg-type]
        assert (kind, code) == (type(said), said.code)
        assert "张三" not in said.zh + said.en
