"""What a profile says when its parents have had their say: the effective text as YAML, each line with the file and line it is written in.

And what the compile step makes of it: every column with its place, type, way of reading and unit.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from bank_profiles.errors import BadProfile, Problem, ProfilePlace, Text
from bank_profiles.language.formats import FileSpec
from bank_profiles.language.formats.delimited import Delimited
from bank_profiles.language.formats.excel import Excel
from bank_profiles.language.formats.tables import TitledField, TitledRecord
from bank_profiles.language.profile import Profile
from bank_profiles.language.shape import did_you_mean, one_of
from bank_profiles.language.yaml_text import Loaded, YamlPath
from bank_profiles.layouts.layout import Field, RecordLayout
from bank_profiles.layouts.making import layout
from bank_profiles.values.amounts import Money
from bank_profiles.values.targets import targets
from reconciliation.errors import UnknownCurrency

_FLOW_CHARS_MAX = 110
_STEP = "  "


class Line(NamedTuple):
    """One line of the effective text."""

    text: str
    origin: ProfilePlace


# ---- the text -----------------------------------------------------------------------------------------------------------------------


def effective_lines(loaded: Loaded, part: str = "") -> list[Line]:
    """The whole, or the part at a path of keys ``response.files.detail``. Raises BadProfile where there is no such part."""
    path, data = _part(loaded, part)
    if not path:
        return list(_inside(loaded, data, (), 0))
    return list(_entry(loaded, path, data, 0))


def _part(loaded: Loaded, part: str) -> tuple[YamlPath, Any]:
    """Keys may hold dots themselves: the longest that fits is meant."""
    path: YamlPath = ()
    here, rest = loaded.data, part
    while rest:
        inside: dict[str, Any] = (
            {str(n): v for n, v in enumerate(here)} if isinstance(here, list) else here if isinstance(here, dict) else {}
        )
        fitting = [key for key in inside if rest == key or rest.startswith(f"{key}.")]
        if not fitting:
            raise BadProfile([_no_part(loaded, path, rest.partition(".")[0], list(inside))])
        key = max(fitting, key=len)
        path = (*path, int(key) if isinstance(here, list) else key)
        here, rest = inside[key], rest[len(key) + 1 :]
    return path, here


def _no_part(loaded: Loaded, path: YamlPath, key: str, known: Sequence[str]) -> Problem:
    where = ".".join(map(str, path))
    what = Text(f"there is no “{key}” in {where or 'the profile'}", f"{where or '画像'}中没有“{key}”")
    expected = one_of(known) if known else None
    return Problem(code="unknown-part", place=loaded.place(path), what=what, expected=expected, hint=did_you_mean(key, known))


def _entry(loaded: Loaded, path: YamlPath, value: Any, depth: int) -> Iterator[Line]:
    """``key: value``, on one line where it was written on one."""
    key, origin, before = path[-1], _origin(loaded, path), _STEP * depth
    head = f"{before}{_scalar(str(key), key=True)}:" if isinstance(key, str) else f"{before}-"
    flow = _flow(value)
    if (
        not isinstance(value, dict | list)
        or not value
        or (_on_one_line(loaded, path, value) and len(head) + len(flow) < _FLOW_CHARS_MAX)
    ):
        if isinstance(value, str) and "\n" in value:
            yield Line(f"{head} |", origin)
            yield from (
                Line(f"{before}{_STEP}{text}", ProfilePlace(origin.file, origin.line + n))
                for n, text in enumerate(value.split("\n"), 1)
                if text
            )
        else:
            yield Line(f"{head} {flow}", origin)
        return
    yield Line(head, origin)
    yield from _inside(loaded, value, path, depth + 1)


def _inside(loaded: Loaded, value: Any, path: YamlPath, depth: int) -> Iterator[Line]:
    entries = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in entries:
        yield from _entry(loaded, (*path, key), inner, depth)


def _origin(loaded: Loaded, path: YamlPath) -> ProfilePlace:
    line = (loaded.keys.get(path) or loaded.values.get(path) or (1, 1))[0]
    return ProfilePlace(loaded.file_of(path), line)


def _on_one_line(loaded: Loaded, path: YamlPath, value: Any) -> bool:
    mine = _origin(loaded, path)
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return all(_origin(loaded, (*path, key)) == mine and _on_one_line(loaded, (*path, key), each) for key, each in inner)


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_scalar(str(key), key=True)}: {_flow(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flow(each) for each in value) + "]"
    return "null" if value is None else _scalar(str(value))


def _scalar(text: str, *, key: bool = False) -> str:
    """Quoted where YAML would see something else in it."""
    odd = not text or text != text.strip() or text in ("null", "~") or text[0] in "!&*?|>%@`'\"#-[]{},:=" or text[-1] == ":"
    inner = (
        any(sign in text for sign in (", ", ": ", " #", "{", "}", "[", "]", "\n", "\t", '"'))
        or (key and ":" in text)
        or "," in text
    )
    if not odd and not inner:
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t") + '"'


# ---- the plan -----------------------------------------------------------------------------------------------------------------------


class Column(NamedTuple):
    """What the compile step made of one column."""

    file: str
    record: str
    column: str
    place: str
    target: str
    kind: str
    reads: str
    unit: str
    resolution: str
    rule: ProfilePlace


def plan(profile: Profile, part: str = "") -> list[Column]:
    """Every column of both sides, or of the part at a path ``response.files.detail``."""
    wanted = part.split(".")
    rows = []
    for side in profile.sides:
        for key in profile.side(side).files:
            whole = layout(profile, side, key)
            for record in whole.records:
                at = [side, "files", key, "records", record.name]
                if all(one == other for one, other in zip(wanted, at, strict=False)) or not part:
                    rows += [_column(f"{side}.{key}", record, field, _found_by(whole.spec, record)) for field in record.columns]
    return rows


def _found_by(spec: FileSpec, record: RecordLayout) -> str | None:
    """How the columns of a record are found where it is not by their number."""
    if spec.format in ("xml", "json"):
        return "by path"
    if isinstance(record.spec, TitledRecord) and record.spec.place == "preamble":
        return "by label"
    titled = isinstance(spec, Excel) or (isinstance(spec, Delimited) and spec.title_row is not None)
    alone = isinstance(spec, Delimited) and record.place in ("first", "last")  # lines above or below the table, without titles
    return "by title" if titled and not alone else None


def _column(file: str, record: RecordLayout, field: Field, found_by: str | None) -> Column:
    converter = field.converter
    kind = targets(record.kind).get(field.target or "", "")
    return Column(
        file=file,
        record=record.name,
        column=field.name,
        place=_place(field, found_by),
        target=field.target or ("" if field.says is None else f"= {field.says}"),
        kind=kind or (field.total.kind if field.total else ""),
        reads=("made: " if field.made else "")
        + (type(converter).__name__.lower() if converter else "as it is" if field.is_read else "skipped"),
        unit=converter.unit if isinstance(converter, Money) else "",
        resolution=_resolution(converter) if isinstance(converter, Money) else "",
        rule=field.rule,
    )


def _place(field: Field, found_by: str | None) -> str:
    if field.made is not None:
        return " + ".join(source.name for source in field.made.sources)
    if isinstance(field.spelt, TitledField) and field.spelt.within:
        return f"within “{field.spelt.within}”"
    return f"bytes {field.span[0] + 1}-{field.span[1]}" if field.span else found_by or f"column {field.number}"


def _resolution(money: Money) -> str:
    """The smallest step of CNY that it can show."""
    try:
        step = money.resolution("CNY")
    except UnknownCurrency:
        step = None
    return "exact" if step is None else f"{step / 100:g} CNY"
