"""The audit chain without its database: how a record is digested, and whether an export holds.

Needs the export and the public key, nothing else: ``python -m connector.audit_verifier EXPORT PUBLIC_KEY [CHECKPOINT]``.

A record's digest is taken over its canonical JSON (keys sorted, no spaces, UTF-8), which holds the digest of the record
before it; so one changed bit, a dropped or two swapped records break the chain at a known place. A checkpoint signs the
digest of the last record. A tail that was cut together with its checkpoints cannot be seen from inside: keep the newest
checkpoint in a second place (connector/kept_checkpoint.py) and give it here. A key of the audit signs nothing after the
record of its block, or of the renewal that put another in its place; what it signed before holds.

Export: one canonical JSON object a line, ``{"seq": …, "digest": …}`` for a record and, after the record it signs, ``{"checkpoint": …}``.
"""

import base64
import hashlib
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from transports.sealing.checkpoints import verify_checkpoint

SUITES: Mapping[str, Callable[[bytes], Any]] = {"sha256": hashlib.sha256, "sm3": lambda data: hashlib.new("sm3", data)}
BEGINNING = "0" * 64  # what the first record names as the one before it
FIELDS = frozenset({"seq", "at", "who", "what", "centre", "subject", "detail", "suite", "previous"})
SIGNED = frozenset({"seq", "at", "digest"})

CheckSignature = Callable[[str, bytes, bytes], bool]  # key id, message, signature
_PEM = re.compile(rb"-----BEGIN PUBLIC KEY-----(.+?)-----END PUBLIC KEY-----\n?", re.DOTALL)
_BLOCK, _RESTORE, _RENEW = "key.block", "key.restore", "key.renew"  # connector/keys/record.py
_KEY_ID_DIGITS = 16  # of the SHA-256 of the public key (SubjectPublicKeyInfo, DER), as the key ring names its keys


def canonical(record: Mapping[str, Any]) -> bytes:
    """The bytes a digest or a signature is taken over."""
    return orjson.dumps(record, option=orjson.OPT_SORT_KEYS)


def digest(record: Mapping[str, Any]) -> str:
    """Hex digest of a record's FIELDS, by the suite it names."""
    return str(SUITES[record["suite"]](canonical(record)).hexdigest())


@dataclass
class Verdict:
    """What was found. ``broken`` says why and where, in English and Chinese; empty when the chain holds."""

    records: int = 0
    checkpoints: int = 0
    signed_to: int = 0  # the last record under a checkpoint whose signature holds
    broken: list[tuple[str, str]] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Whether every record and every checkpoint holds, and none follows the last checkpoint."""
        return not self.broken


def signature_check(public_keys: bytes) -> CheckSignature:
    """What checks a checkpoint's signature by the public keys of a PEM file: those of the audit, past and present (Ed25519, SM2)."""
    keys = {
        hashlib.sha256(base64.b64decode(found[1])).hexdigest()[:_KEY_ID_DIGITS]: found[0] for found in _PEM.finditer(public_keys)
    }
    return lambda key, message, signature: key in keys and verify_checkpoint(keys[key], message, signature)


def verify_file(export: Path, public_keys: Path, known: Mapping[str, Any] | None = None) -> Verdict:
    """Whether an export holds, by a file of public keys (PEM)."""
    check_signature = signature_check(public_keys.read_bytes())
    with export.open("rb") as lines:
        return verify(lines, check_signature, known)


def verify(
    lines: Iterable[bytes], check_signature: CheckSignature, known: Mapping[str, Any] | None = None, *, tail_signed: bool = True
) -> Verdict:
    """Walk an export once, in constant memory, to its end or the first break.

    ``known`` is a checkpoint kept in a second place: the export must hold that very record. ``tail_signed``: whether the
    last record must stand under a checkpoint; an export's does, a living chain's need not yet.
    """
    verdict = Verdict()
    walk = _Walk(verdict, check_signature, known)
    for number, line in enumerate(lines, start=1):
        try:
            problem = walk.step(_read(line))
        except (ValueError, KeyError, TypeError, AttributeError):
            problem = _STRANGE
        if problem:
            en, zh = problem
            verdict.broken.append((f"line {number} {en}", f"第 {number} 行{zh}"))
            return verdict
    walk.end(tail_signed)
    return verdict


_STRANGE = ("is not a record of this export", "不是本导出的记录")


def _read(line: bytes) -> dict[str, Any]:
    """A line in the one spelling an export has; ValueError for any other, so that not a byte can differ unseen."""
    read: dict[str, Any] = orjson.loads(line)
    if canonical(read) != line.removesuffix(b"\n"):
        raise ValueError
    return read


class _Walk:
    """Where the walk stands: the record before, and what it must find yet."""

    def __init__(self, verdict: Verdict, check_signature: CheckSignature, known: Mapping[str, Any] | None) -> None:
        self.verdict = verdict
        self.check_signature = check_signature
        self.known = known
        self.seq = 0
        self.digest = BEGINNING
        self.blocked: set[str] = set()  # keys of the audit, so far
        self.signer = ""  # since a renewal the one key that signs; the ring gives no older one to anybody from the same moment on

    def step(self, line: dict[str, Any]) -> tuple[str, str] | None:
        """Take one line of the export; the problem with it, or none."""
        return self._checkpoint(line["checkpoint"]) if "checkpoint" in line else self._record(line)

    def _record(self, record: dict[str, Any]) -> tuple[str, str] | None:
        said = record.pop("digest")
        if record.keys() != FIELDS or record["suite"] not in SUITES:
            return _STRANGE
        if record["seq"] != self.seq + 1:
            return (
                f"has record {record['seq']} where {self.seq + 1} was expected",
                f"为第 {record['seq']} 条，应为第 {self.seq + 1} 条",
            )
        if record["previous"] != self.digest or digest(record) != said:
            return f"(record {record['seq']}) does not fit the record before it", f"（第 {record['seq']} 条）与前一条不相接"
        self.seq, self.digest = record["seq"], said
        self._note_keys(record)
        self.verdict.records += 1
        if self.known and self.known["seq"] == self.seq and self.known["digest"] != self.digest:
            return f"(record {self.seq}) is not the one the kept checkpoint names", f"（第 {self.seq} 条）与留存的检查点不符"
        return None

    def _note_keys(self, record: dict[str, Any]) -> None:
        """The chain says itself since when one of its keys is not believed: blocked (unless two persons took that back) or renewed."""
        what, detail = record["what"], record["detail"]
        if what not in (_BLOCK, _RESTORE, _RENEW) or detail.get("use") != "audit":
            return
        if what == _RENEW:
            self.signer = detail["id"]
        else:
            (self.blocked.add if what == _BLOCK else self.blocked.discard)(detail["id"])

    def _checkpoint(self, checkpoint: dict[str, Any]) -> tuple[str, str] | None:
        spelled, key = checkpoint.pop("signature"), checkpoint.pop("key")
        signature = bytes.fromhex(spelled)
        if checkpoint.keys() != SIGNED or (checkpoint["seq"], checkpoint["digest"]) != (self.seq, self.digest):
            return "is a checkpoint of another record", "的检查点不属于前一条记录"
        if signature.hex() != spelled or not self.check_signature(key, canonical(checkpoint), signature):
            return "is a checkpoint whose signature does not hold", "的检查点签名无效"
        if key in self.blocked:
            return "is a checkpoint by a key that was blocked before", "的检查点由此前已封锁的密钥签署"
        if self.signer not in ("", key):
            return "is a checkpoint by a key that was renewed before", "的检查点由此前已更换的密钥签署"
        self.verdict.checkpoints += 1
        self.verdict.signed_to = self.seq
        return None

    def end(self, tail_signed: bool) -> None:
        """What only the end can show: a tail that was cut, or one nobody signed."""
        signed_to = self.verdict.signed_to
        if self.seq == 0:
            self._broken("there is no record: a chain begins with the making of its deployment", "没有任何记录：链始于部署的建立")
        elif self.known and self.known["seq"] > self.seq:
            kept = self.known["seq"]
            self._broken(f"the tail is cut: the kept checkpoint names record {kept}", f"尾部缺失：留存的检查点已到第 {kept} 条")
        elif tail_signed and (signed_to == 0 or signed_to < self.seq):
            self._broken(f"what follows record {signed_to} stands under no checkpoint", f"第 {signed_to} 条之后没有检查点")

    def _broken(self, en: str, zh: str) -> None:
        self.verdict.broken.append((en, zh))


def main() -> int:
    """EXPORT PUBLIC_KEY [CHECKPOINT]: 0 when it holds, 7 when not."""
    export, public_keys, *kept = map(Path, sys.argv[1:])
    verdict = verify_file(export, public_keys, orjson.loads(kept[0].read_bytes()) if kept else None)
    for en, zh in verdict.broken:
        sys.stdout.write(f"{zh}\n{en}\n")
    sys.stdout.write(f"records {verdict.records}, signed up to {verdict.signed_to}: {'holds' if verdict.holds else 'BROKEN'}\n")
    return 0 if verdict.holds else 7


if __name__ == "__main__":
    sys.exit(main())
