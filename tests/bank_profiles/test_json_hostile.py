"""JSON that means harm, or that nobody may guess about, is refused fast, in bounded memory, with a name and a place."""

import json
import resource
import sys
import time
import tracemalloc
from collections.abc import Iterator

import pytest

from bank_profiles.codecs.codec import BadFile
from bank_profiles.codecs.json.codec import JsonCodec
from bank_profiles.layouts.making import layout
from tests.bank_profiles.test_json import GOOD, LISTS, PROFILE, large, read, refused, spelt

MIB = 1 << 20


@pytest.fixture
def quick() -> Iterator[None]:
    """Nothing here takes long: in proportion to its text, on whatever machine; what goes back and forth takes minutes.

    Measured by what Python's own reader needs for a million empty objects; a coarse guard, wider than the 5 s there were before.
    """
    begun = time.thread_time()
    json.loads("[" + "{}," * 1_000_000 + "{}]")
    pace = max(0.1, time.thread_time() - begun)
    begun = time.thread_time()
    yield
    assert time.thread_time() - begun < pace * (100 if sys.gettrace() is None else 400)


def place(key: str, data: bytes) -> list[tuple[str, int | None, int | None]]:
    with pytest.raises(BadFile) as caught:
        list(JsonCodec(layout(PROFILE, "response", key)).pieces([data]))
    return [(caught.value.code, caught.value.line, caught.value.byte)]


# ---- what nobody may guess about ----------------------------------------------------------------------------------------------------


def test_b8_a_key_that_stands_twice_is_refused_with_its_place() -> None:
    text = '{"reqNo": "1",\n "data": {"a": 1,\n  "\\u0061": 2}}'

    assert [("json-duplicate-key", 3, 3)] == place("reply", text.encode())


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity"])
def test_b8_what_is_no_number_is_refused(word: str) -> None:
    assert [("json-no-number", 1, 11)] == place("reply", f'{{"reqNo": {word}}}'.encode())


@pytest.mark.parametrize(
    ("data", "at"),
    [
        (b'{"a": 1,}', (1, 9)),  # comma before a bracket
        (b'{"a": [1, 2,\n]}', (2, 1)),
        (b"{'a': 1}", (1, 2)),
        (b'{"a": 1} {"b": 2}', (1, 10)),  # something behind the document
        (b'{"a": 1}\n\nx', (3, 1)),
        (b'{"a": 01}', (1, 8)),
        (b'{"a": "\x01"}', (1, 8)),  # a control character as it is
        (b'{"a": "\\x"}', (1, 8)),
        (b"// note\n{}", (1, 1)),
        (b"", (1, 1)),
    ],
)
def test_b8_what_is_no_json_is_refused_with_its_place(data: bytes, at: tuple[int, int]) -> None:
    assert [("json-syntax", *at)] == place("reply", data)


@pytest.mark.parametrize("at", range(1, len(GOOD["reply"]), 17))
def test_a_document_that_was_cut_is_refused(at: int) -> None:
    data = GOOD["reply"].decode()[:-at].encode() if at < 900 else GOOD["reply"][:5]

    assert {"json-syntax"} == {code for code, _, _ in place("reply", data)}


@pytest.mark.parametrize("key", list(GOOD))
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "gb18030"])
def test_b8_another_encoding_is_refused_and_not_guessed(key: str, encoding: str) -> None:
    data = GOOD[key].decode().encode(encoding)
    if data != GOOD[key]:  # without Chinese GB18030 is the same
        assert "read" != _outcome(key, data)


def _outcome(key: str, data: bytes) -> str:
    try:
        return refused(key, data)[0][0]
    except pytest.fail.Exception:
        return "read"


def test_a_byte_order_mark_is_forgiven_and_said() -> None:
    codec = JsonCodec(layout(PROFILE, "response", "reply"))
    list(codec.pieces([b"\xef\xbb\xbf" + GOOD["reply"]]))

    assert ["bom"] == codec.oddities
    assert read("reply", GOOD["reply"]) == read("reply", b"\xef\xbb\xbf" + GOOD["reply"])


def test_b8_a_nul_in_a_text_parks_its_row() -> None:
    rows, problems = read("lists", json.dumps(LISTS).replace("62170001", "6217\\u0000").encode())

    assert ["control-character"] * 2 == [code for code, _ in problems]
    assert 1 == len(rows["holding"])


# ---- what grows without bound -------------------------------------------------------------------------------------------------------

BOMBS = {
    "lists in lists": (b"[" * (4 * MIB - 1), "json-too-deep"),
    "objects in objects": (b'{"a":' * 700_000, "json-too-deep"),
    "lists closed again": (b"[" * 40 + b"]" * 40, "json-too-deep"),
    "lists in lists, larger": (b"[" * (6 * MIB), "json-too-large"),
    "lists in the list of a large document": (b'{"data": {"accounts": ' + b"[1," * (2 * MIB), "json-too-deep"),
    "lists in an element of a large document": (b'{"data": {"accounts": [{"x": ' + b"[1," * (2 * MIB), "json-too-deep"),
    "a number": (b"[" + b"9" * (4 * MIB - 9) + b"]", "json-number-too-long"),
    "a number of a row": (b'{"x": -1' + b"0" * 64 + b"}", "json-number-too-long"),
    "a power": (b'{"x": 1e' + b"9" * 100 + b"}", "json-number-too-long"),
    "a key": (b'{"' + b"k" * 300 + b'": 1}', "json-key-too-long"),
    "a text without end": (b'{"x": "' + b'\\"' * (2 * MIB - 9), "json-syntax"),
    "a text larger than a document": (b'{"data": {"accounts": ["' + b"x" * (9 * MIB) + b'"]}}', "json-too-large"),
    "a key larger than a document": (b'{"' + b"k" * (9 * MIB) + b'": 1}', "json-too-large"),
    "an element larger than a document": (b'{"data": {"accounts": [{"x": [' + b"1," * (5 * MIB) + b"1]}]}}", "json-too-large"),
    "all beside the lists": (b'{"y": "' + b"x" * (3 * MIB) + b'", "z": "' + b"x" * (3 * MIB) + b'"}', "json-too-large"),
    "closing brackets": (b"]" * (4 * MIB), "json-syntax"),
    "quotes": (b'"' * (4 * MIB), "json-syntax"),
}


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("bomb", list(BOMBS))
def test_b2_a_bomb_is_refused_in_bounded_time_and_memory(bomb: str) -> None:
    data, code = BOMBS[bomb]
    blocks = [data[at : at + MIB] for at in range(0, len(data), MIB)]
    codec = JsonCodec(layout(PROFILE, "response", "lists"))
    tracemalloc.start()
    with pytest.raises(BadFile) as caught:
        _read_all(codec, blocks)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert code == caught.value.code
    assert peak < 256 * MIB


def _read_all(codec: JsonCodec, blocks: list[bytes]) -> None:
    for piece in codec.pieces(blocks):
        for _ in codec.walk(piece):
            pass


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("filler", [b"[],", b"{},", b'{"a":1},', b"1,", b'"",', b"null,", b'{"ref":"1","no":"2"},', b"[[[[]]]],"])
def test_b2_many_small_things_in_one_document_stay_in_memory(filler: bytes) -> None:
    begin, end = b'{"data": {"accounts": [', b'{}], "entries": []}, "meta": {"accounts": 1, "sum": "0"}}'
    data = begin + filler * ((4 * MIB - len(begin) - len(end)) // len(filler)) + end
    codec = JsonCodec(layout(PROFILE, "response", "lists"))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for piece in codec.pieces([data]):
        codec.cut(piece)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before

    assert grown < 256 << 10  # kilobytes


def test_a_line_without_end_is_refused_and_not_gathered() -> None:
    assert [("line-too-long", 1, None)] == place("lines", b'{"kind": "' + b"x" * (5 * MIB))


@pytest.mark.usefixtures("quick")
def test_one_huge_object_that_all_rows_refer_to_is_looked_up_once() -> None:
    """Two megabytes that every row would have to go through again."""
    tree = {
        "persons": {"p1": {"name": ["x"] * 200_000}},
        "accounts": {"a1": {"iban": "FI01", "roles": [{"ref": "000001", "person": "p1", "bal": "1"}] * 20_000}},
    }
    codec = JsonCodec(layout(PROFILE, "response", "register"))

    assert 20_001 == sum(1 for piece in codec.pieces([spelt(tree)]) for _ in codec.walk(piece))


@pytest.mark.usefixtures("quick")
def test_one_bad_row_does_not_make_a_large_document_slow() -> None:
    tree = large(20_000)
    tree["data"]["accounts"][10_000]["type"] = "XYZ"

    rows, problems = read("lists", spelt(tree))

    assert (19_999, [("unknown-code", "data/accounts[10001]/type")]) == (len(rows["holding"]), problems)


@pytest.mark.parametrize("data", [b'{"name": Ehnqvist}', b'{"Ehnqvist": 1, "Ehnqvist": 2}', b'{"name": "Ehnqvist'])
def test_messages_show_no_text_of_the_file(data: bytes) -> None:
    with pytest.raises(BadFile) as caught:
        list(JsonCodec(layout(PROFILE, "response", "reply")).pieces([data]))

    assert not any("Ehnqvist" in text for text in (*caught.value.what, *caught.value.expected, *(caught.value.hint or ())))
