"""Where this deployment listens for the banks' staff (service.yaml › serve), and what proves it to them: the drop-box of ``connector serve``."""

from typing import Annotated

from pydantic import Field, StringConstraints

from config.words import Secret
from config.yaml_file import Section


class Serving(Section):
    """``authority``: who signs the certificates of the banks' staff, PEM; which of their keys is whose is said by each connection's pins."""

    host: Annotated[str, StringConstraints(min_length=1)] = "127.0.0.1"
    port: int = Field(default=8443, ge=1, le=65535)
    certificate: Secret
    key: Secret
    authority: Secret
