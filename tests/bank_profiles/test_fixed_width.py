"""Fixed width keeps its promises: both readers agree on every file, good or damaged, by every word of the format; it reads what it wrote."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bank_profiles.codecs.codec import BadFile, BadLine
from bank_profiles.codecs.fixed import frames
from bank_profiles.codecs.fixed.codec import FixedCodec
from bank_profiles.codecs.fixed.repeats import ranks
from bank_profiles.codecs.lines import cutting as lines
from bank_profiles.encodings import encode
from bank_profiles.errors import Text
from bank_profiles.values.converters import BadValue
from tests.bank_profiles.fixed_files import flat, made, read, sheaf, texts, written
from tests.bank_profiles.generated import DAMAGES, damaged

HEAD = {"place": "first", "fields": {"k": {"at": "1", "width": "1", "const": "H"}}}
TAIL = {"place": "last", "fields": {"k": {"at": "1", "width": "1", "const": "T"}}}
MARK = {"at": "1", "width": "1"}
ROW = {"when": {"k": "D"}, "fields": {"k": MARK, "name": {"at": "2", "width": "12"}, "no": {"at": "14", "width": "7"}}}
OTHER = {"when": {"k": "E"}, "fields": {"k": MARK, "no": {"at": "2", "width": "5", "align": "right"}}}
RECORDS = {"head": HEAD, "row": ROW, "other": OTHER, "tail": TAIL}
FRAMES: list[dict[str, Any]] = [
    {},
    {"line_end": "crlf"},
    {"line_end": "cr"},
    {"line_end": "none"},
    {"record_length": {}},
    {"record_length": {"bytes": "4", "at": "3", "width": "2", "order": "little"}},
    {"record_length": {"bytes": "4", "width": "2", "self_inclusive": "true"}},
    {"skip_first_bytes": "3", "skip_last_bytes": "2"},
    {"filler": {"character": "9", "block": "4"}},
    {"short_lines": "pad", "long_lines": "ignore_blank"},
    {"counts": "chars"},
]
ROWS = [{"name": "张三", "no": "0017"}, {"name": "亅倈億", "no": "9"}, {"name": "𠮷", "no": "A B"}]
CELL = st.text(st.sampled_from("亅倈億𠮷龴·A1 09"), max_size=3).map(str.strip)
CELLS = st.lists(st.fixed_dictionaries({"name": CELL, "no": st.text("019", max_size=3)}), max_size=9)
BLOWS = st.lists(st.tuples(st.sampled_from(DAMAGES), st.floats(0, 1)), max_size=2)


@pytest.fixture(params=[17, 1 << 22], ids=["small pieces", "one piece"], autouse=True)
def pieces(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a file is parted must make no difference."""
    for module in (lines, frames):
        monkeypatch.setattr(module, "BLOCK_BYTES", request.param)


def _texts(layout: Any, data: bytes) -> list[tuple[str, tuple[Any, ...]]]:
    _, items = read(layout, data)
    assert all(item.bad is None for item in items)
    return [(item.record.name, texts(item)) for item in items if item.record]


def _read_or_refuse(layout: Any, data: bytes) -> None:
    with suppress(BadFile):  # nothing else may leave a codec
        read(layout, data, size=13)


# ---- frames -------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", FRAMES, ids=str)
@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "big5"])
def test_it_reads_what_it_wrote(words: Mapping[str, Any], encoding: str) -> None:
    layout = made({"record_bytes": "20", "records": RECORDS, **words}, encoding)
    rows = ROWS if encoding == "gb18030" else [{"name": "張三", "no": "0017"}, {"name": "", "no": "9"}]

    expected = [("row", ("D", row["name"], row["no"])) for row in rows]
    assert [("head", ("H",)), *expected, ("tail", ("T",))] == _texts(layout, flat(layout, "row", rows))


@pytest.mark.parametrize("words", [{"line_end": "none"}, {"record_length": {}}], ids=str)
def test_in_ebcdic_blanks_and_digits_have_other_bytes(words: Mapping[str, Any]) -> None:
    layout = made({"record_bytes": "20", "records": RECORDS, **words}, "cp037")
    data = flat(layout, "row", [{"name": "A B", "no": "0017"}])

    assert encode("0017", "cp037") in data
    assert ("row", ("D", "A B", "0017")) in _texts(layout, data)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(FRAMES), CELLS, BLOWS)
def test_both_readers_agree_on_files_good_and_damaged(words: Mapping[str, Any], rows: list[dict[str, str]], blows: Any) -> None:
    layout = made({"record_bytes": "20", "records": RECORDS, **words})
    data = damaged(flat(layout, "row", rows), blows)
    for number in (17, 1 << 22):
        lines.BLOCK_BYTES = frames.BLOCK_BYTES = number
        _read_or_refuse(layout, data)


def test_lines_of_several_kinds_are_told_by_their_marks_and_keep_their_order() -> None:
    layout = made({"record_bytes": "20", "records": RECORDS})
    data = written(layout, [[("row", ROWS[:2], [0, 2], None), ("other", [{"no": "7"}], [1], None)]]) or b""
    layout = made({"record_bytes": "20", "records": {"row": ROW, "other": OTHER}})

    assert [("row", 1), ("other", 2), ("row", 3)] == [
        (item.record.name, item.line) for item in read(layout, data)[1] if item.record
    ]


def test_records_of_different_lengths_stand_in_one_file() -> None:
    records = {**RECORDS, "other": {**OTHER, "record_bytes": "6"}, "tail": {**TAIL, "record_bytes": "3"}}
    layout = made({"record_bytes": "20", "records": records})
    data = written(
        layout,
        [
            [("head", [{}], [0], None)],
            [("row", ROWS, [0, 2, 4], None), ("other", [{"no": "7"}] * 2, [1, 3], None)],
            [("tail", [{}], [0], None)],
        ],
    )

    assert [20, 20, 6, 20, 6, 20, 3] == [len(line) for line in (data or b"").split(b"\n")[:-1]]
    assert ["head", "row", "other", "row", "other", "row", "tail"] == [name for name, _ in _texts(layout, data or b"")]


def test_a_line_of_another_length_refuses_the_file() -> None:
    layout = made({"record_bytes": "20", "records": RECORDS})
    data = flat(layout, "row", ROWS).replace(b"0017", b"00177")

    assert ["record-length"] == [item.bad.code for item in read(layout, data)[1] if isinstance(item.bad, BadLine)]


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n", b"\x1a"])
def test_what_stands_behind_the_last_record_is_forgiven_without_line_ends_too(end: bytes) -> None:
    for words in ({"line_end": "none"}, {"record_length": {}}):
        layout = made({"record_bytes": "20", "records": RECORDS, **words})
        codec, items = read(layout, flat(layout, "row", ROWS) + end)

        assert 5 == len(items) == codec.last_line
        assert bool(end) == bool(codec.oddities)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\x00\x00\x00\x00", "bad-record-length"),
        (b"\x7f\xff\xff\xff", "bad-record-length"),
        (b"\x00\x00\x00\x14D", "record-cut"),
    ],
)
def test_a_length_that_cannot_be_refuses_the_file_at_once(data: bytes, code: str) -> None:
    layout = made({"record_bytes": "20", "records": RECORDS, "record_length": {}})

    with pytest.raises(BadFile) as bad:
        read(layout, data * 3)
    assert code == bad.value.code


# ---- short and long lines, filler ----------------------------------------------------------------------------------------------------


def test_lines_whose_blanks_were_cut_off_are_read_as_filled() -> None:
    layout = made({"record_bytes": "20", "records": RECORDS, "short_lines": "pad"})
    data = flat(layout, "row", ROWS)
    trimmed = b"".join(line.rstrip() + b"\n" for line in data.splitlines())

    assert _texts(layout, data) == _texts(layout, trimmed)
    assert ["short-lines"] == read(layout, trimmed)[0].oddities


def test_blanks_too_many_are_not_read_where_the_profile_says_so() -> None:
    words = {"record_bytes": "20", "records": RECORDS}
    data = flat(made(words), "row", ROWS).replace(b"\n", b" \n")
    layout = made({**words, "long_lines": "ignore_blank"})

    assert 5 == len(_texts(layout, data))
    assert ["long-lines"] == read(layout, data)[0].oddities
    assert {"record-length"} == {item.bad.code for item in read(made(words), data)[1] if isinstance(item.bad, BadLine)}
    assert any(item.bad for item in read(layout, data.replace(b" \n", b"x\n"))[1])


@pytest.mark.parametrize("rows", range(12))
def test_filler_lines_fill_the_last_block_and_are_no_records(rows: int) -> None:
    layout = made({"record_bytes": "20", "records": RECORDS, "filler": {"character": "9", "block": "10"}})
    data = flat(layout, "row", ROWS[:1] * rows)
    codec, items = read(layout, data)

    assert 0 == data.count(b"\n") % 10
    assert (rows + 2, "tail") == (codec.last_line, items[-1].record.name if items[-1].record else "")


def test_a_block_that_is_not_full_refuses_the_file() -> None:
    layout = made({"record_bytes": "20", "records": RECORDS, "filler": {"character": "9", "block": "10"}})
    data = flat(layout, "row", ROWS)

    for wrong in (data[: -1 - 20], data + b"9" * 20 + b"\n", data + (b"9" * 20 + b"\n") * 10):
        with pytest.raises(BadFile) as bad:
            read(layout, wrong)
        assert "block-not-full" == bad.value.code


def test_b2_fillers_without_end_are_not_gathered() -> None:
    layout = made({"record_bytes": "20", "records": RECORDS, "filler": {"character": "9", "block": "10"}})

    def endless() -> Iterator[bytes]:
        for _ in range(64):
            yield (b"9" * 20 + b"\n") * 5000

    lines.BLOCK_BYTES = 1 << 22
    with pytest.raises(BadFile) as bad:
        list(FixedCodec(layout).pieces(endless()))
    assert "line-too-long" == bad.value.code


# ---- repeated groups ----------------------------------------------------------------------------------------------------------------

PERSON = {
    "when": {"k": "P"},
    "fields": {"k": MARK, "id": {"at": "2", "width": "4"}, "count": {"at": "6", "width": "2", "pad": "0"}},
}


def _account(**repeat: Any) -> dict[str, Any]:
    fields = {"no": {"at": "1", "width": "3"}, "sum": {"at": "4", "width": "4", "pad": "0"}}
    return {"inside": "person", "repeat": {"at": "8", "width": "7", "times": "3", **repeat}, "fields": fields}


def _persons(layout: Any, accounts: list[list[str]]) -> bytes | None:
    """People and their accounts, each with its number and a sum of four digits."""
    people = [{"id": str(i), "count": f"{len(each):02d}"} for i, each in enumerate(accounts)]
    parents = [i for i, each in enumerate(accounts) for _ in each]
    rows = [{"no": no, "sum": "0012"} for each in accounts for no in each]
    order = [i * 10 for i in range(len(people))], [p * 10 + n + 1 for n, p in enumerate(parents)]
    return written(layout, [[("person", people, order[0], None), ("account", rows, order[1], parents)]])


ACCOUNTS = [["001", "002"], [], ["003", "004", "005"], ["006"]]


REPEATS: list[dict[str, Any]] = [
    {"absent": "zeros"},
    {"absent": "blanks"},
    {"absent": ["zeros", "blanks"]},
    {"counted_by": "count"},
    {"counted_by": "count", "shrinks": "true"},
]


@pytest.mark.parametrize("repeat", REPEATS, ids=str)
def test_each_group_in_a_record_is_a_row_and_an_absent_one_is_none(repeat: Mapping[str, Any]) -> None:
    layout = made({"record_bytes": "28", "records": {"person": PERSON, "account": _account(**repeat)}})
    data = _persons(layout, ACCOUNTS) or b""
    expected: list[tuple[str, Any]] = []
    for i, each in enumerate(ACCOUNTS):
        expected.append(("person", ("P", str(i), f"{len(each):02d}")))
        expected += [("account", (no, "0012")) for no in each]

    assert expected == _texts(layout, data)
    shrinks = "shrinks" in repeat
    assert [28 - 7 * (3 - len(each)) * shrinks for each in ACCOUNTS] == [len(line) for line in data.split(b"\n")[:-1]]


def test_without_a_rule_of_absence_every_group_is_a_row() -> None:
    layout = made({"record_bytes": "28", "records": {"person": PERSON, "account": _account()}})

    assert 4 * 4 == len(_texts(layout, _persons(layout, ACCOUNTS) or b""))


def test_groups_stand_in_groups() -> None:
    inner = {
        "inside": "account",
        "repeat": {"at": "4", "width": "2", "times": "2", "absent": "blanks"},
        "fields": {"v": {"at": "1", "width": "2"}},
    }
    account = {**_account(absent="blanks"), "fields": {"no": {"at": "1", "width": "3"}}}
    layout = made({"record_bytes": "28", "records": {"person": PERSON, "account": account, "value": inner}})
    data = b"P1   00A01aabbB01cc         \nP2   00              C01ddee\n"[: 29 + 29]

    names = [(name, cells[0] if name != "person" else cells[1]) for name, cells in _texts(layout, data)]
    assert [("person", "1"), ("account", "A01"), ("value", "aa"), ("value", "bb"), ("account", "B01"), ("value", "cc")] == names[
        :6
    ]
    assert [("person", "2"), ("account", "C01"), ("value", "dd"), ("value", "ee")] == names[6:]


@pytest.mark.parametrize("count", ["4 ", "-1", "x ", "  "])
def test_a_count_of_groups_that_cannot_be_refuses_the_file(count: str) -> None:
    layout = made({"record_bytes": "28", "records": {"person": PERSON, "account": _account(counted_by="count")}})
    data = (_persons(layout, ACCOUNTS) or b"").replace(b"P0   02", b"P0   " + count.encode())

    assert ["bad-count"] == [item.bad.code for item in read(layout, data)[1] if isinstance(item.bad, BadLine)]


def test_more_groups_than_there_is_room_for_are_not_written() -> None:
    layout = made({"record_bytes": "28", "records": {"person": PERSON, "account": _account(absent="zeros")}})

    with pytest.raises(BadLine) as bad:
        _persons(layout, [["1", "2", "3", "4"]])
    assert "too-many-groups" == bad.value.code


def test_a_column_that_counts_the_groups_wrongly_is_not_written() -> None:
    layout = made({"record_bytes": "28", "records": {"person": PERSON, "account": _account(counted_by="count")}})

    with pytest.raises(BadLine) as bad:
        written(layout, [[("person", [{"id": "1", "count": "02"}], [0], None), ("account", [{"no": "1", "sum": "1"}], [1], [0])]])
    assert "count-differs" == bad.value.code


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(REPEATS), st.lists(st.lists(st.sampled_from(["1", "A"]), max_size=3), max_size=6), BLOWS)
def test_both_readers_agree_on_groups_good_and_damaged(repeat: Any, accounts: list[list[str]], blows: Any) -> None:
    layout = made({"record_bytes": "28", "records": {"person": PERSON, "account": _account(**repeat)}})
    data = _persons(layout, accounts)

    assert data is not None
    _read_or_refuse(layout, damaged(data, blows))


def test_ranks_count_the_rows_of_each_parent_in_order() -> None:
    assert [1, 0, 0, 2] == ranks(np.array([5, 5, 1, 5]), np.array([2, 1, 9, 3])).tolist()


# ---- continuations ------------------------------------------------------------------------------------------------------------------

ENTRY = {
    "gives": "movement",
    "when": {"k": "D"},
    "fields": {"k": MARK, "no": {"at": "2", "width": "3"}, "text": {"at": "5", "width": "6", "to": "summary"}},
}
MORE = {
    "continues": "entry",
    "when": {"k": "+"},
    "fields": {"k": MARK, "one": {"at": "2", "width": "5", "to": "summary"}, "two": {"at": "7", "width": "5", "to": "summary"}},
}


def _entries(*, glue: str = "", own: bool = True, **words: Any) -> Any:
    entry = ENTRY if own else {**ENTRY, "fields": {**ENTRY["fields"], "text": "summary"}}  # type: ignore[dict-item]
    records = {"entry": entry, "more": {**MORE, "glue": glue}, "other": OTHER, **words.pop("records", {})}
    return made({"record_bytes": "12", "records": records, **words})


_ALTERNATING, _WIDE = "a b c d e f g h i j k", "亅倈 億𠮷 " * 5 + "."
_CANNOT = {"": [_ALTERNATING, _WIDE], " ": ["一二三四五六七八九", _WIDE]}  # no break at which gluing gives the text again


@pytest.mark.parametrize("own", [True, False])
@pytest.mark.parametrize("glue", ["", " "])
@pytest.mark.parametrize("text", ["", "短", "一二三四五六七八九", _ALTERNATING, "word " * 9 + "end", _WIDE])
def test_a_long_text_goes_on_in_the_lines_behind_its_row_and_comes_back_whole(text: str, glue: str, own: bool) -> None:
    layout = _entries(glue=glue, own=own)
    rows = [{"no": "1", "text": text}, {"no": "2", "text": "x"}]
    if text in _CANNOT[glue]:
        with pytest.raises(BadValue):
            FixedCodec(layout).fit(layout.record("entry").fields[2], text)
        return
    data = written(layout, [[("entry", rows, [0, 1], None)]])

    assert data is not None
    found = [cells for name, cells in _texts(layout, data) if name == "entry"]
    assert [("D", "1", text or None if not own else text), ("D", "2", "x")] == found


def test_continuations_are_written_right_behind_their_rows() -> None:
    rows = [{"no": "1", "text": "a" * 30}, {"no": "2", "text": "x"}]
    data = written(_entries(), [[("entry", rows, [0, 2], None), ("other", [{"no": "7"}] * 2, [1, 3], None)]]) or b""

    assert [b"D", b"+", b"+", b"+", b"E", b"D", b"E"] == [line[:1] for line in data.splitlines()]


def test_continuations_still_count_as_lines_of_their_record() -> None:
    layout = _entries()
    codec, items = read(layout, b"D001text    \n+one  two   \nE    7      \n")

    assert [("entry", 1), ("more", 2), ("other", 3)] == [(item.record.name, item.line) for item in items if item.record]
    assert 3 == codec.last_line
    assert ("D", "001", "textonetwo") == texts(items[0])


def test_a_continuation_without_a_row_before_it_refuses_the_file() -> None:
    layout = _entries()

    for data in (b"+one  two   \n", b"E    7      \n+one  two   \n"):
        assert ["nothing-continued"] == [item.bad.code for item in read(layout, data)[1] if isinstance(item.bad, BadLine)]


def test_half_a_character_in_a_continuation_parks_its_row() -> None:
    _, items = read(_entries(), b"D001text    \n+one\xd5 two   \n")

    assert isinstance(items[0].cells[2], BadValue)


def test_pieces_never_part_a_row_from_its_continuations() -> None:
    layout = _entries()
    data = (b"D001text    \n" + b"+one  two   \n" * 5) * 40

    assert [("D", "001", "text" + "onetwo" * 5)] * 40 == [cells for name, cells in _texts(layout, data) if name == "entry"]


LINES = [b"D001text    ", b"+one  two   ", b"+           ", b"E    7      ", b"+one  \xd5\xc5\xc8\xfd  ", b"+one"]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(LINES), max_size=12), BLOWS)
def test_both_readers_agree_on_continuations_good_and_damaged(rows: list[bytes], blows: Any) -> None:
    data = damaged(b"".join(row + b"\n" for row in rows), blows)

    for words in ({}, {"short_lines": "pad"}, {"records": {"tail": {**TAIL, "times": "optional"}}}):
        _read_or_refuse(_entries(**words), data)


# ---- cells --------------------------------------------------------------------------------------------------------------------------


def test_zeros_of_identifiers_stay_and_other_padding_goes() -> None:
    fields = {
        "k": MARK,
        "name": {"at": "2", "width": "12", "pad": "*"},
        "no": {"at": "14", "width": "7", "pad": "*", "align": "right"},
    }
    layout = made({"record_bytes": "20", "records": {"row": {"when": {"k": "D"}, "fields": fields}}})
    data = flat(layout, "row", [{"name": "A", "no": "0070"}])

    assert b"DA***********" + b"***0070\n" == data
    assert [("row", ("D", "A", "0070"))] == _texts(layout, data)


def test_half_a_character_has_its_own_name() -> None:
    layout = made({"record_bytes": "20", "records": {"row": ROW}})
    data = flat(layout, "row", ROWS[:1]).replace(b"0017", b"001\xd5")

    (item,) = read(layout, data)[1]
    assert "split-character" == (item.cells[2].code if isinstance(item.cells[2], BadValue) else "")


@pytest.mark.parametrize(
    ("counts", "most"),
    [("bytes", Text("at most 7 bytes", "最多 7 字节")), ("chars", Text("at most 7 characters", "最多 7 字符"))],
)
def test_what_does_not_fit_is_refused_not_cut(counts: str, most: Text) -> None:
    layout = made({"record_bytes": "20", "records": {"row": ROW}, "counts": counts})
    long = "张" * 8
    field = layout.record("row").fields[2]

    assert None is FixedCodec(layout).compose([sheaf(layout, "row", [{"no": long}], [0])])
    with pytest.raises(BadValue) as bad:
        FixedCodec(layout).fit(field, long)
    assert most == bad.value.expected


def test_a_place_names_bytes_only_where_they_are_the_same_in_every_record() -> None:
    layout = made({"record_bytes": "28", "records": {"person": PERSON, "account": _account()}})
    person, account = layout.record("person"), layout.record("account")

    assert "f:3 column 2 bytes 2-5 id" == FixedCodec(layout).place("f", 3, person, person.fields[1]).text("en")
    assert "f:3 column 1 no" == FixedCodec(layout).place("f", 3, account, account.fields[0]).text("en")


def test_b2_a_million_very_short_lines_are_filled_in_parts() -> None:
    layout = made({"record_bytes": "2000", "records": RECORDS, "short_lines": "pad"})
    codec = FixedCodec(layout)
    lines.BLOCK_BYTES = 1 << 22

    for piece in codec.pieces([b"D\n" * 1_000_000]):
        if piece.where == "body":
            assert None is codec.cut(piece)
            assert 125_000 >= max(part.data.count(b"\n") for part in codec.parts(piece))


def test_records_behind_lengths_are_found_where_lengths_agree_and_where_not() -> None:
    records = {**RECORDS, "other": {**OTHER, "record_bytes": "6"}}
    layout = made({"record_bytes": "20", "records": records, "record_length": {"self_inclusive": "true"}})
    data = written(layout, [[("row", ROWS * 5, range(15), None), ("other", [{"no": "7"}], [3], None)]]) or b""
    frame = frames.Prefixed(4, self_inclusive=True)

    assert 16 == frame.count(data) == len(frame.bodies(data)) == len(frame.bounds(np.frombuffer(data, np.uint8))[0])
    assert [20, 6] == sorted({len(body) for body in frame.bodies(data)}, reverse=True)


# ---- whole, but laid out otherwise ---------------------------------------------------------------------------------------------------

NO_ENDS = {"line_end": "none", "record_bytes": "20", "records": {"row": ROW}}


def _told(layout: Any, data: bytes) -> tuple[Text, Text | None]:
    with pytest.raises(BadFile) as caught:
        read(layout, data)
    return caught.value.what, caught.value.hint


@pytest.mark.parametrize(("end", "name"), [(b"\n", "lf"), (b"\r\n", "crlf")])
def test_a_line_end_behind_each_record_is_told_as_one(end: bytes, name: str) -> None:
    what, hint = _told(made(NO_ENDS), (b"Dname".ljust(20) + end) * 4)

    step = 20 + len(end)
    assert Text(f"every {step}{'st' if step == 21 else 'nd'} byte is a line end", f"每 {step} 字节有一个换行") == what
    assert hint is not None
    assert f"line_end: {name}" in hint.en
    assert f"line_end: {name}" in hint.zh


def test_records_that_are_all_longer_are_told_with_their_length() -> None:
    what, _ = _told(made(NO_ENDS), b"Dname  7".ljust(23) * 6)

    assert Text("138 bytes = 6 × 23, the profile has 20", "138 字节 = 6 × 23，画像为 20") == what


def test_records_without_marks_are_told_by_their_build() -> None:
    words = {
        "line_end": "none",
        "record_bytes": "16",
        "records": {"row": {"fields": {"a": {"at": "1", "width": "8"}, "b": {"at": "9", "width": "8"}}}},
    }

    assert (
        "85 bytes = 5 × 17, the profile has 16" == _told(made(words), b"".join(b"20260%d01  0001.20" % n for n in range(5)))[0].en
    )


def test_a_file_that_is_only_cut_is_not_taken_for_longer_records() -> None:
    _, items = read(made(NO_ENDS), (b"D" + b"x" * 19) * 3 + b"Dx")

    assert [False, False, False, True] == [item.bad is not None for item in items]


def test_names_in_utf8_are_told_even_where_a_column_cut_them() -> None:
    row = b"D" + "欧阳示例甲".encode()[:12] + b"0017   "
    cut = b"D" + "A欧阳示例".encode()[:12] + b"0018   "
    with pytest.raises(UnicodeDecodeError):
        (row + cut).decode()

    assert "this is not gb18030, it is good UTF-8" == _told(made(NO_ENDS), row + cut)[0].en
    assert [] == [
        item.bad
        for item in read(made(NO_ENDS), b"".join(b"D" + n.encode("gb18030").ljust(19) for n in ("张三", "李四")))[1]
        if item.bad
    ]
