"""Seals that do not hold, made on purpose: what a conformance trial asks a bank by, and what a misbehaving simulated bank answers with.

Each differs from an honest seal in one thing only, so that whoever takes it shows which check is missing. All suites, each by its own means.
"""

import dataclasses
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from transports.channel import Channel
from transports.sealing import cms, pgp
from transports.sealing.certificates import OwnKey, make_private_key, self_signed
from transports.sealing.cms.envelope import envelop
from transports.sealing.cms.suite import Agreed
from transports.sealing.pgp import keys as pgp_keys
from transports.sealing.refusals import refusal
from transports.sealing.seals import seals

_STRANGER_DAYS = 2
# The same family and keys without a tag: who agreed on a tag must not take one without (security.md A13).
WEAKER: Mapping[str, str] = {"cms-aes256gcm": "cms-aes256cbc", "sm2-sm4gcm-sm3": "sm2-sm4cbc-sm3"}


def honest(channel: Channel, content: bytes, at: datetime) -> bytes:
    """Signed by us, enveloped for the peer. Raises UnknownKey, as all of them do."""
    return b"".join(channel.seal([content], at, len(content)))


def flipped(channel: Channel, content: bytes, at: datetime) -> bytes:
    """An honest parcel in which one bit turned over on the way."""
    return flip(honest(channel, content, at))


def flip(parcel: bytes) -> bytes:
    """The same bytes with one bit in their middle turned over."""
    turned = bytearray(parcel)
    turned[len(turned) // 2] ^= 1
    return bytes(turned)


def for_another(channel: Channel, content: bytes, at: datetime) -> bytes:
    """Signed by us, enveloped for somebody else."""
    signer, _ = channel.keys(at)
    return _sealed(channel.suite, channel, content, signer, [_stranger(channel, at, encrypts=True).certificate], at)


def by_a_stranger(channel: Channel, content: bytes, at: datetime) -> bytes:
    """Enveloped for the peer, signed by somebody it does not know."""
    _, recipients = channel.keys(at)
    return _sealed(channel.suite, channel, content, _stranger(channel, at, encrypts=False), recipients, at)


def unsigned(channel: Channel, content: bytes, at: datetime) -> bytes:
    """Enveloped for the peer, signed by nobody."""
    _, recipients = channel.keys(at)
    if _is_pgp(channel.suite):
        return pgp.enveloped(content, recipients)
    return b"".join(envelop([content], None, cms.suite_of(channel.suite), recipients))


def weaker(channel: Channel, content: bytes, at: datetime) -> bytes:
    """Signed by us and enveloped for the peer by a weaker suite than was agreed. Raises UnknownKey suite-unknown where there is none."""
    found = WEAKER.get(_name(channel.suite))
    if found is None:
        raise refusal("suite-unknown")
    suite = found if isinstance(channel.suite, str) else dataclasses.replace(channel.suite, suite=found)
    return _sealed(suite, channel, content, *channel.keys(at), at)


def _sealed(suite: Agreed | str, channel: Channel, content: bytes, signer: Any, recipients: list[Any], at: datetime) -> bytes:
    begun = max([at, signer.certificate.not_before, *(each.not_before for each in recipients)])  # a stranger's key is just made
    return b"".join(seals(suite, channel.ring).seal([content], signer=signer, recipients=recipients, at=begun, size=len(content)))


def _stranger(channel: Channel, at: datetime, *, encrypts: bool) -> Any:
    """A key nobody was told of; it ends with this process."""
    if _is_pgp(channel.suite):
        return pgp_keys.make_key("pgp-ed25519", "stranger", _STRANGER_DAYS, at)
    private = make_private_key(cms.suite_of(channel.suite).family.makes)
    begins, ends = at - timedelta(days=1), at + timedelta(days=_STRANGER_DAYS)
    return OwnKey(private, self_signed(private, "stranger", encrypts=encrypts, not_before=begins, not_after=ends))


def _is_pgp(suite: Agreed | str) -> bool:
    return _name(suite) == pgp.SUITE


def _name(suite: Agreed | str) -> str:
    return suite if isinstance(suite, str) else suite.suite
