"""A deployment's own settings: DIR/service.yaml, read once, refused whole if anything is wrong."""

import os
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from config.running import Heavy, Objects
from config.serving import CallBacks, Serving
from config.words import Region, Secret, Word
from config.yaml_file import BadSettings, Section, read_model


class Centre(Section):
    """The verification centre a deployment serves."""

    code: Word
    name: str
    region: Region


class Retention(Section):
    """How long what is kept about persons may be kept, in days after the month it was made."""

    days: int = Field(default=3650, ge=1)


class Scanner(Section):
    """Where the virus scanner (clamd) listens: a socket, or an address and port of this machine.

    Opened content goes there in the clear, so that another machine is reached through a tunnel only.
    """

    socket: Annotated[str, StringConstraints(min_length=1)] | None = None
    host: str | None = None
    port: int | None = Field(default=None, ge=1, le=65535)

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.socket is None) == (self.host is None) or (self.host is None) != (self.port is None):
            raise PydanticCustomError("scanner_way", "needs either socket, or host and port")
        if self.host is not None and not _loopback(self.host):
            raise PydanticCustomError("scanner_far", "host must be an address of this machine")
        return self


def _loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


class Hardware(Section):
    """The token that keeps private keys (PKCS #11): its vendor's library, its label, its PIN."""

    library: Annotated[str, StringConstraints(pattern=r"^/")]
    token: Annotated[str, StringConstraints(min_length=1, max_length=32)]
    pin: Secret


class Settings(Section):
    """DIR/service.yaml. Paths are relative to DIR."""

    centre: Centre
    database: str = "sqlite:///ledger.db"
    policy: str = "policy.yaml"
    rates: str = "rates.csv"
    at_rest: Literal["aes256gcm", "sm4gcm"] = "aes256gcm"  # what is sealed from now on; what was sealed before opens as before
    audit: Literal["sha256", "sm3"] | None = None  # what chains the audit from now on; none: as before
    retention: Retention = Retention()
    zone: str = "Asia/Shanghai"
    scanner: Scanner | None = None  # without one nothing is scanned
    hardware: Hardware | None = None  # without one all our keys are in the ring's own files
    serve: Serving | None = None  # where the banks' staff find the drop-box
    objects: Objects = Objects()  # by default DIR/objects
    heavy: Heavy = Heavy()  # by default threads of this process
    call_backs: CallBacks | None = None  # where banks that call back bring their answers


def read_settings(folder: Path) -> Settings:
    """The settings of the deployment in ``folder``. Raises BadSettings."""
    path = folder / "service.yaml"
    if not path.is_file():
        raise BadSettings(
            f"{folder}: there is no deployment here; make one with `connector init --dir {folder}`",
            f"{folder}：此处没有部署；请先运行 connector init --dir {folder}",
        )
    return read_model(path, Settings)


def database_url(settings: Settings, folder: Path) -> str:
    """The SQLAlchemy address; a relative SQLite path is taken inside ``folder``."""
    head, slashes, name = settings.database.partition(":///")
    if head == "sqlite" and slashes and not name.startswith("/"):
        return f"sqlite:///{folder.resolve() / name}"
    return settings.database


def read_secret(folder: Path, name: str) -> bytes:
    """The value behind ``secret:<name>``. Raises BadSettings as ``secret_file`` does; the value never appears in a message."""
    return secret_file(folder, name).read_bytes().strip()


def secret_file(folder: Path, name: str) -> Path:
    """The file of ``secret:<name>``: DIR/secrets/<name>, or <name> under CONNECTOR_SECRETS.

    Raises BadSettings when it is not there or others may read it.
    """
    path = Path(os.environ.get("CONNECTOR_SECRETS", folder / "secrets")) / name
    try:
        if path.stat().st_mode & 0o077:
            raise BadSettings(
                f"secret:{name} can be read by others; chmod 600 {path}", f"secret:{name} 他人可读；请 chmod 600 {path}"
            )
        return path
    except FileNotFoundError:
        raise BadSettings(
            f"secret:{name} is not there; put its value into {path} (mode 600)",
            f"没有 secret:{name}；请把值写入 {path}（权限 600）",
        ) from None


def ring_secret(folder: Path) -> bytes:
    """What opens the key ring."""
    return read_secret(folder, "ring")
