"""Seals of the Chinese family keep the promises of a seal, however a bank's tools spell them."""

import dataclasses
import functools
import itertools
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contracts.cms_contract import AT, Case, CmsContract
from tests.contracts.downgrades import Pieces
from tests.contracts.seal_contract import CONTENT, refused
from transports.sealing import cms
from transports.sealing.ber import SET, oid, tlv
from transports.sealing.cms import content_types, suite_sm
from transports.sealing.cms.recipients import Algorithm
from transports.sealing.cms.suite import Agreed
from transports.sealing.streams import BLOCK

GCM, CBC = Agreed(suite_sm.GCM), Agreed(suite_sm.CBC)
CFCA = dataclasses.replace(CBC, recipient="key_id", order="c1c2c3", form="bare")

SPELLINGS = {
    "gcm": GCM,
    "gcm as 10": dataclasses.replace(GCM, gcm_oid=10),
    "gcm, tag apart": dataclasses.replace(GCM, types="pkcs7"),
    "cbc": CBC,
    "cbc, PKCS #7 names, raw": dataclasses.replace(CBC, types="pkcs7", form="raw"),
    "cbc, older CFCA": CFCA,
    "gcm, another user id": dataclasses.replace(GCM, user_id="核对中心@example.cn"),
    "gcm, attributes optional": dataclasses.replace(GCM, attributes="optional"),
}


@pytest.fixture(params=SPELLINGS.values(), ids=SPELLINGS)
def case(request: pytest.FixtureRequest) -> Case:
    return Case(request.param, "sm2")


class TestGm(CmsContract):
    """All promises, in every spelling."""


# ── written as agreed, read in every spelling ──


def every_spelling() -> list[Agreed]:
    """All there are of one user id."""
    return [
        Agreed(suite, types, recipient, order, form, gcm_oid)
        for suite in (suite_sm.GCM, suite_sm.CBC)
        for types in ("gm", "pkcs7")
        for recipient in ("issuer", "key_id")
        for order in ("c1c3c2", "c1c2c3")
        for form in ("asn1", "raw", "bare")
        for gcm_oid in (8, 10)
    ]


def test_rule_088_089_every_spelling_is_read_whatever_was_agreed_to_be_written() -> None:
    for spelling in every_spelling():
        sealed = Case(spelling, "sm2").seal(size=len(CONTENT))
        for suite in {spelling.suite, suite_sm.CBC}:
            assert CONTENT == Case(Agreed(suite), "sm2").open(sealed)


def test_nothing_of_another_convention_is_written() -> None:
    """A peer that knows one convention only finds nothing it does not know."""
    for spelling in every_spelling():
        sealed, inner = Case(spelling, "sm2").seal(), Case(spelling, "sm2").signed()
        for written in (sealed, inner):
            assert (_GM in written, _PKCS7 in written) == ((True, False) if spelling.types == "gm" else (False, True))


_GM, _PKCS7 = (tlv_value[2:-1] for tlv_value in (content_types.GM.data, content_types.CMS.data))


def test_another_user_id_does_not_hold() -> None:
    parcel = Case(GCM, "sm2").seal()
    assert "seal-signature-wrong" == refused(lambda: Case(SPELLINGS["gcm, another user id"], "sm2").open(parcel))


@pytest.mark.parametrize("algorithm", ["1.2.156.10197.1.301", "1.2.156.10197.1.301.1", "1.2.156.10197.1.501"])
@pytest.mark.parametrize("parameters", [b"", b"\x05\x00"])
def test_every_name_of_an_sm2_signature_is_read(algorithm: str, parameters: bytes) -> None:
    case = Case(GCM, "sm2")
    pieces = Pieces(case)
    info = pieces.info(CONTENT, algorithm=Algorithm(oid(algorithm), parameters).der)
    assert CONTENT == case.open(pieces.envelope(pieces.signed(CONTENT, infos=tlv(SET, info))))


@pytest.mark.parametrize("algorithm", ["1.2.156.10197.1.301", "1.2.156.10197.1.301.3"])
@pytest.mark.parametrize("parameters", [b"", b"\x05\x00"])
def test_every_name_of_an_sm2_encryption_is_read(algorithm: str, parameters: bytes) -> None:
    case = Case(GCM, "sm2")
    written = Algorithm(oid("1.2.156.10197.1.301.3")).der
    parcel = Pieces(case).envelope(case.signed(), respelled=(written, Algorithm(oid(algorithm), parameters).der))
    assert CONTENT == case.open(parcel)


# ── signatures over the bare content ──

OPTIONAL = Case(SPELLINGS["gcm, attributes optional"], "sm2")


def bare(case: Case, content: bytes, signature: bytes | None = None) -> bytes:
    pieces = Pieces(case)
    info = pieces.info(content, covered=b"", signature=signature)
    return pieces.envelope(pieces.signed(content, infos=tlv(SET, info)))


@pytest.mark.parametrize("length", [0, 1, BLOCK - 1, BLOCK, 2 * BLOCK + 3])
def test_a_bare_signature_holds_over_content_of_any_length(length: int) -> None:
    assert bytes(length) == OPTIONAL.open(bare(OPTIONAL, bytes(length)))


def test_a_bare_signature_that_does_not_hold_is_refused() -> None:
    for signature in (b"", bytes(70), b"\x30\x06\x02\x01\x01\x02\x01\x01"):
        assert "seal-signature-wrong" == refused(functools.partial(OPTIONAL.open, bare(OPTIONAL, CONTENT, signature)))


def test_a13_attributes_cannot_be_passed_off_as_content() -> None:
    """A signature over attributes, taken from an honest parcel, shown as one over a content that is their bytes."""
    covered = Pieces(OPTIONAL).attributes(CONTENT)
    signer = OPTIONAL.made_of.family.signer(OPTIONAL.bank, OPTIONAL.made_of.digest)
    parcel = bare(OPTIONAL, covered, signer.sign(covered))
    assert "seal-attributes-missing" == refused(lambda: OPTIONAL.open(parcel))


@pytest.mark.parametrize("length", [0, 1, 127, 128, 255, 256, 70_000])
def test_a13_no_content_that_is_one_set_is_taken_bare(length: int) -> None:
    one_set = tlv(SET, bytes(length))
    assert "seal-attributes-missing" == refused(lambda: OPTIONAL.open(bare(OPTIONAL, one_set)))
    for other in (one_set + b"\n", b"1", b"1|902|20261121\n" * 20):
        assert other == OPTIONAL.open(bare(OPTIONAL, other))


def test_a_bare_signature_of_a_stranger_is_refused() -> None:
    parcel = bare(OPTIONAL, CONTENT)
    assert "seal-signer-unknown" == refused(lambda: OPTIONAL.open(parcel, signers=[OPTIONAL.stranger.certificate]))


# ── memory ──


@pytest.mark.parametrize("spelling", [GCM, CBC, SPELLINGS["gcm, attributes optional"]], ids=lambda each: each.suite)
def test_a_parcel_of_100_mb_is_sealed_and_opened_in_constant_memory(tmp_path: Path, spelling: Agreed) -> None:
    case, file, size = Case(spelling, "sm2"), tmp_path / "parcel.p7m", 100 * BLOCK
    tracemalloc.start()
    with file.open("wb") as parcel:
        content = itertools.repeat(bytes(BLOCK), 100)
        for part in cms.seal(content, suite=spelling, signer=case.bank, recipients=[case.us.certificate], at=AT):
            parcel.write(part)
    count = sum(len(part) for part in case.opened(lambda: blocks_of(file)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert size == count
    assert peak < 12 * BLOCK


def blocks_of(file: Path) -> Iterator[bytes]:
    with file.open("rb") as parcel:
        while block := parcel.read(BLOCK):
            yield block
