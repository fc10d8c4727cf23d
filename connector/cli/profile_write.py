"""What ``connector profile write`` does: the facts that are needed are there or are all asked for, and nothing is overwritten."""

import os
from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from pathlib import Path

from bank_profiles.catalogue import find_profile, load_profile
from bank_profiles.errors import DataPlace, Problem, ProfilePlace, Text, UnwritableRoster
from bank_profiles.filenames import tokens
from bank_profiles.language.profile import Profile
from bank_profiles.language.words import SideName
from bank_profiles.questions import may_be_asked
from bank_profiles.rows_json import Rows1, from_json
from bank_profiles.translation import PackageFacts, write_files, write_package
from bank_profiles.values.targets import BATCH_DIGITS
from connector.cli import console
from connector.cli.profile_papers import papers_beside
from connector.cli.profile_work import password_in

_DAY_DIGITS = 8
_SAID_BY = {"bank": "bank", "batch": "batch_no", "date": "day"}  # token of a name: fact
_FACTS = {
    "bank": Text("the code of the institution", "机构代码"),
    "batch_no": Text("the number of the batch", "批次号"),
    "day": Text("a day, yyyy-MM-dd", "日期 yyyy-MM-dd"),
}


def write_rows(
    profile_name: str,
    rows: Path,
    out: Path,
    as_json: bool,
    *,
    packed: bool = True,
    scans: Path | None = None,
    zip_password: Path | None = None,
) -> None:
    """Write normal rows as the bank's package, or its files, over nothing; with the authorizations where the profile asks for them."""
    profile = load_profile(find_profile(profile_name))
    console.must_be_file(rows)
    if not out.is_dir():
        console.fail("no-folder", f"没有目录 {out}", f"there is no folder {out}", console.WRONG_USE)
    given = from_json(rows.read_bytes(), rows.name)
    facts = _facts(given, _needed(profile, given.side, packed=packed), rows.name)
    if given.side == "inquiry":
        may_be_asked(profile, facts.batch_no, given.tables.get("inquiry", ()), rows.name)
    agreed, lines = profile.side(given.side).authorization, given.tables.get("inquiry", ())
    papers = papers_beside(agreed, lines, scans, rows.name, profile.rule(given.side, "authorization"))
    if packed:
        written = write_package(profile, given.side, facts, given.tables, papers, password_in(zip_password))
        made = [_written(out / written.name, written.blocks)]
    else:
        files = write_files(profile, given.side, facts, given.tables, papers)
        made = [_written(out / file.name, file.blocks) for file in files]
    names = [str(path) for path in made]
    console.out({"schema": "profile-write/1", "file": names[0] if packed else None, "files": names}, as_json, "\n".join(names))


def _written(target: Path, blocks: Iterable[bytes]) -> Path:
    """Into a new file, its owner's only from the first moment: rows hold persons."""
    try:
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        console.fail(
            "file-exists", f"{target} 已存在，未覆盖", f"{target} exists already; nothing was overwritten", console.FINDINGS
        )
    except OSError as trouble:
        why = trouble.strerror or type(trouble).__name__
        console.fail("cannot-write", f"无法写入 {target}（{why}）", f"{target} cannot be written: {why}", console.WRONG_USE)
    try:
        with os.fdopen(descriptor, "wb") as file:
            for block in blocks:
                file.write(block)
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    return target


# ---- facts --------------------------------------------------------------------------------------------------------------------------


def _needed(profile: Profile, side: SideName, *, packed: bool) -> dict[str, ProfilePlace]:
    """The facts that names and headers of this side write, each with the line of the profile that wants it."""
    spec = profile.side(side)
    names: list[tuple[str, tuple[str, ...]]] = [(spec.package.name, ("package", "name"))] if packed else []
    names += [(spec.package.index.name, ("package", "index"))] if spec.package.index else []
    if agreed := spec.authorization:
        names += [(each, ("authorization",)) for each in (agreed.name, agreed.letter)]
    needed: dict[str, ProfilePlace] = {}
    for key, file in spec.files.items():
        names.append((file.name, ("files", key, "name")))
        for record, rules in ((name, each.fields) for name, each in file.records.items() if each.gives is None):
            for field, rule in rules.items():
                needed.setdefault(rule.to or "", profile.rule(side, "files", key, "records", record, "fields", field))
    if side == "inquiry" and not spec.names_batch:
        needed["batch_no"] = profile.rule(side)  # each line bears it in its reference
    for name, path in names:
        for token in tokens(name):
            needed.setdefault(_SAID_BY.get(token.kind, ""), profile.rule(side, *path))
    return needed


def _facts(rows: Rows1, needed: dict[str, ProfilePlace], file: str) -> PackageFacts:
    """What the names and headers say. Raises UnwritableRoster with every fact that is needed and not there, or cannot be read."""
    said, problems = rows.facts, list[Problem]()
    batch_no = str(said.get("batch_no") or "")
    day = _day(said["day"]) if said.get("day") else _day_of_batch(batch_no)
    have = {"bank": said.get("bank"), "batch_no": batch_no, "day": day}
    for fact, expected in _FACTS.items():
        unreadable = fact == "day" and bool(said.get(fact)) and day is None
        if unreadable or (fact in needed and not have[fact]):
            what = (
                _UNREADABLE
                if unreadable
                else Text("this fact is missing, and the bank's files say it", "缺少该项，而银行文件需写明")
            )
            place = DataPlace(file, field=f"facts › {fact}")
            problems.append(Problem(code="bad-rows", place=place, what=what, expected=expected, rule=needed.get(fact)))
    try:
        seq = int(said.get("seq") or 1)
        made_at = rows.made_at() if said.get("made_at") else datetime.combine(day or date.min, time(), UTC)
    except ValueError:
        place = DataPlace(file, field="facts › seq, made_at")
        expected = Text("a number and a moment, ISO 8601", "数字与 ISO 8601 时刻")
        problems.append(Problem(code="bad-rows", place=place, what=_UNREADABLE, expected=expected))
    if problems:
        raise UnwritableRoster(problems)
    return PackageFacts(bank=str(said.get("bank") or ""), batch_no=batch_no, day=day or date.min, seq=seq, made_at=made_at)


_UNREADABLE = Text("this fact cannot be read", "该项无法读取")


def _day(text: object) -> date | None:
    try:
        return date.fromisoformat(str(text))
    except ValueError:
        return None


def _day_of_batch(batch_no: str) -> date | None:
    """Where nothing else says the day it is that of the batch, which its number begins with."""
    digits = batch_no[:_DAY_DIGITS]
    return _day(f"{digits[:4]}-{digits[4:6]}-{digits[6:]}") if len(batch_no) == BATCH_DIGITS and digits.isdecimal() else None
