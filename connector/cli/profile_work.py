"""What ``connector profile`` does; apart from its words, because this needs the whole wing and they must be there at once."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import typer

from bank_profiles.catalogue import Catalogue, check_profile, find_profile, load_profile, profiles_in
from bank_profiles.errors import Lang, Problem, listed
from bank_profiles.examples import run_examples, spelt
from bank_profiles.language.profile import Profile
from bank_profiles.language.words import SideName
from bank_profiles.rows_json import Rows1, from_json, to_json
from bank_profiles.translation import PackageFacts, Reading, read_files, read_package, write_package
from bank_profiles.values.targets import Kind, column_of, targets
from connector.cli import console
from reconciliation.exchange import RECORDS
from reconciliation.identity import mask

ROWS_SHOWN_MAX = 20
BLOCK_BYTES = 1 << 20
_HIDDEN = {
    "name",
    "id_no",
    "holder_name",
    "joint_holder_id",
    "account_no",
    "parent_account_no",
    "counterparty_name",
    "counterparty_account",
}


def _lang() -> Lang:
    return "zh" if console.tr("zh", "en") == "zh" else "en"


# ---- check -----------------------------------------------------------------------------------------------------------------------


def check_all(profiles: Sequence[str], as_json: bool) -> None:
    """Check the profiles named, or all, and run their examples; ends the verb."""
    paths = [find_profile(name) for name in profiles] if profiles else profiles_in()
    problems = (
        [] if profiles else [p for p in Catalogue.load().problems if p.code.startswith(("dates-", "wrong-place", "edition-"))]
    )
    checked = []
    for path in paths:
        profile, said = check_profile(path)
        if profile is not None:
            said = [*said, *run_examples(profile, path.parent)]
        good = all(problem.severity == "warning" for problem in said)
        checked.append({"file": str(path), "profile": profile.profile if profile else None, "ok": good, **_size(profile)})
        problems += said
    _say_checked(checked, problems, as_json)


def _size(profile: Profile | None) -> dict[str, Any]:
    return {"version": profile.version if profile else None, "examples": len(profile.examples) if profile else 0}


def _say_checked(checked: list[dict[str, Any]], problems: list[Problem], as_json: bool) -> None:
    good = all(problem.severity == "warning" for problem in problems)
    lines = [listed(problems, _lang())] if problems else []
    for one in (one for one in checked if one["ok"]):
        lines.append(
            console.tr(
                f"{one['profile']} {one['version']}：通过，{one['examples']} 个样例",
                f"{one['profile']} {one['version']}: good, {one['examples']} examples",
            )
        )
    report = {
        "schema": "profile-check/1",
        "ok": good,
        "profiles": checked,
        "problems": [problem.as_json() for problem in problems],
    }
    console.out(report, as_json, "\n".join(lines))
    raise typer.Exit(console.DONE if good else console.REFUSED)


# ---- read ------------------------------------------------------------------------------------------------------------------------


def read_rows(profile_name: str, side: SideName, files: list[Path], as_json: bool) -> None:
    """Show the normal rows of a bank's files; ends the verb in FINDINGS where something is wrong with them."""
    profile = load_profile(find_profile(profile_name))
    reading = _reading(profile, side, files, masked=not as_json)
    tables: dict[str, list[pa.Table]] = {kind: [] for kind in RECORDS}
    for piece in reading:
        tables[piece.kind].append(piece.table)
    if as_json:
        about = {"profile": profile.profile, "version": profile.version, "problems": [p.as_json() for p in reading.problems]}
        console.out(to_json(side, reading.facts, tables) | about, True)
    else:
        _show(reading, tables)
    if reading.problems:
        raise typer.Exit(console.FINDINGS)


def _reading(profile: Profile, side: SideName, files: list[Path], *, masked: bool) -> Reading:
    for path in files:
        if not path.is_file():
            console.fail("no-file", f"没有文件 {path}", f"there is no file {path}", console.WRONG_USE)
    package = profile.side(side).package
    if len(files) == 1 and (not package.steps or _is_zip(files[0])):
        return read_package(profile, side, files[0].name, _blocks(files[0]), masked=masked)
    return read_files(profile, side, [(path.name, _blocks(path)) for path in files], masked=masked)


def _is_zip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == b"PK"


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            yield block


def _show(reading: Reading, tables: Mapping[str, Sequence[pa.Table]]) -> None:
    lines = [line for kind, parts in tables.items() if parts for line in _shown(kind, pa.concat_tables(parts))]
    if said := [*reading.problems, *reading.warnings]:
        lines.append(listed(said, _lang()))
    console.result.print("\n".join(lines), markup=False)


def _shown(kind: str, rows: pa.Table) -> Iterator[str]:
    """The first rows, masked, each as "field value" pairs of what is there."""
    first = console.tr(f"（前 {ROWS_SHOWN_MAX} 行）", f" (the first {ROWS_SHOWN_MAX})") if len(rows) > ROWS_SHOWN_MAX else ""
    yield f"{kind}: {len(rows):,}{first}"
    for row in rows.slice(0, ROWS_SHOWN_MAX).to_pylist():
        said = ((target, row[column_of(kind, target)], of) for target, of in targets(kind).items())
        yield "  " + " · ".join(f"{target} {_cell(target, value, of, row)}" for target, value, of in said if value is not None)


def _cell(target: str, value: Any, of: Kind, row: Mapping[str, Any]) -> str:
    if target.endswith("name") and target in _HIDDEN:
        return str(value)[0] + "*" * (len(str(value)) - 1)
    return mask(value) if target in _HIDDEN else spelt(value, of, row)


# ---- write -----------------------------------------------------------------------------------------------------------------------


def write_rows(profile_name: str, rows: Path, out: Path, as_json: bool) -> None:
    """Write normal rows as the bank's package, over nothing."""
    profile = load_profile(find_profile(profile_name))
    if not rows.is_file():
        console.fail("no-file", f"没有文件 {rows}", f"there is no file {rows}", console.WRONG_USE)
    given = from_json(rows.read_bytes(), rows.name)
    written = write_package(profile, given.side, _facts(given), given.tables)
    target = out / written.name
    try:
        with target.open("xb") as file:
            for block in written.blocks:
                file.write(block)
    except FileExistsError:
        console.fail(
            "file-exists", f"{target} 已存在，未覆盖", f"{target} exists already; nothing was overwritten", console.FINDINGS
        )
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    console.out({"schema": "profile-write/1", "file": str(target)}, as_json, str(target))


def _facts(rows: Rows1) -> PackageFacts:
    """What the names and headers say; ``day`` at least must be given."""
    try:
        day, made_at, seq = rows.day(), rows.made_at(), int(rows.facts.get("seq") or 1)
    except ValueError:
        console.fail("bad-rows", "facts 需要 day（yyyy-MM-dd）", "facts need a day (yyyy-MM-dd)", console.FINDINGS)
    said = rows.facts
    return PackageFacts(
        bank=str(said.get("bank") or ""), batch_no=str(said.get("batch_no") or ""), day=day, seq=seq, made_at=made_at
    )
