"""The conformance certificate: what was tried and what came of it, as JSON with our signature beside it. Anybody can check it without us."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson

from bank_profiles.language.profile import Profile
from connector.conform.cases import Case
from connector.conform.result import Result
from connector.conform.running import Run
from transports.channel import Channel
from transports.errors import Refused
from transports.sealing import pgp
from transports.sealing.certificates import Certificate
from transports.sealing.cms import detached
from transports.sealing.keyring.kept import Kept
from transports.sealing.pgp.keys import PgpCertificate

SCHEMA = "conformance/1"
_PGP = b"\x80"  # the first bit of every OpenPGP packet (RFC 9580 4.2); no DER element of ours begins so
INVENTED, INVENTED_AND_AGREED = "invented", "invented and agreed with the bank"


def certificate(run: Run, number: str, centre: Mapping[str, str], release: str, by: str) -> dict[str, Any]:
    """``centre``: code and name; ``release``: of this program; ``by``: who ran it."""
    subject = run.subject
    ended = [result.ended for _, result in run.results]
    return {
        "schema": SCHEMA,
        "number": number,
        "centre": dict(centre),
        "bank": {"code": subject.bank.code, "name": subject.bank.name},
        "profile": {
            "name": subject.profile.profile,
            "version": subject.profile.version,
            "digest": digest_of(subject.profile),
        },
        "road": subject.way.kind,
        "release": release,
        "by": by,
        "began": run.began.isoformat(timespec="seconds"),
        "ended": run.ended.isoformat(timespec="seconds"),
        "persons": INVENTED_AND_AGREED if subject.agreed else INVENTED,
        "questions": run.questions,
        "answers": run.answers,
        "verdict": run.verdict,
        "counts": {str(word): ended.count(word) for word in dict.fromkeys(ended)},
        "cases": [_case(case, result) for case, result in run.results],
    }


def _case(case: Case, result: Result) -> dict[str, Any]:
    said: dict[str, Any] = {"id": case.id, "group": case.group, "rules": case.rules, "promise": {"zh": case.zh, "en": case.en}}
    said |= {"result": str(result.ended), "code": result.code, "seen": {"zh": result.zh, "en": result.en}}
    return said | {"parcels": list(result.parcels)}


def digest_of(profile: Profile) -> str:
    """SHA-256 (hex) of everything the edition says, its parents' words among it; comments and order of files do not count."""
    return hashlib.sha256(profile.model_dump_json(by_alias=True).encode()).hexdigest()


def written(said: Mapping[str, Any]) -> bytes:
    """The bytes that are signed."""
    return orjson.dumps(said, option=orjson.OPT_INDENT_2) + b"\n"


def sign(content: bytes, channel: Channel, at: datetime) -> bytes:
    """By the key that signs our parcels to this bank. Raises UnknownKey."""
    return channel.sign_beside(content, at)


def check(content: bytes, signature: bytes, signers: Sequence[Kept]) -> dict[str, Any]:
    """The certificate, if it is one and one of ``signers`` signed it on the day it says, by CMS, SM2 or OpenPGP as its signature lies there.

    Raises BrokenSeal, Refused not-a-certificate.
    """
    try:
        said = orjson.loads(content)
        ended = datetime.fromisoformat(said["ended"])
        known = said["schema"] == SCHEMA and ended.tzinfo is not None
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError):
        known = False
    if not known:
        raise Refused(
            "This file is no conformance certificate of ours.", "该文件不是本系统出具的符合性证书。", code="not-a-certificate"
        )
    if signature[:1] >= _PGP:
        pgp.verify(content, signature, [each for each in signers if isinstance(each, PgpCertificate)], ended)
    else:
        detached.verify(content, signature, [each for each in signers if isinstance(each, Certificate)], ended)
    assert isinstance(said, dict)
    return said
