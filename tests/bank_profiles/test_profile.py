"""What a profile says is taken as text, and every value knows the line it came from."""

from datetime import date, time, timedelta
from pathlib import Path

import pytest

from bank_profiles.catalogue import load_profile
from bank_profiles.errors import BadProfile, DataPlace, Problem, ProfilePlace, RowProblem, Text, UnreadableFile, listed
from bank_profiles.language.profile import Profile
from bank_profiles.language.spelling import WithinTime
from bank_profiles.language.yaml_text import TEXT_BYTES_MAX, TEXTS_MAX, load
from bank_profiles.values.targets import targets

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def lined() -> Profile:
    return load_profile(HERE / "profiles" / "lined.yaml")


def test_yaml_guesses_nothing() -> None:
    text = "{a: 0102, b: no, c: 2026.10, d: 12:30:45, e: 0x1F, f: '', g: 1e3, no: on}"

    expected = {"a": "0102", "b": "no", "c": "2026.10", "d": "12:30:45", "e": "0x1F", "f": "", "g": "1e3", "no": "on"}
    assert expected == load(text.encode(), "x.yaml").data


def test_nothing_written_is_none_and_quoted_nothing_is_text() -> None:
    assert {"a": None, "b": None, "c": None, "d": "null"} == load(b"{a: , b: null, c: ~, d: 'null'}", "x.yaml").data


def test_every_key_and_value_knows_its_place() -> None:
    loaded = load("a:\n  甲: [x, y]\n".encode(), "x.yaml")

    assert ((2, 3), (2, 10)) == (loaded.keys[("a", "甲")], loaded.values[("a", "甲", 1)])


def test_a_mark_of_the_encoding_at_the_start_is_no_harm() -> None:
    assert {"a": "b"} == load("\ufeffa: b".encode(), "x.yaml").data


@pytest.mark.parametrize(
    ("raw", "code", "place"),
    [
        ("a: b\n名: 张".encode("gb18030"), "not-utf8", (2, 1)),
        (b"#" * (TEXT_BYTES_MAX + 1), "too-large", (1, 1)),
        (b"[" * 5000, "too-deep", (1, 17)),
        (b"- a\n" * TEXTS_MAX, "too-large", (TEXTS_MAX, 3)),
    ],
)
def test_what_is_no_profile_text_is_refused_by_name(raw: bytes, code: str, place: tuple[int, int]) -> None:
    with pytest.raises(BadProfile) as refused:
        load(raw, "x.yaml")

    assert [(code, ProfilePlace("x.yaml", *place))] == [(p.code, p.place) for p in refused.value.problems]


def test_a_column_in_one_word_is_short_for_to(lined: Profile) -> None:
    assert "account_no" == lined.response.files["detail"].records["account"].fields["账号"].to


def test_columns_keep_the_order_of_the_banks_table(lined: Profile) -> None:
    assert ["序号", "账号", "产品", "余额", "开户日"] == list(lined.response.files["detail"].records["account"].fields)


def test_days_spans_and_durations_are_values(lined: Profile) -> None:
    service, poll = lined.service, lined.channel.poll

    assert (time(8, 30), time(17)) == service.send_between
    assert WithinTime(2, "workdays") == service.reply_within
    assert timedelta(minutes=5) == poll.every
    assert (True, False) == (lined.effective.covers(date(2026, 1, 1)), lined.effective.covers(date(2025, 12, 31)))


def test_codes_keep_their_zeros(lined: Profile) -> None:
    assert {"00": "found", "01": "no_record"} == lined.maps["outcome"].codes


def test_a_map_turned_round_writes_the_first_code_unless_told_otherwise() -> None:
    code_map = load_profile(HERE / "profiles" / "lined.yaml").maps["product"]
    twice = code_map.model_copy(update={"codes": {"1": "loan", "2": "loan"}})

    assert ({"loan": "1"}, {"loan": "2"}) == (twice.to_code(), twice.model_copy(update={"write": {"loan": "2"}}).to_code())


def test_a_rule_is_addressed_by_its_line(lined: Profile) -> None:
    rule = lined.rule("response", "files", "detail", "records", "account", "fields", "余额")

    assert 80 == rule.line
    assert rule.text("en").endswith("lined.yaml:80")
    assert rule.text("zh").endswith("lined.yaml 第80行")


def test_the_target_decides_the_type() -> None:
    kinds = targets("holding") | targets("movement")

    assert ("money", "date", "time", "decimal", "word", "currency", "text") == tuple(
        kinds[name] for name in ("balance", "opened_on", "booked_time", "units", "status", "currency", "account_no")
    )


def test_headers_know_facts_only() -> None:
    of_a_package = {"batch_no", "bank", "day", "made_time", "seq"}
    said_once = {"as_of", "window_from", "window_to", "scope", "purpose"}

    assert of_a_package | said_once | {"part", "parts", "package_no", "packages", "revision"} == set(targets(None))


# ---- the form of messages -----------------------------------------------------------------------------------------------------------

TOTAL = RowProblem(
    code="total-differs",
    place=DataPlace("FK_1.zip ▸ FK_1_ZH.txt", line=4, column=3, field="总余额"),
    what=Text("the lines add up to 51,234.56 元", "明细合计 51,234.56 元"),
    expected=Text("both equal", "两者相等"),
    hint=Text("look at the unit", "请核对单位"),
    rule=ProfilePlace("banks/hxcb/2026.1.yaml", 107),
)


def test_a_data_error_has_two_addresses_in_english() -> None:
    assert TOTAL.en == (
        "FK_1.zip ▸ FK_1_ZH.txt:4 column 3 总余额: error total-differs\n  the lines add up to 51,234.56 元\n"
        "  expected: both equal\n  hint: look at the unit\n  rule: banks/hxcb/2026.1.yaml:107"
    )


def test_a_data_error_has_two_addresses_in_chinese() -> None:
    assert TOTAL.zh == (
        "FK_1.zip ▸ FK_1_ZH.txt 第4行 第3列 总余额：错误 total-differs\n  明细合计 51,234.56 元\n"
        "  应为：两者相等\n  建议：请核对单位\n  规则：banks/hxcb/2026.1.yaml 第107行"
    )


def test_a_place_in_bytes_is_told_in_bytes() -> None:
    assert ("f:57 byte 3310", "f 第57行 第3310字节") == _both(DataPlace("f", 57, bytes_from=3310))
    assert ("f:2 bytes 9-12 余额", "f 第2行 第9–12字节 余额") == _both(DataPlace("f", 2, field="余额", bytes_from=9, bytes_to=12))


def _both(place: DataPlace) -> tuple[str, str]:
    return place.text("en"), place.text("zh")


def test_a_thousand_errors_of_one_kind_are_told_twenty_times() -> None:
    problems = [Problem(code="bad", place=DataPlace("f", line), what=Text("x", "x")) for line in range(1, 1001)]

    said = UnreadableFile(problems).render("en").split("\n")

    assert (41, "… and 980 more bad, first line 21, last line 1,000") == (len(said), said[-1])
    assert "…… 另有 980 处 bad，首处第21行，末处第1000行" == listed(problems, "zh").split("\n")[-1]


def test_problems_come_in_order_of_place() -> None:
    places = [ProfilePlace("b", 1), ProfilePlace("a", 9, 2), ProfilePlace("a", 9, 1)]

    bad = BadProfile([Problem(code="x", place=place, what=Text("x", "x")) for place in places])

    assert list(reversed(places)) == [problem.place for problem in bad.problems]
