"""Promises of content.py: the same rows, the same digest; one changed field, another."""

from datetime import date, time
from decimal import Decimal
from typing import Any

import pytest

from reconciliation.content import ContentDigest
from tests.reconciliation.rows import table

HOLDINGS = table(
    "holding",
    {"ref": 1, "account_no": "001", "holder_name": "王芳", "opened_on": date(2020, 1, 1)},
    {"ref": 2, "account_no": "0", "units": Decimal("1.5")},
    {"ref": 3, "account_no": "01", "balance_minor": None},
)
MOVEMENTS = table("movement", {"ref": 1, "booked_time": time(9, 30)}, {"ref": 1, "summary": ""})


def digest(*parts: tuple[str, str, Any]) -> str:
    content = ContentDigest()
    for name, kind, rows in parts:
        content.add(name, kind, rows)
    return content.hexdigest()


WHOLE = digest(("a.txt", "holding", HOLDINGS), ("b.txt", "movement", MOVEMENTS))


def test_names_and_order_of_parts_change_nothing() -> None:
    assert WHOLE == digest(("2.txt", "movement", MOVEMENTS), ("1.txt", "holding", HOLDINGS))


def test_blocks_of_a_part_change_nothing() -> None:
    blocks = [("a.txt", "holding", HOLDINGS.slice(start, 1)) for start in range(3)]
    assert WHOLE == digest(*blocks, ("b.txt", "movement", MOVEMENTS))


def test_an_empty_part_changes_nothing() -> None:
    assert WHOLE == digest(
        ("a.txt", "holding", HOLDINGS), ("b.txt", "movement", MOVEMENTS), ("c.txt", "outcome", table("outcome"))
    )


@pytest.mark.parametrize(
    "change",
    [
        {"holder_name": "王 芳"},
        {"account_no": "0010"},
        {"balance_minor": 101},
        {"balance_minor": None},
        {"opened_on": date(2020, 1, 2)},
        {"opened_on": None},
        {"units": Decimal("0.00000001")},
        {"branch": ""},
    ],
)
def test_one_changed_field_is_another_answer(change: dict[str, Any]) -> None:
    rows = HOLDINGS.to_pylist()
    changed = table("holding", rows[0] | change, *rows[1:])
    assert WHOLE != digest(("a.txt", "holding", changed), ("b.txt", "movement", MOVEMENTS))


def test_characters_do_not_slip_from_one_row_to_the_next() -> None:
    one, other = (
        table("holding", {"ref": 1, "account_no": a}, {"ref": 1, "account_no": b}) for a, b in [("12", "3"), ("1", "23")]
    )
    assert digest(("a", "holding", one)) != digest(("a", "holding", other))


def test_a_movement_is_not_a_holding() -> None:
    empty_kind = [digest(("a", kind, HOLDINGS)) for kind in ("holding", "movement")]
    assert empty_kind[0] != empty_kind[1]
