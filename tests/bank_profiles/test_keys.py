"""Rows that name the row they belong to by a key, wherever it stands before them; both readers, both directions."""

import random
from pathlib import Path
from typing import Any

import pytest

from bank_profiles.catalogue import load_profile
from bank_profiles.codecs.lines import cutting
from bank_profiles.engine import reading
from bank_profiles.errors import UnreadableFile
from bank_profiles.examples import run_examples
from bank_profiles.translation import read_files, write_files
from tests.bank_profiles.test_nesting import FACTS

HERE = Path(__file__).parent
PROFILE = load_profile(HERE / "profiles" / "keyed.yaml")
GOOD = PROFILE.examples[0].given["reply"]
BOTH = pytest.mark.parametrize("slow_bytes", [0, 1 << 30], ids=["fast", "reference"])


def _read(text: str) -> Any:
    assert isinstance(text, str)
    found = read_files(
        PROFILE, "response", [("FK_902_0001.txt", [text.encode("gb18030")])], expected={"batch_no": FACTS.batch_no}
    )
    rows: dict[str, list[Any]] = {}
    for part in found:
        rows.setdefault(part.kind, []).extend(part.table.to_pylist())
    return rows


def _refused(text: str) -> list[tuple[str, int | None]]:
    with pytest.raises(UnreadableFile) as refused:
        _read(text)
    return [(problem.code, problem.place.line) for problem in refused.value.problems]


@BOTH
@pytest.mark.parametrize("block", [40, 1 << 20])
def test_a_row_belongs_to_the_one_it_names(monkeypatch: pytest.MonkeyPatch, slow_bytes: int, block: int) -> None:
    monkeypatch.setattr(reading, "SLOW_BYTES", slow_bytes)
    monkeypatch.setattr(cutting, "BLOCK_BYTES", block)

    assert [] == run_examples(PROFILE, HERE)


@BOTH
@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("E|000002|1|", "E|000002|9|", ("no-parent", 7)),  # no such account
        ("A|000001|2|", "A|000001|1|", ("no-parent", 8)),  # two accounts of one key: which one?
        ("6217000010001234567|101|123456|2", "6217000010001234567|101|123456|3", ("total-differs", 4)),
    ],
)
def test_a_key_that_names_none_or_two_refuses_the_file(
    monkeypatch: pytest.MonkeyPatch, slow_bytes: int, old: str, new: str, expected: tuple[str, int]
) -> None:
    monkeypatch.setattr(reading, "SLOW_BYTES", slow_bytes)
    assert old in str(GOOD)

    assert expected in _refused(str(GOOD).replace(old, new))


@BOTH
def test_a_row_before_the_one_it_names_is_refused(monkeypatch: pytest.MonkeyPatch, slow_bytes: int) -> None:
    monkeypatch.setattr(reading, "SLOW_BYTES", slow_bytes)
    lines = str(GOOD).splitlines()
    lines[3], lines[7] = lines[7], lines[3]

    assert ("no-parent", 4) in _refused("\n".join(lines) + "\n")


def test_it_is_written_under_the_row_it_belongs_to_and_read_the_same() -> None:
    rows = read_files(PROFILE, "response", [("FK_902_0001.txt", [str(GOOD).encode("gb18030")])])
    tables: dict[str, list[Any]] = {}
    for part in rows:
        tables.setdefault(part.kind, []).append(part.table)

    (file,) = write_files(PROFILE, "response", FACTS, tables)
    written = b"".join(file.blocks).decode("gb18030")

    assert "A|000002|3|6217000010001234569|101|200|1\nE|000002|3|20260103|1|900\n" in written
    again = _read(written)
    for kind, parts in tables.items():
        expected = [str(row) for part in parts for row in part.to_pylist()]
        assert sorted(expected) == sorted(str(row) for row in again[kind])


@pytest.mark.parametrize("seed", range(30))
def test_fast_and_reference_agree_wherever_the_rows_stand(seed: int) -> None:
    rng = random.Random(seed)
    accounts = [(f"{person:06d}", str(number)) for person in range(1, 5) for number in range(rng.randrange(3))]
    entries = [(rng.choice(accounts), rng.randrange(1000)) for _ in range(rng.randrange(8))] if accounts else []
    counts = {key: sum(1 for named, _ in entries if named == key) for key in accounts}
    lines = [f"A|{ref}|{no}|62{ref}{no}|101|{rng.randrange(10**6)}|{counts[ref, no]}" for ref, no in accounts]
    lines += [f"E|{ref}|{no}|20260101|1|{amount}" for (ref, no), amount in entries]
    if rng.random() < 0.5 and lines:
        lines.insert(rng.randrange(len(lines)), rng.choice(lines))
    text = "\n".join(["H|202601050000001", *lines, f"T|{len(lines) + 2}"]) + "\n"

    results = []
    for slow_bytes in (0, 1 << 30):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(reading, "SLOW_BYTES", slow_bytes)
            try:
                results.append(_read(text))
            except UnreadableFile as refused:
                results.append(sorted({problem.code for problem in refused.problems}))
    assert results[0] == results[1]
