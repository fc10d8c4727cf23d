"""A package is whole or refused: every file it must have, every part, all its list names; and each read in the layout it has."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bank_profiles.checks.second_look import check
from bank_profiles.errors import UnreadableFile, UnwritableRoster
from bank_profiles.language.profile import Profile
from bank_profiles.language.yaml_text import load
from bank_profiles.packing.steps import NamedFile, pack
from bank_profiles.translation import Reading, read_files, read_package, write_files, write_package
from reconciliation.exchange import RECORDS
from tests.bank_profiles.generated import FACTS

LINED = (Path(__file__).parent / "profiles" / "lined.yaml").read_text().partition("\nexamples:")[0] + "\n"
PACKAGE = 'package: {name: "FK_{bank}_{seq:4}.zip", steps: [{kind: zip}]}'
DETAIL = "      name: FK_{bank}_{seq:4}_ZH.txt\n"
BANK = "902307450222"
PERSON = "王小明11010119900307771X"


def _profile(*changes: tuple[str, str]) -> Profile:
    """lined.yaml with some texts changed; good, or the test is wrong."""
    text = LINED
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    profile, problems = check(load(text.encode(), "lined.yaml"), "lined.yaml")
    assert profile is not None, "\n".join(problem.en for problem in problems)
    return profile


def _index(words: str) -> tuple[str, str]:
    return PACKAGE, f'package:\n    name: "FK_{{bank}}_{{seq:4}}.zip"\n    steps: [{{kind: zip}}]\n    index: {words}'


PARTS = _profile((DETAIL, "      name: FK_{bank}_{seq:4}_ZH_{part:3}.txt\n      times: at_least_one\n      rows_max: 2\n"))
LISTED = _profile(_index('{name: 清单.txt, digest: sm3, each: "{digest}  {file}"}'))
SIZED = _profile(
    _index('{name: "OK_{seq:4}.txt", head: [BEGIN, "20", "{count:3}"], each: "{file}|{size}", tail: [END], line_end: crlf}')
)


def _tables(accounts: int) -> dict[str, list[pa.Table]]:
    rows: dict[str, list[dict[str, Any]]] = {
        "outcome": [{"line_ref": "000001", "outcome": "found"}],
        "holding": [
            {
                "line_ref": "000001",
                "account_no": str(number),
                "product": "demand_deposit",
                "currency": "CNY",
                "balance_minor": number,
            }
            for number in range(accounts)
        ],
    }
    return {kind: [pa.Table.from_pylist(of_kind, schema=RECORDS[kind])] for kind, of_kind in rows.items()}


def _files(profile: Profile, accounts: int = 1) -> dict[str, bytes]:
    return {name: b"".join(blocks) for name, blocks in write_files(profile, "response", FACTS, _tables(accounts))}


def _read(profile: Profile, files: Mapping[str, bytes]) -> Reading:
    packed = b"".join(pack(profile.response.package, [NamedFile(name, [content]) for name, content in files.items()]))
    return read_package(profile, "response", f"FK_{BANK}_0001.zip", [packed])


def _accounts(reading: Reading) -> list[str]:
    return [str(account) for piece in reading if piece.kind == "holding" for account in piece.table["account_no"].to_pylist()]


def _code(profile: Profile, files: Mapping[str, bytes]) -> str:
    with pytest.raises(UnreadableFile) as refused:
        _accounts(_read(profile, files))
    assert PERSON not in refused.value.render("en") + refused.value.render("zh")
    return refused.value.problems[0].code


# ---- parts --------------------------------------------------------------------------------------------------------------------------


@given(accounts=st.integers(0, 9))
def test_rows_go_into_as_many_parts_as_they_need_and_come_back_in_order(accounts: int) -> None:
    files = _files(PARTS, accounts)

    assert max(1, -(-accounts // 2)) == len(files) - 1
    assert [str(number) for number in range(accounts)] == _accounts(_read(PARTS, files))


@pytest.mark.parametrize("lost", [1, 2])
def test_b14_a_part_lost_before_another_refuses_the_package(lost: int) -> None:
    files = _files(PARTS, 6)
    del files[f"FK_{BANK}_0001_ZH_{lost:03d}.txt"]

    assert "part-missing" == _code(PARTS, files)


def test_a_part_that_comes_twice_refuses_the_package() -> None:
    starred = _profile((DETAIL, "      name: FK_{bank}_{seq:4}_ZH_{part:3}*.txt\n      times: at_least_one\n"))
    content = _files(_profile())[f"FK_{BANK}_0001_ZH.txt"]
    files = {f"FK_{BANK}_0001_JG.txt": _files(_profile())[f"FK_{BANK}_0001_JG.txt"]}

    assert "part-missing" == _code(starred, files | {f"FK_{BANK}_0001_ZH_001{again}.txt": content for again in ("", "_bis")})


def test_a_package_without_a_single_part_is_refused() -> None:
    files = {name: content for name, content in _files(PARTS).items() if "ZH" not in name}

    assert "missing-file" == _code(PARTS, files)


def test_b14_the_last_part_is_missed_where_a_header_says_how_many_there_are() -> None:
    counting = _profile(
        (DETAIL, "      name: FK_{bank}_{seq:4}_ZH_{part:3}.txt\n      times: at_least_one\n      rows_max: 2\n"),
        (
            "            总笔数: {equals: {count: account}}\n",
            "            总笔数: {equals: {count: account}}\n            总数: parts\n            序: part\n",
        ),
    )
    files = _files(counting, 6)

    assert 6 == len(_accounts(_read(counting, files)))
    assert "part-missing" == _code(counting, dict(list(files.items())[:-1]))
    names = [name for name in files if "_ZH_" in name]
    swapped = files | {names[0]: files[names[1]], names[1]: files[names[0]]}
    assert "part-missing" == _code(counting, swapped)


# ---- the list -----------------------------------------------------------------------------------------------------------------------


def test_a_list_names_every_file_with_its_digest() -> None:
    files = _files(LISTED)

    said = files.pop("清单.txt").decode("gb18030")
    assert "".join(f"{hashlib.new('sm3', content).hexdigest()}  {name}\n" for name, content in files.items()) == said


def test_a_list_has_its_head_its_count_and_its_end() -> None:
    files = _files(SIZED)
    lines = files[f"OK_{FACTS.seq:04d}.txt"].decode().split("\r\n")

    sizes = [f"{name}|{len(content)}" for name, content in files.items() if not name.startswith("OK")]
    assert ["BEGIN", "20", "002", *sizes, "END", ""] == lines


@pytest.mark.parametrize("profile", [LISTED, SIZED])
@pytest.mark.parametrize("turned", [False, True])
def test_what_is_listed_is_read_wherever_the_list_stands(profile: Profile, turned: bool) -> None:
    files = list(_files(profile, 3).items())

    assert ["0", "1", "2"] == _accounts(_read(profile, dict(files[::-1] if turned else files)))


def _changed(profile: Profile, damage: str) -> dict[str, bytes]:
    files = _files(profile, 3)
    name = next(name for name in files if "清单" in name or "OK" in name)
    lines = files[name].splitlines(keepends=True)
    of_file = next(place for place, line in enumerate(lines) if b"_ZH" in line)
    by_damage = {
        "line lost": lines[:of_file] + lines[of_file + 1 :],
        "line doubled": [*lines[:of_file], lines[of_file], *lines[of_file:]],
        "file not there": [line.replace(b"_ZH", b"_XX") for line in lines],
        "no list": [],
        "half a line": [*lines[:-1], lines[-1][:2]],
    }
    if damage == "file changed":
        detail = next(name for name in files if "_ZH" in name)
        files[detail] = files[detail].replace(b"|2|101|2|", b"|2|102|2|")
        return files if profile is LISTED else files | {detail: files[detail] + b"\n"}
    files[name] = b"".join(by_damage[damage])
    return files


@pytest.mark.parametrize("profile", [LISTED, SIZED])
@pytest.mark.parametrize("damage", ["line lost", "line doubled", "file not there", "file changed", "no list", "half a line"])
def test_b14_a_package_that_is_not_as_its_list_says_is_refused(profile: Profile, damage: str) -> None:
    assert _code(profile, _changed(profile, damage)) in ("index-differs", "bad-index")


def test_b14_a_package_without_its_list_is_refused() -> None:
    files = _files(LISTED)
    del files["清单.txt"]

    assert "missing-file" == _code(LISTED, files)


def test_b2_a_list_without_end_is_refused() -> None:
    endless = "".join(f"{hashlib.sha256(str(number).encode()).hexdigest()}\n" for number in range(9999)).encode()

    assert "bad-index" == _code(LISTED, _files(LISTED) | {"清单.txt": endless})


def test_a_list_in_another_encoding_is_refused() -> None:
    assert "wrong-encoding" == _code(LISTED, _files(LISTED) | {"清单.txt": b"\xff\xff\xff"})


def test_challenge_e8_a_fund_index_is_a_list_of_this_kind(samples: Path) -> None:
    content = (samples / "samples/cn-ofd-fund/OFI_JH_GJS_header.TXT").read_bytes().replace(b"#{applyDate}", b"20260105")
    listed = [line for line in content.decode().split() if line.startswith("OFD_")]
    words = (
        '{name: "OFI_*.TXT", head: [OFDCFIDX, "20", JH, GJS, "{date:yyyyMMdd}", "{count:3}"], each: "{file}", tail: [OFDCFEND]}'
    )
    parts = "      name: OFD_JH_GJS_{date:yyyyMMdd}_{part:2}.TXT\n      times: any\n"
    profile = _profile(_index(words), (DETAIL, parts), ("FK_{bank}_{seq:4}_JG.txt", "JG.txt"))

    with pytest.raises(UnreadableFile) as refused:
        list(_read(profile, {"OFI_JH_GJS_20260105.TXT": content, "JG.txt": _files(_profile())[f"FK_{BANK}_0001_JG.txt"]}))

    told = refused.value.render("en")
    assert len(listed) == told.count("is listed and not in the package") == 4
    assert "1 files of the package are not listed" in told


# ---- what is not ours to read -------------------------------------------------------------------------------------------------------

SCANNED = _profile(
    (PACKAGE, 'package: {name: "FK_{bank}_{seq:4}.zip", steps: [{kind: zip}], ignore: ["QI*.pdf", "QC{bank:17>0}*"]}')
)


def test_challenge_e7_scans_beside_the_data_are_counted_and_not_read() -> None:
    scan = b"%PDF-1.7 of nobody"
    reading = _read(SCANNED, _files(SCANNED) | {f"QI{PERSON}.pdf": scan, "QC00000902307450222.jpg": b""})

    assert ["0"] == _accounts(reading)
    assert [(len(scan), hashlib.sha256(scan).hexdigest()), (0, hashlib.sha256().hexdigest())] == [
        (each.size, each.digest) for each in reading.ignored
    ]


@pytest.mark.parametrize("name", ["QI.pdf.exe", "readme.txt", f"{PERSON}.pdf"])
def test_a_file_nobody_expects_beside_scans_is_refused(name: str) -> None:
    assert "unexpected-file" == _code(SCANNED, _files(SCANNED) | {name: b""})


def test_one_file_of_a_zip_must_have_its_name() -> None:
    files = _files(SCANNED)

    assert "unexpected-file" == _code(SCANNED, {"other.txt": files.popitem()[1], **files})


def test_names_are_read_in_either_case() -> None:
    assert ["0"] == _accounts(
        _read(_profile(), {name.upper().replace("TXT", "Txt"): content for name, content in _files(_profile()).items()})
    )


def test_a_file_named_after_another_bank_or_batch_refuses_the_package() -> None:
    assert "facts-differ" == _code(
        _profile(), {name.replace(BANK, "1" * 12): content for name, content in _files(_profile()).items()}
    )


# ---- layouts ------------------------------------------------------------------------------------------------------------------------

_ACCOUNT = DETAIL + LINED.partition(DETAIL)[2].partition("\nmaps:")[0]
_OTHER = _ACCOUNT.replace(
    "            序号: line_ref\n            账号:",
    "            版本: {const: V2}\n            序号: line_ref\n            账号:",
)
TWO = _profile((_ACCOUNT, f"{_ACCOUNT}    detail_2:\n{_OTHER}"))


def _titled(*titles: str) -> str:
    columns = {"账号": "account_no", "卡号": "account_no", "余额": "balance", "可用": "available"}
    fields = "".join(f"            {title}: {columns[title]}\n" for title in titles)
    return (
        f'{DETAIL}      format: delimited\n      separator: "|"\n      title_row: 1\n      records:\n        account:\n          gives: holding\n'
        f"          always: {{currency: CNY, product: fund}}\n          fields:\n            序号: line_ref\n{fields}"
    )


TITLED = _profile((_ACCOUNT, f"{_titled('账号', '余额')}    detail_2:\n{_titled('卡号', '余额', '可用')}"))


@pytest.mark.parametrize(
    ("profile", "content", "accounts"),
    [
        (TWO, "000001|7|101|5|\n1|5\n", ["7"]),
        (TWO, "V2|000001|8|101|5|\n1|5\n", ["8"]),
        (TITLED, "序号|账号|余额\n000001|7|5\n", ["7"]),
        (TITLED, "序号|卡号|余额|可用\n000001|8|5|5\n", ["8"]),
    ],
)
def test_challenge_r10_the_layout_whose_beginning_fits_is_taken(profile: Profile, content: str, accounts: list[str]) -> None:
    result = _files(_profile())[f"FK_{BANK}_0001_JG.txt"]

    files = {f"FK_{BANK}_0001_JG.txt": result, f"FK_{BANK}_0001_ZH.txt": content.encode("gb18030")}
    assert accounts == _accounts(_read(profile, files))


@pytest.mark.parametrize("profile", [TWO, TITLED])
@pytest.mark.parametrize("content", ["V3|000001|8|101|5|x|y\n1|5\n", "", "序号|账\xff\n"])
def test_challenge_r10_a_file_of_no_layout_is_never_guessed(profile: Profile, content: str) -> None:
    result = _files(_profile())[f"FK_{BANK}_0001_JG.txt"]

    assert "layout-unclear" == _code(
        profile, {f"FK_{BANK}_0001_JG.txt": result, f"FK_{BANK}_0001_ZH.txt": content.encode("latin-1", "replace")}
    )


def test_of_two_layouts_the_first_is_written() -> None:
    assert 1 == sum("_ZH" in name for name in _files(TWO))


EDITIONED = _profile(
    (PACKAGE, PACKAGE + '\n  layout: {from: header.版本, picks: {"1.0": 2026.1, "2.0": 2026.2}}'),
    ("same_as: inquiry.batch_no}\n", "same_as: inquiry.batch_no}\n            版本: skip\n"),
)


@pytest.mark.parametrize(
    ("version", "code"), [("1.0", None), ("2.0", "other-edition"), ("3.0", "layout-unclear"), ("", "layout-unclear")]
)
def test_challenge_r10_the_edition_a_file_says_it_is_of_reads_it(version: str, code: str | None) -> None:
    files = _files(EDITIONED)
    name = next(name for name in files if "JG" in name)
    first, _, rest = files[name].partition(b"\n")
    changed = files | {name: first + version.encode() + b"\n" + rest}

    if code is None:
        assert ["0"] == _accounts(_read(EDITIONED, changed))
        return
    with pytest.raises(UnreadableFile) as refused:
        _accounts(_read(EDITIONED, changed))
    assert code == refused.value.problems[0].code
    assert ("2026.2" if version == "2.0" else None) == getattr(refused.value, "version", None)


# ---- once per file ------------------------------------------------------------------------------------------------------------------

ONCE = _profile(
    ("inquiry:\n", "inquiry:\n  one_per_file: [as_of, scope]\n"),
    (
        "            总笔数: {equals: {count: person}}\n",
        "            总笔数: {equals: {count: person}}\n            基准日: as_of\n            范围: {to: scope, map: scope, list: 、}\n",
    ),
    ('            范围: {to: scope, map: scope, list: ","}\n', ""),
)  # fmt: skip


def _asked(*scopes: str) -> dict[str, list[pa.Table]]:
    row = {"name": "某", "id_type": "passport", "id_no": "E1", "as_of": FACTS.day}
    return {"inquiry": [pa.Table.from_pylist([row | {"scope": scope} for scope in scopes], schema=RECORDS["inquiry"])]}


def test_what_a_file_says_once_stands_in_every_row_when_it_is_read() -> None:
    written = write_package(ONCE, "inquiry", FACTS, _asked("deposit,wealth", "deposit,wealth"))
    content = b"".join(written.blocks)

    rows = [row for piece in read_package(ONCE, "inquiry", written.name, [content]) for row in piece.table.to_pylist()]

    assert [(FACTS.day, "deposit,wealth")] * 2 == [(row["as_of"], row["scope"]) for row in rows]


def test_rows_that_differ_in_what_is_said_once_are_not_written() -> None:
    with pytest.raises(UnwritableRoster) as refused:
        list(write_files(ONCE, "inquiry", FACTS, _asked("deposit", "wealth")))

    assert ["one-per-file"] == [problem.code for problem in refused.value.problems]


def test_files_that_come_singly_are_not_held_against_their_package() -> None:
    files = [(name, [content]) for name, content in _files(LISTED).items() if "ZH" in name]

    assert ["0"] == _accounts(read_files(LISTED, "response", files))


def test_a_number_too_large_for_its_name_is_never_cut() -> None:
    with pytest.raises(UnwritableRoster):
        write_package(_profile(), "inquiry", replace(FACTS, seq=10_000), _asked("deposit"))
