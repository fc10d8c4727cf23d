"""A town of one bank that is reached by media alone: its discs are folders here, its answers are made by our own bank side."""

import hashlib
import json
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from bank_profiles.catalogue import BANKS
from connector.assembly import Deployment, clock
from connector.bank import Bank
from connector.bankside.invented import invent
from connector.ledger import media, people, rosters
from connector.ledger.rows import AnyRow
from connector.media import handing, inward, outward
from tests.town import Town
from transports.media.manifest import JSON_NAME, SIGNATURE_NAME, Listed, Manifest
from transports.sealing.cms import detached
from transports.sealing.keyring import KeyRing

LIST_NAME = "清单.txt"
CHANNEL = """channel:
  kind: media
  carriers: [optical_disc, encrypted_usb]
  label: HX-{date:yyyyMMdd}-{seq:2}
  manifest: {name: 清单.txt, digest: sm3}
  virus_scan: none
  seal: cms-aes256gcm
  sealed_as: "{package}.p7m"
"""
SEAL = "0031457"


class MediaTown(Town):
    """``zhao`` and ``qian`` work, ``wang`` is the second person, ``li`` the administrator; everything runs at one time."""

    def __init__(
        self, folder: Path, *, households: int = 2, channel: str = CHANNEL, lines_max: int | None = None, banks: int = 1
    ) -> None:
        city = folder / "city"
        invent(city, households=households, banks=4)
        listed = json.loads((city / "institutions.json").read_text("utf-8"))
        listed["institutions"] = listed["institutions"][:banks]
        (city / "institutions.json").write_text(json.dumps(listed), "utf-8")
        super().__init__(folder, city, lines_max=lines_max)
        self._channel = channel
        self.now = clock()
        self._opened: Deployment | None = None

    def __enter__(self) -> "MediaTown":
        super().__enter__()
        self.code, *self.others = [institution["code"] for institution in self.institutions]  # the others are reached by SFTP
        theirs = next((BANKS / "hxcb").glob("2026.1.yaml")).read_text("utf-8").replace("profile: hxcb", "profile: hxm")
        head, _, rest = theirs.partition("channel:\n")
        ours = head + self._channel + "\n" + rest[rest.index("inquiry:") :]
        self.speaks(self.code, "hxm", {"2026.1": ours}, {"2026.1": theirs})
        with self.deployment().ledger.begin() as tx:
            for name, role in (("zhao", "operator"), ("qian", "operator"), ("wang", "approver")):
                people.add(tx, at=clock(), name=name, roles=[role], centre="C1", region="440106", by="li")
        self.now = clock() + timedelta(seconds=1)  # no key is younger
        return self

    # ---------------------------------------------------------------- what stands where
    def opened(self) -> tuple[Deployment, Bank]:
        """The centre and its bank."""
        if self._opened is None:
            self._opened = self.deployment(lambda: self.now)
        return self._opened, self._opened.parts.banks.working[self.code]

    def medium(self, key: int) -> AnyRow:
        """One medium of the register."""
        with self.opened()[0].ledger.read() as tx:
            row = media.find(tx, key)
        assert row is not None
        return row

    def states(self) -> list[str]:
        """The state of every batch."""
        with self.opened()[0].ledger.read() as tx:
            return [row.state for row in rosters.batches(tx, self.code)]

    def events(self, key: int) -> list[str]:
        """What happened to a medium."""
        with self.opened()[0].ledger.read() as tx:
            return [event.what for event in media.events(tx, key)]

    def empty(self, name: str) -> Path:
        """An empty folder: a blank disc."""
        made = self.folder / name
        made.mkdir()
        return made

    # ---------------------------------------------------------------- the acts, as they mostly go
    def asked(self) -> "MediaTown":
        """Its households are asked about: sealed parcels wait."""
        self.intake()
        self.step("gather")
        return self

    def write(self, disc: Path, **more: int) -> list[int]:
        deployment, bank = self.opened()
        return outward.write(deployment.parts, bank, disc, kind="optical_disc", by="zhao", now=self.now, **more)

    def seal(self, key: int, disc: Path, *, second: str = "wang") -> None:
        deployment, bank = self.opened()
        handing.seal(deployment.parts, bank, self.medium(key), disc, number=SEAL, by="zhao", second=second, now=self.now)

    def hand_over(self, key: int, *, by: str = "zhao", second: str = "wang") -> list[str]:
        deployment, bank = self.opened()
        return handing.hand_over(deployment.parts, bank, self.medium(key), by=by, second=second, now=self.now)

    def receive(self, label: str = "R-1", *, volume: tuple[int, int] = (1, 1), set_name: str = "", handed_h: int = 2) -> int:
        """A pouch of the bank comes, given away some hours ago."""
        deployment, bank = self.opened()
        return inward.receive(
            deployment.parts,
            bank,
            label,
            kind="optical_disc",
            seal=SEAL,
            by="zhao",
            second="wang",
            now=self.now,
            handed_at=self.now - timedelta(hours=handed_h),
            volume=volume,
            set_name=set_name,
        )

    def take_in(self, key: int, disc: Path, *, seal: str = SEAL, by: str = "zhao", second: str = "wang") -> inward.Taken:
        deployment, bank = self.opened()
        return inward.take_in(deployment.parts, bank, self.medium(key), disc, seal=seal, by=by, second=second, now=self.now)

    # ---------------------------------------------------------------- the bank
    def bank_reads(self, *discs: Path) -> list[tuple[str, bytes]]:
        """The bank copies what lies on the discs into its house and answers; the sealed answers."""
        root = self.servers[self.code].root
        for disc in discs:
            for path in disc.iterdir():
                if path.name not in (LIST_NAME, JSON_NAME, SIGNATURE_NAME):
                    (root / "in/cx" / path.name).write_bytes(path.read_bytes())
                    (root / "in/cx" / f"{path.name}.ok").touch()
        self.banks_respond()
        found = [path for path in sorted((root / "out/cx").iterdir()) if path.is_file() and path.suffix != ".ok"]
        return [(path.name, path.read_bytes()) for path in found]


def signed(town: MediaTown, disc: Path, on_it: Sequence[tuple[str, bytes]], *, key_of: str = "", **said: Any) -> Path:
    """A bank's medium with both lists, signed; ``said``: what its list says otherwise than it should; ``key_of``: who signs it."""
    burn(disc, on_it)
    listed = tuple(Listed(name, len(content), hashlib.new("sm3", content).hexdigest()) for name, content in on_it)
    said = {"label": "R-1", "set_name": said.get("label", "R-1"), "volume": 1, "of": 1, "batches": (), "files": listed} | said
    manifest = Manifest(**{"centre": "C1", "bank": town.code, "direction": "in", "digest": "sm3", "made_at": "", **said})
    content = manifest.to_json()
    (disc / JSON_NAME).write_bytes(content)
    ring = KeyRing.open(town.bank_folder(key_of or town.code) / "keys", b"a bank's own secret")
    (disc / SIGNATURE_NAME).write_bytes(detached.sign(content, ring.own("us/sign", town.now)[0], town.now))
    return disc


def burn(disc: Path, files: Sequence[tuple[str, bytes]], *, digest: str = "sm3") -> Path:
    """A bank's medium: its files and the plain list of their digests."""
    for name, content in files:
        (disc / name).write_bytes(content)
    lines = "".join(f"{hashlib.new(digest, content).hexdigest()}  {name}\n" for name, content in files)
    (disc / LIST_NAME).write_text(lines, "utf-8")
    return disc
