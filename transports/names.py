"""Names on the road: opaque labels, checked on the way out and on the way in, and never a path on this machine.

A listing is written by the other side, so it is hostile input (findings 12): a name is compared with an allow-list
before anything is done with it, and what fails is reported masked, because a bank may put a person into a name.
"""

import hashlib
import re
from collections.abc import Callable

from transports.errors import Refused

CUT = "listing-cut"
BYTES_MAX = 255  # NAME_MAX of every common file system, counted in UTF-8 bytes

_SEPARATORS = frozenset("/\\")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
# Unified ideographs only: the compatibility blocks change under normalisation, so two names could become one.
_LABEL = re.compile(r"[A-Za-z0-9_.\-\u3007\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U000323af]+")
_MASKED = re.compile(r"‹(?:[0-9]{1,9} bytes, #[0-9a-f]{8}|after [0-9]{1,9} entries)›")
_TEMPORARY = re.compile(r"\.(tmp|part|partial|filepart|swp)(-[0-9a-z]+)?$", re.IGNORECASE)

# Checked in this order; the first that is true is the reason.
_FAULTS: tuple[tuple[str, Callable[[str], object]], ...] = (
    ("name-empty", lambda name: not name),
    ("name-separator", lambda name: _SEPARATORS & set(name)),
    ("name-undecodable", re.compile("[\ud800-\udfff]").search),  # what surrogateescape makes of bytes that are not UTF-8
    ("name-control", _CONTROLS.search),
    ("name-parent", lambda name: ".." in name),
    ("name-leading", lambda name: name[0] in ".-"),
    ("name-too-long", lambda name: len(name.encode()) > BYTES_MAX),
    ("name-character", lambda name: not _LABEL.fullmatch(name)),
    ("name-temporary", _TEMPORARY.search),
)

REASONS: dict[str, tuple[str, str]] = {
    "name-empty": ("is empty", "为空"),
    "name-separator": ("holds a path separator", "含有路径分隔符"),
    "name-undecodable": ("is not valid UTF-8", "不是有效的 UTF-8 编码"),
    "name-control": ("holds a control or invisible character", "含有控制字符或不可见字符"),
    "name-parent": ("holds “..”", "含有“..”"),
    "name-leading": ("begins with a dot or a dash", "以点或连字符开头"),
    "name-too-long": (f"is longer than {BYTES_MAX} bytes", f"超过 {BYTES_MAX} 字节"),
    "name-character": (
        "holds a character that is no letter, digit, “_”, “.”, “-” or hanzi",
        "含有字母、数字、下划线、点、连字符、汉字以外的字符",
    ),
    "name-temporary": ("ends like a file that is still being written", "以临时文件的后缀结尾"),
}


def problem(name: str) -> str | None:
    """Why this cannot be a file's name on the road, as a key of REASONS; None when it can."""
    return next((reason for reason, found in _FAULTS if found(name)), None)


def check(name: str) -> str:
    """The name itself. Raises Refused with the reason as its code."""
    reason = problem(name)
    if reason is None:
        return name
    en, zh = REASONS[reason]
    raise Refused(
        f"The file name {mask(name)} {en}; correct the naming rule of the profile.",
        f"文件名 {mask(name)} {zh}；请修改接口配置中的命名规则。",
        code=reason,
    )


def mask(name: str) -> str:
    """A name in a form that tells two names apart and shows nothing of either, e.g. ``‹18 bytes, #5e884898›``."""
    raw = name.encode("utf-8", "surrogateescape")
    return f"‹{len(raw)} bytes, #{hashlib.sha256(raw).hexdigest()[:8]}›"


def is_masked(text: str) -> bool:
    """Is it what ``mask`` or ``cut`` writes? Asked of what others report: nothing else is shown to anybody."""
    return _MASKED.fullmatch(text) is not None


def cut(entries_max: int) -> tuple[str, str]:
    """How a listing says that it was not read to its end, beside the (reason, masked name) of what it left out."""
    return CUT, f"‹after {entries_max} entries›"
