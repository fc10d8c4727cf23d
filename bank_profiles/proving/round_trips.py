"""Rows written and read again, as whole packages: those of the examples, then made-up ones."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from bank_profiles.checks.examples import side_of
from bank_profiles.errors import Problem, Problems, Text
from bank_profiles.examples import read_example, run_example
from bank_profiles.language.profile import Profile
from bank_profiles.language.words import SideName
from bank_profiles.proving.made_up import KINDS, MadeUp, Rows, comparable, facts_for, made_up, unwritable, writable
from bank_profiles.proving.proof import Proof, told
from bank_profiles.rows_json import plain
from bank_profiles.translation import read_package, write_package
from reconciliation.exchange import RECORDS

_MADE_UP = b"made-up"  # a profile is proved without anybody's password


def round_trips(proof: Proof, side: SideName, folder: Path) -> None:
    """Rows written and read again, as whole packages: those of the examples, then made-up ones."""
    profile, trial = proof.profile, proof.trials["round trip"]
    if columns := unwritable(profile, side):
        what = Text(
            f"not written: {', '.join(columns)} made of other columns", f"未作写出检验：{'、'.join(columns)} 由其他列拼成"
        )
        proof.problems.append(told(profile, (side, "files"), "unproved", what, None, "warning"))
        return
    for package in [*_of_examples(profile, side, folder), *made_up(profile, side)]:
        trial.tried += 1
        problem = _there_and_back(profile, side, package)
        if problem is not None and (kinds := _given_twice(profile, side)):
            what = Text(
                f"not written: several records give {', '.join(kinds)}", f"未作写出检验：多个记录产生 {'、'.join(kinds)} 行"
            )
            proof.problems.append(told(profile, (side, "files"), "unproved", what, None, "warning"))
            return
        if problem is None:
            trial.good += 1
        else:
            trial.codes[problem.code] += 1
            proof.problems.append(problem)


def _of_examples(profile: Profile, side: SideName, folder: Path) -> Iterator[MadeUp]:
    for number, example in enumerate(profile.examples):
        if example.expect_error is not None or example.parked or side_of(profile, example) != side:
            continue
        if run_example(profile, number, folder):
            continue  # told as an example that differs
        tables, _ = read_example(profile, example, folder)
        rows: Rows = {kind: tables[kind].to_pylist() for kind in KINDS[side]}
        if side == "response":
            _count_declared(profile, rows)
        yield MadeUp(facts_for(profile, side), rows, rows)


def _given_twice(profile: Profile, side: SideName) -> list[str]:
    """Kinds of rows that several records give: which of them a row is written as, rows do not say."""
    given = Counter(
        record.gives for spec in profile.side(side).files.values() for record in spec.records.values() if record.gives
    )
    return [kind for kind, times in given.items() if times > 1]


def _count_declared(profile: Profile, rows: Rows) -> None:
    """Where a column is a total we always write it, though the bank may leave it out."""
    records = [
        record for spec in profile.response.files.values() for record in spec.records.values() if record.gives == "outcome"
    ]
    totals = {rule.to for record in records for rule in record.fields.values() if rule.equals}
    for target, kind in (("declared_accounts", "holding"), ("declared_movements", "movement")):
        for row in rows["outcome"] if target in totals else ():
            row[target] = sum(other["line_ref"] == row["line_ref"] for other in rows[kind])


def _there_and_back(profile: Profile, side: SideName, package: MadeUp) -> Problem | None:
    try:
        written = write_package(writable(profile, side), side, package.facts, package.tables(), zip_password=_MADE_UP)
        expected = {"batch_no": package.facts.batch_no}
        reading = read_package(
            profile, side, written.name, written.blocks, masked=False, expected=expected, zip_password=_MADE_UP
        )
        read: Rows = {kind: [] for kind in RECORDS}
        for part in reading:
            read[part.kind] += part.table.to_pylist()
    except Problems as refused:
        return _refused(profile, side, refused.problems)
    if reading.problems:
        return _refused(profile, side, reading.problems)
    return _differs(profile, side, comparable(profile, side, package.expected), comparable(profile, side, read))


def _refused(profile: Profile, side: SideName, problems: Sequence[Problem]) -> Problem:
    first = problems[0]
    what = Text(
        f"made-up rows do not go there and back: {first.code}\n  {first.what.en}",
        f"虚构数据写出再读回失败：{first.code}\n  {first.what.zh}",
    )
    place = first.rule or profile.origin.key(side, "files")
    return Problem(code="round-trip", place=place, what=what, expected=first.expected, hint=first.hint)


def _differs(profile: Profile, side: SideName, expected: Rows, read: Rows) -> Problem | None:
    for kind, rows in expected.items():
        if len(rows) != len(read[kind]):
            what = Text(
                f"{len(rows)} {kind} rows were written, {len(read[kind])} read",
                f"写出 {len(rows)} 个 {kind} 行，读回 {len(read[kind])} 个",
            )
            return told(profile, (side, "files"), "round-trip", what, _WRITES_WHAT_IT_READS)
        for row, back in zip(rows, read[kind], strict=True):
            for name, value in row.items():
                if back[name] != value:
                    what = Text(
                        f"{kind} {name}: {plain(value)} was written, {plain(back[name])} read",
                        f"{kind} {name}：写出 {plain(value)}，读回 {plain(back[name])}",
                    )
                    return told(profile, (side, "files"), "round-trip", what, _WRITES_WHAT_IT_READS)
    return None


_WRITES_WHAT_IT_READS = Text("what is written is read as the same", "写出的内容应能原样读回")
