"""What a person may have written as an inquiry: at least one line, each once, only what the bank answers, under one batch number.

(gather asks nothing else: it numbers its own lines and leaves out what a bank does not answer.)
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from bank_profiles.errors import DataPlace, Problem, RowProblem, Text, UnwritableRoster
from bank_profiles.language.profile import Profile


def may_be_asked(profile: Profile, batch_no: str, tables: Sequence[pa.Table], file: str) -> None:
    """Raises UnwritableRoster, naming every line that cannot be asked so."""
    rows = sum(table.num_rows for table in tables)
    if not rows:
        what = Text("this inquiry asks nothing", "该查询没有任何一笔")
        expected = Text("rows of kind inquiry", "inquiry 行")
        raise UnwritableRoster([Problem(code="nothing-asked", place=DataPlace(file), what=what, expected=expected)])
    lines = pa.concat_tables(table.select(["line_ref", "batch_no", "scope"]) for table in tables)
    found = [*_twice(lines), *_not_answered(lines, profile), *_of_another_batch(lines, batch_no)]
    problems = [replace(problem, place=replace(problem.place, file=file)) for problem in found]
    if problems:
        raise UnwritableRoster(problems)


def _twice(lines: pa.Table) -> Iterator[RowProblem]:
    refs = lines.column("line_ref").drop_null()
    if len(pc.unique(refs)) == len(refs):
        return
    first: dict[str, int] = {}
    for number, ref in enumerate(lines.column("line_ref").to_pylist(), 1):
        if ref is not None and first.setdefault(ref, number) != number:
            what = Text(f"line {first[ref]} has the same reference", f"与第{first[ref]}笔的引用相同")
            yield _problem("line-ref-twice", number, "line_ref", what, Text("one reference a line", "每笔一个引用"), ref)


def _not_answered(lines: pa.Table, profile: Profile) -> Iterator[RowProblem]:
    asked = lines.column("scope")
    known = set(profile.answers)
    beyond = {scope: words for scope in pc.unique(asked).to_pylist() if scope and (words := set(scope.split(",")) - known)}
    for number, (scope, ref) in enumerate(zip(asked.to_pylist(), lines.column("line_ref").to_pylist(), strict=True), 1):
        if beyond and scope in beyond:
            listed = ", ".join(sorted(beyond[scope]))
            what = Text(f"the bank does not answer {listed}", f"该机构不答复 {listed}")
            yield _problem("scope-not-answered", number, "scope", what, Text(*[", ".join(profile.answers)] * 2), ref)


def _of_another_batch(lines: pa.Table, batch_no: str) -> Iterator[RowProblem]:
    if not set(pc.unique(lines.column("batch_no")).to_pylist()) - {None, batch_no}:
        return
    for number, (said, ref) in enumerate(
        zip(*(lines.column(name).to_pylist() for name in ("batch_no", "line_ref")), strict=True), 1
    ):
        if said not in (None, batch_no):
            what = Text("the line is of another batch than the file", "该笔的批次号与文件不同")
            yield _problem("always-differs", number, "batch_no", what, Text("the number of the batch", "本批次号"), ref)


def _problem(code: str, number: int, field: str, what: Text, expected: Text, ref: str | None) -> RowProblem:
    place = DataPlace("", field=f"inquiry {number} {field}")
    hint = Text("nothing was written", "未写出任何内容")
    return RowProblem(code=code, place=place, what=what, expected=expected, hint=hint, line_ref=ref)
