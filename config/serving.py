"""Where ``connector serve`` listens, and what proves this deployment there: the drop-box (service.yaml › serve) and the call-backs."""

from typing import Annotated

from pydantic import Field, StringConstraints

from config.words import Secret
from config.yaml_file import Section


class Serving(Section):
    """The drop-box, for the banks' staff. ``authority``: who signs their certificates, PEM; which key is whose, each connection's pins say."""

    host: Annotated[str, StringConstraints(min_length=1)] = "127.0.0.1"
    port: int = Field(default=8443, ge=1, le=65535)
    certificate: Secret
    key: Secret
    authority: Secret
    witness: Secret | None = None  # the key of the ring that signs what staff hand in as a sheet; without it sheets are not taken


class CallBacks(Section):
    """The receiver of call-backs, for the banks' machines (service.yaml › call_backs). Whom each bank calls as is the connection's."""

    host: Annotated[str, StringConstraints(min_length=1)] = "127.0.0.1"
    port: int = Field(default=8444, ge=1, le=65535)
    certificate: Secret
    key: Secret
