"""Forty and more ways to offer less than was agreed, each made by hand from the pieces of an honest seal (security.md A13)."""

import dataclasses
import os
from collections.abc import Callable, Mapping
from typing import Any

from transports.sealing import ber
from transports.sealing.ber import OCTET_STRING, SEQUENCE, SET, context, oid, tlv
from transports.sealing.cms import attributes, ciphers_aes, ciphers_sm4, content_types, suite_aes, suite_sm
from transports.sealing.cms.recipients import Algorithm, issuer_and_serial
from transports.sealing.cms.suite import Agreed, Cipher

Case = Any  # of the contract beside this file, which imports it

_PASSWORD, _SHARED_KEY = context(3), context(2)
_KEY_WRAP = Algorithm(oid("2.16.840.1.101.3.4.1.45")).der


@dataclasses.dataclass(frozen=True)
class Pieces:
    """An honest seal of one case in pieces; whoever calls says which are others."""

    case: Case

    @property
    def types(self) -> content_types.ContentTypes:
        return self.case.made_of.family.writes

    # ── envelope ──

    def envelope(
        self,
        inner: bytes,
        *,
        outer: bytes = b"",
        infos: bytes | None = None,
        respelled: tuple[bytes, bytes] = (b"", b""),
        cipher: Cipher | None = None,
        algorithm: bytes = b"",
        before_tag: bytes = b"",
        tag: bytes | None = None,
    ) -> bytes:
        """``inner`` encrypted. What is given stands in the place of the honest piece."""
        chosen = cipher or self.case.made_of.cipher
        key = os.urandom(chosen.key_bytes)
        named, encryptor = chosen.encrypt(key)
        sealed = encryptor.update(inner)
        last, own_tag = encryptor.finish()
        apart = chosen.tag == "apart"
        honest = self.types.auth_enveloped if apart else self.types.enveloped
        info = element(self.case.made_of.family.wrap(self.case.us.certificate, key), respelled)
        wrapped = tlv(SET, info) if infos is None else infos
        content = tlv(SEQUENCE, self.types.data, algorithm or named, tlv(context(0, constructed=False), sealed + last))
        after = before_tag + tlv(OCTET_STRING, own_tag if tag is None else tag) if apart else b""
        body = tlv(SEQUENCE, ber.integer(0), wrapped, content, after)
        return tlv(SEQUENCE, outer or honest, tlv(context(0), body))

    # ── signed data ──

    def signed(
        self,
        content: bytes,
        *,
        outer: bytes = b"",
        inner: bytes = b"",
        carried: bytes | None = None,
        digests: bytes | None = None,
        infos: bytes | None = None,
    ) -> bytes:
        """``content`` signed. What is given stands in the place of the honest piece."""
        parts = (
            ber.integer(1),
            tlv(SET, Algorithm(self.case.made_of.digest.oid).der) if digests is None else digests,
            tlv(SEQUENCE, inner or self.types.data, tlv(context(0), tlv(OCTET_STRING, content)) if carried is None else carried),
            tlv(context(0), self.case.bank.certificate.der),
            tlv(SET, self.info(content)) if infos is None else infos,
        )
        return tlv(SEQUENCE, outer or self.types.signed, tlv(context(0), tlv(SEQUENCE, *parts)))

    def info(
        self,
        content: bytes,
        *,
        covered: bytes | None = None,
        digest: bytes = b"",
        algorithm: bytes = b"",
        signature: bytes | None = None,
    ) -> bytes:
        """SignerInfo over ``content``; ``covered``: the SET of attributes, empty for none."""
        suite = self.case.made_of
        signer = suite.family.signer(self.case.bank, suite.digest)
        attributes_ = self.attributes(content) if covered is None else covered
        return tlv(
            SEQUENCE,
            ber.integer(1),
            issuer_and_serial(self.case.bank.certificate),
            Algorithm(digest or suite.digest.oid).der,
            bytes([context(0)]) + attributes_[1:] if attributes_ else b"",
            algorithm or signer.algorithm,
            tlv(OCTET_STRING, signer.sign(attributes_ or content) if signature is None else signature),
        )

    def attributes(self, content: bytes, *, content_type: bytes = b"", to: Any = None) -> bytes:
        digest = self.case.made_of.digest
        addressee = digest.of((to or self.case.us.certificate).der)
        return attributes.write(content_type or self.types.data, digest.of(content), self.case.at, [addressee])

    def without(self, content: bytes, kind: bytes) -> bytes:
        """The attributes, one of them left out."""
        reader = ber.Reader([self.attributes(content)])
        kept = []
        with reader.inside(SET):
            while reader.peek() is not None:
                element = reader.element()
                kept += [] if kind in element else [element]
        return ber.set_of(kept)


def element(written: bytes, respelled: tuple[bytes, bytes]) -> bytes:
    """An element with something in it spelled in another way, and its length put right."""
    reader = ber.Reader([written])
    with reader.inside(written[0]):
        inner = []
        while reader.peek() is not None:
            inner.append(reader.element())
    return tlv(written[0], *(respelled[1] if part == respelled[0] else part for part in inner))


# ── the table ──

Made = Callable[[Pieces, bytes], bytes]


def _outside(dotted: str) -> Made:
    """The honest envelope under another content type."""
    return lambda p, content: p.envelope(p.signed(content), outer=oid(dotted))


def _cipher(dotted: str) -> Made:
    """Another content cipher named; it would not even have to decrypt."""
    parameters = Algorithm(oid(dotted), tlv(OCTET_STRING, bytes(16))).der
    return lambda p, content: p.envelope(p.signed(content), algorithm=parameters)


def _gcm(nonce: int, tag: int) -> Made:
    """A nonce or a tag too short to be safe."""

    def made(p: Pieces, content: bytes) -> bytes:
        gcm = next(cipher for cipher in p.case.made_of.family.ciphers if cipher.authenticated)
        parameters = tlv(SEQUENCE, tlv(OCTET_STRING, bytes(nonce)), ber.integer(tag))
        outer = p.types.auth_enveloped if gcm.tag == "apart" else p.types.enveloped
        return p.envelope(p.signed(content), algorithm=Algorithm(gcm.oid, parameters).der, outer=outer, tag=bytes(tag))

    return made


def _infos(*elements: bytes) -> Made:
    """Recipients of other kinds than a key pair."""
    return lambda p, content: p.envelope(p.signed(content), infos=tlv(SET, *elements))


def _wrapped_by(dotted: str) -> Made:
    """The content key wrapped by another algorithm."""

    def made(p: Pieces, content: bytes) -> bytes:
        name = issuer_and_serial(p.case.us.certificate)
        info = tlv(SEQUENCE, ber.integer(0), name, Algorithm(oid(dotted)).der, tlv(OCTET_STRING, bytes(16)))
        return p.envelope(p.signed(content), infos=tlv(SET, info))

    return made


def _key_in_clear(p: Pieces, content: bytes) -> bytes:
    """Where the wrapped key belongs stands the key itself; no algorithm of ours unwraps that."""
    key = os.urandom(p.case.made_of.cipher.key_bytes)
    info = tlv(
        SEQUENCE, ber.integer(0), issuer_and_serial(p.case.us.certificate), Algorithm(oid("0.0")).der, tlv(OCTET_STRING, key)
    )
    return p.envelope(p.signed(content), infos=tlv(SET, info))


def _signed(**pieces: Any) -> Made:
    return lambda p, content: p.envelope(p.signed(content, **pieces))


def _info(**pieces: Any) -> Made:
    """A signature that differs in one thing."""
    return lambda p, content: p.envelope(p.signed(content, infos=tlv(SET, p.info(content, **pieces))))


def _digest(dotted: str) -> Made:
    """Another digest algorithm, listed and used."""

    def made(p: Pieces, content: bytes) -> bytes:
        weak = oid(dotted)
        return p.envelope(p.signed(content, digests=tlv(SET, Algorithm(weak).der), infos=tlv(SET, p.info(content, digest=weak))))

    return made


def _attributes(kind: str) -> Made:
    return lambda p, content: p.envelope(
        p.signed(content, infos=tlv(SET, p.info(content, covered=p.without(content, oid(kind)))))
    )


def _content_type(dotted: str) -> Made:
    def made(p: Pieces, content: bytes) -> bytes:
        covered = p.attributes(content, content_type=oid(dotted))
        return p.envelope(p.signed(content, infos=tlv(SET, p.info(content, covered=covered))))

    return made


def _other_content(p: Pieces, content: bytes) -> bytes:
    return p.envelope(p.signed(content, infos=tlv(SET, p.info(content, covered=p.attributes(b"another")))))


def _for_another(p: Pieces, content: bytes) -> bytes:
    covered = p.attributes(content, to=p.case.other.certificate)
    return p.envelope(p.signed(content, infos=tlv(SET, p.info(content, covered=covered))))


def _one_of_two(p: Pieces, content: bytes) -> bytes:
    return p.envelope(p.signed(content, infos=tlv(SET, p.info(content), p.info(content, signature=bytes(70)))))


def _other_family(p: Pieces, content: bytes) -> bytes:
    """An honest seal of the family that was not agreed."""
    aes = p.case.made_of.name in suite_aes.SUITES
    other = type(p.case)(Agreed(suite_sm.GCM if aes else suite_aes.SUITES[0]), "sm2" if aes else "ec-p256")
    return bytes(other.seal(content))


def _other_cipher(p: Pieces, content: bytes) -> bytes:
    """The content under a cipher of the other family, everything else as agreed."""
    aes = p.case.made_of.name in suite_aes.SUITES
    cipher = (
        (ciphers_sm4.CBC if aes else ciphers_aes.CBC)
        if p.case.made_of.cipher.tag != "apart"
        else (ciphers_sm4.GCM_APART[8] if aes else ciphers_aes.GCM)
    )
    return p.envelope(p.signed(content), cipher=cipher)


def _nested(p: Pieces, content: bytes) -> bytes:
    return p.envelope(p.envelope(p.signed(content)))


_CONTENT_TYPE, _MESSAGE_DIGEST = "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4"
_REFUSED = ("seal-suite-refused",)

DOWNGRADES: Mapping[str, tuple[Made, tuple[str, ...]]] = {
    # nothing, or not an envelope
    "clear text": (lambda p, content: content, ("seal-not-enveloped",)),
    "an archive": (lambda p, content: b"PK\x03\x04" + content, ("seal-not-enveloped",)),
    "nothing at all": (lambda p, content: b"", ("seal-truncated",)),
    "armour of text": (lambda p, content: b"-----BEGIN PKCS7-----\n" + content, ("seal-text-form",)),
    "a mail": (lambda p, content: b"MIME-Version: 1.0\n" + content, ("seal-text-form",)),
    "signed only": (lambda p, content: p.signed(content), ("seal-not-enveloped",)),
    "plain data": (
        lambda p, content: tlv(SEQUENCE, p.types.data, tlv(context(0), tlv(OCTET_STRING, content))),
        ("seal-not-enveloped",),
    ),
    "signed and enveloped at once, PKCS #7": (_outside("1.2.840.113549.1.7.4"), ("seal-not-enveloped",)),
    "signed and enveloped at once, GM": (_outside("1.2.156.10197.6.1.4.2.4"), ("seal-not-enveloped",)),
    "digested data": (_outside("1.2.840.113549.1.7.5"), ("seal-not-enveloped",)),
    "encrypted data, PKCS #7": (_outside("1.2.840.113549.1.7.6"), ("seal-not-enveloped",)),
    "encrypted data, GM": (_outside("1.2.156.10197.6.1.4.2.5"), ("seal-not-enveloped",)),
    "authenticated data": (_outside("1.2.840.113549.1.9.16.1.2"), ("seal-not-enveloped",)),
    "compressed data": (_outside("1.2.840.113549.1.9.16.1.9"), ("seal-not-enveloped",)),
    # the content cipher
    "AES-128-GCM": (_cipher("2.16.840.1.101.3.4.1.6"), _REFUSED),
    "AES-128-CBC": (_cipher("2.16.840.1.101.3.4.1.2"), _REFUSED),
    "triple DES": (_cipher("1.2.840.113549.3.7"), _REFUSED),
    "DES": (_cipher("1.3.14.3.2.7"), _REFUSED),
    "RC2": (_cipher("1.2.840.113549.3.2"), _REFUSED),
    "RC4": (_cipher("1.2.840.113549.3.4"), _REFUSED),
    "SM1": (_cipher("1.2.156.10197.1.102"), _REFUSED),
    "SM4-ECB": (_cipher("1.2.156.10197.1.104.1"), _REFUSED),
    "SM4-OFB": (_cipher("1.2.156.10197.1.104.3"), _REFUSED),
    "SM4-CTR": (_cipher("1.2.156.10197.1.104.7"), _REFUSED),
    "a cipher of the other family": (_other_cipher, _REFUSED),
    "a nonce of 8 bytes": (_gcm(8, 16), _REFUSED),
    "a tag of 4 bytes": (_gcm(12, 4), _REFUSED),
    # the recipient
    "no recipient": (_infos(), ("seal-not-for-us",)),
    "a password": (_infos(tlv(_PASSWORD, ber.integer(0), _KEY_WRAP, tlv(OCTET_STRING, bytes(24)))), ("seal-not-for-us",)),
    "a shared key": (
        _infos(tlv(_SHARED_KEY, ber.integer(4), tlv(SEQUENCE, tlv(OCTET_STRING, b"k")), _KEY_WRAP, tlv(OCTET_STRING, bytes(24)))),
        ("seal-not-for-us",),
    ),
    "the content key in clear": (_key_in_clear, _REFUSED),
    "wrapped by an algorithm of nobody": (_wrapped_by("1.2.3.4"), _REFUSED),
    "wrapped for ElGamal": (_wrapped_by("1.3.14.7.2.1.1"), _REFUSED),
    # the signature
    "unsigned": (lambda p, content: p.envelope(content), ("seal-unsigned",)),
    "an envelope in the envelope": (_nested, ("seal-unsigned",)),
    "plain data in the envelope": (
        lambda p, content: p.envelope(tlv(SEQUENCE, p.types.data, tlv(context(0), tlv(OCTET_STRING, content)))),
        ("seal-unsigned",),
    ),
    "a signature beside": (_signed(carried=b""), ("seal-unsigned",)),
    "certificates only": (_signed(infos=tlv(SET)), ("seal-unsigned",)),
    "no digest": (_signed(digests=tlv(SET)), ("seal-unsigned",)),
    "compressed before it was signed": (_signed(inner=oid("1.2.840.113549.1.9.16.1.9")), _REFUSED),
    "MD5": (_digest("1.2.840.113549.2.5"), _REFUSED),
    "SHA-1": (_digest("1.3.14.3.2.26"), _REFUSED),
    "SHA-224": (_digest("2.16.840.1.101.3.4.2.4"), _REFUSED),
    "another digest than listed": (_info(digest=oid("2.16.840.1.101.3.4.2.3")), _REFUSED),
    "signed with MD5 and RSA": (_info(algorithm=Algorithm(oid("1.2.840.113549.1.1.4")).der), _REFUSED),
    "signed with SHA-1 and RSA": (_info(algorithm=Algorithm(oid("1.2.840.113549.1.1.5")).der), _REFUSED),
    "signed with SHA-1 and ECDSA": (_info(algorithm=Algorithm(oid("1.2.840.10045.4.1")).der), _REFUSED),
    "signed with a keyed digest": (_info(algorithm=Algorithm(oid("1.2.156.10197.1.401.2")).der), _REFUSED),
    "without a content type": (_attributes(_CONTENT_TYPE), ("seal-attributes-missing",)),
    "without a digest attribute": (_attributes(_MESSAGE_DIGEST), ("seal-attributes-missing",)),
    "signed as something else": (_content_type("1.2.840.113549.1.9.16.1.4"), _REFUSED),
    "signed over other content": (_other_content, ("seal-content-changed",)),
    "signed for another house": (_for_another, ("seal-not-addressed",)),
    "an empty signature": (_info(signature=b""), ("seal-signature-wrong",)),
    "a signature of zeros": (_info(signature=bytes(71)), ("seal-signature-wrong",)),
    "one good signature of two": (_one_of_two, ("seal-signature-wrong",)),
    # the whole
    "an honest seal of another family": (_other_family, ("seal-suite-refused", "seal-not-for-us")),
}
