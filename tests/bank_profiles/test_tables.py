"""Tables with titles: titles in any spelling lead to their column, marks and labels are seen."""

import pytest

from bank_profiles.codecs.codec import BadFile
from bank_profiles.codecs.titles import Column, _near, as_title, find_titles, name_and_number, plain, preamble, says
from bank_profiles.language.formats.tables import Table
from bank_profiles.values.named_units import contradicts, named_unit
from tests.bank_profiles.workbooks import layout_of

# ---- titles -------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("written", ["余额（元）", "余额(元)", "余 额\n(元)", "\t余额（元） ", "余　额（元)"])
def test_a_title_is_the_same_however_it_is_spelt(written: str) -> None:
    assert "余额(元)" == as_title(written)


def test_the_plain_form_keeps_every_place() -> None:
    text = "账　号：６２１７\t￥（测）"

    assert len(text) == len(plain(text))
    assert "账 号:6217 ¥(测)" == plain(text)


@pytest.mark.parametrize(
    ("name", "title", "number"), [("账号", "账号", 1), ("账号#2", "账号", 2), ("C#", "C#", 1), ("#2", "#2", 1)]
)
def test_a_name_says_which_of_the_columns_with_its_title_it_is(name: str, title: str, number: int) -> None:
    assert (title, number) == name_and_number(name)


COLUMNS = [
    Column("账号", ("账号", "卡号")),
    Column("金额", ("金额",)),
    Column("金额#2", ("金额",), 2),
    Column("备注", ("备注",), optional=True),
]


def test_columns_are_found_in_any_order_the_own_title_before_the_others() -> None:
    found = find_titles([["某银行"], [], ["卡号", "金额", "账号", "金额"]], Table(title_row="found", extra="ignore"), COLUMNS)

    assert 3 == found.row
    assert {"账号": 2, "金额": 1, "金额#2": 3} == found.places


@pytest.mark.parametrize(
    ("rows", "table", "code"),
    [
        ([["账号", "金额"]], Table(title_row=1), "column-missing"),
        ([["账号", "金额", "金额"]], Table(title_row=2), "column-missing"),
        ([], Table(title_row="found"), "column-missing"),
        ([["账号", "金额", "金额", "利率"]], Table(title_row=1), "column-unknown"),
        ([[""]] * 300 + [["账号", "金额", "金额"]], Table(title_row="found"), "column-missing"),
    ],
)
def test_a_table_that_is_not_there_is_refused(rows: list[list[str]], table: Table, code: str) -> None:
    with pytest.raises(BadFile) as refused:
        find_titles(rows, table, COLUMNS)

    assert code == refused.value.code


# ---- marks and labels ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "mark", "is_one"),
    [
        ("合计", "合计", True), (" 合　计 ", "合计", True), ("合计：", "合计", False), ("以上数据仅供参考", "以上数据*", True),
        ("说明：以上数据", "以上数据*", False), ("共5笔", "共*笔", True), ("共笔", "共*笔", True), ("共5", "共*笔", False), ("笔", "*笔", True),
    ],
)  # fmt: skip
def test_a_mark_is_seen(cell: str, mark: str, is_one: bool) -> None:
    assert is_one == says(cell, mark)


@pytest.mark.parametrize(
    ("rows", "batch", "count"),
    [
        ([["批次号：", "7"], ["共3笔"]], "7", "3"),
        ([["批 次 号:7", "共 3 笔".replace(" ", "")]], "7", "3"),
        ([["批次号", "", "7"], ["", "共3笔"]], "7", "3"),
        ([["批次号：", "笔数："], ["共3笔"]], "", "3"),
        ([["批次号： 7 "], ["共3笔"]], " 7 ", "3"),
    ],
)
def test_lines_before_a_table_say_what_stands_behind_their_labels(rows: list[list[str]], batch: str, count: str) -> None:
    found = preamble(rows, layout_of("book").record("about"))

    told = [said and (rows[said.row][said.column] if said.part is None else said.part) for said in found]
    assert [batch, count] == told


@pytest.mark.parametrize(
    ("rows", "missing", "hint"),
    [
        ([["批次"], ["共3笔"]], "批次号", "批次"),
        ([["批次号：7"], ["3笔"]], "共{}笔", "optional: true"),
    ],
)
def test_a_label_that_does_not_stand_before_the_table_refuses_the_file(rows: list[list[str]], missing: str, hint: str) -> None:
    with pytest.raises(BadFile) as refused:
        preamble(rows, layout_of("book").record("about"))

    assert ("column-missing", missing) == (refused.value.code, refused.value.expected.en)
    assert refused.value.hint is not None
    assert hint in refused.value.hint.en.replace("{found}", "".join(refused.value.found))


@pytest.mark.parametrize(
    ("title", "hint"),
    [
        ("余额（元）", "another unit. A new edition with   unit: yuan"),
        ("余额", "no unit. A new edition with   unit: …"),
        ("余额(单位：万元)", "also: [余额(单位:万元)]"),
    ],
)
def test_a_title_that_names_another_unit_is_never_taken_for_another_name(title: str, hint: str) -> None:
    column = Column("余额（万元）", ("余额(万元)",), unit="wan")

    assert hint in _near(column, as_title(title)).en.replace("{found}", as_title(title))


@pytest.mark.parametrize(
    ("title", "unit"),
    [
        ("余额（元）", "元"), ("余额（万元）", "万元"), ("余额 (单位：分)", "分"), ("余额元", "元"), ("余额万元", "万元"), ("金额分", "分"),
        ("余额(人民币/万元)", "万元"), ("本金（亿）", "亿元"), ("余额【厘】", "厘"), ("账户余额(RMB 元)#2", "元"),
        ("币种（美元）", None), ("美元余额", None), ("余额美元", None), ("单元", None), ("积分", None), ("Bal/Amt", None),
    ],
)  # fmt: skip
def test_a_title_names_a_unit_in_brackets_or_at_its_end(title: str, unit: str | None) -> None:
    assert unit == named_unit(title)


@pytest.mark.parametrize(
    ("title", "unit", "implied", "wrong"),
    [
        ("余额（元）", "wan", 0, "元"), ("余额（万元）", "yuan", 0, "万元"), ("余额（角）", "yuan", 0, "角"), ("余额（分）", "yuan", 0, "分"),
        ("余额（元）", "yuan", 0, None), ("余额（分）", "yuan", 2, None), ("余额（分）", "minor", 0, None), ("余额", "wan", 0, None),
    ],
)  # fmt: skip
def test_a_unit_in_a_title_agrees_with_that_of_the_column(title: str, unit: str, implied: int, wrong: str | None) -> None:
    assert wrong == contradicts(title, unit, implied)
