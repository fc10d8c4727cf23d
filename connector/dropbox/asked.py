"""What a call asks, read as hostile input: JSON without unknown or repeated keys, digests, ranges of bytes, names of files."""

import base64
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, unquote

from connector.dropbox import problems
from connector.dropbox.problems import Refusal
from transports import names
from transports.errors import TransportError
from transports.https import strict_json

NAME_BYTES_MAX = 240
_CONTENT_RANGE = re.compile(r"bytes (\d{1,15})-(\d{1,15})/(\d{1,15})")
_DIGEST = re.compile(r"(sha-256|sm3)=:([A-Za-z0-9+/]{43}=):")
_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")

Good = Callable[[Any], bool]


def json_object(raw: bytes, required: Mapping[str, Good], optional: Mapping[str, Good]) -> dict[str, Any]:
    """A JSON object with these keys, each value as its test says. Raises Refusal with everything that is wrong at once."""
    try:
        said = strict_json.loads(raw)
    except TransportError:
        said = None
    if not isinstance(said, dict):
        raise Refusal(400, problems.NOT_JSON)
    tests = {**required, **optional}
    wrongs = [problems.MISSING_KEY.at(f"/{key}") for key in required if key not in said]
    if any(key not in tests for key in said):
        wrongs.append(problems.UNKNOWN_KEY)  # not repeated: it may be anything
    wrongs += [problems.BAD_VALUE.at(f"/{key}") for key, good in tests.items() if key in said and not good(said[key])]
    if wrongs:
        raise Refusal(422, *wrongs)
    return said


def query(text: str, allowed: set[str]) -> dict[str, str]:
    """What stands behind the question mark, each key once. Raises Refusal."""
    try:
        found = parse_qs(text, keep_blank_values=True, strict_parsing=bool(text), max_num_fields=8, errors="strict")
    except ValueError:
        raise Refusal(400, problems.MALFORMED) from None
    if set(found) - allowed or any(len(values) != 1 for values in found.values()):
        raise Refusal(400, problems.MALFORMED)
    return {key: values[0] for key, values in found.items()}


def file_name(written: str) -> str:
    """A file's name out of a path. Raises Refusal name-unusable."""
    try:
        return name(unquote(written, errors="strict"))
    except UnicodeDecodeError:
        raise Refusal(422, problems.NAME) from None


def name(said: str) -> str:
    """The name itself. Raises Refusal name-unusable."""
    if names.problem(said) or len(said.encode()) > NAME_BYTES_MAX:
        raise Refusal(422, problems.NAME)
    return said


def digests(field: str | None) -> dict[str, str]:
    """The digests a Content-Digest or Repr-Digest names (RFC 9530), of those we know: sha256, sm3, in hex. Raises Refusal digest-missing."""
    found: dict[str, str] = {}
    for each in (field or "").split(",")[:8]:
        said = _DIGEST.fullmatch(each.strip())
        if said is not None:
            found[said[1].replace("-", "")] = base64.b64decode(said[2]).hex()
    if not found:
        raise Refusal(400, problems.DIGEST_MISSING)
    return found


def revises(text: str) -> str | None:
    """The answer an upload is to take the place of, where its call says so. Raises Refusal."""
    return query(text, {"revises"}).get("revises")


def part(field: str | None, size: int) -> tuple[int, int]:
    """Where a body of ``size`` bytes begins in its file, and how long the file is. Raises Refusal range-malformed."""
    if field is None:
        return 0, size
    said = _CONTENT_RANGE.fullmatch(field.strip())
    first, last, whole = (int(number) for number in said.groups()) if said else (0, -1, 0)
    if last - first + 1 != size or last >= whole:
        raise Refusal(400, problems.RANGE)
    return first, whole


def span(field: str | None, size: int) -> tuple[int, int] | None:
    """The first byte asked for and the one behind the last; None for the whole. Raises Refusal range-outside.

    What is no single range of bytes is answered with the whole (RFC 9110 14.2).
    """
    said = _RANGE.fullmatch((field or "").strip().replace(" ", ""))
    if said is None or said.groups() == ("", ""):
        return None
    first, last = said.groups()
    begin = int(first) if first else max(0, size - int(last))
    end = min(size, int(last) + 1) if first and last else size
    if begin >= end:
        raise Refusal(416, problems.RANGE_OUTSIDE, headers={"Content-Range": f"bytes */{size}"})
    return begin, end


def language(field: str | None) -> str:
    """zh, unless English is wanted more."""
    best, chosen = 0.0, "zh"
    for each in (field or "").split(",")[:16]:
        tag, _, weight = each.strip().partition(";")
        said = tag.strip().lower().partition("-")[0]
        worth = _weight(weight)
        if said in ("zh", "en") and worth > best:
            best, chosen = worth, said
    return chosen


def _weight(said: str) -> float:
    found = re.fullmatch(r"\s*q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*", said)
    return float(found[1]) if found else 0.0 if said else 1.0


def is_remark(said: Any) -> bool:
    """A sentence or two, on one line."""
    return isinstance(said, str) and 0 < len(said) <= 500 and said.isprintable()


def are_files(said: Any) -> bool:
    """Names, each once; looked at one by one afterwards."""
    return (
        isinstance(said, list) and 0 < len(said) <= 16 and all(isinstance(n, str) for n in said) and len(set(said)) == len(said)
    )


def whole_number(said: str | None, default: int) -> int | None:
    """A number of a query, the default where it is not said, None where it is none."""
    if said is None:
        return default
    return int(said) if said.isascii() and said.isdigit() and len(said) < 16 else None
