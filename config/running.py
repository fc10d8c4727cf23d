"""Where a deployment keeps its sealed objects and where its heavy steps run (service.yaml › objects, heavy)."""

from ipaddress import ip_address
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from config.words import Secret
from config.yaml_file import Section

Text = Annotated[str, StringConstraints(min_length=1)]


class Bucket(Section):
    """A bucket of S3's protocol. Without keys they are looked for where boto3 does: the environment, the machine's role.

    ``authority``: a PEM file in DIR, whose certificates are believed; the server's own alone pins it.
    """

    name: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")]
    endpoint: Text | None = None  # none: Amazon's own
    region: Text | None = None
    prefix: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_./-]*$")] = "objects"
    authority: Text | None = None
    path_style: bool = False
    access_key: Secret | None = None
    secret_key: Secret | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.access_key is None) != (self.secret_key is None):
            raise PydanticCustomError("bucket_keys", "needs both access_key and secret_key, or neither")
        if self.endpoint is not None and not _guarded(self.endpoint, "https"):
            raise PydanticCustomError("bucket_line", "endpoint must be https://…; http:// only to this machine")
        return self


class Objects(Section):
    """Where sealed objects are kept: a bucket, or (without one) DIR/objects."""

    bucket: Bucket | None = None


class Heavy(Section):
    """Where heavy steps run: threads of this process, so many processes of this machine, or a Dask cluster.

    A cluster on other machines is reached by TLS of both sides alone: whoever may give it work may run anything on its machines.
    """

    processes: int | None = Field(default=None, ge=1, le=256)
    dask: Text | None = None
    authority: Text | None = None  # PEM files in DIR
    certificate: Text | None = None
    key: Secret | None = None

    @model_validator(mode="before")
    @classmethod
    def _by_word(cls, said: Any) -> Any:
        return {} if said == "threads" else said

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.processes is not None and self.dask is not None:
            raise PydanticCustomError("heavy_way", "needs either processes or dask")
        if self.dask is None:
            return self
        if not _guarded(self.dask, "tls", plain="tcp"):
            raise PydanticCustomError("heavy_line", "dask must be tls://host:port; tcp:// only to this machine")
        if self.dask.startswith("tls:") and not (self.authority and self.certificate and self.key):
            raise PydanticCustomError("heavy_keys", "tls:// needs authority, certificate and key")
        return self


def _guarded(address: str, scheme: str, plain: str = "http") -> bool:
    """Encrypted, or to this machine."""
    try:
        said = urlsplit(address)
        return bool(said.hostname) and (said.scheme == scheme or (said.scheme == plain and _here(said.hostname or "")))
    except ValueError:
        return False


def _here(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
