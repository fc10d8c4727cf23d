"""``connector profile``: an analyst checks, reads and writes without a deployment."""

import zipfile
from pathlib import Path
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner, Result

from bank_profiles.catalogue import BANKS
from bank_profiles.errors import BadProfile, UnreadableFile, UnwritableRoster
from connector.cli import console
from connector.cli.profile import app

REPLY = BANKS / "gdyz" / "samples" / "reply.dat"
DETAIL = "H|202601050000001\nD|000001|示例甲||6217000010001234567||101|活期储蓄|156|123456|123456|0|||20180315|||0|20260104||\nT|1|123456\n"
RESULT = "H|202601050000001\nD|000001|00|成功|1|0\nT|1\n"


def _run(*args: str | Path) -> Result:
    return CliRunner().invoke(app, [str(arg) for arg in args])


def _json(*args: str | Path) -> dict[str, Any]:
    ran = _run(*args, "--json")
    assert ran.exit_code in (console.DONE, console.FINDINGS), ran.exception
    read: dict[str, Any] = orjson.loads(ran.stdout)
    return read


def test_check_runs_every_profile_and_its_examples() -> None:
    said = _json("check")

    assert ("profile-check/1", True, [4, 6, 5, 6, 3, 5, 4]) == (
        said["schema"],
        said["ok"],
        [one["examples"] for one in said["profiles"]],
    )


def test_a_bad_profile_ends_in_8_with_its_line(tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text((BANKS / "hxcb" / "2026.1.yaml").read_text().replace("账号: {to: account_no", "账号: {to: acount_no"))

    ran = _run("check", bad)

    assert console.REFUSED == ran.exit_code
    assert f"{bad} 第" in ran.stdout
    assert "错误 unknown-field" in ran.stdout


def test_an_example_that_fails_ends_in_8(tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text(
        (BANKS / "hxcb" / "2026.1.yaml").read_text().replace("balance: 1234.56, available", "balance: 1234.57, available")
    )

    ran = _run("check", bad)

    assert console.REFUSED == ran.exit_code
    assert "example-differs" in ran.stdout


def test_reading_with_a_bad_profile_ends_in_8_and_a_bad_file_in_1(tmp_path: Path) -> None:
    no_profile = _run("read", "nobody", REPLY).exception
    bad_file = _run("read", "gdyz", BANKS / "gdyz" / "samples" / "reply_wrong_sum.dat").exception

    assert (BadProfile, UnreadableFile) == (type(no_profile), type(bad_file))
    assert (console.REFUSED, console.FINDINGS) == tuple(
        console.explain(e, False) for e in (no_profile, bad_file) if isinstance(e, Exception)
    )


def test_read_as_json_masks_nothing() -> None:
    said = _json("read", "gdyz", REPLY)

    holding = said["rows"]["holding"][0]
    assert ("rows/1", "response", {"outcome": 3, "holding": 3, "movement": 1}) == (said["schema"], said["side"], said["counts"])
    assert ("示例甲", "6217000010001234567", 123456) == (holding["holder_name"], holding["account_no"], holding["balance_minor"])


def test_read_for_a_person_is_masked() -> None:
    shown = _run("read", "gdyz", REPLY).stdout

    assert "余额 1234.56" in shown
    assert not [
        hidden for hidden in ("示例甲", "6217000010001234567", "990101195503070021", "6057592523558519170") if hidden in shown
    ]


def test_read_takes_a_package_or_its_files(tmp_path: Path) -> None:
    names = {"FK_902307450222_20260105_0001_JG.txt": RESULT, "FK_902307450222_20260105_0001_ZH.txt": DETAIL}
    for name, text in names.items():
        (tmp_path / name).write_bytes(text.encode("gb18030"))
    package = tmp_path / "FK_902307450222_20260105_0001.zip"
    with zipfile.ZipFile(package, "w") as archive:
        for name in names:
            archive.write(tmp_path / name, name)

    from_package, from_files = _json("read", "hxcb", package), _json("read", "hxcb", *(tmp_path / name for name in names))

    assert from_package["rows"] == from_files["rows"]
    assert {"outcome": 1, "holding": 1} == from_package["counts"]


def test_a_row_that_waits_for_a_person_is_told_and_ends_in_1(tmp_path: Path) -> None:
    file = tmp_path / "FK_902307450222_20260105_0001_ZH.txt"
    file.write_bytes(DETAIL.replace("|101|", "|999|").encode("gb18030"))

    ran = _run("read", "hxcb", file)

    assert console.FINDINGS == ran.exit_code
    assert "unknown-code" in ran.stdout


def test_what_was_read_is_written_and_read_again(tmp_path: Path) -> None:
    rows = tmp_path / "rows.json"
    rows.write_bytes(orjson.dumps(_json("read", "gdyz", REPLY)))

    written = _json("write", "hxcb", rows, "--out", tmp_path)
    again = _json("read", "hxcb", written["file"])

    assert "FK_902307450222_20260105_0001.zip" == Path(written["file"]).name
    assert orjson.loads(rows.read_bytes())["rows"] == again["rows"]


def test_writing_never_overwrites(tmp_path: Path) -> None:
    rows = tmp_path / "rows.json"
    rows.write_bytes(orjson.dumps(_json("read", "gdyz", REPLY)))
    _run("write", "gdyz", rows, "--out", tmp_path)

    refused = _run("write", "gdyz", rows, "--out", tmp_path).exception

    assert isinstance(refused, console.Failed)
    assert ("file-exists", console.FINDINGS) == (refused.code, refused.exit_code)


def test_rows_the_bank_cannot_carry_leave_no_file(tmp_path: Path) -> None:
    said = _json("read", "gdyz", REPLY)
    said["rows"]["holding"][0]["product_name"] = "a|b"
    rows = tmp_path / "rows.json"
    rows.write_bytes(orjson.dumps(said))

    refused = _run("write", "hxcb", rows, "--out", tmp_path).exception

    assert isinstance(refused, UnwritableRoster)
    assert ["rows.json"] == [path.name for path in tmp_path.iterdir()]


@pytest.mark.parametrize("args", [("read", "gdyz", "nothing.dat"), ("write", "gdyz", "nothing.json")])
def test_a_file_that_is_not_there_is_wrong_use(args: tuple[str, ...]) -> None:
    refused = _run(*args).exception

    assert isinstance(refused, console.Failed)
    assert ("no-file", console.WRONG_USE) == (refused.code, refused.exit_code)
