"""Opening a bank for a simulation: its folder, its own key ring, the exchange of certificates and of the keys of its road with the centre."""

import dataclasses
import secrets
import shutil
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import orjson

from bank_profiles.catalogue import BANKS, Catalogue
from bank_profiles.language.profile import Profile
from config.bankside import BankKeys, read_bankside
from config.behaviours import Behaviour
from config.settings import ring_secret
from config.yaml_file import write_yaml
from connector.bankside.desk import SIMULATED, shipped
from connector.bankside.ends import USER, Ends, make_ends
from connector.founding import KEY_KINDS, NATIONAL, OUR_KEYS, keep_secret
from connector.roads.agreed_seals import agreed_seal
from transports.sealing.certificates import Certificate
from transports.sealing.cms import suite_of
from transports.sealing.cms.suite import Agreed
from transports.sealing.keyring import KeyRing
from transports.sealing.refusals import refusal
from transports.sealing.seals import Seals, seals

KEY_DAYS = 365


@dataclasses.dataclass(frozen=True)
class Centre:
    """What a bank knows of the centre: certificates (PEM or DER), several of a use while old and new overlap, or of several kinds."""

    sign: Sequence[bytes]
    encrypt: Sequence[bytes]

    def expect_uses(self) -> None:
        """Is none given in the place of one of the other use? Raises UnknownKey key-use-differs, key-unreadable."""
        for given, use in ((self.sign, "sign"), (self.encrypt, "encrypt")):
            if any(Certificate.read(each).use not in (use, "any") for each in given):
                raise refusal("key-use-differs")


@dataclasses.dataclass(frozen=True)
class Plan:
    """One bank to be opened; its road is its profile's. ``profile``: the id of one that comes with the product, or the path of one that
    does not (``<id>/<edition>.yaml``). ``data``: folder of accounts.csv and movements.csv.

    ``port`` 0 takes any free one at each start. ``late_after``: how late a bank is that is.
    """

    code: str
    name: str
    profile: str
    data: Path
    behaviours: tuple[Behaviour, ...] = ("answers",)
    port: int = 0
    room_bytes: int | None = None
    kind: str = "bank"
    late_after: timedelta | None = None


@dataclasses.dataclass(frozen=True)
class HandOver:
    """What the bank gives the centre: certificates as PEM, and the secrets of the centre's end of the road, by their names there."""

    bank: Path  # its bank.yaml
    user: str
    secrets: Mapping[str, Path]
    sign: bytes
    encrypt: bytes

    @property
    def client_key(self) -> Path:
        """The private SSH key the centre logs in with, where it logs in."""
        return self.secrets["sftp-key"]


def open_bank(folder: Path, plan: Plan, centre: Centre, now: datetime) -> HandOver:
    """Make the bank in ``folder``, which must be new: bank.yaml, secrets, ring with the centre's certificates in it. Raises UnknownKey."""
    centre.expect_uses()
    folder.mkdir(mode=0o700, parents=True)
    keep_secret(folder, "ring", secrets.token_hex(32).encode())
    ring = KeyRing.create(folder / "keys", ring_secret(folder))
    for alias, use in OUR_KEYS.items():
        for kind in KEY_KINDS[NATIONAL]:
            ring.new(alias, use, kind, KEY_DAYS, now)
    _take_in(ring, BankKeys(), centre)
    ends = make_ends(folder, road_of(plan.profile, now), plan.port, plan.room_bytes, now)
    _write_settings(folder / "bank.yaml", plan, ends)
    sign, encrypt = to_hand_over(ring, plan.profile, now)
    return HandOver(folder / "bank.yaml", USER, ends.secrets, sign, encrypt)


def acquaint(bank: Path, centre: Centre) -> int:
    """Give the bank of this bank.yaml what it does not have yet of the centre's certificates; how many. Raises UnknownKey, BrokenRing.

    It believes and seals to them from its next start on; those it has it keeps, so that old and new overlap.
    """
    centre.expect_uses()
    said, folder = read_bankside(bank), bank.resolve().parent
    return _take_in(KeyRing.open(folder / said.ring, ring_secret(folder)), said.keys, centre)


def _take_in(ring: KeyRing, keys: BankKeys, centre: Centre) -> int:
    known = {(entry.alias, entry.fingerprint) for entry in ring.list()}
    given = [(keys.centre_sign, each) for each in centre.sign] + [(keys.centre_encrypt, each) for each in centre.encrypt]
    fresh = [(alias, each) for alias, each in given if (alias, Certificate.read(each).fingerprint) not in known]
    for alias, certificate in fresh:
        ring.import_certificate(alias, certificate)
    return len(fresh)


def kind_lacking(profile: str, centre: Centre, now: datetime) -> str:
    """The kind of key this profile's seal takes, where nothing of the centre's to sign or to encrypt is of it; else empty.

    Raises UnknownKey key-unreadable, BadProfile.
    """
    family = suite_of(_seal_of(profile, now)).family
    ours = ([Certificate.read(each).kind for each in given] for given in (centre.sign, centre.encrypt))
    return "" if all(any(kind.startswith(family.kinds) for kind in kinds) for kinds in ours) else family.makes


def to_hand_over(ring: KeyRing, profile: str, now: datetime) -> tuple[bytes, bytes]:
    """The certificates of a house, to sign and to encrypt, of the kind this profile's seal takes (PEM). Raises UnknownKey, BadProfile."""
    way: Seals = seals(_seal_of(profile, now), ring)
    return way.signer("us/sign", now).certificate.pem, way.ourselves("us/decrypt", now).pem


def _seal_of(profile: str, now: datetime) -> Agreed:
    return agreed_seal(_spoken(profile, now).channel.seal)


def road_of(profile: str, now: datetime) -> str:
    """The kind of road a profile speaks of. Raises BadProfile."""
    return _spoken(profile, now).channel.kind


def _spoken(profile: str, now: datetime) -> Profile:
    """The profile of a plan as it rules that day. Raises BadProfile."""
    if own := _own_folder(profile):
        return Catalogue([BANKS, SIMULATED, own.parent]).pick(own.name, now.date())
    return shipped().pick(profile, now.date())


def _own_folder(profile: str) -> Path | None:
    """The folder of its editions, where a plan names a profile by a path; else none."""
    return Path(profile).resolve().parent if Path(profile).suffix in (".yaml", ".yml") else None


def profile_to_give(bank: Path) -> Path | None:
    """The folder of the profile of this bank.yaml, where it does not come with the product: the centre must be given it."""
    said = read_bankside(bank)
    folders = (SIMULATED, *(bank.parent / each for each in said.profiles))
    return next((folder / said.profile for folder in folders if (folder / said.profile).is_dir()), None)


def _write_settings(path: Path, plan: Plan, ends: Ends) -> None:
    own = _own_folder(plan.profile)
    settings = {
        "institution": {"code": plan.code, "name": plan.name, "class": plan.kind},
        "profile": own.name if own else plan.profile,
        **({"profiles": [str(own.parent)]} if own else {}),
        "data": {"folder": str(plan.data.resolve())},
        "behaviours": list(plan.behaviours),
    }
    late = {} if plan.late_after is None else {"late_after": int(plan.late_after.total_seconds())}
    write_yaml(path, settings | late | dict(ends.settings))


# ---- the banks of a city folder -----------------------------------------------------------------------------------------------------


def plans_of_city(city: Path, profiles: Sequence[str], behaviours: Mapping[str, tuple[Behaviour, ...]], port: int) -> list[Plan]:
    """One plan for each institution of ``institutions.json``, profiles in turn; ``port`` 0, or the first of as many."""
    institutions = orjson.loads((city / "institutions.json").read_bytes())["institutions"]
    return [
        Plan(
            code=institution["code"],
            name=institution["name"],
            profile=profiles[number % len(profiles)],
            data=city,
            behaviours=behaviours.get(institution["code"], ("answers",)),
            port=port + number if port else 0,
            kind=institution.get("kind", "bank"),
        )
        for number, institution in enumerate(institutions)
    ]


def put_ready(handed: HandOver) -> None:
    """Lay out what the centre is to be given, beside bank.yaml: ``hand-over/sign.pem``, ``encrypt.pem``, ``secrets/``, ``profiles/``."""
    folder = handed.bank.parent / "hand-over"
    folder.mkdir(mode=0o700)
    (folder / "sign.pem").write_bytes(handed.sign)
    (folder / "encrypt.pem").write_bytes(handed.encrypt)
    for place in ("secrets", "profiles"):
        (folder / place).mkdir(mode=0o700)
    for name, secret in handed.secrets.items():
        secret.rename(folder / "secrets" / name)
    if given := profile_to_give(handed.bank):
        shutil.copytree(given, folder / "profiles" / given.name)


def list_banks(folder: Path, codes: Iterable[str]) -> list[Path]:
    """The bank.yaml of each, also written to ``banks.yaml`` for the next start."""
    write_yaml(folder / "banks.yaml", {"banks": [f"{code}/bank.yaml" for code in codes]})
    return [folder / code / "bank.yaml" for code in codes]
