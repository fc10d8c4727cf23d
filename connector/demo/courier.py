"""The disc: written, sealed and handed over by two invented persons, answered at the bank, brought back and taken in. As in earnest."""

import dataclasses
from pathlib import Path

from connector.assembly import Deployment
from connector.bank import Bank
from connector.bankside import disc
from connector.bankside.disc import Disc, Slip
from connector.bankside.simulate import RunningBank
from connector.ledger import media
from connector.ledger.rows import AnyRow
from connector.media import ending, handing, inward, outward, papers, register

KIND = "optical_disc"
OUT_SEAL, BACK_SEAL = "0031457", "0031458"


@dataclasses.dataclass(frozen=True)
class Courier:
    """Two users of ours, and the folders that stand for their discs: ``folder``/out, ``folder``/back. Slips are left beside them."""

    deployment: Deployment
    folder: Path
    by: str
    second: str

    def carry(self, bank: Bank, there: RunningBank) -> int:
        """There and back with one bank's parcels; the number of answers taken in. The two may not be one person: NotAllowed."""
        sent = self._hand_over(bank)
        now = self.deployment.now()
        disc.take(there.desk, sent, now)
        there.look(now)
        brought = disc.give(there.desk, self._empty("back"), f"{sent[0].slip.label}-R", self.deployment.parts.centre, now)
        return sum(self._take_in(bank, each) for each in brought)

    def _hand_over(self, bank: Bank) -> list[Disc]:
        """Write, read back, seal, print the slip, hand over: from then on the bank's clock runs."""
        parts, now, place = self.deployment.parts, self.deployment.now, self._empty("out")
        discs = []
        for key in outward.write(parts, bank, place, kind=KIND, by=self.by, now=now()):
            handing.seal(parts, bank, self._row(key), place, number=OUT_SEAL, by=self.by, second=self.second, now=now())
            handing.hand_over(parts, bank, self._row(key), by=self.by, second=self.second, now=now())
            self._print_slip(bank, key)
            row = self._row(key)
            slip = Slip(parts.centre, row.label, row.set_name, row.volume, row.volumes, row.manifest_digest)
            discs.append(Disc(slip, place))
        return discs

    def _take_in(self, bank: Bank, brought: Disc) -> int:
        """Sign for the pouch, prove and import what is on the disc, give it back to its bank."""
        parts, now, by, second = self.deployment.parts, self.deployment.now, self.by, self.second
        label, given = brought.slip.label, now()
        key = inward.receive(parts, bank, label, kind=KIND, seal=BACK_SEAL, by=by, second=second, now=now(), handed_at=given)
        taken = inward.take_in(parts, bank, self._row(key), brought.folder, seal=BACK_SEAL, by=by, second=second, now=now())
        self._print_slip(bank, key)
        return taken.fetched

    def give_back(self) -> None:
        """Ours come back to us, the bank's go back to it; nothing stays open in the register."""
        with self.deployment.ledger.read() as tx:
            still_out = media.everything(tx, still_open=True)
        for row in still_out:
            ending.give_back(self.deployment.parts, row, by=self.by, second=self.second, now=self.deployment.now())

    def _print_slip(self, bank: Bank, key: int) -> None:
        parts, row = self.deployment.parts, self._row(key)
        with self.deployment.ledger.read() as tx:
            made = papers.slip(tx, parts, bank, row, self.deployment.now(), self.deployment.settings.centre.name)
        (self.folder / f"{row.label}.pdf").write_bytes(made)

    def _row(self, key: int) -> AnyRow:
        with self.deployment.ledger.read() as tx:
            return register.known(tx, key)

    def _empty(self, name: str) -> Path:
        place = self.folder / name
        place.mkdir(parents=True)
        return place
