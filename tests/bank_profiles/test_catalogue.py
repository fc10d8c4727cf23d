"""Every profile is found and read; a bad one says why and stops nobody else; the date picks the edition."""

import shutil
from datetime import date
from pathlib import Path

import pytest

from bank_profiles import catalogue
from bank_profiles.catalogue import BANKS, Catalogue, find_profile, load_profile
from bank_profiles.effective import plan
from bank_profiles.errors import BadProfile

HERE = Path(__file__).parent
LINED = (HERE / "profiles" / "lined.yaml").read_text()


def _edition(folder: Path, version: str, effective: str, profile: str = "lined", text: str = LINED) -> Path:
    path = folder / profile / f"{version}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    changed = text.replace("version: 2026.1", f"version: {version}").replace("{from: 2026-01-01}", effective)
    path.write_text(changed.replace("profile: lined", f"profile: {profile}"))
    return path


def _said(catalogue: Catalogue, lang: str = "en") -> list[str]:
    return [problem.en if lang == "en" else problem.zh for problem in catalogue.problems]


def test_the_profiles_of_the_product_are_all_good() -> None:
    catalogue = Catalogue()

    assert ([], {"dsnx", "gdyz", "gyzb", "hxcb", "hxcb-papers", "xsyh", "zjhb"}) == (_said(catalogue), set(catalogue.editions))


def test_messages_name_a_profile_of_the_product_by_its_place_in_the_wing() -> None:
    assert "banks/hxcb/2026.1.yaml" == load_profile(find_profile("hxcb")).origin.file


def test_the_date_picks_the_edition(tmp_path: Path) -> None:
    _edition(tmp_path, "2026.1", "{from: 2026-01-01, to: 2026-06-30}")
    _edition(tmp_path, "2026.2", "{from: 2026-07-01}")

    catalogue = Catalogue([tmp_path])

    days = [date(2026, 1, 1), date(2026, 6, 30), date(2026, 7, 1), date(2030, 1, 1)]
    assert ["2026.1", "2026.1", "2026.2", "2026.2"] == [catalogue.pick("lined", day).version for day in days]
    assert catalogue.problems == ()


def test_an_answer_is_read_by_the_edition_its_inquiry_was_sent_under(tmp_path: Path) -> None:
    _edition(tmp_path, "2026.1", "{from: 2026-01-01, to: 2026-06-30}")
    _edition(tmp_path, "2026.2", "{from: 2026-07-01}")

    assert "2026.1" == Catalogue([tmp_path]).edition("lined", "2026.1").version


def test_a_bad_profile_names_its_line_and_stops_nobody_else(tmp_path: Path) -> None:
    _edition(tmp_path, "2026.1", "{from: 2026-01-01}")
    bad = _edition(tmp_path, "2026.1", "{from: 2026-01-01}", "other", LINED.replace("账号: account_no", "账号: acount_no"))

    catalogue = Catalogue([tmp_path])

    assert ["lined"] == list(catalogue.editions)
    assert [f"{bad}:78:17: error unknown-field"] == [said.split("\n")[0] for said in _said(catalogue)]


def test_a_profile_is_read_when_it_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = [_edition(tmp_path, "2026.1", "{from: 2026-01-01}", name) for name in ("lined", "other")]
    read: list[Path] = []
    checked = catalogue.check_profile
    monkeypatch.setattr(catalogue, "check_profile", lambda path: read.append(path) or checked(path))
    opened = Catalogue([tmp_path])

    for _ in range(2):
        opened.pick("lined", date(2026, 1, 1))

    assert paths[:1] == read
    assert ["lined", "other"] == list(opened.editions)
    assert paths == read


def test_a_connection_to_a_profile_of_a_bad_parent_hears_the_lines_of_the_parent(tmp_path: Path) -> None:
    _edition(tmp_path, "2026.1", "{from: 2026-01-01}", "parent", LINED.replace("grade: invented", "grade: guessed"))
    child = _edition(
        tmp_path, "2026.1", "{from: 2026-01-01}", "child", "schema: bank-profile/1\nextends: parent@2026.1\nprofile: child\n"
    )

    with pytest.raises(BadProfile) as refused:
        Catalogue([tmp_path]).pick("child", date(2026, 1, 1))

    assert [("bad-choice", str(child))] == [(problem.code, problem.place.heir) for problem in refused.value.problems]


def test_a_connection_to_a_bad_profile_hears_the_lines_that_are_wrong(tmp_path: Path) -> None:
    _edition(tmp_path, "2026.1", "{from: 2026-01-01}", text=LINED.replace("grade: invented", "grade: guessed"))

    with pytest.raises(BadProfile) as refused:
        Catalogue([tmp_path]).pick("lined", date(2026, 1, 1))

    assert ["bad-choice"] == [problem.code for problem in refused.value.problems]


def test_editions_that_overlap_are_named_and_the_later_one_rests(tmp_path: Path) -> None:
    _edition(tmp_path, "2026.1", "{from: 2026-01-01}")
    later = _edition(tmp_path, "2026.2", "{from: 2026-03-01, to: 2026-12-31}")

    catalogue = Catalogue([tmp_path])

    assert [
        f"{later}:4:1: error dates-overlap\n"
        "  2026-03-01 … 2026-12-31 overlaps 2026.1 (2026-01-01 … no end)\n"
        "  expected: editions that follow each other without gap or overlap\n"
        "  hint: set effective.to: 2026-02-28 in 2026.1. Until then this edition is not used"
    ] == _said(catalogue)
    assert [
        f"{later} 第4行 第1列：错误 dates-overlap\n"
        "  2026-03-01 … 2026-12-31 与 2026.1（2026-01-01 … 无止日）重叠\n"
        "  应为：各版本首尾相接，不重叠、不间断\n"
        "  建议：请将 2026.1 的 effective.to 设为 2026-02-28。在此之前本版本不使用"
    ] == _said(catalogue, "zh")
    assert "2026.1" == catalogue.pick("lined", date(2026, 4, 1)).version


def test_a_gap_between_editions_is_a_warning(tmp_path: Path) -> None:
    _edition(tmp_path, "2026.1", "{from: 2026-01-01, to: 2026-06-29}")
    later = _edition(tmp_path, "2026.2", "{from: 2026-07-01}")

    catalogue = Catalogue([tmp_path])

    assert [f"{later}:4:1: warning dates-gap\n  no edition rules from 2026-06-30 to 2026-06-30"] == _said(catalogue)


def test_a_day_without_an_edition_is_an_error_that_says_so(tmp_path: Path) -> None:
    path = _edition(tmp_path, "2026.1", "{from: 2026-01-01}")

    with pytest.raises(BadProfile) as refused:
        Catalogue([tmp_path]).pick("lined", date(2025, 12, 31))

    assert str(refused.value) == (
        f"{path}:4:1: error no-edition\n  no edition of lined rules on 2025-12-31\n"
        "  hint: add an edition for that day, or correct effective"
    )


def test_an_edition_nobody_has_is_an_error_that_names_those_there_are(tmp_path: Path) -> None:
    path = _edition(tmp_path, "2026.1", "{from: 2026-01-01}")

    with pytest.raises(BadProfile) as refused:
        Catalogue([tmp_path]).edition("lined", "2025.9")

    assert str(refused.value) == (
        f"{path}:3:1: error no-edition\n  there is no edition 2025.9 of lined\n  expected: 2026.1\n"
        "  hint: editions that were ever used stay in their folder"
    )


def test_a_profile_in_the_wrong_folder_is_refused(tmp_path: Path) -> None:
    path = _edition(tmp_path, "2026.1", "{from: 2026-01-01}")
    moved = tmp_path / "elsewhere" / "2026.1.yaml"
    moved.parent.mkdir()
    shutil.move(path, moved)

    said = _said(Catalogue([tmp_path]))

    expected = f"{moved}:2:1: error wrong-place\n  lined 2026.1 stands in elsewhere/2026.1.yaml\n  expected: lined/2026.1.yaml"
    assert [expected] == said


def test_an_edition_stands_in_one_folder_only(tmp_path: Path) -> None:
    first = _edition(tmp_path / "a", "2026.1", "{from: 2026-01-01}")
    second = _edition(tmp_path / "b", "2026.1", "{from: 2026-01-01}")

    said = _said(Catalogue([tmp_path / "a", tmp_path / "b"]))

    assert [f"{second}:3:1: error edition-twice\n  edition 2026.1 exists already: {first}"] == said


def test_a_sample_that_is_not_there_is_named(tmp_path: Path) -> None:
    given = "      detail: |\n        000001|6217000010001234567|101|123456|2018-03-15\n        1|123456\n"
    path = _edition(tmp_path, "2026.1", "{from: 2026-01-01}", text=LINED.replace(given, "      detail: samples/one.txt\n"))

    said = _said(Catalogue([tmp_path]))

    assert [f"{path}:103:15: error sample-missing\n  there is no file “samples/one.txt” beside the profile"] == said


def test_a_folder_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    assert {} == Catalogue([tmp_path / "none"]).editions


def test_a_profile_nobody_knows_is_named_with_those_near_it() -> None:
    with pytest.raises(BadProfile) as refused:
        find_profile("hxbc")

    assert str(refused.value) == (
        "hxbc: error unknown-profile\n  there is no profile “hxbc”\n  expected: one of dsnx, gdyz, gyzb, hxcb, hxcb-papers, xsyh, zjhb\n"
        "  hint: did you mean “hxcb”?"
    )


def test_a_file_that_is_not_there_is_a_bad_profile(tmp_path: Path) -> None:
    with pytest.raises(BadProfile) as refused:
        load_profile(tmp_path / "no.yaml")

    assert ["no-file"] == [problem.code for problem in refused.value.problems]


@pytest.mark.parametrize(("name", "path"), [("hxcb", "hxcb/2026.1.yaml"), ("gdyz/2026.1", "gdyz/2026.1.yaml")])
def test_a_profile_is_found_by_id_and_by_edition(name: str, path: str) -> None:
    assert BANKS / path == find_profile(name)


@pytest.mark.parametrize("name", ["../catalogue", "hxcb/../hxcb/2026.1", "/etc", ""])
def test_b1_an_id_never_leads_out_of_the_folder_of_profiles(name: str) -> None:
    with pytest.raises(BadProfile):
        find_profile(name)


def test_the_plan_of_a_table_says_that_columns_are_found_by_title_and_labels_by_label() -> None:
    places = {(each.record, each.column): each.place for each in plan(load_profile(find_profile("dsnx")), "response.files.book")}

    assert ("by label", "by title") == (places["about", "批次号"], places["account", "账（卡）号"])
    assert {"by path"} == {
        each.place for each in plan(load_profile(find_profile("gyzb")), "response.files.reply") if "made" not in each.reads
    }
