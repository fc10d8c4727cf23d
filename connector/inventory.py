"""What cryptography is at work, use by use, out of the code's own tables: docs/cryptography.md is written from it (security C13)."""

import dataclasses
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Literal, get_args

from bank_profiles.errors import Problems
from bank_profiles.language.lines import LineTcp
from connector import algorithms, audit_verifier
from connector.ledger import audit
from connector.ledger.rows import Tx
from connector.parts import Parts
from transports import measured
from transports.media.digests import KINDS as DIGESTS
from transports.sealing import at_rest, checkpoints, cms, journal_key, pgp, seals
from transports.sealing.certificates import KINDS
from transports.sealing.keyring.index import ACTIVE, Entry
from transports.sealing.keyring.lasting_keys import AUDIT
from transports.sealing.pgp import keys as pgp_keys

Words = tuple[str, str]  # Chinese, English


@dataclasses.dataclass(frozen=True)
class Row:
    """One algorithm or suite in one use. ``name``: as settings, profiles and the ring call it; ``national``: of China's own (密评)."""

    use: Words
    name: str
    made_of: str
    source: str
    national: bool


# What each name stands for, and where it is written down. A name without a line here stops the inventory.
_MEANS: Mapping[str, tuple[str, str]] = {
    "cms-aes256gcm": (algorithms.written("cms-aes256gcm"), "RFC 5652, 5083, 5084, 5753, 8017"),
    "cms-aes256cbc": (algorithms.written("cms-aes256cbc"), "RFC 5652, 3565, 5753, 8017"),
    "sm2-sm4gcm-sm3": (algorithms.written("sm2-sm4gcm-sm3"), "GM/T 0010, GB/T 35275, 32905, 32907, 32918"),
    "sm2-sm4cbc-sm3": (algorithms.written("sm2-sm4cbc-sm3"), "GM/T 0010, GB/T 35275, 32905, 32907, 32918"),
    "openpgp": ("AES, SHA-2; RSA, Ed25519, X25519", "RFC 9580"),
    "aes256gcm": ("AES-256-GCM; HMAC-SHA-256", "NIST SP 800-38D, RFC 2104"),
    "sm4gcm": ("SM4-GCM; HKDF-Expand, HMAC-SM3", "GB/T 32907, 32905, RFC 8998, 5869"),
    "sha256": ("SHA-256", "FIPS 180-4"),
    "sm3": ("SM3", "GB/T 32905"),
    "md5": ("MD5", "RFC 1321"),
    "hmac-sha256": ("HMAC-SHA-256", "RFC 2104"),
    "hmac-sm3": ("HMAC-SM3", "GB/T 32905, RFC 2104"),
    "rsa3072": ("RSA, 3072 bit", "RFC 8017"),
    "ec-p256": ("NIST P-256", "FIPS 186-5"),
    "sm2": ("SM2", "GB/T 32918, 35276"),
    "ed25519": ("Ed25519", "RFC 8032"),
    "pgp-rsa3072": ("RSA, 3072 bit", "RFC 9580"),
    "pgp-ed25519": ("Ed25519, X25519", "RFC 9580"),
}
# What a ring's own files are protected by, for each suite it may have.
_RING_MEANS: Mapping[str, tuple[str, str]] = {
    "aes256gcm": ("PKCS #8 PBES2 AES-256, AES-256-GCM; scrypt, HMAC-SHA-256", "RFC 8018, 7914, 5869"),
    "sm4gcm": ("PKCS #8 PBES2 SM4, SM4-GCM; PBKDF2 HMAC-SM3, HMAC-SM3", "GB/T 32907, 32905, GM/T 0091, RFC 8018, 5869"),
}
_NATIONAL = ("sm2", "sm3", "sm4", "hmac-sm3")  # how the names of China's own begin

_SEAL: Words = "报文封装（画像 channel.seal）", "seals of parcels (a profile's channel.seal)"
_KEYS: Words = "我方密钥（keys new --kind）", "our keys (keys new --kind)"
_AT_REST: Words = "静态存储与检索索引（service.yaml at_rest）", "what is kept, and its index (service.yaml at_rest)"
_AUDIT: Words = "审计链（service.yaml audit）", "the audit chain (service.yaml audit)"
_CHECKPOINT: Words = (
    "审计检查点签名（init --suite、keys renew audit）",
    "signatures of audit checkpoints (init --suite, keys renew audit)",
)
_RING: Words = "密钥环文件（init --suite、keys renew ring）", "files of the key ring (init --suite, keys renew ring)"
_MAC: Words = "TCP 专线报文鉴别码（画像 mac）", "message codes on TCP lines (a profile's mac)"
_READ: Words = (
    "封装读取时也认（约定同族套件的银行；算法只此所列）",
    "also read in a seal (of a bank that agreed on a suite of the family; nothing else is)",
)
_KNOWN_BY: Words = ("包裹与对象的摘要、密钥指纹", "digests parcels and objects are known by, fingerprints of keys")
_JOURNAL: Words = ("摆渡日志签名", "signatures of a carrier's journal")
_TLS: Words = ("专线 TLS 1.2、1.3", "TLS 1.2, 1.3 of lines")
_SFTP: Words = ("SFTP（excused：两人批准的旧服务器例外）", "SFTP (excused: exceptions for old servers, granted by two persons)")
_DIGEST: Words = "银行清单中的摘要（画像 digest）", "digests in a bank's lists (a profile's digest)"

# What is fixed in the code and no setting changes.
_FIXED: tuple[Row, ...] = (
    Row(
        (
            "旧式 zip 密码（画像 legacy_password）：仅为互通，不构成保护，不计入任何防护",
            "old passwords of zips (a profile's legacy_password): for interoperability, no protection, never counted as any",
        ),
        "zipcrypto",
        "ZipCrypto",
        "PKWARE APPNOTE 6.1; Biham, Kocher 1994",
        False,
    ),
)


def rows() -> Iterator[Row]:
    """Every row, by use. Raises KeyError for a name of the code that has no meaning here yet."""
    named = (
        (_SEAL, (*cms.SUITES, pgp.SUITE)),
        (_KEYS, (*KINDS, *pgp_keys.KINDS)),
        (_AT_REST, at_rest.SUITES),
        (_AUDIT, audit_verifier.SUITES),
        (_CHECKPOINT, checkpoints.KINDS),
        (_MAC, get_args(get_args(LineTcp.model_fields["mac"].annotation)[0])),
        (_DIGEST, DIGESTS),
        (_KNOWN_BY, (measured.DIGEST,)),
        (_JOURNAL, (journal_key.KIND,)),
    )
    for use, names in named:
        for name in names:
            yield Row(use, name, *_MEANS[name], is_national(name))
    for name in at_rest.SUITES:
        yield Row(_RING, name, *_RING_MEANS[name], is_national(name))
    for name, made_of, source in algorithms.read():
        yield Row(_READ, name, made_of, source, is_national(name))
    yield Row(_TLS, "tls", algorithms.of_tls(), "RFC 5246, 8446", False)
    for name, made_of in algorithms.of_ssh():
        yield Row(_SFTP, name, made_of, "RFC 4253, 8332, 9142", False)
    yield from _FIXED


def is_national(name: str) -> bool:
    """Is a suite, digest or kind of key of China's own algorithms (SM2, SM3, SM4), as GB/T 39786 asks?"""
    return name.startswith(_NATIONAL)


def not_national(parts: Parts, tx: Tx, day: date) -> dict[str, list[str]]:
    """What this deployment works with on a day that is not of China's own: at_rest, audit, checkpoints, keys, seals, ring → names; empty where all is.

    A key of ours counts once a bank's seal takes its kind: beside SM2 a new deployment has one that waits for such a bank.
    """
    keys = parts.ring.list() if parts.ring is not None else []
    agreed = set(_seals(parts, day))
    taken = tuple(kind for suite in agreed for kind in seals.kinds_of(suite))
    found = {
        "ring": {parts.ring.suite} if parts.ring is not None else set(),
        "at_rest": {parts.vault.suite},
        "audit": {audit.suite_in_use(tx)},
        "checkpoints": {entry.kind for entry in keys if entry.use == AUDIT and entry.state == ACTIVE},
        "keys": {entry.kind for entry in keys if _is_ours(entry) and entry.kind.startswith(taken)},
        "seals": agreed,
    }
    strange = {use: sorted(name for name in names if not is_national(name)) for use, names in found.items()}
    return {use: names for use, names in strange.items() if names}


def _is_ours(entry: Entry) -> bool:
    return entry.own and entry.dated and entry.state == ACTIVE


def _seals(parts: Parts, day: date) -> Iterator[str]:
    for bank in parts.banks.working.values():
        try:
            said = bank.profile_on(day).channel.seal
        except Problems:  # no edition of its profile holds today: told where a step finds it
            continue
        yield said if isinstance(said, str) else said.suite


_PAGE: Mapping[str, tuple[str, str, str, tuple[str, str]]] = {
    "zh": (
        "密码清单",
        "本产品何处使用何种密码算法，由代码生成（docs/make_docs.py）。“国密”一栏为否的，不符合商用密码应用安全性评估（密评，GB/T 39786）的要求；"
        "新部署默认使用国密套件（`connector init`），`--suite international` 使用国际算法；换套件后，既有检索索引仍用原摘要。"
        "TLS 与 SSH 通道的合规由站点在前端部署国密网关（TLCP）解决。",
        "| 用途 | 名称 | 算法 | 依据 | 国密 |",
        ("是", "否"),
    ),
    "en": (
        "Cryptographic inventory",
        "Which cryptography is used where, written from the code by docs/make_docs.py. What is not “national” (SM2, SM3, SM4) does not meet "
        "China's assessment of commercial cryptography (密评, GB/T 39786). A new deployment begins with the national suite (`connector init`); "
        "`--suite international` takes the other; after a change the index there is keeps its digest. For TLS and SSH a site puts a gateway (TLCP) in front.",
        "| use | name | made of | source | national |",
        ("yes", "no"),
    ),
}


def page(lang: Literal["en", "zh"]) -> str:
    """The document, Markdown."""
    title, intro, head, said = _PAGE[lang]
    lines = [f"# {title}", "", intro, "", head, "|---|---|---|---|---|"]
    for row in rows():
        use = row.use[0] if lang == "zh" else row.use[1]
        lines.append(f"| {use} | `{row.name}` | {row.made_of} | {row.source} | {said[0] if row.national else said[1]} |")
    return "\n".join(lines) + "\n"
