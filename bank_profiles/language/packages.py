"""How the files of a side become one parcel: their wrapping, the list that names them, what else may lie in it, its number."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from bank_profiles.language.formats.base import Encoding
from bank_profiles.language.spelling import whose_password
from bank_profiles.language.words import Block

LegacyPassword = Annotated[Literal["connection", "package_name"], BeforeValidator(whose_password)]


class Zip(Block):
    """All files in one zip.

    ``legacy_password``: the zip is under a password of the old kind, which the connection names, or which is the package's own name
    without its ending. It protects nothing and stands for no seal; it is there because some banks' programs know no other way (rule 32).
    """

    kind: Literal["zip"] = "zip"
    legacy_password: LegacyPassword | None = None


class Tar(Block):
    """All files in one tar."""

    kind: Literal["tar"] = "tar"


class Gzip(Block):
    """What is there so far, or the one file, as a gzip."""

    kind: Literal["gzip"] = "gzip"


# One wrapping. Innermost first: perhaps zip or tar of all files, then perhaps gzip of that.
Step = Annotated[Zip | Tar | Gzip, Field(discriminator="kind")]


class Sequence(Block):
    """When ``{seq:n}`` begins at 1 again."""

    resets: Literal["daily", "never"] = "daily"


class Index(Block):
    """A file of the package that lists the others; an answer is whole when the list and the files agree.

    ``head``, ``each`` and ``tail`` are its lines, spelt as names are, with ``{file} {size} {digest} {count:n}`` besides.
    """

    name: str
    head: tuple[str, ...] = ()
    each: str = "{file}"
    tail: tuple[str, ...] = ()
    digest: Literal["sha256", "sm3", "md5"] | None = None
    encoding: Encoding | None = None
    line_end: Literal["lf", "crlf"] = "lf"  # as written; both are read


class Papers(Block):
    """The authorizations a question is asked on, for the bank's own file: a list of them in the package, and the scans where it wants them.

    ``letter``: the number of the inquiry letter, spelt as names are; ``name``: of the list; ``scans``: of each scan.
    """

    carries: Literal["letter", "digest", "scan"]
    letter: str
    name: str
    scans: str = "{digest}.scan"
    digest: Literal["sha256", "sm3"] = "sha256"  # of a scan, in the list and in its name


class Package(Block):
    """How several files become one parcel. Without zip or tar exactly one file travels."""

    name: str
    steps: tuple[Step, ...] = ()
    seq: Sequence = Sequence()
    index: Index | None = None
    ignore: tuple[str, ...] = ()  # names of files that may be there and are not ours to read

    @property
    def holds_several(self) -> bool:
        return any(step.kind in ("zip", "tar") for step in self.steps)

    @property
    def locked_by(self) -> LegacyPassword | None:
        """Who says the old password its zip is under; None where it has none."""
        return next((step.legacy_password for step in self.steps if isinstance(step, Zip)), None)
