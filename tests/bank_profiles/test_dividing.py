"""Rows divided among the records that take them: by constants, and outcomes as the texts that stand for them; there and back."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from bank_profiles.catalogue import load_profile
from bank_profiles.errors import UnwritableRoster
from bank_profiles.language.profile import Profile
from bank_profiles.proving.proving import prove
from bank_profiles.translation import read_files, write_files
from reconciliation.exchange import RECORDS
from tests.bank_profiles.generated import FACTS
from tests.contracts.codec_contract import ASKING

HEAD = (
    ASKING
    + """\
      records:
        person: {gives: inquiry, fields: {序号: line_ref, 姓名: name, 种类: {to: id_type, map: id_type}, 号码: id_no}}
        trailer: {place: last, fields: {总笔数: {equals: {count: person}}}}
maps: {id_type: {codes: {1: resident_id}}, product: {codes: {D: demand_deposit}}, status: {codes: {0: active}}}
service: {calendar: every_day, reply_within: 2 days, limits: {lines_max: 1000}}
response:
  defaults: {encoding: utf-8, unit: yuan}
"""
)
TWO_FILES = """
  package: {name: "answer_{batch}.zip", steps: [{kind: zip}]}
  files:
    yuan:
      name: yuan_{batch}.txt
      format: delimited
      separator: "|"
      records:
        demand: {gives: holding, implies: found, when: {类: H}, always: {product: demand_deposit, currency: CNY}, fields: &
        time: {gives: holding, implies: found, when: {类: T}, always: {product: time_deposit, currency: CNY}, fields: &
        trailer: {place: last, fields: {笔数: {equals: {count: [demand, time]}}, 余额: {equals: {sum: time.balance}}}}
    dollars:
      name: dollars_{batch}.txt
      required: false
      format: delimited
      separator: "|"
      records:
        demand: {gives: holding, implies: found, always: {product: demand_deposit, currency: USD}, fields: {序号: line_ref, 账号: account_no, 余额: balance}}
        trailer: {place: last, fields: {笔数: {equals: {count: demand}}}}
""".replace("&", "{类: skip, 序号: line_ref, 账号: account_no, 余额: balance}}")
DELIMITED = """
  package: {name: "answer_{batch}.txt"}
  files:
    reply:
      name: answer_{batch}.txt
      format: delimited
      separator: "|"
      records:
        account:
          gives: holding
          implies: found
          always: {product: demand_deposit, currency: CNY}
          says_outcome: {账号: {查无: no_record, 无此人: no_record, 拒绝: refused.authority}}
          fields: {序号: line_ref, 账号: account_no, 余额: balance, 状态: {to: status, map: status, required: true}}
        trailer: {place: last, fields: {笔数: {equals: {count: account}}, 合计: {equals: {sum: account.balance}}, 校验: {equals: {hash: account.账号}}}}
"""
NESTED = """
  package: {name: "answer_{batch}.json"}
  files:
    reply:
      name: answer_{batch}.json
      format: json
      records:
        person: {each: persons, fields: {ref: line_ref}}
        account:
          gives: holding
          implies: found
          inside: person
          each: accounts
          carry: [line_ref]
          always: {currency: CNY}
          says_outcome: {no: {nothing: no_record}}
          fields: {no: account_no, kind: {to: product, map: product}, bal: {to: balance, as: number}}
"""
FIXED = """
  package: {name: "answer_{batch}.dat"}
  files:
    reply:
      name: answer_{batch}.dat
      format: fixed
      record_bytes: 40
      records:
        account:
          gives: holding
          implies: found
          always: {product: demand_deposit, currency: CNY}
          says_outcome: {账号: {NONE: no_record}}
          fields:
            序号: {at: 1, width: 6, to: line_ref}
            账号: {at: 7, width: 20, to: account_no}
            余额: {at: 27, width: 14, pad: "0", to: balance, unit: minor}
        trailer: {place: last, record_bytes: 10, fields: {笔数: {at: 1, width: 10, pad: "0", equals: {count: account}}}}
"""
HELD = {
    "line_ref": "000001",
    "account_no": "62170001",
    "product": "demand_deposit",
    "currency": "CNY",
    "balance_minor": 100,
    "status": "active",
}
Made = Callable[[str], Profile]


@pytest.fixture
def made(tmp_path: Path) -> Made:
    def make(response: str) -> Profile:
        (tmp_path / "divided.yaml").write_text(HEAD.lstrip("\n") + response.strip("\n") + "\n", "utf-8")
        return load_profile(tmp_path / "divided.yaml")

    return make


def _written(profile: Profile, **rows: list[dict[str, Any]]) -> dict[str, str]:
    tables = {kind: [pa.Table.from_pylist(of_kind, schema=RECORDS[kind])] for kind, of_kind in rows.items()}
    return {file.name.split("_")[0]: b"".join(file.blocks).decode() for file in write_files(profile, "response", FACTS, tables)}


def _refused(profile: Profile, **rows: list[dict[str, Any]]) -> list[tuple[str, str | None]]:
    with pytest.raises(UnwritableRoster) as refused:
        _written(profile, **rows)
    return [(problem.code, problem.line_ref) for problem in refused.value.problems]  # type: ignore[attr-defined]


def _outcomes(profile: Profile, text: str) -> list[tuple[str, str]]:
    name = f"answer_{FACTS.batch_no}.{profile.response.package.name.rpartition('.')[2]}"
    parts = list(read_files(profile, "response", [(name, [text.encode()])]))
    return sorted((row["line_ref"], row["outcome"]) for part in parts if part.kind == "outcome" for row in part.table.to_pylist())


# ---- constants ----------------------------------------------------------------------------------------------------------------------


def test_each_row_goes_to_the_record_whose_constants_it_has(made: Made) -> None:
    written = _written(
        made(TWO_FILES),
        holding=[
            HELD,
            HELD | {"account_no": "2", "currency": "USD"},
            HELD | {"account_no": "3", "product": "time_deposit", "balance_minor": 250},
        ],
    )

    assert {
        "yuan": "H|000001|62170001|1.00\nT|000001|3|2.50\n2|2.50\n",
        "dollars": "000001|2|1.00\n1\n",
    } == written


@pytest.mark.parametrize("other", [{"currency": "EUR"}, {"currency": "USD", "product": "time_deposit"}, {"product": None}])
def test_a_row_of_no_record_is_refused_by_its_line(made: Made, other: dict[str, Any]) -> None:
    assert [("always-differs", "000007")] == _refused(made(TWO_FILES), holding=[HELD, HELD | other | {"line_ref": "000007"}])


def test_a_row_that_two_records_would_take_is_refused(made: Made) -> None:
    both = TWO_FILES.replace("always: {product: time_deposit, currency: CNY}", "always: {product: demand_deposit, currency: CNY}")

    assert [("always-differs", "000001")] == _refused(made(both), holding=[HELD])


def test_a_file_that_may_lack_and_gets_no_rows_is_left_out(made: Made) -> None:
    assert ["yuan"] == list(_written(made(TWO_FILES), holding=[HELD]))


# ---- outcomes -----------------------------------------------------------------------------------------------------------------------

_LINES = [("000001", "found"), ("000002", "no_record")]
_SAID = [{"line_ref": ref, "outcome": word} for ref, word in _LINES]


@pytest.mark.parametrize("response", [DELIMITED, NESTED, FIXED])
def test_an_outcome_is_written_as_the_text_that_stands_for_it_and_read_again(made: Made, response: str) -> None:
    profile = made(response)

    assert _LINES == _outcomes(profile, _written(profile, holding=[HELD], outcome=_SAID)["answer"])


def test_the_first_text_is_written_the_other_columns_stay_empty_and_totals_take_nothing(made: Made) -> None:
    refused = {"line_ref": "000003", "outcome": "refused.authority"}
    written = _written(made(DELIMITED), holding=[HELD], outcome=[*_SAID, refused])

    assert "000001|62170001|1.00|0\n000002|查无||\n000003|拒绝||\n3|1.00|62170001\n" == written["answer"]


def test_rows_that_do_not_fit_are_told_beside_those_that_stand_for_outcomes(made: Made) -> None:
    assert [("missing-value", "000001")] == _refused(made(DELIMITED), holding=[HELD | {"status": None}], outcome=_SAID)


@pytest.mark.parametrize(("line_ref", "word"), [("000002", "technical_failure"), ("000002", "found")])
def test_an_outcome_the_profile_cannot_say_is_refused_by_its_line(made: Made, line_ref: str, word: str) -> None:
    assert [("no-code", line_ref)] == _refused(made(DELIMITED), holding=[HELD], outcome=[{"line_ref": line_ref, "outcome": word}])


@pytest.mark.parametrize("response", [TWO_FILES, DELIMITED, NESTED, FIXED])
def test_made_up_rows_go_there_and_back(made: Made, response: str, tmp_path: Path) -> None:
    proof = prove(made(response), tmp_path)

    assert [] == [problem.en for problem in proof.problems if problem.severity == "error" or problem.code == "unproved"]
