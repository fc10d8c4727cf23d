"""All that a bank's YAML may say: the model of the language ``bank-profile/1``.

The loader hands over text only (yaml_text.py), so every word here says how it is read from text. The second look, at what the words
mean together, is checks.py. Reference for analysts: docs/profile-language.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PrivateAttr, StringConstraints

from bank_profiles import profile_spelling
from bank_profiles.errors import ProfilePlace

Path = tuple[str | int, ...]
SideName = Literal["inquiry", "response"]

Whole = Annotated[int, BeforeValidator(profile_spelling.whole)]
YesNo = Annotated[bool, BeforeValidator(profile_spelling.yes_no)]
Day = Annotated[date, BeforeValidator(profile_spelling.day)]
Duration = Annotated[timedelta, BeforeValidator(profile_spelling.duration)]
Separator = Annotated[str, StringConstraints(pattern=r"^[!-/:-@\[-`{-~\t]$")]  # one ASCII sign
Padding = Annotated[str, StringConstraints(pattern=r"^[ -~]$")]  # one ASCII character
ClockSpan = Annotated[tuple[time, time], BeforeValidator(profile_spelling.clock_span)]
ReplyTime = Annotated[profile_spelling.WithinTime, BeforeValidator(profile_spelling.within_time)]

Encoding = Literal["gb18030", "utf-8"]
Unit = Literal["minor", "yuan", "fen", "li", "wan", "yi"]
Trim = Literal["both", "left", "right", "none"]


class Block(BaseModel):
    """Every block of a profile: closed, unchangeable, addressed by the name written in the YAML."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, arbitrary_types_allowed=True)


# ---- one field of the bank ----------------------------------------------------------------------------------------------------------


class Equals(Block):
    """A control total: computed when we write, checked when we read. Exactly one of the two."""

    count: str | None = None  # rows of this record of the same file
    sum: str | None = None  # "record.target", over the rows as received, in whole minor units


class FieldRule(Block):
    """One column of the bank: which of our fields it is (the target decides the type) and how it is spelt."""

    # what it means
    to: str | None = None  # a field of the record, a fact of the file, or "skip"
    const: str | None = None  # written; on reading it must be exactly this
    same_as: Literal["inquiry.batch_no"] | None = None
    equals: Equals | None = None
    # how it is spelt
    map: str | None = None
    list: str | None = None  # several words in one column, by this separator
    unit: Unit | None = None
    decimals: Whole | None = None  # implied decimal places: 123456 with 2 is 1234.56 of the unit
    sign: Literal["leading", "trailing"] | None = None  # a + or - that always stands there; without: "-" before a negative amount
    format: str | None = None
    formats: tuple[str, ...] | None = None  # tried in order when reading, the first one is written
    trim: Trim | None = None  # default both
    missing: tuple[str, ...] | None = None  # these texts mean "not given"; the first one is written for null
    # where it stands (fixed width)
    at: Whole | None = None  # 1-based, in bytes
    width: Whole | None = None
    pad: Padding | None = None  # default blank; "0" stands before the number
    align: Literal["left", "right"] | None = None  # default: right with pad "0", else left
    # what is demanded of it
    required: YesNo = False
    longest: Whole | None = None  # in bytes of the file's encoding


def _long_form(value: Any) -> Any:
    """``账号: account_no`` is short for ``账号: {to: account_no}``."""
    return {"to": value} if isinstance(value, str) else value


FieldSpec = Annotated[FieldRule, BeforeValidator(_long_form)]


# ---- records and files --------------------------------------------------------------------------------------------------------------


class Record(Block):
    """One kind of line: what rows it gives (none for headers and trailers), how it is told from the others, its columns in order."""

    gives: Literal["inquiry", "outcome", "holding", "movement"] | None = None
    place: Literal["first", "last"] | None = None
    when: dict[str, str] = {}  # column: text, equality only, several = and; written as well as read
    times: Literal["one", "optional", "any", "at_least_one"] | None = None
    always: dict[str, str] = {}  # our field: our word, for what the bank does not send
    fields: dict[str, FieldSpec]

    @property
    def occurs(self) -> str:
        """How often it must stand in the file; a header or trailer exactly once, so that a lost one is an error."""
        return self.times or ("one" if self.place else "any")


class FileBase(Block):
    """What every format has in common."""

    name: str
    required: YesNo = True  # a file that is not required may be left out of a package
    encoding: Encoding | None = None
    line_end: Literal["lf", "crlf"] = "lf"  # as written; both are read
    records: dict[str, Record]


class Delimited(FileBase):
    """Lines of columns with a separator between them; no quoting, so the separator cannot stand inside a text."""

    format: Literal["delimited"]
    separator: Separator


class Fixed(FileBase):
    """Lines of a fixed number of bytes; columns stand at byte positions."""

    format: Literal["fixed"]
    record_bytes: Whole
    counts: Literal["bytes"] = "bytes"


FileSpec = Annotated[Delimited | Fixed, Field(discriminator="format")]


# ---- one direction ------------------------------------------------------------------------------------------------------------------


class Defaults(Block):
    """What holds for every file and column of a side that does not say otherwise. ``format`` is that of dates."""

    encoding: Encoding | None = None
    format: str | None = None
    unit: Unit | None = None
    missing: tuple[str, ...] = ("",)


class Zip(Block):
    """One zip of all files."""

    kind: Literal["zip"]


Step = Zip  # the next step kinds join here as a union told apart by `kind`


class Package(Block):
    """How several files become one parcel. Without steps exactly one file travels bare."""

    name: str
    steps: tuple[Step, ...] = ()


class Side(Block):
    """One direction: the files, their common spelling, their wrapping."""

    defaults: Defaults = Defaults()
    package: Package
    files: dict[str, FileSpec]

    def encoding(self, file: str) -> str:
        """The encoding of a file; that there is one was checked when the profile was loaded."""
        return self.files[file].encoding or self.defaults.encoding or ""

    def formats(self, rule: FieldRule) -> tuple[str, ...]:
        """The date or time spellings of a column, the one to write first; empty where ISO is meant."""
        return rule.formats or tuple(f for f in (rule.format or self.defaults.format,) if f)

    def missing(self, rule: FieldRule) -> tuple[str, ...]:
        return self.defaults.missing if rule.missing is None else rule.missing

    def unit(self, rule: FieldRule) -> Unit | None:
        return rule.unit or self.defaults.unit


# ---- the manners of the channel -----------------------------------------------------------------------------------------------------


class Poll(Block):
    """How often and when we may look for answers, local time of the bank."""

    every: Duration = timedelta(minutes=5)
    between: ClockSpan | None = None


class FlagFile(Block):
    """A parcel is complete when a file of this name stands beside it; ``{file}`` is the parcel's name on the wire."""

    kind: Literal["flag_file"]
    name: str = "{file}.ok"


class Sftp(Block):
    """A pair of folders at the bank. Host, user, pins and keys are the connection's."""

    kind: Literal["sftp"]
    send_dir: str
    take_dir: str
    done_dir: str | None = None
    poll: Poll = Poll()
    ready: FlagFile
    tmp: str = "{file}.tmp"  # the name while a parcel is being written
    after_read: Literal["move", "delete", "leave"] = "leave"  # move: into done_dir, once we have stored it
    seal: Literal["cms-aes256gcm", "cms-aes256cbc"]
    sealed_as: str = "{package}.p7m"


Channel = Sftp  # the next kinds join here as a union told apart by `kind`


# ---- codes, service, examples -------------------------------------------------------------------------------------------------------


class CodeMap(Block):
    """Bank's code: our word. Turned round when we write; ``write`` chooses where two codes mean one word."""

    codes: dict[str, str]
    other: Literal["stop", "review"] = "stop"  # an unknown code: refuse the file, or park the row for a person
    write: dict[str, str] = {}

    def to_code(self) -> dict[str, str]:
        """Our word → the bank's code, the first one written down unless ``write`` says otherwise."""
        return {word: code for code, word in reversed(self.codes.items())} | self.write


class Limits(Block):
    lines_max: Whole  # lines in one batch
    files_per_day: Whole | None = None


class Service(Block):
    """When the bank works and how much it takes; times are local to the bank."""

    calendar: Literal["cn-bank-workday", "every_day"]
    send_between: ClockSpan | None = None
    reply_within: ReplyTime
    limits: Limits


class Example(Block):
    """Files of one side, given as text or as a path under samples/, and what must come out of them."""

    name: str
    given: dict[str, str]
    expect: dict[str, list[dict[str, str | None]]] | None = None
    parked: tuple[str, ...] = ()  # codes of the rows that are set aside, in order
    expect_error: str | None = None


class Effective(Block):
    """The days on which this edition rules, both inclusive, the bank's local date."""

    starts: Day = Field(alias="from")
    ends: Day | None = Field(default=None, alias="to")

    def covers(self, day: date) -> bool:
        return self.starts <= day and (self.ends is None or day <= self.ends)


# ---- the whole ----------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Origin:
    """Where each value and each key of a loaded profile stands: path → (line, column), 1-based."""

    file: str
    values: Mapping[Path, tuple[int, int]]
    keys: Mapping[Path, tuple[int, int]]

    def key(self, *path: str | int) -> ProfilePlace:
        """The place of a key, or of the nearest block above it that is written down."""
        return self._place(self.keys, path)

    def value(self, *path: str | int) -> ProfilePlace:
        """The place of a value, or of the nearest block above it that is written down."""
        return self._place(self.values, path)

    def _place(self, places: Mapping[Path, tuple[int, int]], path: Path) -> ProfilePlace:
        while path and path not in places:
            path = path[:-1]
        return ProfilePlace(self.file, *places.get(path, (1, 1)))


class Profile(Block):
    """One edition of one bank's language, checked. Made by ``catalogue.load_profile``."""

    schema_: Literal["bank-profile/1"] = Field(alias="schema")
    profile: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{1,31}$")]
    version: Annotated[str, StringConstraints(pattern=r"^[0-9]+(\.[0-9]+)+$")]
    effective: Effective
    source: str
    grade: Literal["official", "seen_in_code", "invented"]
    answers: tuple[str, ...]
    channel: Channel
    inquiry: Side
    response: Side
    maps: dict[str, CodeMap] = {}
    service: Service
    examples: tuple[Example, ...] = ()

    _origin: Origin = PrivateAttr(default=Origin("", {}, {}))

    def side(self, name: SideName) -> Side:
        return self.inquiry if name == "inquiry" else self.response

    def rule(self, *path: str | int) -> ProfilePlace:
        """The line of the profile that holds a rule, for the second address of a data error."""
        place = self._origin.key(*path)
        return ProfilePlace(place.file, place.line)

    def loaded_from(self, origin: Origin) -> Self:
        """This profile, remembering where it was read from."""
        self._origin = origin
        return self

    @property
    def origin(self) -> Origin:
        return self._origin
