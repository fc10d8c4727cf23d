"""One end of a dedicated line over TLS: a fresh key and a certificate of its own, as the PEM files a TLS library reads."""

import dataclasses
from datetime import datetime, timedelta

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from transports.sealing.certificates import self_signed

_EARLIER = timedelta(hours=1)  # the other end's clock may be behind


@dataclasses.dataclass(frozen=True)
class LineEnd:
    """``certificate`` is its own authority for the other end, which pins ``der``'s key too. ``key`` is never printed."""

    certificate: bytes
    key: bytes = dataclasses.field(repr=False)
    der: bytes = dataclasses.field(repr=False)


def make_line_end(name: str, days: int, at: datetime) -> LineEnd:
    """For ``name`` (of the machine or the party, as the certificate's subject), valid for ``days`` from ``at`` on."""
    private = ec.generate_private_key(ec.SECP256R1())
    certificate = self_signed(private, name, encrypts=False, not_before=at - _EARLIER, not_after=at + timedelta(days=days))
    key = private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return LineEnd(certificate.pem, key, certificate.der)
