"""A connection binds one bank to a profile: who, where, which pinned keys. Without pins a road over a network does not load."""

import re
from pathlib import Path

from pydantic import Field

from config.hours import Hours
from config.road import Fallback, Road
from config.words import Certificate, Pin, Secret, Word
from config.yaml_file import Section, read_model


class Institution(Section):
    """The bank as supervisors know it."""

    code: Word
    name: str
    kind: Word = Field(alias="class")


class KeyAliases(Section):
    """The names under which the key ring knows the four keys of this exchange."""

    bank_encrypt: Certificate
    bank_sign: Certificate
    our_sign: Secret
    our_decrypt: Secret


class Limits(Section):
    """What this site, or one legal entity behind a shared channel, allows below the profile's own limits."""

    lines_max: int | None = Field(default=None, ge=1)
    parcels_per_minute: int | None = Field(default=None, ge=1)
    workdays: int | None = Field(
        default=None, ge=1, le=99
    )  # to answer in, where this entity has other days than the profile says


class Entity(Hours):
    """A legal entity that answers through the data centre of this connection, under its own code (省联社); hours of its own go before those."""

    code: Word
    name: str
    kind: Word = Field(alias="class")
    limits: Limits = Limits()


class Chain(Section):
    """The bank's certificates are of a CA: beside their letter they must lead to one of its ``anchors`` and be on no list of it.

    ``folder``: DIR/authorities/<folder>, with the CA's certificates (.pem, .cer, …) and its revocation lists (.crl), brought by hand.
    """

    anchors: tuple[Pin, ...] = Field(min_length=1)  # of an anchor's key: SHA-256 over its SubjectPublicKeyInfo, as pins of lines
    folder: Word
    successors: bool = False  # a newer certificate of the same subject, put into the folder, is taken without a letter


class Connection(Hours, Road):
    """DIR/connections/<bank>.yaml. The road in it is that of the profile's channel; ``entities`` share it."""

    institution: Institution
    profile: Word
    test: bool = (
        False  # leads to the bank's test system: no household is ever asked about there, only ``bank conform`` goes there
    )
    keys: KeyAliases
    chain: Chain | None = None  # none: the bank's certificates are trusted by pin alone
    zip_password: Secret | None = None  # where the profile's zips are under a legacy_password: no protection, the seal is
    limits: Limits = Limits()
    entities: tuple[Entity, ...] = ()
    fallbacks: tuple[Fallback, ...] = ()
    contact: str = ""


def read_connection(path: Path) -> Connection:
    """Raises BadSettings: file, line, column, what was expected; a connection without pins does not load."""
    return read_model(path, Connection)


def institution_named(path: Path) -> set[str]:
    """The code a refused connection names, where that much can be read: its lines wait for it to be mended. For a test nobody waits."""
    text = path.read_text("utf-8", errors="replace")
    return set() if _TEST.search(text) else set(_CODE.findall(text)[:1])


def tests_named(path: Path) -> set[str]:
    """The codes a refused connection to a test system names, where that much can be read; none where it is no test."""
    text = path.read_text("utf-8", errors="replace")
    return set(_CODE.findall(text)) if _TEST.search(text) else set()


_TEST = re.compile(r"^test:\s*(?:yes|true|on)\b", re.MULTILINE | re.IGNORECASE)
_CODE = re.compile(r"code:\s*[\"']?([A-Za-z0-9_-]{1,64})")


def profile_line(path: Path) -> int:
    """The line on which a connection names its profile, from 1."""
    lines = path.read_text("utf-8").splitlines()
    return next((number for number, line in enumerate(lines, 1) if line.startswith("profile")), 1)
