"""The reference of a line: its position in the batch, or batch number and position where nothing else says the batch.

An answer whose references are something else answers nobody: its rows would be told as "not asked", and the line as silent.
"""

import re
from dataclasses import dataclass
from functools import cached_property

from bank_profiles.errors import Text
from bank_profiles.values.converters import BadValue, Plain

# As regular expressions of RE2, for Arrow, and of Python; what reconciliation/line_refs.py makes positions of.
_POSITION = "0*[0-9]{1,6}"
_WITH_BATCH = "[A-Za-z0-9]+([#_/: -]+[0-9]{1,9}|[0-9]{6})"


@dataclass(frozen=True)
class LineRef(Plain):
    """``alone``: the position only; else the batch number before it."""

    alone: bool = True

    @property
    def pattern(self) -> str:
        return _POSITION if self.alone else _WITH_BATCH

    @cached_property
    def _expression(self) -> re.Pattern[str]:
        return re.compile(self.pattern)

    def read(self, text: str) -> str:
        if not self._expression.fullmatch(text):
            raise BadValue("bad-line-ref", _WHAT, _ALONE if self.alone else _NUMBERED, _HINT)
        return text


_WHAT = Text("“{value}” is no line of an inquiry", "“{value}” 不是查询的行号")
_ALONE = Text("the position in the batch, for example 000017", "批次内的序号，例如 000017")
_NUMBERED = Text("batch number and position, for example 202601050000001000017", "批次号加序号，例如 202601050000001000017")
_HINT = Text(
    "the bank must repeat the reference as it was sent; if many rows are like this, another column is meant. The row is parked",
    "请银行原样返回行号；若大量行如此，应是另一列。该行已搁置",
)
