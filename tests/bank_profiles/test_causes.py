"""One cause, one message: what refuses a file is named where it is nearest to what is wrong, and a control is never simply gone."""

import hashlib
from pathlib import Path

import pytest

from bank_profiles.catalogue import load_profile
from bank_profiles.engine import reading
from bank_profiles.errors import Problem, UnreadableFile
from bank_profiles.translation import read_files
from tests.bank_profiles.test_entries import LINED

HEAD = LINED.partition("\nresponse:")[0]
MAPS = "\nmaps:\n  direction: {codes: {D: out, C: in}}" + LINED.partition("\nmaps:")[2]
RESPONSE = """
response:
  defaults: {encoding: gb18030, format: yyyyMMdd, unit: yuan}
  package: {name: "FK_{batch}.txt"}
  files:
    reply:
      name: FK_{batch}.txt
      format: delimited
      separator: "|"
      records:
        account:
          gives: holding
          implies: found
          when: {类型: A}
          always: {product: demand_deposit, currency: CNY}
          fields: {类型: skip, 序号: line_ref, 账号: account_no, 余额: balance, 发生额合计: {equals: {sum: entry.amount}}}
        entry:
          gives: movement
          inside: account
          carry: [line_ref, account_no]
          when: {类型: E}
          always: {currency: CNY}
          fields: {类型: skip, 日期: booked_on, 方向: {to: direction, map: direction}, 金额: amount}
        trailer: {place: last, fields: {T: {const: T}, 总额: {equals: {sum: entry.amount}}, 摘要: {equals: {digest: sm3}}}}
"""
ROWS = ["A|000001|62170001|1.00|12.00", "E|20260105|D|5.00", "E|20260105|D|7.00", "A|000002|62170002|1.00|"]


@pytest.fixture(params=["fast", "reference"], autouse=True)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(reading, "SLOW_BYTES", {"fast": 0, "reference": 1 << 40}[request.param])
    return str(request.param)


@pytest.fixture(scope="module")
def profile_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("causes") / "causes.yaml"
    path.write_text(HEAD + RESPONSE + MAPS, encoding="utf-8")
    return path


def _refused(profile_file: Path, old: str = "", new: str = "") -> list[Problem]:
    body = "".join(f"{row}\n" for row in ROWS)
    file = f"{body}T|12.00|{_sm3(body)}\n".replace(old, new, 1).encode("gb18030")
    try:
        list(read_files(load_profile(profile_file), "response", [("FK_B1.txt", [file])], masked=False))
    except UnreadableFile as refused:
        return list(refused.problems)
    return []


def _sm3(text: str) -> str:
    return hashlib.new("sm3", text.encode("gb18030")).hexdigest()


def test_a_total_that_is_not_given_counts_as_nothing(profile_file: Path) -> None:
    assert [] == _refused(profile_file)


@pytest.mark.parametrize("damaged", ["abc", "12,00", "12.0O"])
def test_a_damaged_total_inside_a_row_refuses_the_file(profile_file: Path, damaged: str) -> None:
    (problem,) = _refused(profile_file, "|1.00|12.00", f"|1.00|{damaged}")

    assert ("not-money", 1, 5) == (problem.code, problem.place.line, problem.place.column)
    assert "FK_B1.txt 第1行 第5列 发生额合计：错误 not-money" in problem.zh


def test_a_row_with_a_total_and_a_column_too_many_refuses_the_file(profile_file: Path) -> None:
    assert ("column-count", 1) == next((p.code, p.place.line) for p in _refused(profile_file, "|12.00", "|12.00|"))


def test_a_wrong_amount_is_told_once_by_the_total_of_its_account(profile_file: Path) -> None:
    (problem,) = _refused(profile_file, "|7.00", "|7.01")

    assert ("total-differs", 1) == (problem.code, problem.place.line)
    assert "the lines add up to 12.01 元" in problem.en
    assert "明细合计 12.01 元" in problem.zh


def test_a_wrong_total_of_the_file_is_told_by_itself(profile_file: Path) -> None:
    assert [("total-differs", 5)] == [(p.code, p.place.line) for p in _refused(profile_file, "T|12.00", "T|13.00")]


def test_a_change_no_total_sees_is_told_by_the_digest(profile_file: Path) -> None:
    assert [("digest-differs", 5)] == [(p.code, p.place.line) for p in _refused(profile_file, "62170001", "62170003")]


def test_an_amount_nobody_can_read_is_told_with_one_total_that_cannot_be_checked(profile_file: Path) -> None:
    assert [("not-money", 3), ("total-unreadable", 1)] == [(p.code, p.place.line) for p in _refused(profile_file, "|7.00", "|x")]
