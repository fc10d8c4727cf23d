"""A bank's file comes out as exact rows or is refused by name; the fast reader never differs from the reference."""

from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bank_profiles.catalogue import BANKS, find_profile, load_profile
from bank_profiles.codecs.codec import Item
from bank_profiles.codecs.lines import cutting as lines
from bank_profiles.engine import parking, reading
from bank_profiles.engine.fast import is_herald
from bank_profiles.engine.reading import FileReading
from bank_profiles.errors import UnreadableFile
from bank_profiles.layouts.layout import FileLayout
from bank_profiles.layouts.making import layout
from bank_profiles.values import targets
from reconciliation.exchange import RECORDS
from tests.bank_profiles.generated import BATCH, DAMAGES, PROFILES, damaged, damages, layout_of, replies, written

HXCB = """H|202601050000001
D|000001|示例甲||6217000010001234567||101|活期储蓄|156|123456|123456|0|||20180315|||0|20260104||
D|000001|示例甲||0017000010009999999||102|定期一年|156|5000000|0|-|||20200101||20270101|2|20260104||
T|2|5123456
"""
GDYZ = BANKS / "gdyz" / "samples" / "reply.dat"


def _read(bank: str, key: str, data: bytes, *, block: int | None = None, masked: bool = True) -> FileReading:
    """Everything a file says, kept on the reading under ``taken``."""
    one = FileReading(layout_of(bank, key), "f.txt", expected=BATCH, masked=masked)
    blocks: Iterable[bytes] = [data] if block is None else (data[i : i + block] for i in range(0, len(data), block))
    rows: dict[str, Any] = {kind: [] for kind in RECORDS}
    for piece in one.rows(blocks):
        assert piece.table.schema == RECORDS[piece.kind]
        rows[piece.kind] += list(zip(piece.lines.to_pylist(), piece.table.to_pylist(), strict=True))
    one.taken = rows  # type: ignore[attr-defined]
    return one


def _result(bank: str, key: str, data: bytes) -> Any:
    """What must not depend on the way of reading: rows, problems, facts; or the first reason of a refusal."""
    try:
        one = _read(bank, key, data)
    except UnreadableFile as refused:
        return "refused", refused.problems[0].code
    return one.taken, one.problems, one.facts, [warning.code for warning in one.warnings]  # type: ignore[attr-defined]


def _codes(data: bytes, bank: str = "hxcb", key: str = "detail") -> list[str]:
    with pytest.raises(UnreadableFile) as refused:
        _read(bank, key, data)
    return [problem.code for problem in refused.value.problems]


@pytest.fixture(params=["fast", "reference"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(reading, "SLOW_BYTES", {"fast": 0, "reference": 1 << 40}[request.param])
    return str(request.param)


def _line(text: str) -> bytes:
    """The second account of HXCB said otherwise: the file with this line in its place."""
    first, second, _, trailer = HXCB.splitlines()
    return "\n".join([first, second, text, trailer, ""]).encode("gb18030")


SECOND = HXCB.splitlines()[2]


# ---- fast and reference -------------------------------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(replies(), damages, st.sampled_from([("hxcb", "result"), ("hxcb", "detail"), ("hxcb", "flow"), ("gdyz", "reply")]))
def test_the_fast_reader_says_what_the_reference_says_of_every_damaged_file(rows: Any, blows: Any, file: tuple[str, str]) -> None:
    data = damaged(written(PROFILES[file[0]], "response", rows).get(file[1], b""), blows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "SLOW_BYTES", 1 << 40)
        reference = _result(*file, data)
        patch.setattr(reading, "SLOW_BYTES", 0)
        fast = _result(*file, data)

    assert reference == fast


@pytest.mark.parametrize("number", range(len(DAMAGES)))
@pytest.mark.parametrize("file", [("hxcb", "detail"), ("gdyz", "reply")], ids=str)
def test_every_kind_of_damage_is_read_alike_at_every_place(
    number: int, file: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    data = _some_file(*file)
    for at in range(0, len(data), max(len(data) // 17, 1)):
        broken = DAMAGES[number](data, at)
        monkeypatch.setattr(reading, "SLOW_BYTES", 1 << 40)
        reference = _result(*file, broken)
        monkeypatch.setattr(reading, "SLOW_BYTES", 0)
        assert reference == _result(*file, broken), at


def _some_file(bank: str, key: str) -> bytes:
    return HXCB.encode("gb18030") if (bank, key) == ("hxcb", "detail") else GDYZ.read_bytes()


@settings(max_examples=40, deadline=None)
@given(replies(), st.integers(1, 300))
def test_it_does_not_matter_how_a_file_is_cut_into_blocks(rows: Any, size: int) -> None:
    data = written(PROFILES["hxcb"], "response", rows)["detail"]
    whole = _read("hxcb", "detail", data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines, "BLOCK_BYTES", size)
        assert whole.taken == _read("hxcb", "detail", data, block=size).taken  # type: ignore[attr-defined]


def test_a_fast_block_is_really_read_fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "SLOW_BYTES", 0)
    plainly = reading.ReferenceReader.read
    monkeypatch.setattr(reading.ReferenceReader, "read", lambda self, items: plainly(self, _heralds_only(self.layout, items)))

    assert 2 == len(_read("hxcb", "detail", HXCB.encode("gb18030")).taken["holding"])  # type: ignore[attr-defined]
    assert 3 == len(_read("gdyz", "reply", GDYZ.read_bytes()).taken["holding"])  # type: ignore[attr-defined]


def _heralds_only(layout: FileLayout, items: Iterable[Item]) -> Iterator[Item]:
    for item in items:
        assert item.record is not None
        assert is_herald(layout, item.record), "the reference was asked about a good block"
        yield item


# ---- traps of the field, each both ways ---------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("way")
class TestTraps:
    """The same for both readers."""

    def test_chinese_characters_that_hold_the_byte_of_the_separator(self) -> None:
        taken = _read("hxcb", "detail", _line(SECOND.replace("示例甲", "亅倈億"))).taken  # type: ignore[attr-defined]

        assert "亅倈億" == taken["holding"][1][1]["holder_name"]

    def test_four_byte_characters_and_those_that_moved_in_2022(self) -> None:
        data = _line(SECOND.replace("示例甲", "𠮷AB")).replace(b"AB", b"\xfe\x59" + "\u9fbb".encode("gb18030"))

        assert "𠮷\u9fb4\u9fbb" == _read("hxcb", "detail", data).taken["holding"][1][1]["holder_name"]  # type: ignore[attr-defined]

    @pytest.mark.parametrize("ending", ["\r\n", "\n"])
    def test_both_line_ends_and_the_end_of_file_as_it_comes(self, ending: str) -> None:
        data = HXCB.replace("\n", ending).encode("gb18030")
        whole = _read("hxcb", "detail", data).taken  # type: ignore[attr-defined]
        for tail, oddity in ((b"\x1a", "end-mark"), (b"\r\n\r\n", "blank-end")):
            odd = _read("hxcb", "detail", data + tail)
            assert (whole, [oddity]) == (odd.taken, [warning.code for warning in odd.warnings])  # type: ignore[attr-defined]
        odd = _read("hxcb", "detail", b"\x84\x31\x95\x33" + data.rstrip())
        assert (whole, ["bom", "no-last-end"]) == (odd.taken, [w.code for w in odd.warnings])  # type: ignore[attr-defined]

    @pytest.mark.parametrize(
        "amount", ["0x4C4B40", "5e6", "+5000000", "５００００００", "5000000.0", "5,000,000", "5000000元", "--5", "1" * 19]
    )
    def test_what_only_looks_like_whole_minor_units_refuses_the_file_its_total_needs_it(self, amount: str) -> None:
        assert ["not-money", "total-unreadable"] == _codes(_line(SECOND.replace("5000000", amount)))

    @pytest.mark.parametrize("day", ["20200230", "20190229", "20201301", "00000101", "20200100"])
    def test_a_day_that_does_not_exist_parks_its_row(self, day: str) -> None:
        one = _read("hxcb", "detail", _line(SECOND.replace("20200101", day)))

        assert (1, ["impossible-date"], 3) == (len(one.taken["holding"]), [p.code for p in one.problems], one.problems[0].line)  # type: ignore[attr-defined]

    @pytest.mark.parametrize("day", ["2020-1-1", "202001", "２０２００１０１", "2020010１", "0x134d0b5", "020200101"])
    def test_a_day_spelt_otherwise_parks_its_row(self, day: str) -> None:
        assert ["date-format"] == [p.code for p in _read("hxcb", "detail", _line(SECOND.replace("20200101", day))).problems]

    def test_blanks_around_a_value_are_padding(self) -> None:
        data = _line(SECOND.replace("|102|", "| 102\u3000|").replace("|5000000|", "|  5000000\t|").replace("|-|", "| - |"))

        assert _read("hxcb", "detail", HXCB.encode("gb18030")).taken == _read("hxcb", "detail", data).taken  # type: ignore[attr-defined]

    @pytest.mark.parametrize("control", ["\x00", "\x1a", "\r", "\x7f", "\ufeff"])
    def test_a_control_character_inside_a_text_parks_its_row(self, control: str) -> None:
        one = _read("hxcb", "detail", _line(SECOND.replace("定期一年", f"定期{control}一年")))

        assert ["control-character"] == [p.code for p in one.problems]

    def test_a_quote_is_a_character_like_any_other(self) -> None:
        taken = _read("hxcb", "detail", _line(SECOND.replace("定期一年", '"定"期'))).taken  # type: ignore[attr-defined]

        assert '"定"期' == taken["holding"][1][1]["product_name"]

    def test_a_blank_line_in_the_middle_is_counted_and_refused(self) -> None:
        assert ["unknown-record"] == _codes(HXCB.replace("\nD|000001|示例甲||00", "\n\nD|000001|示例甲||00").encode("gb18030"))

    def test_one_column_too_many(self) -> None:
        assert ["column-count", "total-unreadable"] == _codes(_line(SECOND + "|"))

    def test_utf8_instead_is_one_error_that_says_so(self) -> None:
        with pytest.raises(UnreadableFile) as refused:
            _read("hxcb", "detail", HXCB.encode())

        assert ["wrong-encoding"] == [problem.code for problem in refused.value.problems]
        assert "UTF-8" in refused.value.problems[0].what.en

    def test_other_bytes_are_one_error_with_its_place(self) -> None:
        data = HXCB.encode("gb18030").replace("定期一年".encode("gb18030"), b"\xff\xff")
        with pytest.raises(UnreadableFile) as refused:
            _read("hxcb", "detail", data)

        (problem,) = refused.value.problems
        assert ("wrong-encoding", 3) == (problem.code, problem.place.line)

    def test_a_character_cut_in_two_by_the_border_of_its_column(self) -> None:
        data = GDYZ.read_bytes()
        start = data.index(b"\r\n20") + 2  # the first account: 姓名 stands at bytes 9 to 108
        cut = data[: start + 107] + "张".encode("gb18030")[:1] + data[start + 108 :]
        one = _read("gdyz", "reply", cut)

        assert [("split-character", "户名")] == [(p.code, p.field) for p in one.problems]
        assert 2 == len(one.taken["holding"])  # type: ignore[attr-defined]

    def test_a_line_a_byte_short_refuses_a_file_of_fixed_lines(self) -> None:
        data = GDYZ.read_bytes()
        start = data.index(b"\r\n20") + 2

        assert ["record-length"] == _codes(data[: start + 50] + data[start + 51 :], "gdyz", "reply")

    def test_a_file_without_a_line(self) -> None:
        assert ["empty-file"] == _codes(b"")

    def test_a_file_cut_behind_any_line_is_refused(self) -> None:
        data = HXCB.encode("gb18030")
        ends = [at + 1 for at, byte in enumerate(data) if byte == 0x0A][:-1]

        assert [["missing-record"]] * 3 == [_codes(data[:end]) for end in ends]

    @pytest.mark.parametrize(("row", "columns"), [("T|2|5123456|x", 4), ("T|2", 2)])
    def test_a_trailer_with_another_number_of_columns_is_told_as_one(self, row: str, columns: int) -> None:
        with pytest.raises(UnreadableFile) as refused:
            _read("hxcb", "detail", HXCB.replace("T|2|5123456", row).encode("gb18030"))
        (problem,) = refused.value.problems

        assert ("column-count", 4) == (problem.code, problem.place.line)
        assert f"{columns} columns, the profile has 3" == problem.what.en

    def test_a_last_line_of_another_kind_is_no_trailer(self) -> None:
        assert ["missing-record"] == _codes(HXCB.replace("T|2|5123456", "X|2|5123456|x").encode("gb18030"))


# ---- totals and batch ---------------------------------------------------------------------------------------------------------------


def test_a_wrong_sum_names_both_places_and_no_amount() -> None:
    with pytest.raises(UnreadableFile) as refused:
        _read("hxcb", "detail", HXCB.replace("T|2|5123456", "T|2|51234560").encode("gb18030"))

    (problem,) = refused.value.problems
    assert ("total-differs", 4, 3) == (problem.code, problem.place.line, problem.place.column)
    assert problem.rule is not None
    assert "总余额: {equals" in (BANKS / "hxcb" / "2026.1.yaml").read_text().splitlines()[problem.rule.line - 1]
    assert "10 times" in problem.en
    assert "5123456" not in problem.en + problem.zh


def test_totals_run_over_parked_rows_too() -> None:
    one = _read("hxcb", "detail", _line(SECOND.replace("|102|", "|999|")))

    assert ["unknown-code"] == [problem.code for problem in one.problems]


def test_a_lost_and_a_doubled_line_differ_from_the_total() -> None:
    first, second, third, trailer = HXCB.splitlines(keepends=True)

    assert ["total-differs"] * 2 == _codes((first + second + trailer).encode("gb18030"))
    assert ["total-differs"] * 2 == _codes((first + second + third + third + trailer).encode("gb18030"))


def test_an_answer_to_another_batch_is_refused_where_the_batch_is_known() -> None:
    data = HXCB.replace("202601050000001", "202601050000002").encode("gb18030")

    assert ["other-batch"] == _codes(data)
    assert "202601050000002" == _unexpected(data).facts["batch_no"]


def _unexpected(data: bytes) -> FileReading:
    one = FileReading(layout_of("hxcb", "detail"), "f.txt")
    assert 2 == sum(piece.table.num_rows for piece in one.rows([data]))
    return one


# ---- messages -----------------------------------------------------------------------------------------------------------------------


def test_messages_carry_no_name_number_or_amount_of_a_person() -> None:
    bad = (
        SECOND.replace("示例甲", "张\x01三丰")
        .replace("0017000010009999999", "001700001\x009999999")
        .replace("|5000000|", "|50000.00|")
    )
    with pytest.raises(UnreadableFile) as refused:
        _read("hxcb", "detail", _line(bad))

    said = "".join(problem.en + problem.zh + str(problem.as_json()) for problem in refused.value.problems)
    assert 4 == len(refused.value.problems)
    assert [] == [secret for secret in ("三丰", "9999999", "50000", "5000000") if secret in said]


def test_an_unknown_code_is_shown_with_both_addresses() -> None:
    (problem,) = _read("hxcb", "detail", _line(SECOND.replace("|102|", "|305|"))).problems

    assert ("f.txt:3 column 7 产品代码", "000001") == (problem.place.text("en"), problem.line_ref)
    assert "305" in problem.what.en
    assert problem.rule is not None


def test_of_many_bad_rows_the_first_are_named_and_all_counted_whichever_reader_read_them(way: str) -> None:
    bad, strange = SECOND.replace("20200101", "20200230"), SECOND.replace("|102|", "|305|")
    lines_ = ["H|202601050000001", *[bad] * 1500, *[strange] * 1500, f"T|3000|{3000 * 5000000}", ""]
    data = "\n".join(lines_).encode("gb18030")
    one = _read("hxcb", "detail", data)

    assert len(data) > 1 << 18
    assert {"impossible-date": 1500, "unknown-code": 1500} == dict(one.parked)
    assert [*range(2, 202), *range(1502, 1522)] == [problem.line for problem in one.problems]
    assert {"impossible-date": (1300, 202, 1501), "unknown-code": (1480, 1522, 3001)} == dict(one.beyond)


def test_a_file_whose_many_rows_are_mostly_unreadable_is_refused_whichever_reader_read_it(
    way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parking, "PARKED_MAX", 100)
    bad = SECOND.replace("20200101", "20200230")
    lines_ = ["H|202601050000001", *[SECOND] * 150, *[bad] * 200, f"T|350|{350 * 5000000}", ""]
    with pytest.raises(UnreadableFile) as refused:
        _read("hxcb", "detail", "\n".join(lines_).encode("gb18030"))

    (problem,) = [problem for problem in refused.value.problems if problem.code == "mostly-unreadable"]
    assert (303, "152 of 303 rows so far cannot be read") == (problem.place.line, problem.what.en)


def test_rule_045_where_good_rows_are_as_many_bad_ones_are_parked_however_many(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parking, "PARKED_MAX", 100)
    bad = SECOND.replace("20200101", "20200230")
    lines_ = ["H|202601050000001", *[SECOND, bad] * 200, f"T|400|{400 * 5000000}", ""]
    one = _read("hxcb", "detail", "\n".join(lines_).encode("gb18030"))

    assert (200, 200) == (one.parked_rows, len(one.taken["holding"]))  # type: ignore[attr-defined]


def test_of_a_file_refused_by_every_row_a_hundred_are_named_whichever_reader_read_them(way: str) -> None:
    lines_ = ["H|202601050000001", *["X" + SECOND[1:]] * 3000, "T|3000|0", ""]
    with pytest.raises(UnreadableFile) as refused:
        _read("hxcb", "detail", "\n".join(lines_).encode("gb18030"))

    assert [("unknown-record", line) for line in range(2, 102)] == [(p.code, p.place.line) for p in refused.value.problems]


def test_few_bad_rows_among_many_are_all_kept_and_the_others_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "SLOW_BYTES", 1 << 10)
    rows = [SECOND.replace("20200101", "20200230") if number % 50 == 7 else SECOND for number in range(2000)]
    lines_ = ["H|202601050000001", *rows, f"T|2000|{2000 * 5000000}", ""]
    one = _read("hxcb", "detail", "\n".join(lines_).encode("gb18030"))

    assert [number + 2 for number in range(2000) if number % 50 == 7] == [problem.line for problem in one.problems]
    assert [number + 2 for number in range(2000) if number % 50 != 7] == [line for line, _ in one.taken["holding"]]  # type: ignore[attr-defined]


@pytest.mark.parametrize("bank", ["hxcb", "gdyz", "zjhb", "dsnx", "gyzb", "xsyh"])
@pytest.mark.parametrize("data", [b"", b" \r\n\n"], ids=["nothing", "blanks"])
def test_an_empty_file_is_told_as_empty_in_every_format(bank: str, data: bytes) -> None:
    profile = load_profile(find_profile(bank))
    with pytest.raises(UnreadableFile) as caught:
        list(FileReading(layout(profile, "response", next(iter(profile.response.files))), "f").rows([data]))

    (problem,) = caught.value.problems
    assert ("empty-file", "f", "the file is empty", "文件为空") == (problem.code, problem.place.text("en"), *problem.what)


def test_what_columns_may_mean_is_worked_out_once_not_for_every_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers on a line are small and many: making the layout was most of the time of reading one."""
    monkeypatch.delattr(targets, "_kind")

    assert {"outcome": "word", "message": "text"}.items() <= targets.targets("outcome").items()
    assert "account" in {record.name for record in layout_of("hxcb", "detail").records}
