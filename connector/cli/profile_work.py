"""What ``connector profile read`` does; apart from the words, because this needs the whole wing."""

import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import typer

from bank_profiles.catalogue import find_profile, load_profile
from bank_profiles.errors import listed
from bank_profiles.examples import spelt
from bank_profiles.language.profile import Profile
from bank_profiles.language.words import SideName
from bank_profiles.rows_json import to_json
from bank_profiles.translation import Reading, read_files, read_package
from bank_profiles.values.targets import WORDS, Kind, column_of, targets
from connector.cli import console
from connector.cli.profile_masks import masked_value
from connector.cli.profile_names import KINDS_ZH, field_zh, words_zh
from connector.cli.profile_papers import papers_line, papers_told
from reconciliation.exchange import RECORDS

ROWS_SHOWN_MAX = 20
BLOCK_BYTES = 1 << 20


# ---- read ------------------------------------------------------------------------------------------------------------------------


def read_rows(
    profile_name: str,
    side: SideName,
    files: list[Path],
    as_json: bool,
    *,
    show_values: bool = False,
    zip_password: Path | None = None,
) -> None:
    """Show the normal rows of a bank's files; ends the verb in FINDINGS where something is wrong with them."""
    profile = load_profile(find_profile(profile_name))
    reading = _reading(profile, side, files, zip_password, masked=not (as_json or show_values))
    tables: dict[str, list[pa.Table]] = {kind: [] for kind in RECORDS}
    for piece in reading:
        tables[piece.kind].append(piece.table)
    papers = papers_told(reading.papers, tables)
    if as_json:
        about = {
            "profile": profile.profile,
            "version": profile.version,
            "problems": [problem.as_json() for problem in reading.problems],
            "warnings": [warning.as_json() for warning in reading.warnings],
        }
        console.out(to_json(side, reading.facts, tables) | about | ({"papers": papers} if papers else {}), True)
    else:
        _show(reading, tables, papers_line(papers) if papers else "", masked=not show_values)
    if reading.problems or (papers and papers["without"]):
        raise typer.Exit(console.FINDINGS)


def _reading(profile: Profile, side: SideName, files: list[Path], zip_password: Path | None, *, masked: bool) -> Reading:
    for path in files:
        console.must_be_file(path)
        _must_be_open(path)
    package = profile.side(side).package
    is_message = "package" not in profile.side(side).model_fields_set  # such a one has no name that says anything
    if len(files) == 1 and not is_message and (not package.steps or _is_package(files[0])):
        password = password_in(zip_password)
        return read_package(profile, side, files[0].name, _blocks(files[0]), masked=masked, named=True, zip_password=password)
    return read_files(profile, side, [(path.name, _blocks(path)) for path in files], masked=masked)


def password_in(file: Path | None) -> bytes | None:
    """The old password of a zip, out of a file as a secret lies in one: on a command line everybody could read it."""
    if file is None:
        return None
    console.must_be_file(file)
    return file.read_bytes().strip()


def _must_be_open(path: Path) -> None:
    """A parcel as it travels is under its seal; whose keys open it has the package that is read here."""
    with path.open("rb") as file:
        head = file.read(_SEAL_WITHIN)
    if head.startswith(b"\x30") and any(mark in head for mark in _SEALS):
        zh = f"{path.name} 是密封包；请给出拆封后的包（由持有解密密钥的一方拆封）"
        en = f"{path.name} is a sealed parcel; give the package inside it, which whoever holds the key to open it has"
        console.fail("sealed", zh, en, console.FINDINGS)


def _is_package(path: Path) -> bool:
    """Is it a zip, a tar or a gzip? A workbook is a zip too, but not of files of a bank."""
    with path.open("rb") as file:
        head = file.read(_TAR_MARK[0] + len(_TAR_MARK[1]))
    if head.startswith(b"PK"):
        try:
            return _OF_A_WORKBOOK not in zipfile.ZipFile(path).namelist()
        except (zipfile.BadZipFile, OSError, ValueError):
            return True  # it is told as a package what is the matter with it
    return head.startswith(b"\x1f\x8b") or head[_TAR_MARK[0] :] == _TAR_MARK[1]


_SEAL_WITHIN = 32  # the first bytes of a CMS message: its length, then what kind of content it is
_SEALS = (bytes.fromhex("06092a864886f70d0107"), bytes.fromhex("060b2a864886f70d01091001"))  # RFC 5652, RFC 5083
_TAR_MARK = (257, b"ustar")
_OF_A_WORKBOOK = "[Content_Types].xml"


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            yield block


def _show(reading: Reading, tables: Mapping[str, Sequence[pa.Table]], papers: str, *, masked: bool) -> None:
    lines = [line for kind, parts in tables.items() if parts for line in _shown(kind, pa.concat_tables(parts), masked=masked)]
    lines += [papers] if papers else []
    if said := [*reading.problems, *reading.warnings]:
        lines.append(listed(said, console.spoken(), reading.beyond))
    if parked := reading.parked_rows:
        taken = sum(len(part) for parts in tables.values() for part in parts)
        lines.append(
            console.tr(
                f"搁置 {parked:,} 行，已取 {taken:,} 行", f"{parked:,} row{'' if parked == 1 else 's'} parked, {taken:,} taken"
            )
        )
    console.result.print("\n".join(lines), markup=False)


def _shown(kind: str, rows: pa.Table, *, masked: bool) -> Iterator[str]:
    """The first rows, masked unless a person asked to see them, each as "field value" pairs of what is there."""
    zh = f"{KINDS_ZH[kind]}（{kind}）：{len(rows):,} 行" + (f"（前 {ROWS_SHOWN_MAX} 行）" if len(rows) > ROWS_SHOWN_MAX else "")
    en = f"{kind}: {len(rows):,}" + (f" (the first {ROWS_SHOWN_MAX})" if len(rows) > ROWS_SHOWN_MAX else "")
    yield console.tr(zh, en)
    for row in rows.slice(0, ROWS_SHOWN_MAX).to_pylist():
        said = ((target, row[column_of(kind, target)], of) for target, of in targets(kind).items())
        yield "  " + " · ".join(
            f"{console.tr(field_zh(target), target)} {_value(target, value, of, row, masked=masked)}"
            for target, value, of in said
            if value is not None
        )


def _value(target: str, value: Any, of: Kind, row: Mapping[str, Any], *, masked: bool) -> str:
    told = spelt(value, of, row)
    if target in WORDS:
        return console.tr(words_zh(target, told), told)
    return masked_value(target, told) if masked else told
