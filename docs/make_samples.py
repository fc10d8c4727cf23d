"""Writes docs/samples.md: every file of others that profiles of the tests describe, as it is read now.

Needs the sample collection (SAMPLES, by default beside the repository): ``python -m docs.make_samples``.
"""

import os
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pyarrow.compute as pc

from bank_profiles.catalogue import load_profile
from bank_profiles.errors import DataPlace, UnreadableFile
from bank_profiles.filenames import some_name
from bank_profiles.translation import read_files
from tests.bank_profiles.sample import Sample

ROOT = Path(__file__).resolve().parent.parent
LISTS = ROOT / "tests" / "bank_profiles"
HEAD = """# Files of others

Files that banks, registers and software houses published, none of them ours, described by profiles alone
(tests/bank_profiles/samples/) and read as they are. Every row and sum is what reading gives today; the suite holds each against a
figure computed from the file by other means (`tests/bank_profiles/samples_*.py`: the oracles). Amounts are in minor units of their
currency. The files are not part of this repository. Written by docs/make_samples.py.
"""


def every_sample() -> list[Sample]:
    """By family, in the order of their lists."""
    lists = [import_module(f"tests.bank_profiles.{path.stem}").SAMPLES for path in sorted(LISTS.glob("samples_*.py"))]
    return sorted((sample for samples in lists for sample in samples), key=family)


def family(sample: Sample) -> str:
    return sample.file.partition("/")[0]


def page(collection: Path) -> str:
    """The whole page; ``collection`` holds the families of samples."""
    samples = every_sample()
    families = dict.fromkeys(map(family, samples))
    refused = [sample for sample in samples if sample.refused is not None]
    files = len({sample.file for sample in samples})
    count = f"{files} files of {len(families)} families, {len(samples)} readings, {len(refused)} of them refusals."
    parts = [HEAD, count, ""]
    for name in families:
        of_family = [sample for sample in samples if family(sample) == name]
        parts += [f"## {name}", "", *_read(of_family, collection), *_refused(of_family, collection)]
    return "\n".join(parts)


def _read(samples: list[Sample], collection: Path) -> Iterator[str]:
    good = [sample for sample in samples if sample.refused is None]
    if good:
        yield "| file | profile | rows | sums | set aside, forgiven | where the figures come from |\n|---|---|---|---|---|---|"
        for sample in good:
            yield f"| {_file(sample)} | {_profile(sample)} | {_figures(sample, collection)} | {sample.oracle or _ORACLE} |"
        yield ""


_ORACLE = "counted and added up from the raw file"


def _refused(samples: list[Sample], collection: Path) -> Iterator[str]:
    bad = [sample for sample in samples if sample.refused is not None]
    if bad:
        yield "| malformed | profile | refused with | where | what it says |\n|---|---|---|---|---|"
        for sample in bad:
            yield f"| {_file(sample)} | {_profile(sample)} | {_refusal(sample, collection)} |"
        yield ""


def _file(sample: Sample) -> str:
    return f"`{sample.file.partition('/')[2]}`"


def _profile(sample: Sample) -> str:
    return f"[{sample.profile.partition('/')[2]}](../tests/bank_profiles/samples/{sample.profile}.yaml) {sample.key}"


def _figures(sample: Sample, collection: Path) -> str:
    profile = load_profile(LISTS / "samples" / f"{sample.profile}.yaml")
    name, data = some_name(profile.response.files[sample.key].name), (collection / sample.file).read_bytes()
    reading = read_files(profile, "response", [(name, [data])])
    rows: dict[str, int] = {}
    sums = dict.fromkeys(sample.sums, 0)
    for part in reading:
        rows[part.kind] = rows.get(part.kind, 0) + part.table.num_rows
        for each in sums:
            kind, _, column = each.partition(".")
            sums[each] += (pc.sum(part.table.column(column)).as_py() or 0) if kind == part.kind else 0
    aside = [f"{count} × {code}" for code, count in sorted(reading.parked.items())]
    codes = [warning.code for warning in reading.warnings if warning.code != "missing-file"]  # they come singly
    aside += [f"({codes.count(code)} × {code})" for code in dict.fromkeys(codes)]
    told = ", ".join(f"{kind} {count}" for kind, count in sorted(rows.items()))
    added = ", ".join(f"{column.removesuffix('_minor')} {total:,}" for column, total in sums.items())
    return f"{told} | {added} | {', '.join(aside)}"


def _refusal(sample: Sample, collection: Path) -> str:
    profile = load_profile(LISTS / "samples" / f"{sample.profile}.yaml")
    name, data = some_name(profile.response.files[sample.key].name), (collection / sample.file).read_bytes()
    try:
        list(read_files(profile, "response", [(name, [data])]))
    except UnreadableFile as refused:
        problem = next(problem for problem in refused.problems if problem.code == (sample.refused or ("",))[0])
        place = problem.place
        where = (place.spot or (f"line {place.line}" if place.line else "")) if isinstance(place, DataPlace) else ""
        return f"`{problem.code}` | {where} | {problem.what.en.replace('|', '/')}"
    raise AssertionError(f"{sample.file} was read")


def main() -> None:
    """Write it."""
    collection = Path(os.environ.get("SAMPLES", ROOT.parent / "shared")) / "samples"
    (ROOT / "docs" / "samples.md").write_text(page(collection), "utf-8")


if __name__ == "__main__":
    main()
