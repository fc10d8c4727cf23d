"""Files of others, read by profiles of ours: every figure here was recomputed from the file by other means (samples_*.py)."""

from importlib import import_module
from pathlib import Path

import pyarrow.compute as pc
import pytest

from bank_profiles.catalogue import load_profile
from bank_profiles.engine import reading
from bank_profiles.engine.reading import FileReading
from bank_profiles.errors import UnreadableFile
from bank_profiles.layouts.making import layout
from docs.make_samples import page
from tests.bank_profiles.sample import Sample

HERE = Path(__file__).parent
FAMILIES = sorted(path.stem for path in HERE.glob("samples_*.py"))
SAMPLES: list[Sample] = [sample for family in FAMILIES for sample in import_module(f"tests.bank_profiles.{family}").SAMPLES]


def _read(sample: Sample, samples: Path) -> tuple[FileReading, dict[str, int], dict[str, int]]:
    """The reading, its rows by kind, and the sums that are asked for."""
    profile = load_profile(HERE / "samples" / f"{sample.profile}.yaml")
    file = samples / "samples" / sample.file
    reading = FileReading(layout(profile, "response", sample.key), file.name)
    rows: dict[str, int] = {}
    sums = dict.fromkeys(sample.sums, 0)
    for kind, _, table, _ in reading.rows([file.read_bytes()]):
        rows[kind] = rows.get(kind, 0) + table.num_rows
        for name in (each for each in sums if each.startswith(f"{kind}.")):
            sums[name] += pc.sum(table.column(name.partition(".")[2])).as_py() or 0
    return reading, rows, sums


@pytest.mark.parametrize("slow_bytes", [0, 1 << 40], ids=["fast", "reference"])
@pytest.mark.parametrize("sample", [s for s in SAMPLES if s.refused is None], ids=lambda s: f"{s.profile}:{s.key}:{s.file}")
def test_a_sample_is_read_and_its_figures_are_those_of_the_file(
    sample: Sample, samples: Path, slow_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "SLOW_BYTES", slow_bytes)
    file, rows, sums = _read(sample, samples)

    assert dict(sample.rows) == rows
    assert dict(sample.sums) == sums
    assert dict(sample.parked) == dict(file.parked)
    assert sample.warnings == tuple(warning.code for warning in file.warnings)


@pytest.mark.parametrize("sample", [s for s in SAMPLES if s.refused is not None], ids=lambda s: f"{s.profile}:{s.key}:{s.file}")
def test_a_malformed_sample_is_refused_with_place_and_reason(sample: Sample, samples: Path) -> None:
    with pytest.raises(UnreadableFile) as refused:
        _read(sample, samples)

    assert sample.refused in [(problem.code, getattr(problem.place, "line", None)) for problem in refused.value.problems]


SELF_DESCRIBING = ("cn-rdf-file", "cn-ofd-fund")  # one family: the headers of the second have no rows in the collection
FAMILIES_WANTED = (
    "cn-bank-exports", SELF_DESCRIBING, "fi-auth001-query", "camt", "in-account-aggregator", "uk-open-banking", "cnab", "norma43",
    "us-nacha", "tw-twse-big5", "ebcdic-cobol",
)  # fmt: skip
_ONE_FILE = ("norma43",)  # the collection holds no second one


@pytest.mark.parametrize("family", FAMILIES_WANTED, ids=str)
def test_at_least_two_files_of_each_family_are_read_with_rows(family: str | tuple[str, ...]) -> None:
    folders = (family,) if isinstance(family, str) else family
    read = {sample.file for sample in SAMPLES if sample.file.partition("/")[0] in folders and sum(dict(sample.rows).values())}

    assert len(read) >= (1 if family in _ONE_FILE else 2)


def test_eight_banks_wallets_or_brokers_of_china_are_described() -> None:
    houses = {
        sample.file.split("/")[1] for sample in SAMPLES if sample.file.startswith("cn-bank-exports/") and not sample.refused
    }

    assert len(houses) >= 8
    assert {".csv", ".xls", ".xlsx"} == {Path(s.file).suffix for s in SAMPLES if s.file.startswith("cn-bank-exports/")}


def test_the_page_about_them_is_what_reading_gives_now(samples: Path) -> None:
    written = (HERE.parent.parent / "docs" / "samples.md").read_text("utf-8")

    assert written == page(samples / "samples")  # python -m docs.make_samples
