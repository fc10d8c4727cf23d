"""The seal of a parcel: signed, then enveloped, as CMS or in its Chinese twin; opened only when everything about it holds.

    seal(blocks, …)         → the sealed parcel, in one pass and constant memory
    open_verified(source…)  → the content, in two passes: the first decrypts, digests and verifies all and keeps nothing,
                              the second decrypts again and gives the blocks, each held against the digest of the first

What was agreed with the sender decides what is opened at all: never another family of algorithms, never a cipher without a tag
where one with a tag was agreed. Trust is by pin: the signer's certificate must be, to the byte, one of those the caller passes, and valid at the given time.
Chains, revocation lists and certificates that come along are never believed.
"""

import hmac
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from transports.errors import BrokenSeal
from transports.sealing.ber import Reader
from transports.sealing.certificates import Certificate, OwnKey
from transports.sealing.cms import suite_aes, suite_sm
from transports.sealing.cms.envelope import Envelope, envelop
from transports.sealing.cms.signed_data import Signed, Signing, judge
from transports.sealing.cms.suite import Agreed, Suite
from transports.sealing.refusals import refusal
from transports.transport import Blocks

_FAMILIES: Mapping[str, Callable[[Agreed], Suite]] = {
    **dict.fromkeys(suite_aes.SUITES, suite_aes.suite),
    **dict.fromkeys(suite_sm.SUITES, suite_sm.suite),
}
SUITES = tuple(_FAMILIES)


def suite_of(agreed: Agreed | str) -> Suite:
    """The suite that was agreed, by its name alone where nothing else was said. Raises UnknownKey suite-unknown."""
    said = Agreed(agreed) if isinstance(agreed, str) else agreed
    if said.suite not in _FAMILIES:
        raise refusal("suite-unknown")
    return _FAMILIES[said.suite](said)


def seal(
    blocks: Iterable[bytes],
    *,
    suite: Agreed | str,
    signer: OwnKey,
    recipients: Sequence[Certificate],
    at: datetime,
    size: int | None = None,
) -> Iterator[bytes]:
    """Sign ``blocks`` and encrypt them to ``recipients``; in DER when their ``size`` (bytes) is given.

    Raises UnknownKey suite-unknown, key-missing, key-not-valid, key-unsuitable before anything is read, and ValueError at the
    end when ``size`` was wrong.
    """
    chosen = suite_of(suite)
    if not recipients:
        raise refusal("key-missing")
    if not all(certificate.valid_at(at) for certificate in (signer.certificate, *recipients)):
        raise refusal("key-not-valid")
    signing = Signing(chosen, signer, recipients, at, size)
    return envelop(signing.blocks(blocks), signing.size, chosen, recipients)


class Opened(Iterator[bytes]):
    """A parcel that holds: iterate once for its content, in blocks. ``signers`` and ``recipient`` say by and for whom."""

    def __init__(self, blocks: Iterator[bytes], size: int, signers: Sequence[Certificate], recipient: Certificate) -> None:
        self._blocks = blocks
        self.size = size
        self.signers = tuple(signers)
        self.recipient = recipient

    def __next__(self) -> bytes:
        return next(self._blocks)


def open_verified(
    source: Blocks, *, suite: Agreed | str, decrypt: Sequence[OwnKey], signers: Sequence[Certificate], at: datetime
) -> Opened:
    """The content of a sealed parcel, after all of it was verified. ``source`` gives the same bytes each time it is called.

    Raises BrokenSeal or UnknownKey (codes seal-…, see refusals) at once; while iterating only if ``source`` changed its bytes.
    """
    chosen = suite_of(suite)
    layers = _Layers(source, chosen, decrypt, signers)
    trail, size = layers.walk()
    own = layers.envelope.opened
    judged = judge(layers.signed, chosen.family, signers, own.certificate, at)
    return Opened(_replay(source, chosen, decrypt, trail), size, judged, own.certificate)


class _Layers:
    """One pass over a parcel: the envelope with the signed data in it. ``signers`` where it is the pass that verifies."""

    def __init__(self, source: Blocks, suite: Suite, decrypt: Sequence[OwnKey], signers: Sequence[Certificate] = ()) -> None:
        self.envelope = Envelope(source(), suite, decrypt)
        self._inner = self.envelope.content()
        next(self._inner)  # its headers
        self.signed = Signed(Reader(self._inner), suite.family, signers)

    def blocks(self) -> Iterator[tuple[bytes, bytes]]:
        """Each block of the content with the running digest up to its end."""
        for block in self.signed.content():
            yield block, next(iter(self.signed.hashers.values())).digest()

    def walk(self) -> tuple[list[bytes], int]:
        """To the very end, keeping nothing but the running digests: 32 bytes for each MiB, and the size."""
        trail: list[bytes] = []
        size = 0
        try:
            for block, digest in self.blocks():
                trail.append(digest)
                size += len(block)
        except BrokenSeal as inside:
            for _ in self._inner:  # a fault of the envelope (cut off, wrong tag) explains any fault inside it
                pass
            raise self.envelope.explains(inside) from None
        return trail, size


def _replay(source: Blocks, suite: Suite, decrypt: Sequence[OwnKey], trail: Sequence[bytes]) -> Iterator[bytes]:
    """The content once more, each block held against the first pass: a source that changed in between gives nothing away."""
    blocks = _Layers(source, suite, decrypt).blocks()
    for verified in trail:
        block, digest = next(blocks, (b"", b""))
        if not hmac.compare_digest(verified, digest):
            raise refusal("seal-content-changed")
        yield block
