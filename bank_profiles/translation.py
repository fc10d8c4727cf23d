"""Speaks a bank's language: tables of records → a package of files, and a package of files → rows of records.

write_package(profile, side, facts, tables) → name and blocks        read_package(profile, side, name, blocks) → Reading
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from bank_profiles.agreement import OF_FILE, OF_PACKAGE, SAME_THROUGHOUT, Agreement, header
from bank_profiles.engine.reading import FileReading, Rows
from bank_profiles.engine.writing import FileWriting
from bank_profiles.entries import Entries
from bank_profiles.errors import Beyond, DataPlace, OtherEdition, Problem, RowProblem, Text, UnreadableFile
from bank_profiles.filenames import recognise, render, shown, tokens
from bank_profiles.language.profile import Profile
from bank_profiles.language.words import SideName
from bank_profiles.layouts.making import layout
from bank_profiles.package_names import (
    PackageFacts,
    is_sealed_name,
    package_name,
    parcel_name,
    pattern_written,
    sealed_name,
    unsealed_name,
    whose,
)
from bank_profiles.packing import steps as packing
from bank_profiles.packing.listing import Measured, write_list
from bank_profiles.packing.steps import NamedFile
from bank_profiles.papers import Carried, Paper, paper_files
from bank_profiles.parting import file_parts
from bank_profiles.values.arrays import glued

__all__ = [
    "PackageFacts", "Reading", "RowProblem", "Rows", "Written", "is_sealed_name", "packed", "parcel_name", "read_files", "read_package",
    "sealed_name", "unsealed_name", "whose", "write_files", "write_package",
]  # fmt: skip

POSITION_DIGITS = 6
_OF_ONE_FILE = {"file", "package", "part", "parts"}  # not of the package
_OF_PACKAGE_NAME = {"part": "package_no", "parts": "packages"}  # what they mean in the name of a package


# ---- writing ------------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Written:
    """A package ready for the seal. ``sealed_name`` is its name on the wire. Nothing of it counts before ``blocks`` came to its end."""

    name: str
    sealed_name: str
    blocks: Iterator[bytes]


def write_package(
    profile: Profile,
    side: SideName,
    facts: PackageFacts,
    tables: Mapping[str, Iterable[pa.Table]],
    papers: Sequence[Paper] = (),
    zip_password: bytes | None = None,
) -> Written:
    """The package for these rows, with their ``papers`` where the profile wants them for the bank's own file.

    ``zip_password``: of the connection, where the profile's ``legacy_password`` names it.
    Raises UnwritableRoster here (names, no password) or while ``blocks`` flow (rows, papers): then nothing was written.
    """
    files = write_files(profile, side, facts, tables, papers)
    name = package_name(profile, side, facts)
    return Written(name, parcel_name(profile, side, facts), packed(profile, side, facts, files, zip_password))


def packed(
    profile: Profile, side: SideName, facts: PackageFacts, files: Iterable[NamedFile], zip_password: bytes | None = None
) -> Iterator[bytes]:
    """The package of files there are already, as blocks. Raises UnwritableRoster where its zip lacks the password it is to be under."""
    package, name = profile.side(side).package, package_name(profile, side, facts)
    return packing.pack(package, files, packing.legacy_password(package, name, zip_password), name)


def write_files(
    profile: Profile,
    side: SideName,
    facts: PackageFacts,
    tables: Mapping[str, Iterable[pa.Table]],
    papers: Sequence[Paper] = (),
) -> Iterator[NamedFile]:
    """The files of a package, not packed; an optional file without rows is left out. Each must be used up before the next."""
    rows = {kind: _numbered(profile, facts, of_kind) if side == "inquiry" else of_kind for kind, of_kind in tables.items()}
    index = profile.side(side).package.index
    measured: list[Measured] = []
    for file in chain(_row_files(profile, side, facts, rows), _paper_files(profile, side, facts, papers)):
        if index is None:
            yield file
            continue
        measured.append(Measured(file.name, index.digest))
        yield NamedFile(file.name, measured[-1].through(file.blocks))
    if index is not None:
        rule = profile.rule(side, "package", "index")
        encoding = index.encoding or profile.side(side).defaults.encoding or "utf-8"
        listing = write_list(index, encoding, facts.for_names(), measured, rule)
        yield NamedFile(render(index.name, facts.for_names(), rule), [listing])


def _row_files(
    profile: Profile, side: SideName, facts: PackageFacts, rows: Mapping[str, Iterable[pa.Table]]
) -> Iterator[NamedFile]:
    for part in file_parts(profile, side, rows):
        rule = profile.rule(side, "files", part.key, "name")
        pattern = pattern_written(side, profile.side(side).files[part.key].name, part.key)
        name = render(pattern, replace(facts.for_names(), part=part.number), rule)
        said = facts.for_records() | part.facts()
        yield NamedFile(name, FileWriting(layout(profile, side, part.key), name, said).blocks(part.rows))


def _paper_files(profile: Profile, side: SideName, facts: PackageFacts, papers: Sequence[Paper]) -> Iterator[NamedFile]:
    agreed = profile.side(side).authorization
    if agreed is not None:
        yield from paper_files(agreed, facts.for_names(), papers, profile.rule(side, "authorization"))


def _numbered(profile: Profile, facts: PackageFacts, tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """The lines of an inquiry get their reference: the position in the batch, behind its number where nothing else carries that."""
    before = "" if _names_batch(profile) else facts.batch_no
    position = 1
    for table in tables:
        places = pa.array(range(position, position + table.num_rows), pa.int64()).cast(pa.string())
        position += table.num_rows
        padded = pc.utf8_lpad(places, POSITION_DIGITS, "0")
        line_ref = glued(before, padded)
        at = table.schema.get_field_index("line_ref")
        yield table.set_column(at, table.schema.field(at), line_ref)


def _names_batch(profile: Profile) -> bool:
    side = profile.inquiry
    if any(token.kind == "batch" for pattern in side.names for token in tokens(pattern)):
        return True
    return any(
        rule.to == "batch_no"
        for spec in side.files.values()
        for record in spec.records.values()
        for rule in record.fields.values()
    )


# ---- reading ------------------------------------------------------------------------------------------------------------------------


class Reading:
    """Rows of a package as they come; ``facts``, ``problems``, ``parked`` and ``warnings`` are complete when the iteration ended.

    Iterate once. Raises UnreadableFile while iterating, at the latest at the end: store nothing before.
    """

    def __init__(
        self,
        profile: Profile,
        side: SideName,
        files: Iterable[tuple[str, Iterable[bytes]]],
        *,
        package: str | None = None,
        expected: Mapping[str, str] | None = None,
        masked: bool = True,
        named: bool = False,
    ) -> None:
        self.facts: dict[str, Any] = {}  # what names, headers and trailers say: batch_no, bank, day, seq, as_of …
        self.problems: list[RowProblem] = []  # of parked rows; of a file with many, a few of each code
        self.parked: Counter[str] = Counter()  # how many there are, by code
        self.parked_lines: set[str] = set()  # every line_ref some row of which was parked
        self.parked_rows = 0
        self.beyond: dict[str, Beyond] = {}  # what ``problems`` does not name one by one
        self.warnings: list[Problem] = []  # what was forgiven
        self.ignored: Sequence[Measured] = ()  # files that were expected and not read
        self.papers: Carried | None = None  # that came with a question; None where none were agreed
        self._agreement = Agreement()
        self._names = self._agreement if package is not None else Agreement()  # what single files are called proves little
        self._profile, self._side, self._files, self._package = profile, side, files, package
        self._expected, self._masked, self._named = expected, masked, named

    def __iter__(self) -> Iterator[Rows]:
        if self._package is not None:
            self._note_name(self._profile.side(self._side).package.name, self._package)
        entries = Entries(self._profile, self._side, self._place, self._package)
        self.ignored, self.papers = entries.ignored, entries.papers
        try:
            for name, blocks in self._files:
                entry = entries.admit(name, blocks)
                if entry is not None:
                    self._agree(name, entry.key, entry.said, named=True)
                    facts = yield from self._read(entry.key, name, entry.blocks)
                    entries.note(entry.key, name, facts)
            entries.finish()
            self.warnings += entries.warnings
        except OtherEdition:
            raise
        except UnreadableFile as refused:
            problems = [*self.problems, *(p for p in refused.problems if p not in self.problems)]
            raise UnreadableFile(problems, self.beyond) from None

    def _read(self, key: str, name: str, blocks: Iterable[bytes]) -> Generator[Rows, None, Mapping[str, Any]]:
        """One file; returns what its headers and trailers say."""
        reading = FileReading(
            layout(self._profile, self._side, key), self._place(name), expected=self._expected, masked=self._masked
        )
        try:
            yield from reading.rows(blocks)
        finally:
            self._note(
                {fact: value for fact, value in reading.facts.items() if fact not in _OF_ONE_FILE}
            )  # also of a file that is refused: whose answer was it?
            self.problems += reading.problems
            self.parked += reading.parked
            self.parked_lines |= reading.parked_lines
            self.parked_rows += reading.parked_rows
            for code, more in reading.beyond.items():
                known = self.beyond.get(code)
                self.beyond[code] = more if known is None else Beyond(known.many + more.many, None, None)
            self.warnings += reading.warnings
        self._agree(name, key, reading.facts)
        return reading.facts

    def _agree(self, name: str, key: str, said: Mapping[str, Any], *, named: bool = False) -> None:
        """Names, headers and trailers of one package, or of the files given together, are about one thing. ``named``: its name says it."""
        self._note({fact: value for fact, value in said.items() if fact not in _OF_ONE_FILE})
        spec = self._profile.side(self._side).files[key]
        if named and self._package is None and "name" not in spec.model_fields_set:
            return  # what travels on a line has no name of its own
        for fact in SAME_THROUGHOUT:
            where, path = (OF_FILE, ("name",)) if named else header(self._profile, self._side, key, fact)
            if problem := (self._names if named else self._agreement).differs(said, fact, where):
                rule = self._profile.rule(self._side, "files", key, *path)
                raise UnreadableFile([*self.problems, replace(problem, place=DataPlace(self._place(name)), rule=rule)])

    def _note(self, facts: Mapping[str, Any]) -> None:
        for fact, value in facts.items():
            self.facts.setdefault(fact, value)

    def _note_name(self, pattern: str, name: str) -> None:
        """What the name of the package says; that it says nothing is forgiven, and said."""
        said = recognise(pattern, name)
        if said is None:
            place, rule = DataPlace(self._place(name)), self._profile.rule(self._side, "package", "name")
            warning = Problem(
                code="wrong-name", place=place, what=_WRONG_NAME, expected=Text(pattern, pattern), rule=rule, severity="warning"
            )
            self.warnings.append(warning)
        self._note({fact: value for fact, value in (said or {}).items() if fact not in _OF_ONE_FILE})
        self._note({_OF_PACKAGE_NAME[fact]: value for fact, value in (said or {}).items() if fact in _OF_PACKAGE_NAME})
        for fact in SAME_THROUGHOUT:
            self._agreement.differs(said or {}, fact, OF_PACKAGE)

    def _place(self, name: str) -> str:
        """Where a problem is; of a package that came to us no name is repeated that could hold a person (as problems are kept)."""
        if self._package is None:
            return name
        names = [name] if name == self._package else [self._package, name]
        if self._masked:
            side = self._profile.side(self._side)
            index = side.package.index
            known = [side.package.name, *(spec.name for spec in side.files.values()), *([index.name] if index else [])]
            names = [each if self._named and each == self._package else shown(each, known) for each in names]
        return " ▸ ".join(names)


_WRONG_NAME = Text("the name is not the one agreed for a package, so nothing is taken from it", "包名与约定不符，未取其中内容")


def read_package(
    profile: Profile,
    side: SideName,
    package_name: str,
    blocks: Iterable[bytes],
    *,
    masked: bool = True,
    named: bool = False,
    expected: Mapping[str, str] | None = None,
    zip_password: bytes | None = None,
) -> Reading:
    """A package as it came out of the seal; its name may still be that on the wire. ``expected``: ``batch_no``, where it is known.

    ``named``: whoever reads the messages named the package himself, so its name is told as it is. ``zip_password``: as for writing.
    """
    name = unsealed_name(profile, package_name)
    package = profile.side(side).package
    told_as = shown(name, [package.name]) if masked and not named else name
    files = packing.unpack(package, name, blocks, told_as, packing.legacy_password(package, name, zip_password))
    return Reading(profile, side, files, package=name, expected=expected, masked=masked, named=named)


def read_files(
    profile: Profile,
    side: SideName,
    files: Iterable[tuple[str, Iterable[bytes]]],
    *,
    masked: bool = True,
    expected: Mapping[str, str] | None = None,
) -> Reading:
    """Files without their package, any number of those a side has: names and blocks."""
    return Reading(profile, side, files, expected=expected, masked=masked)
