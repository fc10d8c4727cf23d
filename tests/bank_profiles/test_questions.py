"""What is written by hand asks something, of somebody, once; and no row says what its file cannot say."""

from typing import Any

import pyarrow as pa
import pytest

from bank_profiles.catalogue import load_profile
from bank_profiles.errors import UnwritableRoster
from bank_profiles.questions import may_be_asked
from bank_profiles.translation import write_files
from reconciliation.exchange import RECORDS
from tests.bank_profiles.generated import FACTS, PROFILES
from tests.specimens import FULL
from tests.specimens import PROFILES as SPECIMENS

HXCB = PROFILES["hxcb"]
ASKED = {"line_ref": "000001", "name": "示例甲", "id_type": "passport", "id_no": "E1", "scope": "deposit"}


def _codes(*rows: dict[str, Any]) -> list[str]:
    table = pa.Table.from_pylist(list(rows), schema=RECORDS["inquiry"])
    with pytest.raises(UnwritableRoster) as refused:
        may_be_asked(HXCB, FACTS.batch_no, [table], "rows.json")
    assert all("示例" not in problem.en + problem.zh for problem in refused.value.problems)
    return [problem.code for problem in refused.value.problems]


@pytest.mark.parametrize(
    ("rows", "codes"),
    [
        ([], ["nothing-asked"]),
        ([ASKED, ASKED], ["line-ref-twice"]),
        ([ASKED | {"scope": "deposit,other"}], ["scope-not-answered"]),
        ([ASKED | {"batch_no": "202601050000009"}], ["always-differs"]),
        ([ASKED, ASKED | {"scope": "other", "batch_no": "1"}], ["line-ref-twice", "scope-not-answered", "always-differs"]),
    ],
)
def test_an_inquiry_that_cannot_be_meant_is_not_written(rows: list[dict[str, Any]], codes: list[str]) -> None:
    assert codes == _codes(*rows)


def test_an_inquiry_that_can_be_meant_is_written() -> None:
    rows = [ASKED, ASKED | {"line_ref": "000002", "batch_no": FACTS.batch_no, "scope": None}]

    may_be_asked(HXCB, FACTS.batch_no, [pa.Table.from_pylist(rows, schema=RECORDS["inquiry"])], "rows.json")


def test_a_row_that_contradicts_what_holds_for_every_row_is_not_written() -> None:
    profile = load_profile(SPECIMENS / "fixed.yaml")
    accounts = [row | {"currency": "USD", "product": "demand_deposit"} for row in FULL["holding"]]
    rows = {"holding": [pa.Table.from_pylist(accounts, schema=RECORDS["holding"])]}

    with pytest.raises(UnwritableRoster) as refused:
        [list(file.blocks) for file in write_files(profile, "response", FACTS, rows)]

    (problem,) = refused.value.problems
    assert ("always-differs", "000001", True) == (problem.code, problem.line_ref, problem.rule is not None)
    assert "currency: CNY" in problem.en
