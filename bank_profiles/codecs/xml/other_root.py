"""A document that is not the one of the profile: what stands there instead, and what should; a SOAP Fault is told as one."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from bank_profiles.codecs.codec import BadFile
from bank_profiles.codecs.xml.shape import Steps, Tags
from bank_profiles.errors import Text

Element = Any  # of lxml, which has no types of its own

# W3C: "SOAP 1.1" (2000) section 2, "SOAP 1.2 Part 1" section 1.1
_SOAP = {"http://schemas.xmlsoap.org/soap/envelope/": "1.1", "http://www.w3.org/2003/05/soap-envelope": "1.2"}
_FAULT_TEXTS = ("faultstring", "Text")  # of 1.1 and of 1.2
_SHOWN_MAX = 60  # characters of a name or text in a message
_URI_SHOWN_MAX = 120
_PLAIN_URI = re.compile(r"(?!.*[0-9]{9})[A-Za-z][A-Za-z0-9:/._#$-]*", re.ASCII)  # what else stands there may be about a person
_SHOWN_STEPS = 4


class _Parted(NamedTuple):
    uri: str
    name: str

    def __str__(self) -> str:
        return f"soap:{self.name}" if self.uri in _SOAP else self.name


def wrong_root(top: Element, root: Steps) -> BadFile:
    """Why the way of the profile does not lead through this document; ``top``: its outermost element."""
    if (fault := soap_fault(top)) is not None:
        return fault
    if top.tag not in root[0]:
        return _other([top], root, 0, 1)
    here = [top]
    for depth, tags in enumerate(root[1:], start=1):
        there = [child for each in here for child in each]
        if not (right := [child for child in there if child.tag in tags]):
            return _other(there, root, depth, here[0].sourceline)
        here = right
    return _other(here, root, len(root) - 1, here[0].sourceline)


def soap_fault(top: Element) -> BadFile | None:
    """The bank's system refused the message: it says so in an element of SOAP instead of the answer."""
    body = [child for child in top if _parted(child.tag) in ((uri, "Body") for uri in _SOAP)]
    fault = next((child for each in body for child in each if _parted(child.tag) in ((uri, "Fault") for uri in _SOAP)), None)
    if fault is None:
        return None
    texts = (each.text or "" for each in fault.iter() if _parted(each.tag).name in _FAULT_TEXTS)
    said = _spoken(next(texts, ""))
    return BadFile(
        "wrong-root",
        Text(
            "found soap:Body/soap:Fault: the bank's system refused the message" + (f": “{said}”" if said else ""),
            "此处为 soap:Body/soap:Fault：银行系统拒绝了该报文" + (f"：“{said}”" if said else ""),
        ),
        Text("an answer", "反馈内容"),
        Text("ask the bank why. The whole file is refused, it holds no answer", "请向银行询问原因。整个文件已拒收，其中没有反馈"),
        fault.sourceline,
    )


def _spoken(text: str) -> str:
    """What a program says of itself in plain English; from the first digit or Chinese sign on it may be about a person."""
    plain = "".join(sign if sign.isprintable() else " " for sign in text[: 4 * _SHOWN_MAX])
    before = next((plain[:at] for at, sign in enumerate(plain) if sign.isnumeric() or not sign.isascii()), plain)
    return " ".join(before.split())[:_SHOWN_MAX]


def _other(found: list[Element], root: Steps, depth: int, line: int) -> BadFile:
    """Something else stands at this step of the way."""
    wanted = _wanted(root[depth])
    way = "/".join(str(_wanted(tags)[0]) for tags in root[: depth + 1])
    uris = " / ".join(dict.fromkeys(_uri(each.uri) for each in wanted))
    expected = Text(f"{way} of namespace {uris}", f"{way}，命名空间 {uris}")
    if wanted[0].uri == "":
        expected = Text(f"{way} without a namespace", f"{way}，无命名空间")
    tags = list(dict.fromkeys(_parted(each.tag) for each in found))
    named = next((tag for tag in tags if tag.name == wanted[0].name), None)
    what, hint = _named_alike(named, wanted) if named is not None else _named_otherwise(len(tags))
    refused = Text(f"{hint.en}. The whole file is refused", f"{hint.zh}整个文件已拒收")
    return BadFile("wrong-root", what, expected, refused, line, found=[_short(str(tag)) for tag in tags[:_SHOWN_STEPS]])


def _named_alike(found: _Parted, wanted: list[_Parted]) -> tuple[Text, Text]:
    if found.uri in _SOAP and wanted[0].uri in _SOAP:
        mine, other = _SOAP[wanted[0].uri], _SOAP[found.uri]
        what = Text(f"this is SOAP {other}, the profile has SOAP {mine}", f"这是 SOAP {other}，画像为 SOAP {mine}")
    elif not found.uri:
        what = Text(f"{found.name} stands here without a namespace", f"此处的 {_short(found.name)} 没有命名空间")
    else:
        plain = _PLAIN_URI.fullmatch(found.uri) is not None
        uri = Text(*((f": {_uri(found.uri)}", f"：{_uri(found.uri)}") if plain else ("", "")))
        what = Text(f"{found.name} stands here in another namespace{uri.en}", f"此处的 {found.name} 属于另一命名空间{uri.zh}")
    hint = Text(
        "another edition of the message? Where nothing else differs, list both under namespaces",
        "报文换版？若其余不变，可在 namespaces 中并列。",
    )
    return what, hint


def _named_otherwise(count: int) -> tuple[Text, Text]:
    hint = Text("another kind of message, or another root", "是另一种报文，或 root 不同？")
    if not count:
        return Text("nothing stands in this element", "该元素中没有内容"), hint
    more = " …" if count > _SHOWN_STEPS else ""
    return Text("found {found}" + more, "此处为 {found}" + more), hint


# ---- names --------------------------------------------------------------------------------------------------------------------------


def _parted(tag: str) -> _Parted:
    uri, _, name = tag.rpartition("}")
    return _Parted(uri.removeprefix("{"), name)


def _wanted(tags: Tags) -> list[_Parted]:
    return [_parted(tag) for tag in sorted(tags)]


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN_MAX else text[:_SHOWN_MAX] + "…"


def _uri(text: str) -> str:
    return text if len(text) <= _URI_SHOWN_MAX else text[:_URI_SHOWN_MAX] + "…"
