"""A package goes out under its right name and comes back whole, or is refused by name."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pyarrow as pa
import pytest

from bank_profiles.catalogue import BANKS, load_profile
from bank_profiles.errors import UnreadableFile
from bank_profiles.packing.steps import NamedFile, pack
from bank_profiles.translation import Reading, parcel_name, read_files, read_package, write_files, write_package
from reconciliation.exchange import RECORDS
from tests.bank_profiles.generated import BATCH, FACTS, PROFILES

HXCB, GDYZ = PROFILES["hxcb"], PROFILES["gdyz"]
ROWS = {
    "outcome": [{"line_ref": "000001", "outcome": "found", "declared_accounts": 1}],
    "holding": [{"line_ref": "000001", "account_no": "007", "product": "fund", "currency": "KWD", "balance_minor": -1234}],
    "movement": [{"line_ref": "000001", "account_no": "007", "booked_on": date(2026, 1, 2), "direction": "in", "currency": "KWD", "amount_minor": 5}],
}  # fmt: skip
ASKED = {
    "line_ref": "", "name": "𠮷", "id_type": "passport", "id_no": "E1", "as_of": date(2026, 1, 4), "window_from": date(2025, 7, 5),
    "window_to": date(2026, 1, 4), "scope": "deposit", "authorization_no": "SQ1", "purpose": "低保",
}  # fmt: skip


def _tables(**left_out: Any) -> dict[str, list[pa.Table]]:
    rows = {kind: of_kind for kind, of_kind in ROWS.items() if kind not in left_out}
    return {kind: [pa.Table.from_pylist(of_kind, schema=RECORDS[kind])] for kind, of_kind in rows.items()}


def _files(**changed: str) -> list[tuple[str, bytes]]:
    """The files of hxcb's answer by key (result, detail, flow), some under another name, some ("") left out."""
    keys = ("result", "detail", "flow")
    files = [(name, b"".join(blocks)) for name, blocks in write_files(HXCB, "response", FACTS, _tables())]
    return [(changed.get(key, name), data) for key, (name, data) in zip(keys, files, strict=True) if changed.get(key, name)]


def _packed(files: list[tuple[str, bytes]]) -> bytes:
    return b"".join(pack(HXCB.response.package, [NamedFile(name, [data]) for name, data in files]))


def _taken(reading: Reading) -> Mapping[str, int]:
    found = dict.fromkeys(ROWS, 0)
    for piece in reading:
        found[piece.kind] += piece.table.num_rows
    return found


def _code(reading: Reading) -> str:
    with pytest.raises(UnreadableFile) as refused:
        _taken(reading)
    return refused.value.problems[0].code


def test_a_package_is_named_by_bank_day_and_sequence_also_under_its_seal() -> None:
    written = write_package(HXCB, "inquiry", FACTS, {"inquiry": []})

    assert "CX_902307450222_20260105_0001.zip" == written.name
    assert "CX_902307450222_20260105_0001.zip.p7m" == written.sealed_name == parcel_name(HXCB, "inquiry", FACTS)


@pytest.mark.parametrize("bank", PROFILES)
def test_an_answer_comes_back_under_its_name_on_the_wire(bank: str) -> None:
    written = write_package(PROFILES[bank], "response", FACTS, _tables())
    reading = read_package(PROFILES[bank], "response", written.sealed_name, [b"".join(written.blocks)], expected=BATCH)

    assert {"outcome": 1, "holding": 1, "movement": 1} == _taken(reading)
    assert (FACTS.batch_no, FACTS.bank, FACTS.day, 1) == tuple(reading.facts[fact] for fact in ("batch_no", "bank", "day", "seq"))
    assert [] == reading.warnings == reading.problems


def test_a_file_that_need_not_be_there_is_left_out_when_it_has_no_rows() -> None:
    written = write_package(HXCB, "response", FACTS, _tables(movement=True))

    assert {"outcome": 1, "holding": 1, "movement": 0} == _taken(read_package(HXCB, "response", written.name, written.blocks))


def test_a_package_without_a_file_it_must_have_is_refused() -> None:
    name = write_package(HXCB, "response", FACTS, {}).name

    assert "missing-file" == _code(read_package(HXCB, "response", name, [_packed(_files(detail=""))]))
    assert {"outcome": 1, "holding": 0, "movement": 1} == _taken(
        read_files(HXCB, "response", [(n, [d]) for n, d in _files(detail="")])
    )


def test_a_file_nobody_expects_is_refused() -> None:
    name = write_package(HXCB, "response", FACTS, {}).name

    assert "unexpected-file" == _code(read_package(HXCB, "response", name, [_packed(_files(flow="readme.txt"))]))


def test_a_question_read_as_an_answer_is_told_the_other_side() -> None:
    said = {"readme.txt": False, "CX_902307450222_20260105_0001.txt": True}
    for name, hinted in said.items():
        with pytest.raises(UnreadableFile) as refused:
            _taken(read_files(HXCB, "response", [(name, [b""])]))
        assert hinted is ("--side inquiry" in refused.value.render("en"))


PERSON = "王小明11010119900307771X"


@pytest.mark.parametrize("member", [f"{PERSON}.txt", f"FK_902307450222_20260105_0001_{PERSON}.txt", f"{PERSON}/x.txt"])
@pytest.mark.parametrize("package", ["FK_902307450222_20260105_0001.zip", f"{PERSON}.zip"])
def test_d3_a_person_in_a_file_name_is_not_repeated_by_the_refusal(member: str, package: str) -> None:
    with pytest.raises(UnreadableFile) as refused:
        _taken(read_package(HXCB, "response", f"{package}.p7m", [_packed(_files(flow=member))]))

    told = refused.value.render("zh") + refused.value.render("en") + repr(refused.value.problems)
    assert [] == [part for part in ("王小明", "110101", "7771X") if part in told]
    assert PERSON in package or package in told  # a name of the bank's rule tells nobody's, and helps who must look


@pytest.mark.parametrize("broken", [b"", b"PK", b"no zip at all"])
def test_d3_a_person_in_the_name_of_a_broken_package_is_not_repeated(broken: bytes) -> None:
    with pytest.raises(UnreadableFile) as refused:
        _taken(read_package(HXCB, "response", f"{PERSON}.zip", [broken]))

    assert "王小明" not in refused.value.render("zh") + refused.value.render("en")


def test_d3_a_person_in_the_name_of_the_only_file_is_not_repeated_by_its_rows() -> None:
    files = [(f"{PERSON}.txt", b"garbled")]
    package = b"".join(pack(GDYZ.response.package, [NamedFile(name, [data]) for name, data in files]))
    with pytest.raises(UnreadableFile) as refused:
        _taken(read_package(GDYZ, "response", f"{PERSON}.zip", [package]))

    assert "王小明" not in refused.value.render("zh") + refused.value.render("en")


def test_an_analyst_s_own_files_are_called_by_their_names() -> None:
    with pytest.raises(UnreadableFile) as refused:
        _taken(read_files(HXCB, "response", [("readme.txt", [b""])]))

    assert "readme.txt" in refused.value.render("en")


def test_two_files_of_one_kind_are_refused() -> None:
    name = write_package(HXCB, "response", FACTS, {}).name
    again = [*_files(), ("FK_902307450222_20260105_0002_ZH.txt", dict(_files())["FK_902307450222_20260105_0001_ZH.txt"])]

    assert "unexpected-file" == _code(read_package(HXCB, "response", name, [_packed(again)]))


def test_files_of_two_batches_in_one_package_are_refused() -> None:
    name = write_package(HXCB, "response", FACTS, {}).name
    files = [(n, data.replace(b"202601050000001", b"202601050000002") if n.endswith("MX.txt") else data) for n, data in _files()]

    for reading in (
        read_package(HXCB, "response", name, [_packed(files)]),
        read_files(HXCB, "response", [(n, [d]) for n, d in files]),
    ):
        with pytest.raises(UnreadableFile) as refused:
            _taken(reading)
        (problem,) = refused.value.problems
        assert ("facts-differ", True) == (problem.code, problem.rule is not None)
        assert ("the same batch_no everywhere", "各处的 batch_no 相同") == problem.expected


def test_a_file_of_an_answer_that_was_not_given_is_said() -> None:
    reading = read_files(HXCB, "response", [(n, [d]) for n, d in _files(detail="")])
    _taken(reading)

    (warning,) = reading.warnings
    assert ("missing-file", "warning", True) == (warning.code, warning.severity, warning.rule is not None)
    assert "FK_{bank}_{date:yyyyMMdd}_{seq:4}_ZH.txt: warning missing-file\n  this file was not given" in warning.en
    assert "警告 missing-file\n  未提供此文件" in warning.zh


@pytest.mark.parametrize("name", ["FK.zip", f"{PERSON}.zip"])
def test_d3_a_package_of_another_name_is_read_and_that_is_said(name: str) -> None:
    reading = read_package(HXCB, "response", name, [_packed(_files())])
    _taken(reading)

    (warning,) = reading.warnings
    assert ("wrong-name", "warning", True) == (warning.code, warning.severity, warning.rule is not None)
    assert "expected: FK_{bank}_{date:yyyyMMdd}_{seq:4}.zip" in warning.en
    assert "应为：FK_{bank}_{date:yyyyMMdd}_{seq:4}.zip" in warning.zh
    assert name not in warning.en + warning.zh


def test_rows_of_a_refused_package_may_come_first_but_the_refusal_always_comes() -> None:
    files = _files()
    files[-1] = (files[-1][0], files[-1][1].replace(b"T|1|5", b"T|1|6"))
    reading = read_package(HXCB, "response", "FK_902307450222_20260105_0001.zip", [_packed(files)])

    assert "total-differs" == _code(reading)
    assert FACTS.batch_no == reading.facts["batch_no"]


@pytest.mark.parametrize("bank", PROFILES)
def test_lines_are_numbered_by_position_across_tables(bank: str) -> None:
    asked = pa.Table.from_pylist([ASKED, ASKED], schema=RECORDS["inquiry"])
    written = write_package(PROFILES[bank], "inquiry", FACTS, {"inquiry": [asked, asked]})
    pieces = list(read_package(PROFILES[bank], "inquiry", written.name, written.blocks))

    assert ["000001", "000002", "000003", "000004"] == [ref for piece in pieces for ref in piece.table["line_ref"].to_pylist()]


def test_the_batch_stands_before_the_position_where_nothing_else_carries_it() -> None:
    profile = load_profile(BANKS / "hxcb" / "2026.1.yaml")
    ask = profile.inquiry.files["ask"]
    header = ask.records["header"].model_copy(update={"fields": {"记录类型": ask.records["header"].fields["记录类型"]}})
    bare = ask.model_copy(update={"records": ask.records | {"header": header}})
    profile = profile.model_copy(update={"inquiry": profile.inquiry.model_copy(update={"files": {"ask": bare}})})
    (file,) = write_files(profile, "inquiry", FACTS, {"inquiry": [pa.Table.from_pylist([ASKED], schema=RECORDS["inquiry"])]})

    assert b"D|202601050000001000001|" in b"".join(file.blocks)
