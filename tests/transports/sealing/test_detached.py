"""A signature beside its content holds by whichever family its key is of, and by no other content, key or agreement."""

import functools

import pytest

from tests.contracts.cms_contract import AT, END, Case
from tests.contracts.seal_contract import CONTENT, refused
from transports.sealing import cms
from transports.sealing.certificates import Certificate
from transports.sealing.cms import detached
from transports.sealing.cms.suite import Agreed


@pytest.fixture(params=cms.SUITES)
def case(request: pytest.FixtureRequest) -> Case:
    return Case(request.param, cms.suite_of(request.param).family.makes)


def verified(case: Case, content: bytes, signature: bytes, *, suite: Agreed | str | None = None) -> Certificate:
    return detached.verify(content, signature, [case.bank.certificate], AT, suite)


def test_it_holds_with_and_without_a_suite_agreed(case: Case) -> None:
    for suite in (None, case.suite):
        signature = detached.sign(CONTENT, case.bank, AT, suite)
        assert case.bank.certificate == verified(case, CONTENT, signature)
        assert case.bank.certificate == verified(case, CONTENT, signature, suite=case.suite)


def test_it_holds_beside_no_other_content_and_by_no_other_key(case: Case) -> None:
    signature = detached.sign(CONTENT, case.bank, AT)
    assert "seal-content-changed" == refused(lambda: verified(case, CONTENT + b" ", signature))
    stranger = detached.sign(CONTENT, case.stranger, AT)
    assert "seal-signer-unknown" == refused(lambda: verified(case, CONTENT, stranger))
    assert "seal-signer-unknown" == refused(lambda: detached.verify(CONTENT, signature, [], AT))
    late = functools.partial(detached.verify, CONTENT, signature, [case.bank.certificate], END.replace(year=END.year + 1))
    assert "seal-signer-expired" == refused(late)


def test_a_content_inside_is_no_signature_beside(case: Case) -> None:
    assert "seal-malformed" == refused(lambda: verified(case, CONTENT, case.signed()))


def test_signers_of_two_families_overlap_and_either_holds() -> None:
    old, new = Case("cms-aes256gcm", "ec-p256").bank, Case("sm2-sm4gcm-sm3", "sm2").bank
    pinned = [old.certificate, new.certificate]
    for own in (old, new):
        assert own.certificate == detached.verify(CONTENT, detached.sign(CONTENT, own, AT), pinned, AT)


def test_a13_a_family_that_was_not_agreed_signs_nothing() -> None:
    old, new = Case("cms-aes256gcm", "ec-p256").bank, Case("sm2-sm4gcm-sm3", "sm2").bank
    pinned = [old.certificate, new.certificate]
    for own, suite in ((old, "sm2-sm4gcm-sm3"), (new, "cms-aes256gcm")):
        signature = detached.sign(CONTENT, own, AT)
        code = refused(functools.partial(detached.verify, CONTENT, signature, pinned, AT, suite))
        assert code in ("seal-suite-refused", "seal-unsigned")
        assert "key-unsuitable" == refused(functools.partial(detached.sign, CONTENT, own, AT, suite))


def test_a_user_id_that_was_agreed_is_part_of_it() -> None:
    case = Case(Agreed("sm2-sm4gcm-sm3", user_id="centre@example.cn"), "sm2")
    signature = detached.sign(CONTENT, case.bank, AT, case.suite)
    assert case.bank.certificate == verified(case, CONTENT, signature, suite=case.suite)
    assert "seal-signature-wrong" == refused(lambda: verified(case, CONTENT, signature))
