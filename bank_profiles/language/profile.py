"""One edition of one bank's language: the whole model of ``bank-profile/1``, of which the files beside this one hold the parts.

The loader hands over text only (yaml_text.py), so every word says how it is read from text. The second look, at what the words
mean together, is checks/. Reference for analysts: docs/profile-language.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal, Self

from pydantic import Field, PrivateAttr, StringConstraints

from bank_profiles.errors import ProfilePlace
from bank_profiles.language.channel import Channel, DropBox
from bank_profiles.language.service import CodeMap, Effective, Example, Service
from bank_profiles.language.sides import Side
from bank_profiles.language.words import Block, Path, SideName


@dataclass(frozen=True)
class Origin:
    """Where each value and each key of a loaded profile stands: path → (line, column), 1-based."""

    file: str
    values: Mapping[Path, tuple[int, int]]
    keys: Mapping[Path, tuple[int, int]]
    inherited: Mapping[Path, str] = field(default_factory=dict)  # the file a path is written in, where it is a parent's

    def key(self, *path: str | int) -> ProfilePlace:
        """The place of a key, or of the nearest block above it that is written down."""
        return self._place(self.keys, path)

    def value(self, *path: str | int) -> ProfilePlace:
        """The place of a value, or of the nearest block above it that is written down."""
        return self._place(self.values, path)

    def _place(self, places: Mapping[Path, tuple[int, int]], path: Path) -> ProfilePlace:
        while path and path not in places:
            path = path[:-1]
        written = self.inherited.get(path, self.file)
        return ProfilePlace(written, *places.get(path, (1, 1)), "" if written == self.file else self.file)


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
    fallbacks: tuple[Channel, ...] = ()  # other roads of this bank for the same parcels, when the channel fails
    inquiry: Side
    response: Side
    receipt: Side | None = None  # what the bank says of a package it was sent, apart from its answer
    maps: dict[str, CodeMap] = {}
    service: Service
    examples: tuple[Example, ...] = ()

    _origin: Origin = PrivateAttr(default=Origin("", {}, {}))

    def side(self, name: SideName) -> Side:
        """One direction. Raises KeyError where the bank sends no receipts."""
        if name == "receipt":
            if self.receipt is None:
                raise KeyError(name)
            return self.receipt
        return self.inquiry if name == "inquiry" else self.response

    @property
    def sides(self) -> tuple[SideName, ...]:
        """The directions there are: ours, the bank's, and its receipts where it sends any."""
        return ("inquiry", "response") if self.receipt is None else ("inquiry", "response", "receipt")

    @property
    def offers_sheet(self) -> bool:
        """Do the bank's staff take inquiries at the drop-box as the sheet they are, and hand answers in as one?"""
        return any(isinstance(road, DropBox) and road.sheet for road in (self.channel, *self.fallbacks))

    def rule(self, *path: str | int) -> ProfilePlace:
        """The line of the profile that holds a rule, for the second address of a data error."""
        place = self._origin.key(*path)
        return ProfilePlace(place.file, place.line, heir=place.heir)

    def loaded_from(self, origin: Origin) -> Self:
        """This profile, remembering where it was read from."""
        self._origin = origin
        return self

    @property
    def origin(self) -> Origin:
        return self._origin
