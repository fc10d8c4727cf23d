"""Whose answer is it, and to what? What proves it is never silently absent, and two places that differ are both named."""

from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pytest

from bank_profiles.catalogue import load_profile
from bank_profiles.checks.names import check_name
from bank_profiles.checks.notes import Notes
from bank_profiles.errors import UnreadableFile
from bank_profiles.packing.steps import NamedFile, pack
from bank_profiles.translation import read_package, write_package
from reconciliation.exchange import RECORDS
from reconciliation.line_refs import positions
from reconciliation.matching import match
from tests.bank_profiles.answers import BANKS, changed, read, refused
from tests.bank_profiles.generated import BATCH, FACTS


# ---- the number that must come back ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("bank", "data"),
    [
        ("hxcb/result", changed("hxcb/result", "H|202601050000001", "H|")),
        ("gdyz/reply", changed("gdyz/reply", "202601050000001".ljust(30), " " * 30)),
        ("gyzb/reply", changed("gyzb/reply", "<OrgnlMsgId>M1</OrgnlMsgId>", "<OrgnlMsgId/>")),
        ("gyzb/reply", changed("gyzb/reply", "<OrgnlMsgId>M1</OrgnlMsgId>", "")),
        ("xsyh/reply", changed("xsyh/reply", '"orgMsgId": "M1"', '"orgMsgId": ""')),
        ("xsyh/reply", changed("xsyh/reply", '"orgMsgId": "M1", ', "")),
        ("dsnx/book", changed("dsnx/book", "202601050000001", "")),
        ("zjhb/reply", changed("zjhb/reply", "H202601050000001", "H" + " " * 15)),
    ],
    ids=lambda given: given if isinstance(given, str) else "",
)
def test_a_batch_number_that_is_not_given_refuses_the_answer(bank: str, data: bytes) -> None:
    assert "missing-value" in refused(bank, data)


def test_a_header_that_proves_the_batch_is_never_left_out() -> None:
    profile = load_profile(BANKS["gyzb/reply"].path)
    record = profile.response.files["reply"].records["result"]
    assert any(rule.same_as for rule in record.fields.values())

    assert refused("gyzb/reply", changed("gyzb/reply", "<Hdr>", "<Old>").replace(b"</Hdr>", b"</Old>"))


# ---- two places that differ -----------------------------------------------------------------------------------------------------------
def _read_as(bank: str, name: str, data: bytes) -> str:
    profile = BANKS[bank].profile()
    with pytest.raises(UnreadableFile) as caught:
        list(read_package(profile, "response", name, pack(profile.response.package, [NamedFile(name, [data])])))
    (problem,) = caught.value.problems
    assert ("facts-differ", True) == (problem.code, problem.rule is not None and problem.rule.line > 1)
    assert problem.what.zh != problem.what.en
    return problem.what.en


def test_a_header_and_a_name_that_differ_are_both_named() -> None:
    data = changed("gdyz/reply", FACTS.bank, "980329680080")

    assert f"says bank 980329680080, the name of the package {FACTS.bank}" in _read_as(
        "gdyz/reply", f"RSP{FACTS.bank}20260105000001.dat", data
    )


def test_what_a_shifted_line_puts_there_is_not_repeated() -> None:
    data = changed("gdyz/reply", FACTS.bank, "示例甲".ljust(9))

    assert "示例甲" not in _read_as("gdyz/reply", f"RSP{FACTS.bank}20260105000001.dat", data)


# ---- names with a batch number --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("pattern", "code"),
    [
        ("R{batch}.dat", None), ("R{batch:15}.dat", None), ("R{batch:20>0}.dat", None), ("R{batch:20<_}.dat", None),
        ("R{batch:12}.dat", "batch-width"), ("R{batch:16}.dat", "batch-width"), ("R{batch:14>0}.dat", "batch-width"),
        ("R{batch:20<0}.dat", "batch-width"),
    ],
)  # fmt: skip
def test_a_name_has_room_for_our_batch_numbers(pattern: str, code: str | None) -> None:
    notes = Notes(_Nowhere())  # type: ignore[arg-type]
    check_name(("name",), pattern, ("batch",), None, notes)

    assert ([code] if code else []) == [problem.code for problem in notes.problems]


class _Nowhere:
    """A profile whose places do not matter."""

    values: Mapping[str, str] = {}

    def value(self, *_: object) -> None: ...

    key = value


def test_a_filled_name_and_a_filled_header_say_the_same_number(tmp_path: Path) -> None:
    text = BANKS["gdyz/reply"].path.read_text("utf-8")
    text = text[: text.index("examples:")]
    for old, new in [
        ("same_as: inquiry.batch_no}", 'same_as: inquiry.batch_no, pad: "0"}'),
        ("RSP{bank:12}{date:yyyyMMdd}{seq:6}.dat", "RSP{bank:12}{batch:30>0}.dat"),
    ]:
        assert old in text
        text = text.replace(old, new)
    (tmp_path / "p.yaml").write_text(text, "utf-8")
    profile = load_profile(tmp_path / "p.yaml")
    written = write_package(profile, "response", FACTS, {})
    blocks = list(written.blocks)
    reading = read_package(profile, "response", written.name, blocks, expected=BATCH)

    assert [] == list(reading)
    assert "0" * 15 + FACTS.batch_no in written.name
    assert ("0" * 15 + FACTS.batch_no).encode() in b"".join(blocks)
    assert FACTS.batch_no == reading.facts["batch_no"]


# ---- one line, two answers ------------------------------------------------------------------------------------------------------------
def test_a_line_answered_twice_with_two_outcomes_is_partial_and_that_is_found() -> None:
    came = read("hxcb/result", changed("hxcb/result", "D|000002|01", "D|000001|01"))
    outcomes = pa.Table.from_pylist(came.rows["outcome"], schema=RECORDS["outcome"])
    matched, _ = match(2, FACTS.batch_no, outcomes, *(RECORDS[kind].empty_table() for kind in ("holding", "movement")))

    found = matched.findings.to_pylist()
    assert (0, "two-outcomes") in [(finding["position"], finding["code"]) for finding in found]
    assert {"partial": 1, "not_answered": 1} == {word: lines for word, lines in matched.counts().items() if lines}


def test_a_number_cell_and_a_text_are_the_same_line() -> None:
    assert [0, 0, 0] == positions(pa.array(["1", "000001", f"{FACTS.batch_no}000001"]), FACTS.batch_no, 2).tolist()
