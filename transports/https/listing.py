"""What a peer says it holds, as JSON: read as hostile input, entry by entry; our own side writes the same."""

import dataclasses
import re
from collections.abc import Sequence
from typing import Any

import orjson

from transports import names
from transports.https.calls import Listing
from transports.https.strict_json import loads
from transports.https.words import unexpected
from transports.transport import Presence, Remote, oldest_first

_REASON = re.compile(r"[a-z][a-z-]{1,40}")
_HEX = re.compile(r"[0-9a-f]{64}")
SIZE_MAX = 2**53


@dataclasses.dataclass
class Found:
    """The files that can be ours, what was left out (reason, masked name), and the digests the listing gave."""

    files: list[Remote] = dataclasses.field(default_factory=list)
    strange: list[tuple[str, str]] = dataclasses.field(default_factory=list)
    digests: dict[str, str] = dataclasses.field(default_factory=dict)


def read(body: bytes, members: Listing, entries_max: int) -> Found:
    """A listing, oldest first, at most ``entries_max`` entries of it. Raises Unexpected (reply-malformed)."""
    told = loads(body)
    items = told.get(members.files) if members.files and isinstance(told, dict) else told
    if not isinstance(items, list):
        raise unexpected("reply-malformed")
    found = Found()
    if len(items) > entries_max:
        found.strange.append(names.cut(entries_max))
    for item in items[:entries_max]:
        _take(item, members, found)
    if isinstance(told, dict):
        found.strange += _left_out(told.get(members.left_out), entries_max)
    found.files.sort(key=oldest_first)
    return found


def _take(item: Any, members: Listing, found: Found) -> None:
    if not isinstance(item, dict):
        raise unexpected("reply-malformed")
    name, size = item.get(members.name), item.get(members.size)
    modified: Any = item.get(members.modified, 0.0)
    if not isinstance(name, str) or not isinstance(size, int) or not _is_number(modified) or not 0 <= size < SIZE_MAX:
        raise unexpected("reply-malformed")
    reason = names.problem(name)
    if reason:
        found.strange.append((reason, names.mask(name)))
        return
    found.files.append(Remote(name, size, float(modified)))
    digest = item.get(members.digest)
    if isinstance(digest, str) and _HEX.fullmatch(digest):
        found.digests[name] = digest


def _left_out(told: Any, entries_max: int) -> list[tuple[str, str]]:
    """What the peer itself left out: its words only where they are of the agreed form."""
    pairs = told[:entries_max] if isinstance(told, list) else []
    good = [pair for pair in pairs if isinstance(pair, list) and len(pair) == 2 and all(isinstance(each, str) for each in pair)]
    return [(reason, shown) for reason, shown in good if _REASON.fullmatch(reason) and names.is_masked(shown)]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def write(files: Sequence[Remote], strange: Sequence[tuple[str, str]]) -> bytes:
    """The house's listing."""
    listed = [{"name": each.name, "size": each.size, "modified": each.modified} for each in files]
    return orjson.dumps({"files": listed, "left_out": [list(pair) for pair in strange]})


def presence(body: bytes) -> Presence:
    """What a look was answered. Raises Unexpected (reply-malformed)."""
    told = loads(body)
    try:
        return Presence(told["presence"])
    except (KeyError, TypeError, ValueError) as strange:
        raise unexpected("reply-malformed") from strange


def write_presence(found: Presence) -> bytes:
    """The answer to a look."""
    return orjson.dumps({"presence": found.value})


def is_digest(text: str) -> bool:
    """Is it a SHA-256 in hex?"""
    return _HEX.fullmatch(text) is not None
