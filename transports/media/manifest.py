"""The list that lies on a volume, twice: for a person (digest and name a line) and for a program (manifest.json), signed beside it.

清单.txt (the profile names it)   ``<digest hex>  <name>`` a line, as sha256sum and sm3sum write and check it
manifest.json                     schema media/1: whose, which volume of which set, which batches, every file
manifest.json.p7s                 a detached signature over manifest.json, by the suite parcels are sealed by (CMS, its SM2 twin, OpenPGP)
"""

import dataclasses
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from transports import names
from transports.media import words

SCHEMA = "media/1"
JSON_NAME = "manifest.json"
SIGNATURE_NAME = f"{JSON_NAME}.p7s"
BYTES_MAX = 4 * 1024 * 1024
FILES_MAX = 10_000
_LINE = re.compile(r"([0-9a-fA-F]{32,64}) [ *](.+)")
_HEX = re.compile(r"[0-9a-f]{32,64}")


@dataclasses.dataclass(frozen=True)
class Listed:
    """One file of a volume: a whole parcel, or part ``part`` of ``parts`` of one. ``size`` −1: its list does not say."""

    name: str
    size: int
    digest: str
    parcel: str = ""  # the name it becomes a part of; its own when it is whole
    part: int = 1
    parts: int = 1

    @property
    def whole(self) -> str:
        """The parcel it is or belongs to."""
        return self.parcel or self.name


@dataclasses.dataclass(frozen=True)
class Manifest:
    """What a volume says of itself. ``set_name`` is the label of the first volume of its set."""

    centre: str
    bank: str
    direction: str  # out: centre to bank; in: bank to centre
    label: str
    set_name: str
    volume: int
    of: int
    batches: tuple[str, ...]
    digest: str  # which algorithm
    files: tuple[Listed, ...]
    made_at: str

    def to_json(self) -> bytes:
        """manifest.json."""
        said = {"schema": SCHEMA, **dataclasses.asdict(self)}
        return json.dumps(said, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"

    def to_listing(self) -> bytes:
        """The list a person reads and ``sha256sum -c`` or ``sm3sum -c`` checks."""
        return "".join(f"{file.digest}  {file.name}\n" for file in self.files).encode()


def part_name(parcel: str, part: int, parts: int) -> str:
    """``X.p7m.002of003``: sorted by name, the parts are in order; ``cat X.p7m.*`` joins them."""
    return parcel if parts == 1 else f"{parcel}.{part:03d}of{parts:03d}"


def read_json(content: bytes) -> Manifest:
    """Exactly what ``to_json`` writes, nothing more. Raises Refused media-list-broken."""
    try:
        said = json.loads(content, object_pairs_hook=_once)
        if said.pop("schema") != SCHEMA:
            raise ValueError("schema")
        files = tuple(_listed(each) for each in said.pop("files"))
        found = Manifest(files=files, batches=tuple(said.pop("batches")), **said)
        _plain(found)
        _checked(files)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as wrong:
        raise words.refused(words.LIST_BROKEN) from wrong
    return found


def _once(pairs: Sequence[tuple[str, Any]]) -> Mapping[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key twice")
    return found


def _listed(said: Mapping[str, Any]) -> Listed:
    file = Listed(**said)
    numbers = (file.size, file.part, file.parts)
    if not all(type(number) is int for number in numbers) or file.size < 0 or not 1 <= file.part <= file.parts <= 999:
        raise ValueError("numbers")
    if file.name != part_name(file.whole, file.part, file.parts):
        raise ValueError("name of a part")
    return file


def _plain(found: Manifest) -> None:
    texts = (found.centre, found.bank, found.direction, found.label, found.set_name, found.digest, found.made_at, *found.batches)
    if not all(isinstance(text, str) for text in texts) or not all(type(n) is int for n in (found.volume, found.of)):
        raise ValueError("kinds")
    if not 1 <= found.volume <= found.of or found.direction not in ("out", "in"):
        raise ValueError("numbers")


def read_listing(content: bytes) -> tuple[Listed, ...]:
    """The lines of the list a bank writes; UTF-8 or GB18030, LF or CRLF. Raises Refused media-list-broken, media-name."""
    files = []
    for line in _text(content).splitlines():
        if line.strip():
            found = _LINE.fullmatch(line.rstrip())
            if found is None:
                raise words.refused(words.LIST_BROKEN)
            files.append(Listed(found[2], -1, found[1].lower()))
    try:
        _checked(files)
    except ValueError as wrong:
        raise words.refused(words.LIST_BROKEN) from wrong
    return tuple(files)


def _text(content: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise words.refused(words.LIST_BROKEN)


def _checked(files: Sequence[Listed]) -> None:
    if not files or len(files) > FILES_MAX or len({file.name for file in files}) != len(files):
        raise ValueError("files")
    if not all(isinstance(file.digest, str) and _HEX.fullmatch(file.digest) for file in files):
        raise ValueError("digests")
    if any(names.problem(name) for file in files for name in (file.name, file.whole)):
        raise words.refused(words.NAME)
