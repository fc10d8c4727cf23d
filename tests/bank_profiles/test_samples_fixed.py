"""The figures of the fixed-width samples, cut out of the files by plain slicing: not one of them was said by our own reader."""

from pathlib import Path

import pytest

from bank_profiles.catalogue import load_profile
from bank_profiles.engine.reading import FileReading
from bank_profiles.layouts.making import layout
from tests.bank_profiles.sample import Sample
from tests.bank_profiles.samples_fixed import SAMPLES
from tests.bank_profiles.test_samples import HERE

# Which lines make a row (marks at 0-based bytes), and the bytes of the amount.
_CUTS = {
    "cnab/bb240": ({7: b"3", 13: b"U"}, (92, 107)),
    "cnab/itau400": ({0: b"1"}, (152, 165)),
    "cnab/ailos240": ({7: b"3", 13: b"P"}, (85, 100)),
    "norma43/n43-lenient": ({0: b"2", 1: b"2"}, (28, 42)),
    "us-nacha/ach": ({0: b"6"}, (29, 39)),
    "tw-twse-big5/t30": ({}, (15, 22)),  # the last two of the four decimals are zero
}


def _sliced(sample: Sample, samples: Path) -> tuple[int, int]:
    """How many rows there are, and what their amounts add up to."""
    marks, (start, stop) = _CUTS[sample.profile]
    lines = (samples / "samples" / sample.file).read_bytes().splitlines()
    rows = [line for line in lines if line and all(line[at : at + 1] == mark for at, mark in marks.items())]
    return len(rows), sum(int(line[start:stop]) for line in rows)


@pytest.mark.parametrize("sample", [s for s in SAMPLES if s.profile in _CUTS and s.rows], ids=lambda s: s.file)
def test_a_figure_is_what_slicing_says(sample: Sample, samples: Path) -> None:
    kind, column = (
        ("holding", "balance_minor") if "t30" in sample.profile or "ailos" in sample.profile else ("movement", "amount_minor")
    )

    assert (sample.rows[kind], sample.sums[f"{kind}.{column}"]) == _sliced(sample, samples)


def test_the_amounts_of_nested_groups_are_what_slicing_says(samples: Path) -> None:
    record = (samples / "samples/tw-twse-big5/GetThePicture.TestData/Files/nested-occurs-record.dat").read_bytes()[:114]
    amounts = [int(record[30 + 25 * line + 11 + 7 * k :][:7]) for line in range(3) for k in range(2)]

    (sample,) = (sample for sample in SAMPLES if sample.profile.endswith("orders"))
    assert (5, sum(amounts), int(record[105:])) == (
        len([a for a in amounts if a]),
        sample.sums["holding.balance_minor"],
        sum(amounts),
    )


@pytest.mark.parametrize(
    ("file", "entries", "hashed"),
    [("ppd-credit", 1, 23138010), ("ppd-mixedDebitCredit", 3, 69414030), ("contested-return", 4, 12104288)],
)
def test_hash_totals_and_counts_are_those_of_every_level(file: str, entries: int, hashed: int, samples: Path) -> None:
    lines = (samples / "samples/us-nacha" / f"{file}.ach").read_bytes().splitlines()
    found = [line for line in lines if line[:1] in b"67"]

    assert (entries, hashed) == (len(found), sum(int(line[3:11]) for line in found if line[:1] == b"6") % 10**10)
    assert [(entries, hashed)] == [(int(line[4:10]), int(line[10:20])) for line in lines if line[:1] == b"8"]
    assert (entries, hashed) == next((int(line[13:21]), int(line[21:31])) for line in lines if line[:1] == b"9")


@pytest.mark.parametrize(
    ("bank", "file", "lines"), [("bb240", "CNAB240", 74), ("bb240", "CNAB240AILOS", 10), ("itau400", "CNAB400", 54)]
)
def test_the_trailer_counts_every_line(bank: str, file: str, lines: int, samples: Path) -> None:
    trailer = (samples / "samples/cnab/spec/arquivos" / f"{file}.RET").read_bytes().splitlines()[-1]
    place = slice(23, 29) if bank == "bb240" else slice(394, 400)

    assert lines == int(trailer[place])


def test_positions_are_bytes_each_line_has_100_and_fewer_characters(samples: Path) -> None:
    lines = (samples / "samples/tw-twse-big5/GetThePicture.TestData/Files/twse/t30-otc-lite.dat").read_bytes().splitlines()

    assert {100} == {len(line) for line in lines}
    assert {95, 96, 97, 98} == {len(line.decode("big5")) for line in lines}


def said(profile: str, key: str, file: Path, kind: str, column: str) -> list[str]:
    """A column of a file's rows of one kind."""
    reading = FileReading(layout(load_profile(HERE / f"samples/{profile}.yaml"), "response", key), file.name)
    return [text for rows in reading.rows([file.read_bytes()]) if rows.kind == kind for text in rows.table[column].to_pylist()]


def test_names_of_two_byte_characters_are_whole(samples: Path) -> None:
    file = samples / "samples/tw-twse-big5/GetThePicture.TestData/Files/twse/t30-otc-lite.dat"
    names = said("tw-twse-big5/t30", "quotes", file, "holding", "product_name")

    assert [line[50:66].decode("big5").strip() for line in file.read_bytes().splitlines()] == names


def test_what_stands_in_continuations_is_the_text_of_the_entry_before(samples: Path) -> None:
    file = samples / "samples/norma43/example1.n43"
    texts = said("norma43/n43-lenient", "statement", file, "movement", "summary")

    assert [line[4:].decode().strip() for line in file.read_bytes().splitlines() if line.startswith(b"23")] == texts
