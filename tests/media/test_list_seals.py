"""The list of a medium is signed as parcels are sealed: by OpenPGP and by SM2 too, and of a bank trusted by chain by who leads to its anchor."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from connector.assembly import clock
from connector.bankside import disc
from connector.bankside.disc import Disc, Slip
from connector.bankside.respond import respond
from connector.founding import OUR_KEYS
from connector.keys.authorities import AUTHORITIES
from tests.media.town import CHANNEL, MediaTown, burn
from tests.town import BANK_SECRET
from tests.transports.sealing.test_chains import AUTHORITY, DAY, issued, listing
from transports import pins
from transports.errors import Refused, UnknownKey
from transports.media.manifest import JSON_NAME, SIGNATURE_NAME, Listed, Manifest
from transports.sealing.certificates import OwnKey
from transports.sealing.cms import detached
from transports.sealing.keyring import KeyRing

KINDS = {"openpgp": "pgp-ed25519", "sm2-sm4gcm-sm3": "sm2"}


@contextmanager
def town_of(folder: Path, seal: str) -> Iterator[MediaTown]:
    """Both houses speak one edition, whose seal this is, and have keys for it."""
    with MediaTown(folder, channel=CHANNEL.replace("cms-aes256gcm", seal)) as town:
        edition = town.dir / "profiles" / "hxm" / "2026.1.yaml"
        shutil.copy(edition, town.bank_folder(town.code) / "profiles" / "hxm" / "2026.1.yaml")
        ours, theirs = town.ring(), KeyRing.open(town.bank_folder(town.code) / "keys", BANK_SECRET)
        for alias, role in OUR_KEYS.items():
            use = "any" if seal == "openpgp" else role
            for ring in (ours, theirs):
                ring.new(alias, use, KINDS[seal], 365, clock())
            peer = "sign" if role == "sign" else "encrypt"
            ours.import_certificate(f"{town.code}/{peer}", theirs.certificate(alias, KINDS[seal]).pem, use=use, evidence="HD-1")
            theirs.import_certificate(f"centre/{peer}", ours.certificate(alias, KINDS[seal]).pem, use=use)
        town.now += timedelta(seconds=2)  # no key is younger
        yield town.asked()


def handed_over(town: MediaTown) -> Disc:
    folder = town.empty("out")
    (key,) = town.write(folder)
    town.seal(key, folder)
    town.hand_over(key)
    row = town.medium(key)
    return Disc(Slip("C1", row.label, row.set_name, row.volume, row.volumes, row.manifest_digest), folder)


def answered(town: MediaTown) -> Disc:
    desk = town.desk(town.code)
    disc.take(desk, [handed_over(town)], town.now)
    respond(desk, town.now)
    (back,) = disc.give(desk, town.empty("in"), "R-1", "C1", town.now)
    return back


@pytest.mark.parametrize("seal", KINDS)
def test_rule_026_a_disc_there_and_back_by(seal: str, tmp_path: Path) -> None:
    with town_of(tmp_path, seal) as town:
        back = answered(town)
        taken = town.take_in(town.receive(back.slip.label), back.folder)
        town.step("settle", "conclude")

        assert (1, ()) == (taken.fetched, taken.awaited)
        assert {"ANSWERED"} == set(town.states())


@pytest.mark.parametrize("seal", KINDS)
def test_g1_a_list_that_was_changed_is_refused_by_both_houses(seal: str, tmp_path: Path) -> None:
    with town_of(tmp_path, seal) as town:
        back = answered(town)
        for folder in (town.folder / "out", back.folder):
            listed = folder / JSON_NAME
            listed.write_bytes(listed.read_bytes().replace(b'"made_at": "2', b'"made_at": "1'))
        sent = Disc(Slip("C1", town.medium(1).label), town.folder / "out")

        for look in (
            lambda: disc.take(town.desk(town.code), [sent], town.now),
            lambda: town.take_in(town.receive(back.slip.label), back.folder),
        ):
            with pytest.raises(Refused) as refused:
                look()
            assert "media-unsigned" == refused.value.code


def test_gpg_checks_a_list_signed_by_openpgp(tmp_path: Path) -> None:
    if shutil.which("gpg") is None:
        pytest.skip("gpg is not installed")
    with town_of(tmp_path, "openpgp") as town:
        folder = town.empty("out")
        town.write(folder)
        home = tmp_path / "gpg"
        home.mkdir(mode=0o700)
        gpg = [
            "gpg",
            "--homedir",
            str(home),
            "--batch",
            "--faked-system-time",
            f"{town.now + timedelta(minutes=1):%Y%m%dT%H%M%S}",
        ]
        pem = town.ring().certificate("us/sign", KINDS["openpgp"]).pem
        subprocess.run([*gpg, "--import"], input=pem, check=True, capture_output=True)
        line = [*gpg, "--verify", folder / SIGNATURE_NAME, folder / JSON_NAME]

        assert 0 == subprocess.run(line, capture_output=True, check=False).returncode
        (folder / JSON_NAME).write_bytes((folder / JSON_NAME).read_bytes() + b" ")
        assert 0 != subprocess.run(line, capture_output=True, check=False).returncode


# ---- a bank trusted by chain ----------------------------------------------------------------------------------------------------------


class ChainedTown:
    """A media bank whose certificate is of a CA; a successor of it lies in the CA's folder. Its list of certificates taken back is empty."""

    def __init__(self, town: MediaTown, *, successors: bool) -> None:
        self.town, (begin, end) = town, (town.now - DAY, town.now + 365 * DAY)
        self.root = issued("ec-p256", "root", says=AUTHORITY, ca=True, begin=begin, end=end)
        self.bank, self.next = (issued("ec-p256", "bank", self.root, own_key=own, begin=begin, end=end) for own in ("old", "new"))
        self.folder = town.dir / AUTHORITIES / "ca"
        self.folder.mkdir(parents=True)
        for name, each in (("root", self.root), ("next", self.next)):
            (self.folder / f"{name}.cer").write_bytes(each.certificate.der)
        self.lists()
        town.ring().import_certificate(f"{town.code}/sign", self.bank.certificate.pem, use="sign", evidence="HD-2")
        said = f"{{anchors: ['{pins.of(self.root.certificate.spki)}'], folder: ca, successors: {'yes' if successors else 'no'}}}"
        with (town.dir / "connections" / f"{town.code}.yaml").open("a", encoding="utf-8") as file:
            file.write(f"chain: {said}\n")

    def lists(self, *revoked: OwnKey) -> None:
        made = listing(self.root, *revoked, made=self.town.now - DAY, until=self.town.now + 7 * DAY, on=self.town.now - DAY)
        (self.folder / "root.crl").write_bytes(made.der)

    def signed_by(self, own: OwnKey, label: str) -> tuple[int, Path]:
        """A medium of the bank in our hands: its number in the register, and where it is mounted."""
        content, disc = f"a sealed answer {label}".encode(), self.town.empty(label)
        burn(disc, [("A.zip.p7m", content)])
        files = (Listed("A.zip.p7m", len(content), (disc / "清单.txt").read_text("utf-8").split()[0]),)
        said = Manifest("C1", self.town.code, "in", label, label, 1, 1, (), "sm3", files, "")
        (disc / JSON_NAME).write_bytes(said.to_json())
        (disc / SIGNATURE_NAME).write_bytes(detached.sign(said.to_json(), own, self.town.now))
        return self.town.receive(label), disc


@pytest.fixture
def media_town(tmp_path: Path) -> Iterator[MediaTown]:
    with MediaTown(tmp_path) as town:
        yield town


def test_a_list_is_taken_from_who_leads_to_the_anchor_and_from_its_successor(media_town: MediaTown) -> None:
    bank = ChainedTown(media_town, successors=True)

    taken = [media_town.take_in(*bank.signed_by(own, label)) for own, label in ((bank.bank, "R-1"), (bank.next, "R-2"))]

    assert [1, 1] == [each.fetched for each in taken]


def test_a_successor_nobody_agreed_on_signs_nothing(media_town: MediaTown) -> None:
    bank = ChainedTown(media_town, successors=False)

    with pytest.raises(Refused) as refused:
        media_town.take_in(*bank.signed_by(bank.next, "R-1"))

    assert "media-unsigned" == refused.value.code


def test_a_medium_waits_while_its_signer_is_taken_back_or_no_list_says_so(media_town: MediaTown) -> None:
    bank = ChainedTown(media_town, successors=True)
    key, disc = bank.signed_by(bank.bank, "R-1")
    told = []
    for spoil in (lambda: bank.lists(bank.bank), (bank.folder / "root.crl").unlink):
        spoil()
        with pytest.raises(UnknownKey) as refused:
            media_town.take_in(key, disc)
        told.append((refused.value.code, media_town.medium(key).problem["code"], media_town.medium(key).state))
    bank.lists()

    assert [(code, code, "registered") for code in ("key-revoked", "key-unlisted")] == told
    assert 1 == media_town.take_in(key, disc).fetched
