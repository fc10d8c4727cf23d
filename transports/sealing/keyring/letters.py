"""The fingerprint letter (密钥指纹函): one page by which two houses compare a certificate on a second road, in both languages."""

from cryptography.hazmat.primitives import hashes

from transports.sealing.certificates import Certificate
from transports.sealing.keyring.index import Entry
from transports.sealing.keyring.kept import Kept
from transports.sealing.pgp.keys import PgpCertificate

_USES = {"sign": "签名 / signing", "encrypt": "加密 / encryption", "any": "签名与加密 / signing and encryption"}
_TEST = b"abc"  # the vector of FIPS 180 and GB/T 32905


def fingerprint_letter(entry: Entry, certificate: Kept, replaces: Entry | None) -> str:
    """The letter as plain text. ``replaces`` is the certificate it overlaps with, if there is one."""
    return _LETTER.format(
        whose="我方 / ours" if entry.own else "贵方 / yours",
        alias=entry.alias,
        use=_USES.get(entry.use, entry.use),
        kind=entry.kind,
        named=_x509_names(certificate) if isinstance(certificate, Certificate) else _pgp_names(certificate),
        begin=entry.not_before,
        end=entry.not_after,
        old=f"{replaces.fingerprint[:16].upper()}，至 / until {replaces.not_after}" if replaces else "无 / none",
        compared=_digests(certificate.der, _X509) if isinstance(certificate, Certificate) else _pgp_digests(certificate),
    )


def _x509_names(certificate: Certificate) -> str:
    return _X509_NAMES.format(
        subject=certificate.x509.subject.rfc4514_string(),
        issuer=certificate.x509.issuer.rfc4514_string(),
        serial=f"{certificate.serial:X}",
    )


def _digests(content: bytes, said: dict[str, str]) -> str:
    sha256 = _hex(hashes.SHA256(), content)
    return _DIGESTS.format(
        **said,
        sha256=_lines(sha256),
        sm3=_lines(_hex(hashes.SM3(), content)),
        last="  ".join(sha256[-8:]),
        test_sha256=_lines(_hex(hashes.SHA256(), _TEST)),
        test_sm3=_lines(_hex(hashes.SM3(), _TEST)),
    )


def _pgp_names(certificate: PgpCertificate) -> str:
    names = "; ".join(str(name) for name in certificate.cert.user_ids)
    return _PGP_NAMES.format(names=names, fingerprint=certificate.fingerprint.upper())


def _pgp_digests(certificate: PgpCertificate) -> str:
    """Over all of it: the fingerprint is of the primary key alone, and says nothing of subkeys, the last day, a revocation."""
    return _digests(certificate.data, _PGP)


def _hex(algorithm: hashes.HashAlgorithm, content: bytes) -> str:
    digest = hashes.Hash(algorithm)
    digest.update(content)
    return digest.finalize().hex().upper()


def _lines(digits: str) -> str:
    """Groups of four, eight to a line."""
    groups = [digits[start : start + 4] for start in range(0, len(digits), 4)]
    return "\n".join("    " + " ".join(groups[start : start + 8]) for start in range(0, len(groups), 8))


_X509_NAMES = """\
主体 / subject           {subject}
颁发者 / issuer          {issuer}
序列号 / serial          {serial}"""

_PGP_NAMES = """\
用户标识 / user id       {names}
主密钥指纹 / primary key {fingerprint}"""

_X509 = {
    "over": "对证书 DER 字节计算 / over the DER bytes of the certificate",
    "binary": "openssl x509 -in CERT.pem -outform DER",
}
_PGP = {
    "over": "对整份二进制证书计算，含子密钥、到期日、吊销 / over the whole certificate in binary: subkeys, last day, revocation",
    "binary": "gpg --dearmor < CERT.asc",
}
_DIGESTS = """\
SHA-256 指纹（{over}）
{sha256}

SM3 指纹（同上 / the same bytes）
{sm3}

末八位，供电话核对（拨打已登记的号码）/ last eight, for the telephone (call a number already on file)

    {last}

双方各自计算 / each side computes
    {binary} | openssl dgst -sha256
    {binary} | openssl dgst -sm3

先验工具再验证书：三字节 61 62 63 应得 / try the tool first: the three bytes 61 62 63 give
SHA-256
{test_sha256}
SM3
{test_sm3}"""

_LETTER = """\
密 钥 指 纹 函 / KEY FINGERPRINT LETTER

函号 / letter no.: ________________        收件岗位 / to: ________________

证书 / certificate       {whose}
别名 / alias             {alias}
用途 / use               {use}
算法 / algorithm         {kind}
{named}
有效期 / valid           {begin} — {end}
与旧证书并用 / overlaps  {old}

{compared}

────────────────────────────── 回执 / returned slip ──────────────────────────────
核对一致 / agrees □        不一致 / differs □        （不一致不得启用 / if it differs, do not use it）

核对人 / verified by: ______________  ______________        盖章、日期 / seal, date: ______________
"""
