"""One direction: its files, their common spelling, their wrapping."""

from pydantic import Field

from bank_profiles.language.fields import FieldRule
from bank_profiles.language.formats import FileSpec
from bank_profiles.language.formats.base import BY_BATCH, Encoding
from bank_profiles.language.packages import Package, Papers
from bank_profiles.language.words import Block, Grouping, Point, Unit, Whole


class Defaults(Block):
    """What holds for every file and column of a side that does not say otherwise. ``format`` is that of dates."""

    encoding: Encoding | None = None
    format: str | None = None
    unit: Unit | None = None
    missing: tuple[str, ...] = ("",)
    point: Point | None = None
    grouping: Grouping | None = None
    pivot: Whole | None = None


class Layout(Block):
    """Which edition a file is of, where the bank writes it into its files: ``{from: header.版本号, picks: {"2.0": 2026.2}}``."""

    says: str = Field(alias="from")  # record.column
    picks: dict[str, str]  # what stands there: the edition that reads it


class Side(Block):
    """One direction: the files, their common spelling, their wrapping."""

    defaults: Defaults = Defaults()
    one_per_file: tuple[str, ...] = ()  # facts a header says once for all rows; gather cuts where they change
    package: Package = Package(name=BY_BATCH)
    authorization: Papers | None = None  # inquiry only: what of the authorizations goes with the question
    layout: Layout | None = None
    files: dict[str, FileSpec]

    def encoding(self, file: str) -> str:
        """The encoding of a file; that there is one was checked when the profile was loaded."""
        if self.files[file].format == "excel":
            return "utf-8"  # a workbook says itself how its texts are stored; lengths in bytes are those of UTF-8
        return self.files[file].encoding or self.defaults.encoding or ""

    @property
    def names(self) -> list[str]:
        """The patterns of all names that are written down."""
        files = [file.name for file in self.files.values() if "name" in file.model_fields_set]
        return [*([self.package.name] if "package" in self.model_fields_set else []), *files]

    @property
    def names_batch(self) -> bool:
        """Does it say its batch number once, in a header or a name? Then references of lines are positions only."""
        rules = (rule for file in self.files.values() for record in file.records.values() for rule in record.fields.values())
        return any(rule.to == "batch_no" or rule.same_as for rule in rules) or any("{batch" in name for name in self.names)

    def formats(self, rule: FieldRule) -> tuple[str, ...]:
        """The date or time spellings of a column, the one to write first; empty where ISO is meant."""
        return rule.formats or tuple(f for f in (rule.format or self.defaults.format,) if f)

    def missing(self, rule: FieldRule) -> tuple[str, ...]:
        return self.defaults.missing if rule.missing is None else rule.missing

    def unit(self, rule: FieldRule) -> Unit | None:
        return rule.unit or self.defaults.unit

    def point(self, rule: FieldRule) -> Point | None:
        return rule.point or self.defaults.point

    def grouping(self, rule: FieldRule) -> Grouping | None:
        return rule.grouping or self.defaults.grouping

    def pivot(self, rule: FieldRule) -> int | None:
        return self.defaults.pivot if rule.pivot is None else rule.pivot
