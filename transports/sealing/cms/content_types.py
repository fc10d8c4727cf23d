"""The names a seal's layers carry: CMS has its own, the Chinese standard has others for the same layers. Tools mix the two."""

import dataclasses
from collections.abc import Iterable

from transports.sealing.ber import oid


@dataclasses.dataclass(frozen=True)
class ContentTypes:
    """One convention. ``auth_enveloped`` is empty where it has no layer with a tag of its own."""

    data: bytes
    signed: bytes
    enveloped: bytes
    auth_enveloped: bytes
    recipient_version: int  # of a recipient named by issuer and serial number


CMS = ContentTypes(  # RFC 5652, 5083; the same arcs as PKCS #7
    data=oid("1.2.840.113549.1.7.1"),
    signed=oid("1.2.840.113549.1.7.2"),
    enveloped=oid("1.2.840.113549.1.7.3"),
    auth_enveloped=oid("1.2.840.113549.1.9.16.1.23"),
    recipient_version=0,
)
GM = ContentTypes(  # GM/T 0010, GB/T 35275
    data=oid("1.2.156.10197.6.1.4.2.1"),
    signed=oid("1.2.156.10197.6.1.4.2.2"),
    enveloped=oid("1.2.156.10197.6.1.4.2.3"),
    auth_enveloped=b"",
    recipient_version=1,
)
_ALL = (CMS, GM)


def is_data(content_type: bytes, conventions: Iterable[ContentTypes]) -> bool:
    """Does it name plain content in one of ``conventions``?"""
    return any(content_type == types.data for types in conventions)


def is_signed(content_type: bytes, conventions: Iterable[ContentTypes]) -> bool:
    """Does it name SignedData in one of ``conventions``?"""
    return any(content_type == types.signed for types in conventions)


def is_enveloped(content_type: bytes, conventions: Iterable[ContentTypes] = _ALL) -> bool:
    """Does it name an envelope, with its tag apart or without, in one of ``conventions``?"""
    return any(content_type in (types.enveloped, types.auth_enveloped) for types in conventions)


def has_tag_apart(content_type: bytes) -> bool:
    """Is it the envelope with a tag of its own?"""
    return content_type == CMS.auth_enveloped
