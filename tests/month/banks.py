"""A bank of the month: opens what comes by the seal that was agreed, and says what its script has, written by plain string work.

Nothing of the product's reader or writer is used here but the seal, so that a mistake made alike in both cannot hide.
"""

import dataclasses
import io
import shutil
import zipfile
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from connector.bankside.desk import Desk
from reconciliation.exchange import OUTCOME_CODE
from tests.month.script import Act, Script

ZONE = ZoneInfo("Asia/Shanghai")
Vector = npt.NDArray[np.uint8]
# Our word → the code of the bank.
CODES = {
    "found": "00",
    "no_record": "01",
    "name_mismatch": "02",
    "id_unknown": "03",
    "partial": "04",
    "pending": "05",
    "refused.authority": "11",
    "refused.other": "19",
    "technical_failure": "98",
}
_SPELLED = {OUTCOME_CODE[word]: code for word, code in CODES.items()}
SILENT, PENDING, FAILED = (OUTCOME_CODE[word] for word in ("not_answered", "pending", "technical_failure"))
_SAID = [OUTCOME_CODE[word] for word in ("no_record", "found", "name_mismatch", "id_unknown", "refused.other")]
_CHANCES = [0.90, 0.08, 0.01, 0.005, 0.005]


@dataclasses.dataclass
class Package:
    """One package this bank was sent, and what became of it: ``said`` is what the centre must hold of it at the end."""

    bank: str
    batch: str
    lines: int
    act: Act
    said: Vector
    other: Vector | None = None  # said later, unmarked: it counts only where two persons release it
    refused: bool = False


class MonthBank:
    """The bank ``code``; ``look`` at every hour of the month."""

    def __init__(self, desk: Desk, code: str, root: Path, script: Script) -> None:
        self.desk, self.code, self.root, self.script = desk, code, root, script
        self.packages: dict[str, Package] = {}
        self._later: list[tuple[datetime, str, bytes]] = []  # when, under which name, which bytes
        self._numbers = 0
        for name in ("in", "out"):
            (root / name).mkdir(parents=True, exist_ok=True)

    def go_away(self) -> None:
        """Its folders are not there, as when a mount is lost."""
        if self.root.exists():
            shutil.move(self.root, self.root.with_suffix(".away"))

    def come_back(self) -> None:
        """They are there again."""
        if (away := self.root.with_suffix(".away")).exists():
            shutil.move(away, self.root)

    def look(self, now: datetime) -> None:
        """Take what came, say what is due."""
        if not self.root.exists():
            return
        for path in sorted((self.root / "in").glob("*.p7m")):
            self._take(path, now)
            path.unlink()
        due = [each for each in self._later if each[0] <= now]
        self._later = [each for each in self._later if each[0] > now]
        for _, name, content in due:
            hidden = self.root / "out" / f"{name}.tmp"
            hidden.write_bytes(content)
            hidden.rename(self.root / "out" / name)

    @property
    def owes(self) -> bool:
        """Is there something it has not said yet?"""
        return bool(self._later)

    # ---------------------------------------------------------------- a package
    def _take(self, path: Path, now: datetime) -> None:
        channel = self.desk.channel(self.desk.profile(now))
        content = b"".join(channel.open(lambda: iter([path.read_bytes()]), now))
        text = _only_file(content).decode("gb18030")
        _, batch, lines = text.split("\r\n", 1)[0].split("|")
        if batch in self.packages:
            return  # the same bytes under the same name once more
        act = self.script.next()
        package = Package(self.code, batch, int(lines), act, _vector(act, int(lines)))
        self.packages[batch] = package
        at = now + act.after
        if act.kind == "rejects":
            package.said, package.refused = np.zeros_like(package.said), True
            self._receipt(path.name, batch, "30002", now + timedelta(hours=1))
            return
        if act.kind != "no_receipt":
            self._receipt(path.name, batch, "30000", now + timedelta(hours=1))
        _SAYS.get(act.kind, MonthBank._plain)(self, package, at)

    def _plain(self, package: Package, at: datetime) -> None:
        self._say(package, package.said, at)

    def _silent(self, package: Package, at: datetime) -> None:
        package.said = np.zeros_like(package.said)

    def _late(self, package: Package, at: datetime) -> None:
        self._say(package, package.said, at + timedelta(days=6))

    def _in_parts(self, package: Package, at: datetime) -> None:
        for part in (2, 1, 3):
            self._say(package, _third(package.said, part), at + timedelta(hours=part), parts=(part, 3))

    def _part_late(self, package: Package, at: datetime) -> None:
        for part in (1, 2, 3):
            self._say(package, _third(package.said, part), at + timedelta(days=6 * (part == 2)), parts=(part, 3))

    def _part_never(self, package: Package, at: datetime) -> None:
        for part in (1, 3):
            self._say(package, _third(package.said, part), at, parts=(part, 3))
        package.said = _third(package.said, 1) + _third(package.said, 3)

    def _in_turn(self, package: Package, at: datetime) -> None:
        first = package.said.copy()
        first[::5] = PENDING
        self._say(package, first, at)
        rest = np.zeros_like(first)
        rest[::5] = package.said[::5]
        self._say(package, rest, at + timedelta(days=1))

    def _revised(self, package: Package, at: datetime) -> None:
        self._say(package, package.said, at)
        package.said = _another(package.said)
        self._say(package, package.said, at + timedelta(days=1), revised=True)

    def _differs(self, package: Package, at: datetime) -> None:
        self._say(package, package.said, at)
        package.other = _another(package.said)
        self._say(package, package.other, at + timedelta(days=1))

    def _twice(self, package: Package, at: datetime) -> None:
        self._say(package, package.said, at)
        self._say(package, package.said, at + timedelta(hours=3))

    def _stranger(self, package: Package, at: datetime) -> None:
        self._say(package, package.said, at)
        self._say(dataclasses.replace(package, batch="209912310000001"), package.said[:3], at)

    def _unasked(self, package: Package, at: datetime) -> None:
        self._say(package, np.concatenate([package.said, package.said[:2]]), at)

    def _damaged(self, package: Package, at: datetime) -> None:
        name, content = self._parcel(package, package.said, at)
        self._later.append((at, name, content[: len(content) // 2]))
        self._say(package, package.said, at + timedelta(days=1))

    def _miscounts(self, package: Package, at: datetime) -> None:
        self._say(package, package.said, at, counted=1)
        self._say(package, package.said, at + timedelta(days=1))

    # ---------------------------------------------------------------- what it says
    def _say(
        self,
        package: Package,
        said: Vector,
        at: datetime,
        *,
        parts: tuple[int, int] = (1, 1),
        revised: bool = False,
        counted: int = 0,
    ) -> None:
        self._later.append((at, *self._parcel(package, said, at, parts=parts, revised=revised, counted=counted)))

    def _parcel(
        self,
        package: Package,
        said: Vector,
        at: datetime,
        *,
        parts: tuple[int, int] = (1, 1),
        revised: bool = False,
        counted: int = 0,
    ) -> tuple[str, bytes]:
        stem = f"FK_{self.code}_{at.astimezone(ZONE):%Y%m%d}_{self._next():04d}"
        where = np.flatnonzero(said)
        lines = [f"H|{package.batch}|{'02' if revised else '01'}"]
        accounts = [f"H|{package.batch}"]
        total = 0
        for place in where.tolist():
            code = _SPELLED[int(said[place])]
            has = code in ("00", "04")
            amount = (place * 7919 + package.act.seed) % 900_000 if has else 0
            lines.append(f"D|{place + 1:06d}|{code}||{int(has)}|0|{amount if has else ''}")
            if has:
                total += amount
                number = f"6217{int(self.code):08d}{place:06d}"
                accounts.append(
                    f"D|{place + 1:06d}|测试人||{number}||101|活期储蓄|156|{amount}|{amount}|0|||20180315|||0|{at:%Y%m%d}||"
                )
        lines.append(f"T|{len(where) + counted}")
        accounts.append(f"T|{len(accounts) - 1}|{total}")
        content = _zipped({f"{stem}_JG.txt": lines, f"{stem}_ZH.txt": accounts})
        return f"{stem}_{parts[0]:02d}-{parts[1]:02d}.zip.p7m", self._sealed(content, at)

    def _receipt(self, parcel: str, batch: str, code: str, at: datetime) -> None:
        local = at.astimezone(ZONE)
        stem = f"HZ_{self.code}_{local:%Y%m%d}_{self._next():04d}"
        package = parcel.removesuffix(".p7m")
        row = f"D|{package}|{batch}|{code}||{local:%Y%m%d}|{local:%H%M%S}"
        self._later.append((at, f"{stem}.zip.p7m", self._sealed(_zipped({f"{stem}.txt": ["H|1", row]}), at)))

    def _next(self) -> int:
        self._numbers += 1
        return self._numbers % 10_000

    def _sealed(self, content: bytes, at: datetime) -> bytes:
        return b"".join(self.desk.channel(self.desk.profile(at)).seal([content], at, len(content)))


_SAYS = {
    "silent": MonthBank._silent,
    "late": MonthBank._late,
    "in_parts": MonthBank._in_parts,
    "part_late": MonthBank._part_late,
    "part_never": MonthBank._part_never,
    "in_turn": MonthBank._in_turn,
    "revised": MonthBank._revised,
    "differs": MonthBank._differs,
    "twice": MonthBank._twice,
    "stranger": MonthBank._stranger,
    "unasked": MonthBank._unasked,
    "damaged": MonthBank._damaged,
    "miscounts": MonthBank._miscounts,
}


def _vector(act: Act, lines: int) -> Vector:
    chance = np.random.default_rng(act.seed)
    if act.kind == "refuses":
        return np.full(lines, OUTCOME_CODE["refused.other"], np.uint8)
    said = chance.choice(_SAID, lines, p=_CHANCES).astype(np.uint8)
    if act.kind == "fails":
        said[::11] = FAILED
    return said


def _another(said: Vector) -> Vector:
    """The same with one line in fifty turned from nothing into something, and back."""
    turned = said.copy()
    found, nothing = OUTCOME_CODE["found"], OUTCOME_CODE["no_record"]
    every = turned[::50]
    turned[::50] = np.where(every == found, nothing, np.where(every == nothing, found, every))
    return turned


def _third(said: Vector, part: int) -> Vector:
    """The lines of one of three parts; the others unsaid."""
    mine = np.zeros_like(said)
    mine[part - 1 :: 3] = said[part - 1 :: 3]
    return mine


def _only_file(content: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as box:
        return box.read(box.namelist()[0])


def _zipped(files: Mapping[str, Iterable[str]]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as box:
        for name, lines in files.items():
            box.writestr(name, ("\n".join(lines) + "\n").encode("gb18030"))
    return buffer.getvalue()
