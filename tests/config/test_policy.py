"""A rule set is read whole or refused by line; windows and ceilings follow from it."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from config.policy import Policy, read_policy
from config.yaml_file import BadSettings

EXAMPLE = Path(__file__).parents[2] / "config/examples/policy/example.yaml"


@pytest.fixture(scope="module")
def policy() -> Policy:
    return read_policy(EXAMPLE)


def changed(folder: Path, **words: object) -> Path:
    """The example as JSON with some words changed."""
    path = folder / "policy.json"
    given = json.loads(read_policy(EXAMPLE).model_dump_json()) | words
    path.write_text(json.dumps(given, ensure_ascii=False, indent=1), "utf-8")
    return path


def test_the_city_s_rule_set_is_read_as_it_is(samples: Path) -> None:
    policy = read_policy(samples / "city/seed1/policy.json")

    assert (policy.policy, policy.look_back_months, policy.adult_age) == ("0", 6, 18)
    assert policy.structuring.from_share == Decimal("0.80")
    assert policy.authorization_covers == "base_date"


def test_json_and_yaml_of_one_shape_are_the_same_rules(policy: Policy, tmp_path: Path) -> None:
    assert read_policy(changed(tmp_path)) == policy


@pytest.mark.parametrize(
    ("as_of", "months", "first"),
    [
        (date(2026, 11, 20), 6, date(2026, 5, 20)),
        (date(2026, 8, 31), 6, date(2026, 2, 28)),
        (date(2024, 8, 31), 6, date(2024, 2, 29)),
        (date(2026, 11, 20), 12, date(2025, 11, 20)),
        (date(2024, 2, 29), 12, date(2023, 2, 28)),
        (date(2026, 1, 31), 1, date(2025, 12, 31)),
        (date(2026, 12, 31), 1, date(2026, 11, 30)),
    ],
)
def test_rule_017_the_window_begins_on_an_explicit_day(policy: Policy, as_of: date, months: int, first: date) -> None:
    assert policy.model_copy(update={"look_back_months": months}).window_from(as_of) == first


def test_rule_016_some_check_types_are_urgent(policy: Policy) -> None:
    assert policy.urgent_check_types == ("举报", "申诉")


def test_rule_016_each_check_type_is_of_a_kind_as_the_rule_set_says_or_by_the_word_in_use(policy: Policy) -> None:
    silent = policy.model_copy(update={"kinds": {}, "check_types": ("新申请", "定期", "季度", "申诉", "入户抽查")})
    said = policy.model_copy(update={"kinds": {"定期": "quarter"}})

    assert [policy.kind_of(word) for word in policy.check_types] == ["new", "month", "reported", "appeal"]
    assert [silent.kind_of(word) for word in silent.check_types] == ["new", "month", "quarter", "appeal", "new"]
    assert said.kind_of("定期") == "quarter"


def test_a_ceiling_is_the_region_s_else_the_programme_s_default(policy: Policy) -> None:
    found = [policy.ceiling("低保", region) for region in ("321283104000", "321283", "440106")]

    assert [c and c.monthly_standard for c in found] == [Decimal("805.00"), Decimal("805.00"), Decimal("720.00")]
    assert policy.ceiling("五保", "440106") is None


def test_the_day_an_authorization_must_cover_is_a_word_of_the_policy(policy: Policy) -> None:
    base, today = date(2026, 11, 20), date(2026, 12, 1)
    later = policy.model_copy(update={"authorization_covers": "sending_date"})

    assert (policy.covered_day(base, today), later.covered_day(base, today)) == (base, today)


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ({"programmes": []}, "programmes"),
        ({"appeal_check_type": "复议"}, "appeal_check_type"),
        ({"urgent_check_types": ["加急"]}, "urgent_check_types"),
        ({"kinds": {"加急": "new"}}, "kinds"),
        ({"kinds": {"定期": "weekly"}}, "kinds"),
        ({"kinds": {"申诉": "new"}}, "kinds"),
        ({"look_back_months": 0}, "look_back_months"),
        ({"look_back": 6}, "look_back"),
        ({"authorization_numbers": {"default": "("}}, "authorization_numbers"),
        ({"single_outflow_cny": "50000.001"}, "single_outflow_cny"),
        ({"scope_terms": {"全部": "deposit"}}, "full_scope_term"),
    ],
)
def test_a_faulty_rule_set_is_refused_and_the_fault_named(tmp_path: Path, words: dict[str, object], named: str) -> None:
    with pytest.raises(BadSettings) as refused:
        read_policy(changed(tmp_path, **words))

    assert named in str(refused.value)
    assert "policy.json:" in str(refused.value)
