"""An XML document that is no good: why, and on which line, in our words."""

from __future__ import annotations

from typing import Any, NamedTuple

from lxml import etree

from bank_profiles.codecs.codec import BadFile
from bank_profiles.errors import Text

UNIT_BYTES_MAX = 64 << 20  # of one outermost record element: it is held whole

# How libxml2 says what is wrong with a "&" (a name is also missing behind a "<": it then stands in the message).
_NO_SEMICOLON, _UNDECLARED, _NO_NAME = 23, 26, 68
FATAL = 3
_RESOURCE_LIMIT = 114  # how libxml2 says that something is longer or deeper than it takes: names, texts of 10 MB, 2048 levels


def broken(wrong: Any, *, at_end: bool = False, is_cut: bool = False) -> BadFile:
    """``wrong``: an error of the parser, or an entry of its log. A "&" that no ";" follows may be found only at the end."""
    raised = isinstance(wrong, etree.XMLSyntaxError)
    code, line, said = (wrong.code, wrong.lineno, str(wrong)) if raised else (wrong.type, wrong.line, wrong.message)
    if code == _RESOURCE_LIMIT:
        return too_large(line)
    why = _NOT_CLOSED if at_end else _NOT_XML
    if code == _UNDECLARED:
        why = _NO_ENTITY
    elif not is_cut and (code == _NO_SEMICOLON or (code == _NO_NAME and "EntityRef" in said)):
        why = _BARE_AMPERSAND
    return BadFile("xml-broken", why.what, why.expected, why.hint, line)


class _Why(NamedTuple):
    what: Text
    expected: Text
    hint: Text


_IN_TURN = Text("elements that are opened and closed in turn", "元素依次开闭")
_NOT_CLOSED = _Why(
    Text("the document ends before its elements do", "文档在元素结束之前就中断"),
    _IN_TURN,
    Text("cut on the way, or not finished? The whole file is refused", "传输中断或未写完？整个文件已拒收"),
)
_NOT_XML = _Why(
    Text("this is not well-formed XML", "XML 格式不正确"),
    _IN_TURN,
    Text("the bank's program wrote it wrongly. The whole file is refused", "银行程序写错。整个文件已拒收"),
)
_BARE_AMPERSAND = _Why(
    Text("a bare “&” stands in a text", "文字中有未转义的“&”"),
    Text("“&” written as “&amp;”", "“&”写作“&amp;”"),
    Text("the bank's program must escape it. The whole file is refused", "请银行程序转义。整个文件已拒收"),
)
_NO_ENTITY = _Why(
    Text("an entity stands here that nobody declared, such as “&nbsp;”", "此处有未声明的实体，例如“&nbsp;”"),
    Text(
        "only &amp; &lt; &gt; &quot; &apos;, or a character by its number (&#160;)",
        "只用 &amp; &lt; &gt; &quot; &apos;，或字符编号（&#160;）",
    ),
    Text(
        "the bank must write the character itself, and a bare “&” as “&amp;”. The whole file is refused",
        "请银行直接写出该字符，单独的“&”写作“&amp;”。整个文件已拒收",
    ),
)


def too_large(line: int | None) -> BadFile:
    megabytes = UNIT_BYTES_MAX >> 20
    return BadFile(
        "xml-too-large",
        Text("one element here is larger, longer or deeper than we take", "此处某元素过大、过长或过深"),
        Text(
            f"outermost records of up to {megabytes} MB, texts of up to 10 MB",
            f"最外层记录不超过 {megabytes} MB，单个文本不超过 10 MB",
        ),
        Text("this is another kind of file. It is refused", "这是另一种文件，已拒收"),
        line,
    )


def has_doctype(line: int) -> BadFile:
    return BadFile(
        "xml-doctype",
        Text("the document has a DOCTYPE", "文档含 DOCTYPE"),
        Text("a document without one: no declarations, no entities", "不含 DOCTYPE、声明和实体的文档"),
        Text("no bank needs it, and it can do harm. The whole file is refused", "银行报文不需要它，且可能有害。整个文件已拒收"),
        line,
    )
