"""One cell by the rules of its field: trim, missing, constant, length, then the converter. Text in, value out, or BadValue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pyarrow as pa
import pyarrow.compute as pc

from bank_profiles.encodings import size
from bank_profiles.errors import Text
from bank_profiles.layouts.layout import Field
from bank_profiles.values.arrays import character_lengths
from bank_profiles.values.converters import BadValue
from bank_profiles.values.identifying import IDENTIFYING, NUMBERS, numbered, seen, whole
from bank_profiles.values.kernels import by_distinct
from bank_profiles.values.numbers import BLANKS

if TYPE_CHECKING:
    Texts = pa.Array[Any]

SPACES = BLANKS
_FORBIDDEN = frozenset(map(chr, (*range(0x20), *range(0x7F, 0xA0), 0xFEFF)))  # control characters, a BOM in the middle


def read_cell(field: Field, raw: str | BadValue | None) -> Any:
    """The value of a cell; None where the bank did not give one, or there is no cell at all. Money stays as written (Money.read)."""
    if isinstance(raw, BadValue):
        raise raw.with_traceback(None)  # one of them may stand for many cells: it must not gather where each was raised
    if raw is None:
        return _missing(field)
    text = bare(field, trimmed(field, raw))
    if not _FORBIDDEN.isdisjoint(text):
        what = Text("there is a control character in this field", "该字段含控制字符")
        raise BadValue(
            "control-character", what, Text("printable text", "可见文字"), Text("the bank must remove it", "请银行去除")
        )
    if field.says is not None:
        if text != field.says:
            raise BadValue(
                "wrong-constant", Text("“{value}” stands here", "此处为“{value}”"), Text(f"“{field.says}”", f"“{field.says}”")
            )
        if field.converter is None:
            return None
    if text in field.missing:
        return _missing(field)
    if field.longest is not None and size(text, field.encoding) > field.longest:
        what = Text("the text is longer than agreed", "文字超过约定长度")
        raise BadValue("too-long", what, Text(f"at most {field.longest} bytes", f"最多 {field.longest} 字节"))
    if field.target in IDENTIFYING:
        text = seen(text) if field.target not in NUMBERS else whole(seen(text))
        text = numbered(text) if field.answers else text
    return text if field.converter is None else field.converter.read(text)


_EMPTY = Text("this field is empty", "该字段为空")
_NOT_EMPTY = Text("a value in every row", "每行都应有值")
_TO_FILL = Text(
    "ask the bank to fill it; where it may be empty by its rules, a new edition says so",
    "请银行补填；若按其规则可以为空，登记新版本说明",
)


def _missing(field: Field) -> None:
    if field.required or field.says is not None:
        if field.batch_of_inquiry:
            hint = Text(
                "nothing proves what this file answers. The whole file is refused", "无法证明该文件是对哪一批的反馈。整个文件拒收"
            )
            expected = Text("the number of the batch that was sent", "所发送批次的批次号")
            raise BadValue("missing-value", _EMPTY, expected, hint, refuses_file=True)
        raise BadValue("missing-value", _EMPTY, _NOT_EMPTY, _TO_FILL)


def trimmed(field: Field, raw: str) -> str:
    if field.trim == "both":
        return raw.strip(SPACES)
    if field.trim == "left":
        return raw.lstrip(SPACES)
    return raw.rstrip(SPACES) if field.trim == "right" else raw


def bare(field: Field, text: str) -> str:
    """A trimmed text without what a spreadsheet puts around it so that it stays text: ``="0012"`` or ``'0012``."""
    if field.spelt.escape is None:
        return text
    if text.startswith('="') and text.endswith('"') and len(text) > len('="'):
        return trimmed(field, text[2:-1].replace('""', '"'))
    return text.removeprefix("'")


SHARED_MAX = 256  # characters of a text that many rows get from another one, and each keeps
_TOO_LONG_TO_SHARE = BadValue(
    "too-long",
    Text("a text that belongs to several rows is longer than any name or number", "由多行共用的文字长于任何名称或号码"),
    Text(f"at most {SHARED_MAX} characters", f"最多 {SHARED_MAX} 个字符"),
)


def shared(cell: str | BadValue | None) -> str | BadValue | None:
    """A cell as other rows get it: a short answer must not grow to gigabytes because its longest text is handed to all rows."""
    if not isinstance(cell, str) or len(cell) <= SHARED_MAX:
        return cell
    text = cell.strip(SPACES)
    return text if len(text) <= SHARED_MAX else _TOO_LONG_TO_SHARE


def may_be_shared(texts: Texts) -> bool:
    """Is none of them so long that ``shared`` would have to look?"""
    longest: int | None = pc.max(character_lengths(texts)).as_py()
    return longest is None or longest <= SHARED_MAX


# ---- what columns are made of -------------------------------------------------------------------------------------------------------


def present(field: Field, raw: str) -> str | None:
    """What stands in a cell, for what is made of it; None where that means "missing"."""
    text = bare(field, trimmed(field, raw))
    return None if text in field.missing else text


def present_column(field: Field, texts: Texts) -> Texts:
    """The same for a whole column."""
    if isinstance(texts, pa.DictionaryArray) or field.spelt.escape is not None:
        found = by_distinct(texts, lambda text: None if text is None else present(field, text), pa.string())
        assert found is not None
        return found
    if field.trim != "none":
        texts = _TRIM[field.trim](texts, SPACES)
    return cast(
        "Texts", pc.if_else(pc.is_in(texts, pa.array([*field.missing, None], pa.string())), pa.scalar(None, pa.string()), texts)
    )


_TRIM: dict[str, Any] = {"both": pc.utf8_trim, "left": pc.utf8_ltrim, "right": pc.utf8_rtrim}
