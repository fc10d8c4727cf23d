"""The faults of texts that the test plan names (C20–C22): what nobody sees, what looks like a formula, what is longer than it seems."""

import io
import zipfile
from datetime import date

import pyarrow as pa
import pytest

from bank_profiles.catalogue import BANKS as FOLDER
from bank_profiles.catalogue import load_profile
from bank_profiles.encodings import size
from bank_profiles.errors import UnreadableFile, UnwritableRoster
from bank_profiles.translation import read_package, write_package
from reconciliation.exchange import RECORDS
from tests.bank_profiles.answers import changed, good, read
from tests.bank_profiles.generated import BATCH, FACTS
from tests.specimens import FULL

# ---- C20 ----------------------------------------------------------------------------------------------------------------------------
UNSEEN = ["\u200b", "\u200d", "\u200e", "\u202e", "\u2066", "\u2060", "\u00ad", "\ufeff"]


@pytest.mark.parametrize("unseen", UNSEEN, ids=ascii)
@pytest.mark.parametrize(
    ("bank", "old"),
    [
        ("gyzb/reply", "0200001"),
        ("xsyh/reply", "0300001"),
        ("dsnx/book", "0017000010009999999"),
        ("hxcb/detail", "|示例甲||621700"),
    ],
)
def test_fault_c20_b13_what_nobody_sees_in_a_number_or_name_sets_its_row_aside(bank: str, old: str, unseen: str) -> None:
    came = read(bank, changed(bank, old, f"{old[:3]}{unseen}{old[3:]}"))

    assert came.parked
    assert {"invisible-character", "control-character"} >= {code for code, _ in came.parked}
    assert len(read(bank, good(bank)).rows["holding"]) - 1 == len(came.rows.get("holding", []))


@pytest.mark.parametrize(
    ("bank", "old", "wide"),
    [
        ("gyzb/reply", "0200001", "０２00００１"),
        ("xsyh/reply", "0300001", "０３00００１"),
        ("dsnx/book", "0017000010009999999", "００１7000010009999999"),
        ("hxcb/detail", "6217000010001234567||101", "６２１7000010001234567||101"),
    ],
)
def test_fault_c20_b13_digits_in_full_width_are_the_same_account(bank: str, old: str, wide: str) -> None:
    assert read(bank, good(bank)) == read(bank, changed(bank, old, wide))


@pytest.mark.parametrize("unseen", ["\u200b", "\u202e"], ids=ascii)
def test_fault_c20_a_remark_is_kept_as_it_is(unseen: str) -> None:
    assert [f"活期{unseen}储蓄", "示例基金"] == read(
        "hxcb/detail", changed("hxcb/detail", "活期储蓄", f"活期{unseen}储蓄")
    ).column("holding", "product_name")


# ---- C21 ----------------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("text", ["=1+1", "=cmd|'/C calc'!A0", "+1", "-1", "@SUM(A1)", '=HYPERLINK("http://192.0.2.1")'])
def test_fault_c21_b10_a_text_that_looks_like_a_formula_is_a_text(text: str) -> None:
    spelt = text.replace("|", "/")
    of_lines = read("hxcb/detail", changed("hxcb/detail", "活期储蓄", spelt))
    of_book = read("dsnx/book", changed("dsnx/book", "0017000010009999999", text))

    assert spelt == of_lines.column("holding", "product_name")[0]
    assert text == of_book.column("holding", "account_no")[0]


@pytest.mark.parametrize("text", ["\t=1+1", "\r=1+1"])
def test_fault_c21_a_tab_or_a_return_before_it_changes_nothing_or_is_set_aside(text: str) -> None:
    came = read("hxcb/detail", changed("hxcb/detail", "活期储蓄", text))

    assert "=1+1" in came.column("holding", "product_name") or [("control-character", "000001")] == came.parked


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)"])
def test_fault_c21_b10_what_we_write_into_a_book_is_typed_as_text(text: str) -> None:
    profile = load_profile(FOLDER / "dsnx" / "2026.1.yaml")
    asked = _asked("示例甲") | {"authorization_no": text}
    written = write_package(profile, "inquiry", FACTS, {"inquiry": [pa.Table.from_pylist([asked], schema=RECORDS["inquiry"])]})
    package = b"".join(written.blocks)
    rows = [row for part in read_package(profile, "inquiry", written.name, [package]) for row in part.table.to_pylist()]

    assert [text] == [row["authorization_no"] for row in rows]
    assert b"<f>" not in b"".join(_inside(package))


def _inside(package: bytes) -> list[bytes]:
    """Every file within the books of a package."""
    found: list[bytes] = []
    with zipfile.ZipFile(io.BytesIO(package)) as outer:
        for name in outer.namelist():
            with zipfile.ZipFile(io.BytesIO(outer.read(name))) as book:
                found += [book.read(each) for each in book.namelist()]
    return found


# ---- C22 ----------------------------------------------------------------------------------------------------------------------------
def _asked(name: str) -> dict[str, object]:
    return {
        "line_ref": "", "name": name, "id_type": "resident_id", "id_no": "990101199001010018", "as_of": date(2026, 1, 4),
        "window_from": date(2025, 7, 5), "window_to": date(2026, 1, 4), "scope": "deposit", "authorization_no": "SQ1", "purpose": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("bank", "encoding", "fits", "most"),
    [
        ("hxcb", "gb18030", "长" * 50, 100),
        ("gdyz", "gb18030", "长" * 50, 100),
        ("gdyz", "gb18030", "𠮷" * 25, 100),  # four bytes each
        ("gyzb", "utf-8", "长" * 46, 140),
        ("zjhb", "cp1388", "长" * 29, 60),  # two bytes each, and the two that shift
    ],
)
def test_fault_c22_rule_019_a_name_is_measured_in_bytes_and_never_cut(bank: str, encoding: str, fits: str, most: int) -> None:
    profile = load_profile(next((FOLDER / bank).glob("*.yaml")))

    def written(name: str) -> bytes:
        rows = pa.Table.from_pylist([_asked(name)], schema=RECORDS["inquiry"])
        package = write_package(profile, "inquiry", FACTS, {"inquiry": [rows]})
        data = b"".join(package.blocks)
        back = [row for part in read_package(profile, "inquiry", package.name, [data]) for row in part.table.to_pylist()]
        assert [name] == [row["name"] for row in back]
        return data

    assert written(fits)
    too_long = fits + fits[:1]
    assert size(fits, encoding) <= most < size(too_long, encoding)
    assert len(too_long) < most  # in characters it would fit
    with pytest.raises(UnwritableRoster) as caught:
        written(too_long)
    assert ["too-long"] == [problem.code for problem in caught.value.problems]
    assert fits[:3] not in str(caught.value)


def test_fault_c22_a_name_that_grew_by_two_bytes_refuses_fixed_lines() -> None:
    rows = {kind: [pa.Table.from_pylist(FULL[kind], schema=RECORDS[kind])] for kind in ("outcome", "holding", "movement")}
    profile = load_profile(FOLDER / "gdyz" / "2026.1.yaml")
    written = write_package(profile, "response", FACTS, rows)
    data = b"".join(written.blocks)
    longer = data.replace("示例甲".encode("gb18030").ljust(100), ("长" * 51).encode("gb18030"))

    assert len(data) + 2 == len(longer)  # every column behind the name would be another
    with pytest.raises(UnreadableFile) as caught:
        list(read_package(profile, "response", written.name, [longer], expected=BATCH))
    assert "record-length" in [problem.code for problem in caught.value.problems]
