"""Every row gets the first reason that applies, and exactly what the invented city expects of it."""

import json
import subprocess
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric

from config.policy import Policy, read_policy
from connector.inquiry import LIABILITY, Household
from connector.intake.cells import UNREADABLE, is_region, read_date, read_scope, read_yuan
from connector.intake.checks import CHECKS, Known
from connector.intake.codes import REASONS
from connector.intake.judging import household, judge
from connector.intake.rows import Rows, look
from connector.intake.sheet import read_sheet
from reconciliation.identity import to18
from tests.connector.desk import POLICY, number, row, sheet

FILES = ("requests.xlsx", "requests.csv", "requests.gb18030.csv")
HAN_DIGITS = str.maketrans("0123456789-/", "０１２３４５６７８９－／")


# ---------------------------------------------------------------- the city
def verdicts_of(rows: Rows, policy: Policy) -> dict[str, Any]:
    """As expected_intake.json writes them."""
    found = judge(rows, policy)
    said: dict[str, Any] = {}
    for at, code in enumerate(found.codes):
        identity = rows.identities[at]
        accepted = identity and {
            "status": "accepted",
            "household_key": rows.household_keys[at],
            "person_key": identity.person_key,
            "id": identity.number,
            "name": rows.names[at],
        }
        said[str(rows.sheet.rows[at])] = {"status": "refused", "code": code} if code else accepted
    return said


def home_of(rows: Rows, positions: Sequence[int], policy: Policy) -> dict[str, Any]:
    home = household(rows, positions, policy)
    return {
        "household_key": home.household_key,
        "programme": home.programme,
        "region": home.region,
        "check_type": home.check_type,
        "application_date": str(home.application_date),
        "as_of": str(home.as_of),
        "window_start": str(home.window_from),
        "declared_cny_fen": home.declared_cny_fen,
        "members": [
            {
                "row": rows.sheet.rows[at],
                "person_key": m.person.person_key,
                "name": m.person.name,
                "scope": sorted(m.signature.classes - {LIABILITY}),
                "liabilities_in_scope": LIABILITY in m.signature.classes,
            }
            for at, m in zip(positions, home.members, strict=True)
        ],
    }


def assert_as_expected(city: Path, file: str) -> None:
    policy = read_policy(city / "policy.json")
    expected = json.loads((city / "expected_intake.json").read_text("utf-8"))
    rows = look(read_sheet((city / file).read_bytes()), policy)

    assert verdicts_of(rows, policy) == expected["rows"]
    homes = judge(rows, policy).households.values()
    assert [home_of(rows, positions, policy) for positions in homes] == expected["households"]
    births = {i.person_key: i.birth_date and str(i.birth_date) for i in rows.identities if i}
    assert {p["person_key"]: births[p["person_key"]] for p in expected["persons"]} == {
        p["person_key"]: p["birth_date"] for p in expected["persons"]
    }


@pytest.mark.parametrize("file", FILES)
def test_the_city_is_judged_row_by_row_as_expected(samples: Path, file: str) -> None:
    assert_as_expected(samples / "city/seed1", file)


@pytest.fixture(scope="module", params=[(120, 7, 3), (150, 11, 8)], ids=["policy-3", "policy-8"])
def other_city(samples: Path, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """Another city under other rules: other programmes, another look-back, rarer cases."""
    households, seed, policy = map(str, request.param)
    folder = tmp_path_factory.mktemp("city")
    words = ["--households", households, "--banks", "4", "--seed", seed, "--policy", policy, "--hard", "--light", "--out", folder]
    subprocess.run([sys.executable, samples / "city/make_city.py", *words], check=True, capture_output=True)
    return folder


@pytest.mark.parametrize("file", FILES)
def test_programmes_and_policy_are_data_another_city_is_judged_by_its_own(other_city: Path, file: str) -> None:
    assert_as_expected(other_city, file)


# ---------------------------------------------------------------- one reason at a time
def codes(*given_rows: dict[str, str], policy: Policy = POLICY, known: Known | None = None) -> list[str | None]:
    rows = look(read_sheet(sheet(*given_rows)), policy)
    return judge(rows, policy, known or Known()).codes


def home(*given_rows: dict[str, str], policy: Policy = POLICY) -> Household:
    rows = look(read_sheet(sheet(*given_rows)), policy)
    (positions,) = judge(rows, policy).households.values()
    return household(rows, positions, policy)


def born(day: str, serial: int = 1) -> str:
    """A valid number with this birth date."""
    body = f"321283{day}{serial:03d}"
    return body + str(ric.calc_check_digit(body + "0"))


MINOR = {"id_no": born("20150601")}
FAULTS: dict[str, dict[str, str]] = {
    "name-missing": {"name": "\u3000 "},
    "id-missing": {"id_no": " "},
    "id-invalid": {"id_no": number(1)[:-1] + ("0" if number(1)[-1] != "0" else "1")},
    "programme-unknown": {"programme": "五保"},
    "region-invalid": {"region": "921283"},
    "date-invalid": {"application_date": "2026-02-30"},
    "authorization-missing": {"authorization_no": ""},
    "authorization-expired": {"valid_to": "2026-11-19"},
    "authorization-not-yet-valid": {"signed_on": "2026-11-16"},
    "guardian-missing": {"sign_mode": "监护人"},
    "household-missing": {"household_no": ""},
    "check-type-unknown": {"check_type": "抽查"},
    "scope-invalid": {"scope": "存款;古董"},
    "cell-too-long": {"household_no": "H" * 61},
}


def test_the_checks_stand_in_the_order_of_the_reasons() -> None:
    in_row = [slug for slug in REASONS if slug in CHECKS]

    assert list(CHECKS) == in_row
    assert list(REASONS)[len(in_row) :] == ["duplicate-member", "household-inconsistent", "household-incomplete"]


@pytest.mark.parametrize("slug", FAULTS)
def test_each_fault_has_its_reason(slug: str) -> None:
    assert codes(row(**FAULTS[slug])) == [slug]


@pytest.mark.parametrize("first", list(FAULTS))
def test_of_two_faults_the_first_in_the_list_is_the_reason(first: str) -> None:
    later = list(FAULTS)[list(FAULTS).index(first) + 1 :]
    pairs = [(first, second) for second in later if not set(FAULTS[first]) & set(FAULTS[second])]

    found = [codes(row(**(FAULTS[one] | FAULTS[two]))) for one, two in pairs]

    assert found == [[first]] * len(pairs)


def test_a_correct_row_is_accepted() -> None:
    assert codes(row()) == [None]


def test_rule_010_a_blank_in_name_type_or_number_is_refused_here() -> None:
    found = [codes(row(**{field: ""})) for field in ("name", "id_type", "id_no")]

    assert found == [["name-missing"], ["id-invalid"], ["id-missing"]]


def test_rule_011_a_number_is_normalised_before_it_is_checked() -> None:
    spelled = [number(1).lower(), f" {number(1)}\u3000", number(1).translate(HAN_DIGITS), number(1)[:6] + number(1)[8:17]]

    found = [home(row(id_no=cell)).members[0].person.id_no for cell in spelled]

    assert found == [number(1)] * 4


def test_the_spelling_of_the_sheet_is_kept_beside_the_normal_form() -> None:
    member = home(row(name="王　芳", id_no=f" {number(1)}")).members[0]

    assert (member.person.name, member.original["name"], member.original["id_no"]) == ("王芳", "王　芳", f" {number(1)}")


def test_rule_013_an_unknown_area_code_refuses_nothing() -> None:
    assert codes(row(id_no=to18("999999850101001"))) == [None]


def test_rule_014_every_document_type_has_its_own_check() -> None:
    documents = [("护照", "E1234567"), ("护照", "ABCDEFG"), ("外国人永久居留身份证", "GBR310083101001"), ("军官证", "12345678")]

    found = [codes(row(id_type=kind, id_no=text))[0] for kind, text in documents]

    assert found == [None, "id-invalid", None, "id-invalid"]


def test_a_birth_after_the_application_is_no_number_of_the_person() -> None:
    days = {"as_of": "", "signed_on": "2015-05-01", "sign_mode": "监护人", "guardian_name": "测试", "guardian_id": "1"}

    assert codes(row(**MINOR, **days, application_date="2015-05-31")) == ["id-invalid"]
    assert codes(row(**MINOR, **days, application_date="2015-06-01")) == [None]


def test_rule_006_a_minor_needs_a_guardian_who_signed_and_is_named() -> None:
    guardian = {"sign_mode": "监护人", "guardian_name": "测试监护", "guardian_id": "any form"}

    assert codes(row(**MINOR)) == ["guardian-missing"]
    assert codes(row(**MINOR | {"sign_mode": "监护人", "guardian_name": "测试监护"})) == ["guardian-missing"]
    assert codes(row(**MINOR | guardian)) == [None]


@pytest.mark.parametrize(
    ("birthday", "signed", "code"),
    [
        ("20081101", "2026-11-01", None),  # of age on the birthday
        ("20081102", "2026-11-01", "guardian-missing"),
        ("20080229", "2026-02-28", "guardian-missing"),  # born on 29 February: of age on 1 March
        ("20080229", "2026-03-01", None),
    ],
)
def test_full_age_begins_on_the_birthday(birthday: str, signed: str, code: str | None) -> None:
    assert codes(row(id_no=born(birthday), signed_on=signed)) == [code]


def test_the_last_day_of_an_authorization_still_counts() -> None:
    assert codes(row(valid_to="2026-11-20")) == [None]
    assert codes(row(valid_to="")) == [None]
    assert codes(row(signed_on="2026-11-15")) == [None]


def test_a_blank_base_date_is_the_application_date() -> None:
    assert home(row(as_of="")).as_of == date(2026, 11, 15)
    assert codes(row(as_of="", valid_to="2026-11-14")) == ["authorization-expired"]


def test_rule_007_numbers_follow_the_region_s_rule_where_there_is_one() -> None:
    ruled = POLICY.model_copy(update={"authorization_numbers": {"default": r"SQ\d{4}", "321283": r"SQ-H\d"}})

    found = [codes(row(authorization_no=no, region=r), policy=ruled)[0] for no, r in (("SQ-H1", "321283"), ("SQ-H1", "440106"))]

    assert found == [None, "authorization-number-invalid"]


def test_rule_003_a_paper_that_is_over_refuses_its_rows_before_guardian_and_duplicates() -> None:
    rows = [row(), row(household="H2")]

    assert codes(*rows, known=Known(ended=frozenset({0}))) == ["authorization-ended", None]
    assert codes(row(**FAULTS["authorization-not-yet-valid"]), known=Known(ended=frozenset({0}))) == [
        "authorization-not-yet-valid"
    ]
    assert codes(row(**MINOR), known=Known(ended=frozenset({0}))) == ["authorization-ended"]


# ---------------------------------------------------------------- rows among each other
def test_the_first_row_of_a_person_stays() -> None:
    assert codes(row("H1", 1), row("H2", 1)) == [None, "duplicate-member"]
    assert codes(row("H1", 1), row("H1", 2), row("H1", 1)) == ["household-incomplete"] * 2 + ["duplicate-member"]


def test_rule_015_an_appeal_is_compared_with_appeals_only() -> None:
    appeal = {"check_type": "申诉"}

    assert codes(row(), row(**appeal), row(**appeal)) == [None, "household-incomplete", "duplicate-member"]
    assert codes(row(), row(**appeal)) == [None, None]
    assert home(row(**appeal)).household_key == "H1#A"


def test_a_row_refused_for_itself_is_nobody_s_first() -> None:
    assert codes(row("H1", 1, programme="五保"), row("H2", 1)) == ["programme-unknown", None]


def test_a_household_that_contradicts_itself_is_refused_whole() -> None:
    assert codes(row(), row(serial=2, region="321202")) == ["household-inconsistent"] * 2
    assert codes(row(), row(serial=2, entrust_no="X", declared="5")) == [None, None]


def test_a_household_is_accepted_whole_or_not_at_all() -> None:
    assert codes(row(), row(serial=2, name="")) == ["household-incomplete", "name-missing"]


def test_rule_016_the_urgent_types_are_the_policy_s() -> None:
    assert [home(row(check_type=kind)).urgent for kind in POLICY.check_types] == [False, False, True, True]


def test_words_of_the_policy_are_met_in_any_width_and_kept_as_it_spells_them() -> None:
    wide = POLICY.model_copy(update={"programmes": ("支出型（Ａ类）",), "scope_terms": {"存款（含外币）": "deposit"}})

    found = home(row(programme=" 支出型(A类)", scope="存款(含外币)"), policy=wide)

    assert (found.programme, found.members[0].signature.scope) == ("支出型（Ａ类）", "deposit")


def test_rule_017_the_window_is_explicit() -> None:
    assert home(row(as_of="2026-08-31", application_date="2026-08-31", signed_on="2026-08-01")).window_from == date(2026, 2, 28)


def test_the_largest_declared_sum_of_a_household_counts() -> None:
    rows = [row(serial=1, declared="8,000.5"), row(serial=2, declared="约3万"), row(serial=3, declared="７９９９")]

    assert home(*rows).declared_cny_fen == 800050


def test_only_the_full_term_covers_what_is_owed() -> None:
    full, part = home(row()).members[0].signature, home(row(scope="存款；证券")).members[0].signature

    assert (LIABILITY in full.classes, part.scope) == (True, "deposit,securities")


def test_nothing_of_a_person_is_printed() -> None:
    printed = repr(home(row(name="不可说", guardian_name="也不可说")))

    assert "不可说" not in printed
    assert number(1) not in printed


# ---------------------------------------------------------------- spellings
@given(st.dates(min_value=date(1000, 1, 1)), st.sampled_from([str, lambda text: text.translate(HAN_DIGITS)]))
def test_every_date_is_read_in_each_spelling(day: date, width: Any) -> None:
    spelled = [f"{day:%Y-%m-%d}", f"{day.year}/{day.month}/{day.day}", f"{day.year}年{day.month}月{day.day}日", f" {day}\u3000"]
    spelled += [f"{day.year}/{day.month:02d}/{day.day:02d}", f"{day.year}年{day.month:02d}月{day.day:02d}日"]

    assert [read_date(width(text)) for text in spelled] == [day] * len(spelled)


@given(st.integers(0, 9999), st.integers(0, 99), st.integers(0, 99))
def test_a_day_that_does_not_exist_is_never_read(year: int, month: int, day: int) -> None:
    try:
        expected: Any = date(year, month, day)
    except ValueError:
        expected = UNREADABLE

    assert read_date(f"{year:04d}-{month:02d}-{day:02d}") == expected
    assert read_date(f"{year:04d}/{month}/{day}") == expected


@given(st.text(max_size=12))
def test_any_other_text_is_unreadable_or_blank(text: str) -> None:
    found = read_date(text)

    assert found is None or found is UNREADABLE or isinstance(found, date)


@pytest.mark.parametrize(
    "text",
    [
        "2026-1-31",
        "2026-01-1",
        "26-01-01",
        "20260131",
        "2026.1.31",
        "2026/1-31",
        "待定",
        "2026年1月",
        "2026-01-31 00:00:00",
        "٢٠٢٦-٠١-٣١",
    ],
)
def test_other_spellings_of_a_date_are_refused(text: str) -> None:
    assert read_date(text) is UNREADABLE


@pytest.mark.parametrize(
    ("text", "fen"),
    [
        ("0", 0),
        ("8000", 800000),
        ("8000.5", 800050),
        ("8,000.05", 800005),
        ("1,234,567", 123456700),
        ("１２３.４５", 12345),
        (" 12 ", 1200),
        ("", None),
        ("-500", None),
        ("1,23.5", None),
        ("1.234", None),
        ("1234,567", None),
        (".5", None),
        ("5.", None),
        ("500元", None),
        ("9" * 16, None),
    ],
)
def test_a_declared_sum_is_an_amount_or_nothing(text: str, fen: int | None) -> None:
    assert read_yuan(text) == fen


def test_rule_046_a_declared_sum_never_goes_through_a_float() -> None:
    assert read_yuan("999999999999999.99") == 99999999999999999


@pytest.mark.parametrize(
    ("text", "ok"),
    [("321283", True), ("321283104000", True), ("021283", False), ("921283", False), ("32128", False), ("32128310400", False)],
)
def test_a_region_has_six_or_twelve_digits(text: str, ok: bool) -> None:
    assert is_region(text) is ok


@pytest.mark.parametrize("text", ["", ";", "存款;", "全部;存款", "deposit"])
def test_a_scope_is_the_full_term_or_known_classes_only(text: str) -> None:
    assert read_scope(text, "全部", POLICY.scope_terms) is None
