"""JSON as a peer sends it: no name twice, no depth or number without bound; anything else is not well formed."""

import json
from typing import Any

from transports.https.words import unexpected

DEPTH_MAX = 16
NUMBER_MAX = 20  # characters: more than any size in bytes


def loads(raw: bytes) -> Any:
    """The value. Raises Unexpected (reply-malformed)."""
    try:
        value = json.loads(
            raw.decode("utf-8"),
            object_pairs_hook=_once,
            parse_int=_short,
            parse_float=_short_float,
            parse_constant=_refuse,
        )
        _shallow(value, DEPTH_MAX)
    except (ValueError, RecursionError) as bad:
        raise unexpected("reply-malformed") from bad
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name twice")
    return found


def _short(text: str) -> int:
    if len(text) > NUMBER_MAX:
        raise ValueError("a number too long")
    return int(text)


def _short_float(text: str) -> float:
    if len(text) > 2 * NUMBER_MAX or "inf" in repr(float(text)):
        raise ValueError("a number too long")
    return float(text)


def _refuse(text: str) -> Any:
    raise ValueError(text)


def _shallow(value: Any, depth: int) -> None:
    if depth < 0:
        raise ValueError("too deep")
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for each in inner:
        _shallow(each, depth - 1)
