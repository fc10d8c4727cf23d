"""The papers that go with a question, for the bank's own file: their list and the scans, written, read, and held against each other.

The list is UTF-8 text, a line for each authorization: its number, the digest of its scan or "-", the number of the inquiry letter,
with a tab between. A letter alone asks for no scan; a digest says which scan the centre holds; a scan lies beside the list, named by
its digest. Both ways of asking are in use: 银发〔2002〕1号 knows the letter, the rules of the provinces the signed authorization itself.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from bank_profiles.errors import DataPlace, Problem, ProfilePlace, Text, UnreadableFile, UnwritableRoster
from bank_profiles.filenames import NameValues, recognise, render
from bank_profiles.language.packages import Papers
from bank_profiles.packing.limits import NamedFile

LIST_BYTES_MAX = 4 << 20  # of a list: some ten thousand papers
NONE = "-"
_CELL = re.compile(r"[^\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Paper:
    """One authorization: its number, the digest of its scan in hex (empty: none known), the scan where it is to go along."""

    number: str
    digest: str = ""
    scan: bytes | None = None


def papers_of(agreed: Papers, numbers: Iterable[str], scan_of: Callable[[str], bytes | None]) -> list[Paper]:
    """What goes with lines on these authorizations, each once: as much of its scan as was agreed. ``scan_of``: its bytes, None without one."""
    return [
        paper_of(agreed, number, None if agreed.carries == "letter" else scan_of(number)) for number in dict.fromkeys(numbers)
    ]


def paper_of(agreed: Papers, number: str, scan: bytes | None) -> Paper:
    """The paper of one authorization: nothing of a scan, its digest, or the scan besides, as was agreed."""
    if agreed.carries == "letter" or scan is None:
        return Paper(number)
    return Paper(number, hashlib.new(agreed.digest, scan).hexdigest(), scan if agreed.carries == "scan" else None)


# ---- writing ------------------------------------------------------------------------------------------------------------------------


def paper_files(agreed: Papers, values: NameValues, papers: Sequence[Paper], rule: ProfilePlace) -> Iterator[NamedFile]:
    """The list, then each scan once. Raises UnwritableRoster where a paper lacks what was agreed, or a number has no place in a line."""
    letter = render(agreed.letter, values, rule)
    lines = [_line(agreed, paper, letter, rule) for paper in papers]
    yield NamedFile(render(agreed.name, values, rule), ["".join(lines).encode()])
    scans = {paper.digest: paper.scan for paper in papers if paper.scan is not None} if agreed.carries == "scan" else {}
    for digest, scan in scans.items():
        yield NamedFile(render(agreed.scans, NameValues(digest=digest), rule), [scan])


def _line(agreed: Papers, paper: Paper, letter: str, rule: ProfilePlace) -> str:
    lacks = (agreed.carries != "letter" and not paper.digest) or (agreed.carries == "scan" and paper.scan is None)
    if lacks or not _CELL.fullmatch(paper.number):
        what = Text("an authorization lacks its scan, or its number is none", "某授权书没有扫描件，或其编号不成其为编号")
        raise UnwritableRoster([Problem(code="no-paper", place=DataPlace(agreed.name), what=what, rule=rule)])
    digest = NONE if agreed.carries == "letter" else paper.digest
    return f"{paper.number}\t{digest}\t{letter}\n"


# ---- reading ------------------------------------------------------------------------------------------------------------------------


class Carried:
    """The papers that came with one question. ``letter``: the number of the inquiry letter, None before the list was read."""

    def __init__(self, agreed: Papers) -> None:
        self.letter: str | None = None
        self._agreed = agreed
        self._listed: dict[str, set[str]] = {}
        self._scans: set[str] = set()

    def takes(self, name: str) -> bool:
        """Is this the name of the list, or of a scan?"""
        return self._is_list(name) or self._said(name) is not None

    def _is_list(self, name: str) -> bool:
        return recognise(self._agreed.name, name) is not None

    def _said(self, name: str) -> object:
        """The digest a scan is named by."""
        said = recognise(self._agreed.scans, name) if self._agreed.carries == "scan" else None
        return said and said["digest"]

    def read(self, name: str, told: str, blocks: Iterable[bytes]) -> None:
        """One of them, to its end. ``told``: what errors call it. Raises UnreadableFile."""
        if self._is_list(name):
            self._read_list(told, blocks)
            return
        running = hashlib.new(self._agreed.digest)
        for block in blocks:
            running.update(block)
        if running.hexdigest() == self._said(name):
            self._scans.add(running.hexdigest())

    def covers(self, number: str | None) -> bool:
        """Did every paper of this number come as agreed: listed, with its digest, with the scan of that digest?"""
        digests = self._listed.get(number or "", set())
        if self._agreed.carries == "letter":
            return bool(digests)
        return bool(digests) and all(_DIGEST.fullmatch(digest) for digest in digests) and self._here(digests)

    def _here(self, digests: set[str]) -> bool:
        return self._agreed.carries != "scan" or digests <= self._scans

    def _read_list(self, told: str, blocks: Iterable[bytes]) -> None:
        content = b""
        for block in blocks:
            content += block
            if len(content) > LIST_BYTES_MAX:
                raise _refused(told, None)
        try:
            lines = content.decode().splitlines()
        except UnicodeDecodeError:
            raise _refused(told, None) from None
        for at, line in enumerate(lines, start=1):
            cells = line.split("\t")
            if len(cells) != 3 or not all(map(_CELL.fullmatch, cells)) or self.letter not in (None, cells[2]):
                raise _refused(told, at)
            self._listed.setdefault(cells[0], set()).add(cells[1])
            self.letter = cells[2]
        self.letter = self.letter or ""


def _refused(told: str, line: int | None) -> UnreadableFile:
    what = Text("this is not the list of authorizations as agreed", "这不是约定的授权书清单")
    right = Text(
        "a line for each: number, digest or -, inquiry letter, tabs between", "每份一行：编号、摘要或 -、查询函号，以制表符分隔"
    )
    return UnreadableFile([Problem(code="bad-papers", place=DataPlace(told, line), what=what, expected=right)])
