"""What a package of any kind may be: limits on everything that comes back, and what is said where something is beyond them.

Every limit is checked while bytes flow, whatever a header or a directory promises; nothing is unpacked to a disk.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from bank_profiles.errors import DataPlace, Problem, Text, UnreadableFile

PACKED_BYTES_MAX = 64 << 20  # a package as received; a million answer lines are about half of it
ENTRIES_MAX = 64  # files in one package; the richest layout known has a handful
UNPACKED_BYTES_MAX = 2 << 30  # all files of one package together
RATIO_MAX = 200  # unpacked : received; bank text packs 5 to 30 times, a bomb a thousand times
RATIO_FROM_BYTES = 1 << 20  # small files of blanks may pack well
NAME_BYTES_MAX = 255
BLOCK_BYTES = 1 << 20

_NOT_IN_A_NAME = re.compile(r"[/\\:\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")  # paths; what no eye sees


class NamedFile(NamedTuple):
    """One file of a package: its plain name and its bytes in blocks."""

    name: str
    blocks: Iterable[bytes]


class Meter:
    """Counts what one package brings. ``name`` is what errors call it."""

    def __init__(self, name: str) -> None:
        self.name, self.received = name, 0

    def receive(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        """The package as it arrives."""
        for block in blocks:
            self.received += len(block)
            if self.received > PACKED_BYTES_MAX:
                raise too_large(self.name, PACKED_BYTES_MAX)
            yield block


class Outflow:
    """Counts what one step unpacks: all its files together, against the limits and against what was received."""

    def __init__(self, meter: Meter) -> None:
        self._meter, self._total = meter, 0

    def count(self, block: bytes) -> bytes:
        self._total += len(block)
        self.promise(self._total)
        if self._total > RATIO_FROM_BYTES and self._total > self._meter.received * RATIO_MAX:
            raise refused("package-ratio", self._meter.name, _ratio())
        return block

    def promise(self, size: int) -> None:
        """Would so many bytes be too many?"""
        if size > UNPACKED_BYTES_MAX:
            raise too_large(self._meter.name, UNPACKED_BYTES_MAX)


class Names:
    """The entries of one archive under their plain names: few enough, no paths, none twice."""

    def __init__(self, package: str, kind: str) -> None:
        self._package, self._kind = package, kind
        self._seen: set[str] = set()

    def take(self, name: str) -> str:
        if not is_plain(name):
            raise refused("unsafe-entry", self._package, unsafe(self._kind))
        seen = unicodedata.normalize("NFKC", name).casefold()  # one name to a person, or to some file system
        if seen in self._seen:
            raise refused("doubled-entry", self._package, doubled(self._kind))
        self._seen.add(seen)
        self.count(len(self._seen))
        return name

    def count(self, entries: int) -> None:
        if entries > ENTRIES_MAX:
            raise refused("package-entries", self._package, _too_many(self._kind, entries))


def is_plain(name: str) -> bool:
    """A file name and nothing else: no path, nothing that no eye sees."""
    short = 0 < len(name.encode("utf-8", "surrogateescape")) <= NAME_BYTES_MAX
    return short and name not in (".", "..") and not _NOT_IN_A_NAME.search(name)


# ---- what is said -------------------------------------------------------------------------------------------------------------------


class Said(NamedTuple):
    """What is wrong, what would be right, what to do."""

    what: Text
    expected: Text
    hint: Text


def refused(code: str, package: str, said: Said) -> UnreadableFile:
    hint = Text(f"{said.hint.en}. The package is refused, nothing was stored", f"{said.hint.zh}。整个包已拒收，未入库")
    return UnreadableFile([Problem(code=code, place=DataPlace(package), what=said.what, expected=said.expected, hint=hint)])


def too_large(package: str, bytes_max: int) -> UnreadableFile:
    limit = f"{bytes_max >> 20:,} MiB"
    said = Said(
        Text("the package is larger than we take", "包超过可接收的大小"),
        Text(f"at most {limit}", f"最多 {limit}"),
        Text(
            "ask the bank for smaller packages, or ask for fewer lines at once (limits.lines_max)",
            "请银行分包，或减少每批笔数（limits.lines_max）",
        ),
    )
    return refused("package-too-large", package, said)


def broken(kind: str) -> Said:
    return Said(
        Text(f"this is not a whole {kind}", f"这不是完整的 {kind}"),
        Text(f"a {kind} that opens to its end, every check sum right", f"可完整解开、校验和全部正确的 {kind}"),
        Text("the bank must send the package again", "请银行重新发送该包"),
    )


def trailing(kind: str) -> Said:
    return Said(
        Text(f"something stands behind the end of the {kind}", f"{kind} 结尾之后还有内容"),
        Text(f"one {kind} and nothing else", f"只有一个 {kind}"),
        Text(
            "the bank must send it as one; if it was not the bank, call the bank", "请银行合为一个重发；若非银行所发，请致电银行"
        ),
    )


def unsafe(kind: str) -> Said:
    return Said(
        Text(
            f"an entry of the {kind} is a folder, a link, a device, or has a path in its name",
            f"{kind} 中有目录、链接、设备，或名称带路径的条目",
        ),
        Text(f"plain files at the top of the {kind}", f"{kind} 顶层的普通文件"),
        Text(
            "the bank must send it without folders; if it was not the bank, call the bank",
            "请银行不带目录重发；若非银行所发，请致电银行",
        ),
    )


def strange_method(kind: str, expected: Text) -> Said:
    return Said(
        Text(f"an entry of the {kind} is packed by a method we do not take", f"{kind} 条目使用了不接收的打包方法"),
        expected,
        Text("the bank must pack it again the ordinary way", "请银行用普通方式重新打包"),
    )


def doubled(kind: str) -> Said:
    return Said(
        Text(f"two entries of the {kind} have the same name", f"{kind} 中有两个同名条目"),
        Text("every file once", "每个文件一次"),
        Text("the bank must say which one is right, and send it again", "请银行确认并重新发送"),
    )


def _ratio() -> Said:
    return Said(
        Text(f"the package unpacks to more than {RATIO_MAX} times its size", f"包解开后超过自身 {RATIO_MAX} 倍"),
        Text("an ordinary package", "正常的包"),
        Text("do not open it by other means; call the bank", "请勿用其他方法打开；请致电银行"),
    )


def _too_many(kind: str, count: int) -> Said:
    return Said(
        Text(f"the {kind} has {count:,} entries or more", f"{kind} 中有 {count:,} 个或更多条目"),
        Text(f"at most {ENTRIES_MAX}", f"最多 {ENTRIES_MAX} 个"),
        Text("ask the bank what it sent", "请询问银行发送了什么"),
    )
