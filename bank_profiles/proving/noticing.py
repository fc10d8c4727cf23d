"""Good files damaged and read: is it noticed, by name?

What must notice a damage and does not is an error; what nothing could notice is a warning that names what the bank would have to send.
"""

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from bank_profiles.encodings import encode
from bank_profiles.engine.reading import FileReading
from bank_profiles.errors import Problem, Problems, Text, UnreadableFile
from bank_profiles.examples import given_files, run_example
from bank_profiles.filenames import recognise, some_name
from bank_profiles.language.profile import Profile
from bank_profiles.layouts.layout import FileLayout
from bank_profiles.layouts.making import layout
from bank_profiles.proving.damage import Damaged, damaged
from bank_profiles.proving.made_up import MadeUp, Rows, facts_for, made_up, unwritable, writable
from bank_profiles.proving.proof import Proof, Severity, told
from bank_profiles.translation import write_files
from bank_profiles.values.targets import column_of
from reconciliation.exchange import RECORDS


def damages(proof: Proof, folder: Path) -> None:
    """Every file of the answer."""
    for key in proof.profile.response.files:
        _damages(proof, key, good_files(proof.profile, key, folder))


class Finding(NamedTuple):
    """A damage that went by unnoticed, where nothing else that could be true stands now."""

    place: tuple[str, ...]
    what: Text
    hint: Text | None
    severity: Severity


def good_files(profile: Profile, key: str, folder: Path) -> list[bytes]:
    """Files to be damaged: the first made-up one with most in it, and those of the examples that hold and are read without a word."""
    good: list[bytes] = []
    if not unwritable(profile, "response"):
        packages = made_up(profile, "response")
        fullest = max(packages, key=lambda each: sum(map(len, each.rows.values())))
        with contextlib.suppress(Problems):  # told as a round trip that fails
            good += [data for name, data in _files(profile, fullest) if _key(profile, name) == key]
    for number, example in enumerate(profile.examples):
        plain = key in example.given and not example.expect_error and not example.parked
        if plain and not run_example(profile, number, folder):
            names = [name for name in example.given if name in profile.response.files]
            good += [
                blocks[0] for name, (_, blocks) in zip(names, given_files(profile, example, folder), strict=True) if name == key
            ]
    return good[:2]


def _files(profile: Profile, package: MadeUp) -> list[tuple[str, bytes]]:
    files = write_files(writable(profile, "response"), "response", package.facts, package.tables())
    return [(file.name, b"".join(file.blocks)) for file in files]


def _key(profile: Profile, name: str) -> str | None:
    files = profile.response.files
    return next(
        (key for key, spec in files.items() if recognise(spec.name, name) is not None),
        next(iter(files)) if len(files) == 1 else None,
    )


@dataclass(frozen=True)
class _Read:
    """What reading a file came to."""

    rows: Rows
    codes: tuple[str, ...] = ()


def _read(profile: Profile, file: FileLayout, data: bytes) -> _Read:
    batch_no = facts_for(profile, "response").batch_no
    reading = FileReading(
        file, some_name(file.spec.name), expected={"batch_no": batch_no} if _says_batch(data, file, batch_no) else None
    )
    rows: Rows = {kind: [] for kind in RECORDS}
    try:
        for part in reading.rows([data]):
            rows[part.kind] += part.table.to_pylist()
    except UnreadableFile as refused:
        return _Read(rows, tuple(dict.fromkeys(problem.code for problem in refused.problems)))
    return _Read(rows, tuple(dict.fromkeys([*(p.code for p in reading.problems), *(p.code for p in reading.warnings)])))


def _says_batch(data: bytes, file: FileLayout, batch_no: str) -> bool:
    """Is it an answer to the batch that made-up packages are about?"""
    return file.spec.format != "excel" and encode(batch_no, file.encoding) in data


def _damages(proof: Proof, key: str, files: Iterable[bytes]) -> None:
    profile, file = proof.profile, layout(proof.profile, "response", key)
    said: dict[tuple[str, ...], Problem] = {}
    for data in files:
        whole = _read(profile, file, data)
        for damage in damaged(file, data):
            trial = proof.trials[damage.way]
            trial.tried += 1
            read = _read(profile, file, damage.data)
            if read.codes and read.codes != whole.codes:
                trial.good += 1
                trial.codes.update(read.codes[:1])
            elif read.rows == whole.rows or (finding := _finding(file, damage, whole.rows, read.rows)) is None:
                trial.harmless += 1
            else:
                at = ("response", "files", key, *finding.place)
                problem = told(profile, at, "unnoticed", finding.what, finding.hint, finding.severity)
                said.setdefault((damage.way, *finding.place), problem)
    proof.problems += said.values()


def _finding(file: FileLayout, damage: Damaged, before: Rows, after: Rows) -> Finding | None:
    if damage.way == "byte":
        return _changed(file, before, after)
    of = f"“{damage.record}” " if damage.record else ""
    where = Text(
        f"{of}in file “{file.key}”" if of else f"file “{file.key}”", f"文件“{file.key}”" + (f"的{of.strip()}" if of else "")
    )
    said, hint = _SAID[damage.way], _HINTS.get(damage.way)
    counted = damage.record or next((record.name for record in file.bodies if record.kind), "")
    return Finding(
        ("records", damage.record) if damage.record else (),
        Text(said.en.format(where.en), said.zh.format(where.zh)),
        hint and Text(hint.en.format(counted), hint.zh.format(counted)),
        "error" if damage.must else "warning",
    )


def _changed(file: FileLayout, before: Rows, after: Rows) -> Finding | None:
    """A changed byte that changed an amount of the first rank; another text, day or code could be true."""
    for kind, target in (("holding", "balance"), ("movement", "amount")):
        name = column_of(kind, target)
        record = next((each for each in file.records if each.kind == kind), None)
        if (
            record is None
            or len(before[kind]) != len(after[kind])
            or [r[name] for r in before[kind]] == [r[name] for r in after[kind]]
        ):
            continue
        at = next((number for number, each in enumerate(record.fields) if each.target == target), -1)
        must = (record.name, at) in file.added or any(total.kind == "digest" for total in file.totals)
        what = Text(
            f"nothing notices a changed {target} of “{record.name}” in file “{file.key}”",
            f"文件“{file.key}”的“{record.name}”中 {target} 被改动时无从发现",
        )
        total = f"{{equals: {{sum: {record.name}.{target}}}}}"
        hint = Text(f"ask the bank for a sum:   {total}", f"请银行提供合计：   {total}")
        return Finding(("records", record.name), what, hint, "error" if must else "warning")
    return None


_SAID: dict[str, Text] = {
    "cut": Text("nothing notices that {} is cut off", "{}被截断时无从发现"),
    "encoding": Text("nothing notices that {} is in another encoding", "{}换了编码时无从发现"),
    "doubled": Text("nothing notices a doubled line of {}", "{}重复一行时无从发现"),
    "left out": Text("nothing notices a lost line of {}", "{}缺少一行时无从发现"),
    "total": Text("nothing notices a wrong total of {}", "{}的合计有误时无从发现"),
    "code": Text("nothing notices an unknown code of {}", "{}的未知代码无从发现"),
}
_COUNT = Text("ask the bank for a count:   {{equals: {{count: {}}}}}", "请银行提供笔数：   {{equals: {{count: {}}}}}")
_HINTS = {"cut": _COUNT, "doubled": _COUNT, "left out": _COUNT}
