"""The figures of samples_delimited.py once more, with nothing of ours: csv, str.split and Decimal."""

import csv
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from bank_profiles.catalogue import load_profile
from bank_profiles.codecs import codec_for
from bank_profiles.codecs.telling import fits
from bank_profiles.engine.reading import FileReading
from bank_profiles.errors import UnreadableFile
from bank_profiles.layouts.making import layout
from tests.bank_profiles.sample import Sample
from tests.bank_profiles.samples_delimited import BAI2, BANKS, FUND, OFD, RDF

HERE = Path(__file__).parent / "samples"
Cells = list[str]


def _plain(text: str) -> Decimal:
    digits = text.strip().replace(",", "").removeprefix("¥")
    return abs(Decimal(digits)) if digits else Decimal(0)


# Which rows are movements that a person need not look at, and where their amount stands.
AMOUNTS: dict[str, Callable[[Cells], str]] = {
    "alipay": lambda row: row[6] if row[5].strip() in ("收入", "支出") else "",
    "wechat": lambda row: row[5] if row[4] in ("收入", "支出") else "",
    "debit_v1": lambda row: row[8].strip() or row[9],
    "debit_v2": lambda row: row[9].strip() or row[10],
    "icbc/credit": lambda row: row[8].strip() or row[9],
    "boc/debit": lambda row: row[3],
    "boc/credit": lambda row: (row[4] or row[5]) if row[2] else "",
    "bocom": lambda row: row[5],
    "cmb/debit": lambda row: row[2],
    "cmb/credit": lambda row: row[3],
    "cgb": lambda row: row[5],
    "td": lambda row: row[2] or row[3],
}


def _amounts(sample: Sample, samples: Path) -> list[Decimal]:
    profile = sample.profile.rpartition("/")[2]
    amount = AMOUNTS.get(profile) or AMOUNTS.get(sample.key) or AMOUNTS[f"{profile}/{sample.key}"]
    file = samples / "samples" / sample.file
    text = file.read_text("gb18030" if profile == "alipay" else "utf-8-sig")
    rows = [row for row in csv.reader(text.splitlines()) if any(cell[:2].isdigit() for cell in row[:2])]
    return [_plain(cell) for row in rows if len(row) > 4 and (cell := amount(row)).strip()]


@pytest.mark.parametrize("sample", [each for each in BANKS if each.rows], ids=lambda sample: f"{sample.profile}:{sample.key}")
def test_movements_of_a_bank_are_those_that_csv_finds(sample: Sample, samples: Path) -> None:
    amounts = _amounts(sample, samples)

    assert sample.rows["movement"] == len(amounts)
    assert sample.sums["movement.amount_minor"] == sum(amounts) * 100


@pytest.mark.parametrize("sample", RDF, ids=lambda sample: f"{sample.profile}:{sample.file}")
def test_rows_of_a_settlement_file_are_those_that_split_finds(sample: Sample, samples: Path) -> None:
    lines = (samples / "samples" / sample.file).read_text("utf-8").splitlines()
    amounts = [Decimal(line.split("|")[6]) for line in lines if line.startswith("seq_")]

    assert (sample.rows["movement"], sample.sums["movement.amount_minor"]) == (len(amounts), sum(amounts) * 100)


@pytest.mark.parametrize("sample", FUND, ids=lambda sample: sample.file)
def test_rows_of_a_fund_file_are_those_that_slices_find(sample: Sample, samples: Path) -> None:
    lines = (samples / "samples" / sample.file).read_bytes().splitlines()
    rows = lines[14:-1]

    assert int(lines[13]) == len(rows) == sample.rows["holding"]
    assert sum(int(row[16:22]) for row in rows) == sample.sums["holding.balance_minor"]


@pytest.mark.parametrize("sample", OFD, ids=lambda sample: sample.file)
def test_a_header_of_fund_data_is_whole_once_its_rows_are_counted(sample: Sample, samples: Path) -> None:
    """The samples are templates that end behind the names of the columns, and are refused; their names are all known."""
    profile = load_profile(HERE / f"{sample.profile}.yaml")
    header = (samples / "samples" / sample.file).read_bytes().rstrip()
    whole = FileReading(layout(profile, "response", sample.key), "OFD.TXT")

    assert [] == list(whole.rows([header + b"\r\n00000000\r\nOFDCFEND\r\n"]))
    assert [] == whole.warnings
    lines = header.split(b"\n")
    other = b"\n".join([*lines[:12], b"NOSUCHCODE", *lines[13:]])
    with pytest.raises(UnreadableFile, match=r"OFD.TXT:13: error unknown-column"):
        list(FileReading(layout(profile, "response", sample.key), "OFD.TXT").rows([other]))


def test_cells_with_a_byte_order_mark_and_a_title_in_quotes_are_those_that_csv_finds(samples: Path) -> None:
    """Movements of tokens, which are no currency: only the cells are compared."""
    file = samples / "samples" / "cn-bank-exports/huobi/example-huobi-records.csv"
    profile = load_profile(HERE / "cn-bank-exports" / "huobi.yaml")
    codec = codec_for(layout(profile, "response", "flow"))
    items = [item for piece in codec.pieces([file.read_bytes()]) for item in codec.walk(piece)]
    expected = list(csv.reader(file.read_text("utf-8-sig").splitlines()))[1:]

    assert [row[:-1] for row in expected] == [list(item.cells) for item in items]
    assert ["bom"] == codec.oddities


def test_entries_and_summaries_of_a_cash_report_add_up_to_its_control_totals(samples: Path) -> None:
    """An account's control total is over all its amounts; the profile reads those of entries and of the groups behind an account."""
    lines = (samples / "samples" / BAI2[0].file).read_text("ascii").replace("/", "").splitlines()
    cells = [line.split(",") for line in lines]
    entries = sum(int(row[2]) for row in cells if row[0] == "16")
    others = sum(int(row[at]) for row in cells if row[0] == "88" for at in (2, 8))

    assert BAI2[0].sums["movement.amount_minor"] == entries
    assert sum(int(row[1]) for row in cells if row[0] == "49") == entries + others
    assert BAI2[0].rows["movement"] == sum(row[0] == "16" for row in cells)


def test_two_editions_of_one_bank_are_told_by_their_titles(samples: Path) -> None:
    profile = load_profile(HERE / "cn-bank-exports" / "icbc.yaml")
    for edition in ("debit_v1", "debit_v2"):
        name = edition.replace("_", "-")
        head = (samples / "samples" / f"cn-bank-exports/icbc/{name}/example-icbc-{name}-records.csv").read_bytes()
        fitting = [key for key in ("debit_v1", "debit_v2") if fits(layout(profile, "response", key), head)]

        assert [edition] == fitting
