"""A city that is founded and taken in once, and asked again over each road from the very same state and at the very same moment."""

import dataclasses
import hashlib
import re
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Self

import yaml

from bank_profiles.catalogue import BANKS, Catalogue
from connector.assembly import Deployment, clock
from connector.bankside.desk import DONE, Desk
from connector.bankside.respond import Handled, respond
from connector.ledger import answers
from connector.steps import runner
from tests.certificates import authority
from tests.town import PROFILES, Town

EXCHANGE = "exchange"  # a bank's folders, beside its bank.yaml


class Founded(Town):
    """The centre with its households, and every bank with its keys and what it holds; there is no road yet. Not to be changed."""

    def __enter__(self) -> Self:
        super().__enter__()
        self.intake()
        self.at = clock() + timedelta(seconds=1)  # no key is younger; everything is asked and answered at this moment
        return self

    def _settle_bank(self, institution: dict[str, str], profile: str) -> None:
        code = institution["code"]
        home = self.bank_folder(code)
        if code in self.shell_banks:
            sign, encrypt = self._shell_bank(home, code, profile, served=EXCHANGE)
        else:
            sign, encrypt = self._our_bank(home, code, f"on-{profile}", Path(EXCHANGE))
            said = yaml.safe_load((home / "bank.yaml").read_text("utf-8")) | {"profiles": ["../profiles"]}
            (home / "bank.yaml").write_text(yaml.safe_dump(said), "utf-8")
        ring = self.ring()
        ring.import_certificate(f"{code}/sign", sign, use="sign", evidence="HD-1")
        ring.import_certificate(f"{code}/encrypt", encrypt, use="encrypt", evidence="HD-1")


class RoadTown(Town):
    """A copy of a founded city whose banks are all reached by ``road``; ``seal``: what their notes say of it, where not what they do."""

    def __init__(self, folder: Path, founded: Founded, road: "Road", seal: str = "") -> None:
        super().__init__(folder, founded.city, suite=founded.suite, shell_banks=founded.shell_banks)
        self.founded, self.road, self.at, self.seal = founded, road, founded.at, seal
        self.issuer = authority()
        self.servers_of_roads = ExitStack()
        self._opened: Deployment | None = None
        self._catalogue: Catalogue | None = None

    def __enter__(self) -> Self:
        shutil.copytree(self.founded.folder, self.folder, dirs_exist_ok=True)
        for profile in PROFILES:
            for place in (self.dir, self.folder):
                (place / "profiles" / f"on-{profile}").mkdir(parents=True)
                (place / "profiles" / f"on-{profile}" / "2026.1.yaml").write_text(self._note(profile), "utf-8")
        self.road.open_centre(self)
        for number, institution in enumerate(self.institutions):
            profile = PROFILES[number % 2]
            self._connect(institution, f"on-{profile}", self.road.of(profile).reached(self, institution["code"]))
        self.road.join(self)
        return self

    def __exit__(self, *exc: object) -> None:
        self.servers_of_roads.close()
        super().__exit__(*exc)

    def _note(self, profile: str) -> str:
        text = (BANKS / profile / "2026.1.yaml").read_text("utf-8").partition("\nexamples:")[0]
        channel = text[text.index("\nchannel:") : text.index("\ninquiry:")]
        agreed = self.road.of(profile).channel(channel)
        if self.seal:
            agreed = re.sub(r"\bseal: .*", f"seal: {self.seal}", agreed)
        return text.replace(f"profile: {profile}", f"profile: on-{profile}").replace(channel, agreed) + "\n"

    def _connect(self, institution: dict[str, str], profile: str, road: dict[str, Any]) -> None:
        code = institution["code"]
        keys = {"bank_encrypt": f"cert:{code}/encrypt", "bank_sign": f"cert:{code}/sign"}
        said = {
            "institution": {"code": code, "name": institution["name"], "class": institution.get("kind", "city_bank")},
            "profile": profile,
            "hours": "always",
            "keys": keys | {"our_sign": "secret:us/sign", "our_decrypt": "secret:us/decrypt"},
        }
        (self.dir / "connections" / f"{code}.yaml").write_text(yaml.safe_dump(said | road, allow_unicode=True), "utf-8")

    # ---------------------------------------------------------------- its banks
    @property
    def codes(self) -> list[str]:
        """Every bank."""
        return [institution["code"] for institution in self.institutions]

    def host(self, code: str) -> str:
        """The first bank with the same profile."""
        return self.codes[self.codes.index(code) % 2]

    def share_desk(self, code: str, host: str) -> None:
        """From here on a bank works in the folders and with the keys of another."""
        theirs = self.desk(host)
        self._desks[code] = dataclasses.replace(self.desk(code), root=theirs.root, ring=theirs.ring)

    def desk(self, code: str) -> Desk:
        """A bank's desk: its keys and what it holds are those of the founding, its folders and its profile those of this road."""
        if code not in self._desks:
            self._catalogue = self._catalogue or Catalogue([BANKS, self.folder / "profiles"])
            root = self.bank_folder(code) / EXCHANGE
            self._desks[code] = dataclasses.replace(self.founded.desk(code), root=root, catalogue=self._catalogue)
        return self._desks[code]

    def deployment(self, now: Callable[[], datetime] = clock) -> Deployment:
        """The centre, opened once."""
        self._opened = self._opened or Deployment.open(self.dir, lambda: self.at)
        return self._opened

    def respond(self, code: str) -> list[Handled]:
        """One pass of one bank; what one of shell tools did it does not tell."""
        if code in self.shell_banks:
            self.run_shell_bank(self.bank_folder(code))
            return []
        return respond(self.desk(code), self.at)

    def journey(self) -> None:
        """From the households that wait to their reports, all at one moment."""
        self.passes("gather", at_once=1)  # the numbers of batches are given out in one order
        self.road.carry(self)
        self.passes("settle", "conclude")

    def passes(self, *names: str, at_once: int = 4) -> None:
        """One pass of each step, in which nothing may go wrong."""
        parts = self.deployment().parts
        with ThreadPoolExecutor(at_once) as executor:
            for name in names:
                problems = runner.run(name, parts, self.at, executor).problems
                assert not problems, (name, problems)

    # ---------------------------------------------------------------- the business of it, opened
    def asked(self) -> dict[str, list[str]]:
        """By bank: the SHA-256 of every inquiry as it came to the bank, opened there."""
        return {code: sorted(self._came(code)) for code in self.codes}

    def _came(self, code: str) -> Iterator[str]:
        desk = self.desk(code)
        channel = desk.channel(desk.profile(self.at))
        for path in (desk.root / DONE).iterdir():
            if path.suffix != ".ok" and code in path.name:  # on a shared channel others' lie beside it
                yield _digest(channel.open(lambda path=path: iter([path.read_bytes()]), self.at))  # type: ignore[misc]

    def answered(self) -> dict[str, list[str]]:
        """By bank: the SHA-256 of every answer as it came to us, opened here."""
        parts = self.deployment().parts
        with parts.ledger.read() as tx:
            files = answers.inbounds(tx)
        found: dict[str, list[str]] = {code: [] for code in self.codes}
        for row in files:
            bank = parts.banks.working[row.institution]
            channel = bank.channel(bank.profile_on(parts.day(self.at)))
            found[row.institution].append(_digest(channel.open(lambda row=row: parts.objects.get(row.digest), self.at)))  # type: ignore[misc]
        return {code: sorted(each) for code, each in found.items()}


def _digest(blocks: Iterator[bytes]) -> str:
    running = hashlib.sha256()
    for block in blocks:
        running.update(block)
    return running.hexdigest()


class Road:
    """How a city is carried. A road of its own overrides what is otherwise there; the steps carry, and the banks look into folders."""

    numbered_alike = True  # are batches numbered as on the other roads? Then their bytes are the same

    def of(self, profile: str) -> "Road":
        """The road of the banks of one language; here all have the same."""
        del profile
        return self

    def channel(self, theirs: str) -> str:
        """The channel of a profile, made of the one its bank's note has."""
        raise NotImplementedError

    def open_centre(self, town: RoadTown) -> None:
        """What the centre needs besides its connections."""

    def reached(self, town: RoadTown, code: str) -> dict[str, Any]:
        """What the connection of a bank says of the road; a bank's server runs from here on."""
        raise NotImplementedError

    def join(self, town: RoadTown) -> None:
        """What the connections have in common, once all are there."""

    def carry(self, town: RoadTown) -> None:
        """From parcels that are sealed to answers that are kept."""
        town.passes("dispatch")
        for code in town.codes:
            town.respond(code)
        town.passes("collect")
