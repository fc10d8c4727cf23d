"""The verbs ``register`` and ``deaths`` as they are typed: what they print, how they end, what they never say."""

import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner, Result

from connector.assembly import Deployment, clock
from connector.cli.verbs import app
from connector.intake import door
from connector.intake.sheet import read_sheet
from connector.register.columns import REGISTER
from tests.connector.desk import number, row, sheet
from tests.connector.register.office import STAFF, deaths_sheet, on, register_sheet
from tests.staffed import found_with

TODAY = clock().date()
EARLIER = {
    "application_date": f"{TODAY - timedelta(days=9)}",
    "as_of": "",
    "signed_on": f"{TODAY - timedelta(days=20)}",
    "valid_to": f"{TODAY + timedelta(days=300)}",
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A centre with two households, whose members are never to be named."""
    folder = found_with(tmp_path_factory.mktemp("words") / "centre", STAFF, clock() - timedelta(days=1))
    deployment = Deployment.open(folder)
    rows = sheet(row("H1", 1, name="不可说", **EARLIER), row("H2", 2, name="不可说", **EARLIER))
    door.take_in(deployment.parts, door.read_rows(rows, deployment.parts), "clerk", clock())
    deployment.ledger.scrub()
    deployment.ledger.close()
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "centre"))


def run(folder: Path, *words: str | Path, by: str = "clerk") -> Result:
    acts = words[0] == "approve" or (words[0] in ("register", "deaths") and words[1] in ("take", "round", "look"))
    result = CliRunner().invoke(app, [*map(str, words), "--dir", str(folder), *(["--by", by] if acts else [])])
    assert "不可说" not in result.output
    assert number(1) not in result.output
    return result


def said(folder: Path, *words: str | Path) -> Any:
    return orjson.loads(run(folder, *words, "--json").stdout)


def written(folder: Path, content: bytes, name: str = "sheet.csv") -> Path:
    path = folder.parent / name
    path.write_bytes(content)
    return path


def ended(household: str) -> dict[str, str]:
    return on(household, state="停发", ends_on=f"{TODAY}", reason="收入超过标准")


def test_a_register_is_taken_and_told_in_words_and_as_json(folder: Path) -> None:
    path = written(folder, register_sheet(ended("H1"), on("H2"), on("H3", state="?")))

    trial = run(folder, "register", "take", path, "--dry-run")
    told = run(folder, "register", "take", path)
    again = said(folder, "register", "take", path)

    assert (1, 0) == (trial.exit_code, told.exit_code)
    assert "未写入" in trial.output
    assert "新增 1 · 继续 0 · 停发 1" in told.output
    assert "终止授权书 1 份 · 未查询的户 1" in told.output
    assert "R301 在册状态不是" in told.output
    assert ("register-taken/1", True, {"state-unknown": [4]}) == (
        again["schema"],
        again["again"],
        {code: each["rows"] for code, each in again["codes"].items()},
    )


def test_in_english_too(folder: Path) -> None:
    path = written(folder, register_sheet(ended("H1")))

    told = CliRunner().invoke(app, ["--lang", "en", "register", "take", str(path), "--dir", str(folder), "--by", "clerk"])

    assert "1 stopped" in told.output
    assert "authorizations ended: 1" in told.output


def test_refused_rows_come_back_and_can_be_brought_again_as_they_are(folder: Path) -> None:
    path = written(folder, register_sheet(on("H1", state="?"), on("H2")))
    given, table = folder.parent / "back.csv", folder.parent / "back.xlsx"

    run(folder, "register", "take", path, "--refused", given)
    run(folder, "register", "take", path, "--refused", table)

    for back in (given, table):
        found = read_sheet(back.read_bytes(), REGISTER)
        assert ["H1"] == found.columns["household_no"]
        assert 0o600 == back.stat().st_mode & 0o777
    assert "C2,R301 state-unknown" in given.read_text("utf-8-sig")


def test_the_register_is_shown_in_words_not_codes(folder: Path) -> None:
    run(folder, "register", "take", written(folder, register_sheet(ended("H1"), on("H2"))))

    whole, one = run(folder, "register", "show"), run(folder, "register", "show", "H1")

    assert all(word in whole.output for word in ("低保", "在册", "已停发"))
    assert f"H1  低保  已停发 {TODAY}" in one.output
    assert "无有效授权书" in one.output
    assert "收入超过标准" in one.output
    assert 4 == run(folder, "register", "show", "H9").exit_code
    assert 0 == run(folder, "register", "show", "--missing").exit_code
    assert ["on", "stopped"] == [each["state"] for each in said(folder, "register", "show")["programmes"]]


def test_what_waits_for_a_second_person_ends_5_and_goes_when_typed_again(folder: Path) -> None:
    (folder / "rounds.yaml").write_text("two_persons: {ended_households: 0}\n", "utf-8")
    path = written(folder, register_sheet(ended("H1"), on("H2")))

    waits = run(folder, "register", "take", path)
    asked = run(folder, "approvals")
    agreed = run(folder, "approve", "1", by="chief")
    taken = run(folder, "register", "take", path)

    assert (5, 0, 0) == (waits.exit_code, agreed.exit_code, taken.exit_code)
    assert "connector approve 1" in waits.output
    assert f"{TODAY:%Y-%m} 在册名单：1/2 户" in asked.output
    assert f"connector register take FILE --month {TODAY:%Y-%m}" in agreed.output
    assert "已写入" in taken.output


def test_rounds_are_made_and_shown_with_their_reasons(folder: Path) -> None:
    (folder / "rounds.yaml").write_text("programmes: {低保: {every: month, day: 1}}\n", "utf-8")
    before = run(folder, "register", "rounds")
    run(folder, "register", "take", written(folder, register_sheet(on("H1"), on("H5"))))

    trial = run(folder, "register", "round", "--month", f"{TODAY:%Y-%m}", "--dry-run")
    made = run(folder, "register", "round")
    shown = run(folder, "register", "rounds")

    assert "等待当月在册名单" in before.output
    assert "未写入" in trial.output
    for told in (made, shown):
        assert "已查询 0 户 · 未查询 2 户" in told.output
        assert "已在另一个未办结的查询中" in told.output
        assert "没有授权书" in told.output
    assert f"{TODAY:%Y-%m} 未查询：" in run(folder, "register", "show", "H5").output
    assert ["register-rounds/1", "register-round/1"] == [
        said(folder, "register", *words)["schema"] for words in (("rounds",), ("round",))
    ]


def test_where_nothing_was_taken_yet_the_command_that_takes_is_told(folder: Path) -> None:
    ended = [run(folder, *words) for words in (("deaths", "show"), ("register", "show"))]

    assert [0, 0] == [each.exit_code for each in ended]
    assert ["connector deaths take", "connector register take"] == [
        " ".join(each.output.partition("：")[2].split()[:3]) for each in ended
    ]


@pytest.mark.parametrize(
    ("words", "code", "slug"),
    [
        (("register", "round", "--month", "12-2026"), 2, "month-invalid"),
        (("register", "round", "--month", "2999-01"), 2, "round-ahead"),
        (("register", "round"), 4, "round-none"),
        (("deaths", "look", "1", "2", "--reason", "x", "--same"), 4, "death-unknown"),
        (("deaths", "look", "1", "2", "--reason", "x"), 2, "look-how"),
    ],
)
def test_what_cannot_be_done_says_why(
    folder: Path, words: tuple[str, ...], code: int, slug: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    from connector.cli import verbs

    monkeypatch.setattr("sys.argv", ["connector", *words, "--dir", str(folder), "--by", "clerk"])

    assert code == verbs.run()
    assert slug in capfd.readouterr().err


def test_a_list_of_deaths_is_taken_looked_at_and_shown_without_a_name(folder: Path) -> None:
    day = f"{TODAY}"
    rows = ({"name": "不可说", "id_no": number(1), "died_on": day}, {"name": "另一人", "id_no": number(2), "died_on": day})
    path = written(folder, deaths_sheet(*rows))

    taken = run(folder, "deaths", "take", path, "--from", "公安局")
    shown = run(folder, "deaths", "show")
    looked = run(folder, "deaths", "look", "1", "3", "--another", "--reason", "户口簿已核")

    assert "停止 1 人 · 待复核 0 人 · 姓名不符 1 人" in taken.output
    assert "connector deaths look 1 行号：3" in taken.output
    assert "第 2 行  已停止  家庭 H1" in shown.output
    assert "第 3 行  姓名不符，须核对  家庭 H2" in shown.output
    assert "核实为另一人" in looked.output
    assert ["deaths/1", "deaths-taken/1"] == [said(folder, "deaths", *words)["schema"] for words in (("show",), ("take", path))]
    assert "household-member-died" not in run(folder, "status").output
    assert "1 户有成员死亡" in run(folder, "status").output


def test_a_long_list_waits_and_the_second_person_s_word_carries_it_out(folder: Path) -> None:
    (folder / "rounds.yaml").write_text("two_persons: {deaths: 0}\n", "utf-8")
    path = written(folder, deaths_sheet({"name": "不可说", "id_no": number(1), "died_on": f"{TODAY}"}))

    waits = run(folder, "deaths", "take", path)
    asked = run(folder, "approvals")
    agreed = run(folder, "approve", "1", by="chief")

    assert (5, 0) == (waits.exit_code, agreed.exit_code)
    assert "暂不送出" in waits.output
    assert "第 1 号死亡名单：1 人" in asked.output
    assert "即刻生效" in agreed.output
    assert "第 2 行  已停止" in run(folder, "deaths", "show").output


def test_only_who_may_bring_households_in_may_take_a_register(folder: Path) -> None:
    path = written(folder, register_sheet(on("H1")))

    assert "NotAllowed" == type(run(folder, "register", "take", path, by="second").exception).__name__
