"""Mainframe files of others: our rows are those of their own expected output, and their figures are told by bytes alone."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bank_profiles.catalogue import load_profile
from bank_profiles.engine.reading import FileReading
from bank_profiles.errors import DataPlace, UnreadableFile
from bank_profiles.layouts.making import layout
from tests.bank_profiles.samples_ebcdic import SAMPLES

PROFILES = Path(__file__).parent / "samples" / "ebcdic-cobol"
DATA = "samples/ebcdic-cobol/data"


def holdings(samples: Path, name: str) -> list[dict[str, Any]]:
    file = samples / "samples" / next(sample.file for sample in SAMPLES if sample.profile.endswith(f"/{name}"))
    reading = FileReading(layout(load_profile(PROFILES / f"{name}.yaml"), "response", "reply"), file.name)
    return [row for piece in reading.rows([file.read_bytes()]) if piece.kind == "holding" for row in piece.table.to_pylist()]


def expected(samples: Path, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (samples / DATA / name).read_text().splitlines()]


def cents(value: float) -> int:
    return round(value * 100)


def test_text_and_binary_amounts_are_those_expected(samples: Path) -> None:
    rows = expected(samples, "test3_expected/test3.txt")
    ours = holdings(samples, "test3")[: len(rows)]

    assert [
        (row["CURRENCY"].replace("CYN", "CNY"), row["COMPANY_NAME"], row["COMPANY_ID"], cents(row["AMOUNT"])) for row in rows
    ] == [(row["currency"], row["holder_name"], row["account_no"], row["balance_minor"]) for row in ours]


def test_zoned_and_shown_amounts_are_those_expected(samples: Path) -> None:
    rows = expected(samples, "test19_display_num_expected/test19.txt")[:5]  # the other two hold blanks and letters

    assert [
        (row["WS_ACCT_ALPHA"], cents(row["WS_AMOUNT_FRACTION"]), cents(row["WS_AMOUNT_FRACTION2"]), row["WS_NAME_ALPHABET"])
        for row in rows
    ] == [
        (row["account_no"], row["balance_minor"], row["available_minor"], row["holder_name"])
        for row in holdings(samples, "test19")
    ]


def test_repeated_groups_counted_by_a_packed_number_are_those_expected(samples: Path) -> None:
    companies = expected(samples, "test1_expected/test1.txt")

    assert [
        (f"{company['ID']:06}", account["ACCOUNT_NUMBER"], account["ACCOUNT_TYPE_N"])
        for company in companies
        for account in company["METADATA"]["ACCOUNT"]["ACCOUNT_DETAIL"]
    ] == [(row["line_ref"], row["account_no"], row["balance_minor"]) for row in holdings(samples, "test1")]


def test_records_behind_their_length_are_those_expected(samples: Path) -> None:
    rows = [row for row in expected(samples, "test4_expected/test4.txt") if row["SEGMENT_ID"] == "C"]
    told = [
        (row["COMPANY_ID"], row["STATIC_DETAILS"]["COMPANY_NAME"], _tax_number(row["STATIC_DETAILS"]["TAXPAYER"])) for row in rows
    ]
    ours = {(row["account_no"], row["holder_name"], row["balance_minor"]) for row in holdings(samples, "test4")}

    assert [] == [row for row in told if row not in ours]


def _tax_number(taxpayer: dict[str, Any]) -> int:
    return int(taxpayer["TAXPAYER_STR"] if taxpayer["TAXPAYER_TYPE"] == "A" else taxpayer["TAXPAYER_NUM"])


def test_segments_of_one_length_are_those_expected(samples: Path) -> None:
    text = (samples / DATA / "test16_expected/test16.txt").read_text()
    rows = list(_objects(text))

    assert [(row["COMPANY"]["COMPANY_NAME"], int(row["COMPANY"]["TAXPAYER"])) for row in rows if "COMPANY" in row] == [
        (row["holder_name"], row["balance_minor"]) for row in holdings(samples, "test16")
    ]


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """One JSON object behind the other, or an array of them."""
    decoder, at = json.JSONDecoder(), 0
    text = text.strip().removeprefix("[").removesuffix("]")
    while at < len(text):
        found, at = decoder.raw_decode(text, at)
        yield found
        while at < len(text) and text[at] in ", \n\r\t":
            at += 1


# Where each number stands in a record of test24, and how its copybook keeps it: read here by the digits of its bytes in hex.
_PLACES = {"balance_minor": (1335, 6, "packed"), "available_minor": (519, 18, "zoned"), "frozen_minor": (885, 8, "binary")}


@pytest.mark.parametrize("column", sorted(_PLACES))
def test_every_way_of_keeping_a_number_is_read(samples: Path, column: str) -> None:
    data = (samples / DATA / "test24_data/INTEGR.TYPES.NOV28.DATA.dat").read_bytes()
    at, width, kept = _PLACES[column]
    cells = [data[start + at - 1 : start + at - 1 + width] for start in range(0, len(data), 1493)]

    assert [_number(cell, kept) for cell in cells] == [row[column] for row in holdings(samples, "test24")]


def _number(cell: bytes, kept: str) -> int:
    if kept == "binary":
        return int.from_bytes(cell, "big", signed=True)
    digits, sign = (cell.hex()[:-1], cell.hex()[-1]) if kept == "packed" else (cell.hex()[1::2], cell.hex()[-2])
    return -int(digits) if sign == "d" else int(digits)


# ---- damaged on the way -------------------------------------------------------------------------------------------------------------


def refused(samples: Path, name: str, data: bytes) -> list[tuple[str, int | None]]:
    reading = FileReading(layout(load_profile(PROFILES / f"{name}.yaml"), "response", "reply"), "reply.dat")
    with pytest.raises(UnreadableFile) as bad:
        list(reading.rows([data]))
    return [(problem.code, getattr(problem.place, "line", None)) for problem in bad.value.problems]


def test_a_file_cut_off_is_refused_at_its_last_record(samples: Path) -> None:
    data = (samples / DATA / "test3_data/TRAN2.AUG31.DATA.dat").read_bytes()

    assert ("record-length", 1000) in refused(samples, "test3", data[:-7])


def test_a_file_sent_as_text_is_told_before_any_row(samples: Path) -> None:
    data = (samples / DATA / "test3_data/TRAN2.AUG31.DATA.dat").read_bytes()

    assert [("wrong-encoding", 1)] == refused(samples, "test3", data.decode("cp037").encode("latin-1"))


def test_a_packed_number_that_is_none_sets_its_row_aside(samples: Path) -> None:
    data = bytearray((samples / DATA / "test24_data/INTEGR.TYPES.NOV28.DATA.dat").read_bytes())
    data[1493 * 4 + 1339] = 0x40  # the sign of the fifth balance
    reading = FileReading(layout(load_profile(PROFILES / "test24.yaml"), "response", "reply"), "reply.dat")
    rows = sum(piece.table.num_rows for piece in reading.rows([bytes(data)]) if piece.kind == "holding")

    assert (99, {"not-packed": 1}) == (rows, dict(reading.parked))
    assert [5] == [problem.place.line for problem in reading.problems if isinstance(problem.place, DataPlace)]
