"""The seal of a parcel as an OpenPGP message (RFC 9580): signed, then encrypted; opened only when everything about it holds.

    seal(blocks, …)         → the sealed parcel
    open_verified(source…)  → the content, after the envelope was opened, its check and every signature verified
    sign, verify            → a signature beside its content

Written by pysequoia. Its envelope is opened here (pgp_envelope, pgp_message), the signature is judged by pysequoia: why so, and what
OpenPGP cannot promise, stands in docs/decisions/openpgp-opened-by-hand.md. A message is held whole, so it has a size it may not pass.
Trust is by pin: the signer is one of the certificates the caller passes, valid at the given time.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime

import pysequoia

from transports.sealing.pgp import packets as pgp_packets
from transports.sealing.pgp.envelope import open_envelope
from transports.sealing.pgp.keys import OwnPgpKey, PgpCertificate, asked
from transports.sealing.pgp.message import CONTENT_BYTES_MAX, MESSAGE_BYTES_MAX, SIGNERS_MAX, Claimed, read_message
from transports.sealing.pgp.packets import SIGNATURE
from transports.sealing.refusals import refusal
from transports.sealing.streams import BLOCK
from transports.transport import Blocks

SUITE = "openpgp"


def seal(
    blocks: Iterable[bytes], *, signer: OwnPgpKey, recipients: Sequence[PgpCertificate], at: datetime, size: int | None = None
) -> Iterator[bytes]:
    """Sign ``blocks`` and encrypt them to ``recipients``, not compressed.

    Raises UnknownKey key-missing, key-not-valid, key-unsuitable before anything is read; BrokenSeal seal-too-large, and ValueError
    when ``size`` (bytes) was wrong, before anything is given.
    """
    if not recipients:
        raise refusal("key-missing")
    if not all(certificate.valid_at(at) for certificate in (signer.certificate, *recipients)):
        raise refusal("key-not-valid")
    if not all(certificate.use in ("encrypt", "any") for certificate in recipients):
        raise refusal("key-unsuitable")
    return _sealed(blocks, signer.signer(), recipients, size)


def _sealed(
    blocks: Iterable[bytes], signer: pysequoia.PySigner, recipients: Sequence[PgpCertificate], size: int | None
) -> Iterator[bytes]:
    content = _held(blocks, CONTENT_BYTES_MAX)
    if size not in (None, len(content)):
        raise ValueError("content is not as long as was said")
    certs = [certificate.cert for certificate in recipients]
    yield from _in_blocks(_made(lambda: pysequoia.encrypt(content, certs, signer, armor=False)))


def enveloped(content: bytes, recipients: Sequence[PgpCertificate]) -> bytes:
    """Encrypted and signed by nobody: no parcel of ours, but a question every peer must refuse. Raises UnknownKey key-unsuitable."""
    return _made(lambda: pysequoia.encrypt(content, [certificate.cert for certificate in recipients], armor=False))


def _made(call: Callable[[], bytes]) -> bytes:
    """What the library seals or signs; where it will not, the key is at fault: nothing else is left to be."""
    try:
        return asked(call)
    except ValueError as unable:
        raise refusal("key-unsuitable") from unable


class Opened(Iterator[bytes]):
    """A parcel that holds: iterate once for its content, in blocks. ``signers`` and ``recipient`` say by and for whom."""

    def __init__(self, content: bytes, signers: Sequence[PgpCertificate], recipient: PgpCertificate) -> None:
        self._blocks = _in_blocks(content)
        self.size = len(content)
        self.signers = tuple(signers)
        self.recipient = recipient

    def __next__(self) -> bytes:
        return next(self._blocks)


def open_verified(source: Blocks, *, decrypt: Sequence[OwnPgpKey], signers: Sequence[PgpCertificate], at: datetime) -> Opened:
    """The content of a sealed parcel, after all of it was verified.

    Raises BrokenSeal or UnknownKey (codes seal-…, see refusals) at once, and nothing while iterating.
    """
    openers = {opener: own for own in decrypt for opener in own.openers}
    opener, inside = open_envelope(_held(source(), MESSAGE_BYTES_MAX), list(openers))
    content, claims = read_message(inside)
    recipient = openers[opener].certificate
    judged = [_judge(claim, content, signers, recipient, at) for claim in claims]
    return Opened(content, judged, recipient)


def sign(content: bytes, own: OwnPgpKey, at: datetime) -> bytes:
    """A signature beside ``content``, binary. Raises UnknownKey key-not-valid, key-unsuitable."""
    if not own.certificate.valid_at(at):
        raise refusal("key-not-valid")
    signer = own.signer()
    return _made(lambda: pysequoia.sign(signer, content, mode=pysequoia.SignatureMode.DETACHED, armor=False))


def verify(content: bytes, signature: bytes, signers: Sequence[PgpCertificate], at: datetime) -> PgpCertificate:
    """Whose signature over ``content`` this is: one of ``signers``. Raises BrokenSeal (codes seal-…)."""
    if pgp_packets.is_text(signature):
        raise refusal("seal-text-form")
    found = list(pgp_packets.packets(signature))
    if not found or any(packet.tag != SIGNATURE for packet in found):
        raise refusal("seal-unsigned")
    if len(found) > SIGNERS_MAX:
        raise refusal("seal-over-limit")
    judged = [_judge(Claimed.read(packet), content, signers, None, at) for packet in found]  # all of them, or none
    return judged[0]


def _judge(
    claim: Claimed, content: bytes, pinned: Sequence[PgpCertificate], recipient: PgpCertificate | None, at: datetime
) -> PgpCertificate:
    """Its maker is pinned and valid at ``at``, the signature holds, and it is meant for ``recipient`` if it names anyone."""
    known = [certificate for certificate in pinned if claim.issuers & certificate.names]
    if not known:
        raise refusal("seal-signer-unknown")
    valid = {certificate.fingerprint: certificate for certificate in known if certificate.valid_at(at)}
    if not valid:
        raise refusal("seal-signer-revoked" if any(each.revoked for each in known) else "seal-signer-expired")
    signer = valid.get(_maker(claim, content, [certificate.cert for certificate in valid.values()]))
    if signer is None:
        raise refusal("seal-signature-wrong")
    if (
        recipient and claim.addressees and claim.addressees.isdisjoint(recipient.names)
    ):  # primary key, or by some tools the subkey
        raise refusal("seal-not-addressed")
    return signer


def _maker(claim: Claimed, content: bytes, certs: list[pysequoia.Cert]) -> str:
    """The fingerprint of the certificate under which the signature holds; empty where it does not."""
    try:
        signature = asked(lambda: pysequoia.Sig.from_bytes(claim.packet.framed))
        held = asked(lambda: pysequoia.verify(content, lambda _: certs, signature=signature))
    except ValueError:
        return ""
    return held.valid_sigs[0].certificate if held.valid_sigs else ""


def _held(blocks: Iterable[bytes], most: int) -> bytes:
    """All of them, whole. Raises BrokenSeal seal-too-large."""
    held: list[bytes] = []
    size = 0
    for block in blocks:
        held.append(block)
        size += len(block)
        if size > most:
            raise refusal("seal-too-large")
    return b"".join(held)


def _in_blocks(content: bytes) -> Iterator[bytes]:
    for start in range(0, len(content), BLOCK):
        yield content[start : start + BLOCK]
