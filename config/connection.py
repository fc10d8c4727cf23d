"""A connection binds one bank to a profile: who, where, which pinned keys. Without pins it does not load."""

import re
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated

from pydantic import Field, StringConstraints, model_validator

from config.yaml_file import Section, read_model

_NAME = r"[a-z0-9][a-z0-9_-]*(?:[/.][a-z0-9_-]+)*"  # a name below a folder, never a path that climbs
Secret = Annotated[str, StringConstraints(pattern=rf"^secret:{_NAME}$")]
Certificate = Annotated[str, StringConstraints(pattern=rf"^cert:{_NAME}$")]
Pin = Annotated[str, StringConstraints(pattern=r"^SHA256:[A-Za-z0-9+/]{43}=?$")]
Word = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


class Institution(Section):
    """The bank as supervisors know it."""

    code: Word
    name: str
    kind: Word = Field(alias="class")


class Address(Section):
    """Where it is reached."""

    host: str
    port: int = Field(default=22, ge=1, le=65535)
    allow: tuple[IPv4Network | IPv6Network, ...] = ()  # where a name may lead; an address in numbers needs none

    @model_validator(mode="after")
    def _a_name_has_its_list(self) -> "Address":
        """What a name service says is not ours to trust (security A6)."""
        if not self.allow and not re.fullmatch(r"[0-9.]+|\[?[0-9a-fA-F:]+\]?", self.host):
            raise ValueError("a host given by name needs allow: the networks it may lead to, e.g. [10.20.30.0/24]")
        return self


class Account(Section):
    """As whom we log in; the private key by reference only."""

    user: str
    key: Secret


class KeyAliases(Section):
    """The names under which the key ring knows the four keys of this exchange."""

    bank_encrypt: Certificate
    bank_sign: Certificate
    our_sign: Secret
    our_decrypt: Secret


class Limits(Section):
    """What this site allows below the profile's own limits."""

    lines_max: int | None = Field(default=None, ge=1)


class Connection(Section):
    """DIR/connections/<bank>.yaml."""

    institution: Institution
    profile: Word
    address: Address
    account: Account
    pins: list[Pin] = Field(min_length=1)
    keys: KeyAliases
    limits: Limits = Limits()
    contact: str = ""


def read_connection(path: Path) -> Connection:
    """Raises BadSettings: file, line, column, what was expected; a connection without pins does not load."""
    return read_model(path, Connection)


def institution_named(path: Path) -> set[str]:
    """The code a refused connection names, where that much can be read: its lines wait for it to be mended."""
    found = re.search(r"code:\s*[\"']?([A-Za-z0-9_-]{1,64})", path.read_text("utf-8", errors="replace"))
    return {found.group(1)} if found else set()


def profile_line(path: Path) -> int:
    """The line on which a connection names its profile, from 1."""
    lines = path.read_text("utf-8").splitlines()
    return next((number for number, line in enumerate(lines, 1) if line.startswith("profile")), 1)
