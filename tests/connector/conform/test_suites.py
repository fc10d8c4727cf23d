"""Every suite is tried by its own wrong seals: an honest bank keeps silent about each, a gullible one is found, and so is one that signs nothing."""

import dataclasses
from datetime import datetime
from pathlib import Path

import pytest

from bank_profiles.catalogue import BANKS
from bank_profiles.language.profile import Profile
from connector.assembly import clock
from connector.bankside.desk import Desk
from connector.bankside.respond import respond
from connector.conform import certificate, running
from connector.conform.cases import CASES
from connector.conform.issuing import conform
from connector.founding import OUR_KEYS
from tests.connector.conform.test_hostile_banks import gullible
from tests.connector.conform.town import BANK, QUICK, TrialTown, deviations, unlike
from tests.town import BANK_SECRET
from transports.channel import Channel, Opened
from transports.errors import BrokenSeal
from transports.sealing.keyring import KeyRing
from transports.transport import Blocks
from transports.wrong_seals import WEAKER

KINDS = {"sm2-sm4gcm-sm3": "sm2", "sm2-sm4cbc-sm3": "sm2", "openpgp": "pgp-ed25519", "cms-aes256gcm": "ec-p256"}
SUITES = ("sm2-sm4gcm-sm3", "sm2-sm4cbc-sm3", "openpgp")  # CMS with AES: every other test of this folder
TAGGED = ("sm2-sm4gcm-sm3", "openpgp")  # where what was changed is told from what nobody signed (security.md A15)


@pytest.fixture(autouse=True)
def few_cases(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is tried here: one honest question, and all seals."""
    monkeypatch.setattr(running, "CASES", [case for case in CASES if case.group == "seal" or case.id == "one-person"])


class SealedTown(TrialTown):
    """The bank and the centre have keys of this suite beside those they have, and speak hxcb under its seal."""

    def __init__(self, folder: Path, samples: Path, suite: str, behaviour: str = "answers") -> None:
        super().__init__(folder, samples / "city" / "seed1", behaviours={BANK: [behaviour]})
        self.seal = suite

    def __enter__(self) -> "SealedTown":
        super().__enter__()
        ours, theirs = self.ring(), KeyRing.open(self.bank_folder(BANK) / "keys", BANK_SECRET)
        kind = KINDS[self.seal]
        for alias, role in OUR_KEYS.items() if kind != self.kind else ():
            use = "any" if self.seal == "openpgp" else role
            ours.new(alias, use, kind, 365, clock())
            theirs.new(alias, use, kind, 365, clock())
            peer = alias.replace("us/decrypt", "encrypt").replace("us/", "")
            ours.import_certificate(f"{BANK}/{peer}", theirs.certificate(alias, kind).pem, use=use, evidence="HD-1")
            theirs.import_certificate(f"centre/{peer}", ours.certificate(alias, kind).pem, use=use)
        note = (BANKS / "hxcb" / "2026.1.yaml").read_text("utf-8").partition("\nexamples:")[0]
        note = note.replace("profile: hxcb", "profile: sealed").replace("seal: cms-aes256gcm", f"seal: {self.seal}") + "\n"
        self.speaks(BANK, "sealed", {"2026.1": note}, {"2026.1": note})
        return self


@pytest.mark.parametrize("suite", SUITES)
def test_an_honest_bank_answers_no_question_whose_seal_does_not_hold(suite: str, samples: Path, tmp_path: Path) -> None:
    with SealedTown(tmp_path, samples, suite) as town:
        issued = town.conform()
        signer = town.ring().certificate("us/sign", KINDS[suite])

    content, signature, _ = (path.read_bytes() for path in issued.files)
    assert issued.said == certificate.check(content, signature, [signer])
    with pytest.raises(BrokenSeal):
        certificate.check(content.replace(b"conforms", b"conform5"), signature, [signer])
    lacking = {} if suite in WEAKER else {"weaker-suite": "no-weaker-suite"}
    assert lacking == {case: code for case, (_, code, _) in unlike(issued, "kept").items()}


def test_a_bank_that_signs_nothing_is_found_by_openpgp_too(samples: Path, tmp_path: Path) -> None:
    with SealedTown(tmp_path, samples, "openpgp", "unsigned") as town:
        issued = town.conform()

    assert dict.fromkeys(("one-person", "answer-signed"), "seal-unsigned") == deviations(issued)


@pytest.mark.parametrize("suite", TAGGED)
def test_a_bank_that_does_not_look_who_signed_is_found(suite: str, samples: Path, tmp_path: Path) -> None:
    with SealedTown(tmp_path, samples, suite) as town:
        issued = conform(town.deployment(), BANK, by="li", release="0", patience=QUICK, pause=lambda _: gullible(town))

    assert {"by-a-stranger", "unsigned"} == set(deviations(issued))
    assert {"answered-all-the-same"} == set(deviations(issued).values())


class Careless(Desk):
    """Takes what is sealed by a weaker suite than was agreed, and answers as agreed."""

    def channel(self, profile: Profile) -> Channel:
        agreed = super().channel(profile)
        return Lenient(agreed.suite, agreed.ring, agreed.aliases)


class Lenient(Channel):
    def open(self, source: Blocks, at: datetime) -> Opened:  # type: ignore[override]
        return Channel(WEAKER[getattr(self.suite, "suite", "")], self.ring, self.aliases).open(source, at)


@pytest.mark.parametrize("suite", WEAKER)
def test_a_bank_that_takes_a_weaker_suite_is_found(suite: str, samples: Path, tmp_path: Path) -> None:
    with SealedTown(tmp_path, samples, suite) as town:
        desk = town.desk(BANK)
        careless = Careless(**{field.name: getattr(desk, field.name) for field in dataclasses.fields(desk)})
        issued = conform(
            town.deployment(), BANK, by="li", release="0", patience=QUICK, pause=lambda _: respond(careless, clock())
        )

    assert {"weaker-suite": "answered-all-the-same"} == deviations(issued)
