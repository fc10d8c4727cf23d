"""A certificate of a CA holds when it leads to the anchor the site named and no list takes it back; else it is refused, each with its code."""

import dataclasses
import functools
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests.contracts.cms_contract import AT, BEGIN, END
from tests.contracts.seal_contract import refused
from transports import pins
from transports.sealing import ber
from transports.sealing.certificates import Certificate, OwnKey, PrivateKey, make_private_key
from transports.sealing.certificates.chains import Chains
from transports.sealing.certificates.revocation import RevocationList
from transports.sealing.sm2 import Sm2PrivateKey
from transports.sealing.sm2.certificate import SM2_WITH_SM3

DAY = timedelta(days=1)
KINDS = ("sm2", "ec-p256", "rsa3072")
STAND_IN = ec.generate_private_key(ec.SECP256R1())  # the library makes no SM2 certificates: made with this key, then rewritten


# ── a CA of our own ──


def usage(*allowed: str) -> x509.KeyUsage:
    names = "digital_signature content_commitment key_encipherment data_encipherment key_agreement key_cert_sign crl_sign"
    said = {name: name in allowed for name in names.split()}
    return x509.KeyUsage(**said, encipher_only=False, decipher_only=False)


AUTHORITY = usage("key_cert_sign", "crl_sign")
SIGNS = usage("digital_signature", "content_commitment")
ENCRYPTS = usage("key_encipherment", "data_encipherment", "key_agreement")


@functools.cache
def key(kind: str, name: str) -> PrivateKey:
    """The key of somebody: the same one each time."""
    del name
    return make_private_key(kind)


def issued(
    kind: str,
    name: str,
    by: OwnKey | None = None,
    *,
    says: x509.KeyUsage | None = SIGNS,
    ca: bool = False,
    path_length: int | None = None,
    begin: datetime = BEGIN,
    end: datetime = END,
    points: Sequence[str] = (),
    critical: x509.ExtensionType | None = None,
    passing: x509.ExtensionType | None = None,
    digest: hashes.HashAlgorithm | None = None,
    own_key: str = "",
) -> OwnKey:
    """A certificate for ``name``, signed by another's key, or by its own where nobody else is named."""
    private = key(kind, own_key or name)
    issuer = by or OwnKey(private, Certificate(b""))
    public = private.public_key()
    builder = (
        x509.CertificateBuilder()
        .subject_name(named(name))
        .issuer_name(by.certificate.x509.subject if by else named(name))
        .public_key(STAND_IN.public_key() if isinstance(private, Sm2PrivateKey) else public)  # type: ignore[arg-type]
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca, path_length), critical=True)
    )
    if says is not None:
        builder = builder.add_extension(says, critical=True)
    if points:
        builder = builder.add_extension(x509.CRLDistributionPoints([point(each) for each in points]), critical=False)
    if critical is not None:
        builder = builder.add_extension(critical, critical=True)
    if passing is not None:
        builder = builder.add_extension(passing, critical=False)
    spki = private.public_key().spki if isinstance(private, Sm2PrivateKey) else b""
    return OwnKey(private, Certificate(signed(builder, issuer.private, digest or hashes.SHA256(), spki)))


def point(where: str) -> x509.DistributionPoint:
    return x509.DistributionPoint([x509.UniformResourceIdentifier(where)], None, None, None)


def named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "银行"), x509.NameAttribute(NameOID.COMMON_NAME, name)])


def signed(
    builder: x509.CertificateBuilder | x509.CertificateRevocationListBuilder,
    private: PrivateKey,
    digest: hashes.HashAlgorithm,
    spki: bytes = b"",
) -> bytes:
    """As DER. By an SM2 key, or about one: what the library made with its stand-in, with the algorithm and the key exchanged."""
    by_sm2 = isinstance(private, Sm2PrivateKey)
    made = builder.sign(STAND_IN if by_sm2 else private, digest)  # type: ignore[arg-type]
    der = made.public_bytes(serialization.Encoding.DER)
    if not by_sm2 and not spki:
        return der
    body, algorithm = rewritten(made, SM2_WITH_SM3 if by_sm2 else b"", spki)
    signature = private.sign(body) if isinstance(private, Sm2PrivateKey) else private.sign(body, ec.ECDSA(digest))  # type: ignore
    return ber.tlv(ber.SEQUENCE, body, algorithm, ber.tlv(ber.BIT_STRING, b"\0", signature))


def rewritten(made: x509.Certificate | x509.CertificateRevocationList, algorithm: bytes, spki: bytes) -> tuple[bytes, bytes]:
    """(what is to be signed, its algorithm)."""
    is_list = isinstance(made, x509.CertificateRevocationList)
    parts = list(elements(made.tbs_certlist_bytes if is_list else made.tbs_certificate_bytes))  # type: ignore[union-attr]
    at = 1 if is_list else 2
    parts[at] = algorithm or parts[at]
    if spki:
        parts[6] = spki
    return ber.tlv(ber.SEQUENCE, *parts), parts[at]


def elements(sequence: bytes) -> Iterator[bytes]:
    reader = ber.Reader([sequence])
    with reader.inside(ber.SEQUENCE):
        while reader.peek() is not None:
            yield reader.element()


def listing(
    by: OwnKey,
    *revoked: OwnKey,
    made: datetime = AT - DAY,
    until: datetime = AT + 7 * DAY,
    on: datetime = AT - DAY,
    reason: x509.ReasonFlags | None = None,
    about: x509.IssuingDistributionPoint | None = None,
    critical: x509.ExtensionType | None = None,
    name: x509.Name | None = None,
) -> RevocationList:
    """The list of an authority."""
    builder = x509.CertificateRevocationListBuilder().issuer_name(name or by.certificate.x509.subject).last_update(made)
    builder = builder.next_update(until)
    for each in revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(each.certificate.serial).revocation_date(on)
        entry = entry.add_extension(x509.CRLReason(reason), critical=False) if reason else entry
        builder = builder.add_revoked_certificate(entry.build())
    for extension in filter(None, (about, critical)):
        builder = builder.add_extension(extension, critical=True)
    return RevocationList.read(signed(builder, by.private, hashes.SHA256()))


@dataclasses.dataclass(frozen=True)
class Ca:
    """An anchor, an authority under it, and a bank with its two certificates."""

    kind: str
    root: OwnKey
    middle: OwnKey
    bank: OwnKey
    opens: OwnKey

    def chains(
        self,
        *lists: RevocationList,
        anchor: OwnKey | None = None,
        more: Sequence[OwnKey] = (),
        successors: bool = False,
        now: datetime = AT,
    ) -> Chains:
        """What lies in the folder: both authorities, whatever is ``more``, and the lists (of both, where none is given)."""
        found = (self.root, self.middle, *more)
        anchors = (pins.of((anchor or self.root).certificate.spki),)
        return Chains(anchors, tuple(each.certificate for each in found), lists or self.lists(), now, successors)

    def lists(self, *revoked: OwnKey) -> tuple[RevocationList, ...]:
        return listing(self.root), listing(self.middle, *revoked)


@functools.cache
def ca_of(kind: str) -> Ca:
    root = issued(kind, "root", says=AUTHORITY, ca=True)
    middle = issued(kind, "middle", root, says=AUTHORITY, ca=True, path_length=0)
    return Ca(kind, root, middle, issued(kind, "bank", middle), issued(kind, "bank", middle, says=ENCRYPTS, own_key="bank opens"))


@pytest.fixture(params=KINDS)
def ca(request: pytest.FixtureRequest) -> Ca:
    return ca_of(request.param)


@pytest.fixture
def one() -> Ca:
    return ca_of("ec-p256")


def code_of(chains: Chains, certificate: OwnKey, use: str = "sign", at: datetime = AT) -> str:
    return refused(lambda: chains.expect(certificate.certificate, use, at))


# ── what holds ──


def test_a_certificate_that_leads_to_the_anchor_and_is_on_no_list_holds(ca: Ca) -> None:
    ca.chains().expect(ca.bank.certificate, "sign", AT)
    ca.chains().expect(ca.opens.certificate, "encrypt", AT)


def test_the_anchor_may_be_any_authority_the_site_names(ca: Ca) -> None:
    ca.chains(anchor=ca.middle).expect(ca.bank.certificate, "sign", AT)


def test_signing_and_encrypting_are_kept_apart(ca: Ca) -> None:
    assert "key-unsuitable" == code_of(ca.chains(), ca.bank, "encrypt")
    assert "key-unsuitable" == code_of(ca.chains(), ca.opens, "sign")


def test_a_certificate_that_does_not_say_what_it_is_for_is_for_nothing(one: Ca) -> None:
    silent = issued(one.kind, "silent", one.middle, says=None)
    assert ["key-unsuitable"] * 2 == [code_of(one.chains(), silent, use) for use in ("sign", "encrypt")]


def test_an_authority_is_no_bank(one: Ca) -> None:
    both = issued(one.kind, "both", one.root, says=usage("digital_signature", "key_cert_sign"), ca=True)
    assert "key-unsuitable" == code_of(one.chains(), both)


# ── what does not lead to the anchor ──


def test_a_stranger_to_the_anchor_is_refused(ca: Ca) -> None:
    other = issued(ca.kind, "root", says=AUTHORITY, ca=True, own_key="another root")  # the same name, another key
    forged = issued(ca.kind, "bank", issued(ca.kind, "middle", other, says=AUTHORITY, ca=True, own_key="another middle"))
    assert "key-unchained" == code_of(ca.chains(), forged)
    assert "key-unchained" == code_of(ca.chains(anchor=other), ca.bank)
    assert "key-unchained" == code_of(ca.chains(), issued(ca.kind, "by itself"))


def test_an_anchor_that_only_lies_in_the_folder_is_none(ca: Ca) -> None:
    other = issued(ca.kind, "other root", says=AUTHORITY, ca=True)
    theirs = issued(ca.kind, "bank", other)
    assert "key-unchained" == code_of(ca.chains(listing(other), more=[other]), theirs)


def test_a_flipped_bit_in_any_link_ends_the_chain(ca: Ca) -> None:
    for position in (-1, -9, -40):
        der = bytearray(ca.bank.certificate.der)
        der[position] ^= 1
        assert "key-unchained" == code_of(ca.chains(), OwnKey(ca.bank.private, Certificate(bytes(der))))


@pytest.mark.parametrize("days", [-31, 336])
def test_nothing_holds_outside_its_dates(one: Ca, days: int) -> None:
    assert "key-unchained" == code_of(one.chains(), one.bank, at=AT + days * DAY)


def test_an_authority_that_has_ended_ends_what_it_issued(one: Ca) -> None:
    ended = issued(one.kind, "ended", one.root, says=AUTHORITY, ca=True, end=AT - DAY)
    bank = issued(one.kind, "late bank", ended)
    chains = one.chains(listing(one.root), listing(ended), more=[ended])
    chains.expect(bank.certificate, "sign", AT - 2 * DAY)
    assert "key-unchained" == code_of(chains, bank)


@pytest.mark.parametrize("says", [SIGNS, usage("crl_sign")], ids=["signs", "lists only"])
def test_only_an_authority_issues(one: Ca, says: x509.KeyUsage) -> None:
    for ca in (True, False):
        if ca or says is SIGNS:
            middle = issued(one.kind, "no authority", one.root, says=says, ca=ca)
            bank = issued(one.kind, "bank of none", middle)
            assert "key-unchained" == code_of(one.chains(*one.lists(), listing(middle), more=[middle]), bank)


def test_the_length_an_authority_allows_is_kept(one: Ca) -> None:
    below = issued(one.kind, "below", one.middle, says=AUTHORITY, ca=True)  # middle allows no authority under it
    bank = issued(one.kind, "deep bank", below)
    assert "key-unchained" == code_of(one.chains(*one.lists(), listing(below), more=[below]), bank)


def test_a_chain_has_six_links_at_most(one: Ca) -> None:
    ladder = [one.root]
    for step in range(5):
        ladder.append(issued(one.kind, f"step {step}", ladder[-1], says=AUTHORITY, ca=True))
    chains = one.chains(*map(listing, ladder), more=ladder[1:])
    chains.expect(issued(one.kind, "at the end", ladder[4]).certificate, "sign", AT)
    assert "key-unchained" == code_of(chains, issued(one.kind, "too far", ladder[5]))


def test_authorities_that_issue_each_other_lead_nowhere(one: Ca) -> None:
    first = issued(one.kind, "first", says=AUTHORITY, ca=True)
    second = issued(one.kind, "second", first, says=AUTHORITY, ca=True)
    again = issued(one.kind, "first", second, says=AUTHORITY, ca=True)
    assert "key-unchained" == code_of(one.chains(more=[first, second, again]), issued(one.kind, "round", again))


def test_an_extension_that_must_be_understood_and_is_not_ends_the_chain(one: Ca) -> None:
    unknown = x509.PolicyConstraints(0, None)
    middle = issued(one.kind, "strict", one.root, says=AUTHORITY, ca=True, critical=unknown)
    bank = issued(one.kind, "strict bank", middle)
    assert "key-unchained" == code_of(one.chains(*one.lists(), listing(middle), more=[middle]), bank)


@pytest.mark.parametrize("word", ["critical", "passing"])
def test_c4_an_authority_for_some_names_only_ends_the_chain_whether_it_says_so_critically_or_not(one: Ca, word: str) -> None:
    others = x509.NameConstraints(None, [x509.DirectoryName(named("narrow bank"))])
    middle = issued(one.kind, "narrow", one.root, says=AUTHORITY, ca=True, **{word: others})  # type: ignore[arg-type]
    bank = issued(one.kind, "narrow bank", middle)
    assert "key-unchained" == code_of(one.chains(*one.lists(), listing(middle), more=[middle]), bank)


def purposes(*of: x509.ObjectIdentifier) -> x509.ExtendedKeyUsage:
    return x509.ExtendedKeyUsage(of)


def test_c4_a_certificate_for_tls_alone_neither_signs_nor_issues(one: Ca) -> None:
    server = purposes(ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH)
    assert "key-unsuitable" == code_of(one.chains(), issued(one.kind, "web", one.middle, passing=server))
    middle = issued(one.kind, "web CA", one.root, says=AUTHORITY, ca=True, passing=server)
    assert "key-unchained" == code_of(one.chains(*one.lists(), listing(middle), more=[middle]), issued(one.kind, "b", middle))
    mail = purposes(ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.EMAIL_PROTECTION)
    one.chains().expect(issued(one.kind, "both", one.middle, passing=mail).certificate, "sign", AT)


def test_the_way_round_a_dead_end_is_found(one: Ca) -> None:
    """An authority with two certificates over the same key: one leads to the anchor."""
    away = issued(one.kind, "foreign", says=AUTHORITY, ca=True)
    cross = issued(one.kind, "middle", away, says=AUTHORITY, ca=True)
    found = (cross.certificate, one.root.certificate, one.middle.certificate)
    Chains((pins.of(one.root.certificate.spki),), found, one.lists(), AT).expect(one.bank.certificate, "sign", AT)


# ── lists ──


def test_a_revoked_certificate_is_refused(ca: Ca) -> None:
    assert "key-revoked" == code_of(ca.chains(*ca.lists(ca.bank)), ca.bank)
    ca.chains(*ca.lists(ca.bank)).expect(ca.opens.certificate, "encrypt", AT)


def test_what_a_revoked_authority_issued_is_refused(ca: Ca) -> None:
    assert "key-revoked" == code_of(ca.chains(listing(ca.root, ca.middle), listing(ca.middle)), ca.bank)


def test_without_a_list_nothing_holds(ca: Ca) -> None:
    assert "key-unlisted" == code_of(ca.chains(listing(ca.root)), ca.bank)
    assert "key-unlisted" == code_of(ca.chains(listing(ca.middle)), ca.bank)


def test_a_list_by_another_key_says_nothing(ca: Ca) -> None:
    other = issued(ca.kind, "middle", says=AUTHORITY, ca=True, own_key="another middle")
    assert "key-revoked" == code_of(ca.chains(*ca.lists(ca.bank), listing(other, made=AT)), ca.bank)
    assert "key-unlisted" == code_of(ca.chains(listing(ca.root), listing(other)), ca.bank)


def test_an_authority_that_may_not_list_lists_nothing(one: Ca) -> None:
    mute = issued(one.kind, "mute", one.root, says=usage("key_cert_sign"), ca=True)
    chains = one.chains(listing(one.root), listing(mute), more=[mute])
    assert "key-unlisted" == code_of(chains, issued(one.kind, "bank of mute", mute))


def test_the_newest_list_counts(one: Ca) -> None:
    old, new = listing(one.middle, one.bank, made=AT - 3 * DAY), listing(one.middle, made=AT - DAY)
    for lists in ((old, new), (new, old)):
        one.chains(listing(one.root), *lists).expect(one.bank.certificate, "sign", AT)
        assert [new] == one.chains(*lists).latest()


def test_c8_a_revocation_by_the_new_key_of_an_authority_counts_for_what_its_old_key_issued(ca: Ca) -> None:
    new = issued(ca.kind, "middle", ca.root, says=AUTHORITY, ca=True, own_key="middle's new key")
    clean, revoking = listing(ca.middle), listing(new, ca.bank, made=AT - 2 * DAY)
    assert "key-revoked" == code_of(ca.chains(listing(ca.root), clean, revoking, more=[new]), ca.bank)
    assert "key-unlisted" == code_of(ca.chains(listing(ca.root), listing(new), more=[new]), ca.bank)  # the old key's is still due
    stranger = issued(ca.kind, "middle", says=AUTHORITY, ca=True, own_key="a stranger of the same name")
    ca.chains(listing(ca.root), clean, listing(stranger, ca.bank), more=[stranger]).expect(ca.bank.certificate, "sign", AT)


def test_c8_a_revocation_by_a_key_two_certificates_tell_of_counts_if_one_leads_to_the_anchor(one: Ca) -> None:
    away = issued(one.kind, "foreign", says=AUTHORITY, ca=True)
    led, cross = (issued(one.kind, "middle", by, says=AUTHORITY, ca=True, own_key="twice") for by in (one.root, away))
    lists = listing(one.root), listing(one.middle), listing(led, one.bank)
    for more in ([led, cross], [cross, led]):
        assert "key-revoked" == code_of(one.chains(*lists, more=more), one.bank)


def test_c8_a_list_of_a_day_to_come_clears_nobody_and_takes_back_whom_it_names(one: Ca) -> None:
    revoking, to_come = listing(one.middle, one.bank), listing(one.middle, made=AT + 200 * DAY, until=AT + 300 * DAY)
    assert "key-revoked" == code_of(one.chains(listing(one.root), revoking, to_come), one.bank)
    assert "key-unlisted" == code_of(one.chains(listing(one.root), to_come), one.bank)
    named = listing(one.middle, one.bank, made=AT + 200 * DAY, until=AT + 300 * DAY)
    assert "key-revoked" == code_of(one.chains(*one.lists(), named), one.bank)
    assert revoking in one.chains(listing(one.root), revoking, to_come).latest()  # it is still what grows stale


def test_an_answer_of_last_week_is_judged_by_the_list_of_today(one: Ca) -> None:
    today = listing(one.root), listing(one.middle)
    one.chains(*today, now=AT).expect(one.bank.certificate, "sign", AT - 7 * DAY)
    assert "key-unlisted" == code_of(one.chains(*today, now=AT - 7 * DAY), one.bank, at=AT - 7 * DAY)


def test_c8_a_newer_list_about_some_does_not_hide_an_older_one_about_all(one: Ca) -> None:
    bank = issued(one.kind, "bank 1", one.middle, points=["http://crl/1"])
    whole = listing(one.middle, bank, made=AT - 3 * DAY)
    for some in (about("http://crl/1"), about(users=True)):
        chains = one.chains(listing(one.root), whole, listing(one.middle, about=some))
        assert "key-revoked" == code_of(chains, bank)
        assert whole in chains.latest()


def test_c8_of_two_lists_of_one_second_the_one_that_takes_back_counts(one: Ca) -> None:
    two = listing(one.middle, one.bank), listing(one.middle)
    for lists in (two, two[::-1]):
        assert "key-revoked" == code_of(one.chains(listing(one.root), *lists), one.bank)


def test_the_lists_of_each_key_grow_stale_apart(one: Ca) -> None:
    new = issued(one.kind, "middle", one.root, says=AUTHORITY, ca=True, own_key="middle's new key")
    old_list, new_list = listing(one.middle, made=AT - 3 * DAY), listing(new)
    assert {old_list, new_list} == set(one.chains(old_list, new_list, more=[new]).latest())


@pytest.mark.parametrize("reason", [None, *x509.ReasonFlags])
def test_before_its_day_only_a_harmless_reason_is_none(one: Ca, reason: x509.ReasonFlags | None) -> None:
    """Who has the key can write an earlier day into a signature: what counts is when it reached us, and whether the key was lost."""
    if reason is x509.ReasonFlags.unspecified:
        return  # never written: it is the same as none
    chains = one.chains(*one.lists(), listing(one.middle, one.bank, made=AT, on=AT + DAY, reason=reason))
    harmless = reason in (
        x509.ReasonFlags.superseded,
        x509.ReasonFlags.cessation_of_operation,
        x509.ReasonFlags.affiliation_changed,
    )
    if harmless:
        chains.expect(one.bank.certificate, "sign", AT)
    else:
        assert "key-revoked" == code_of(chains, one.bank)
    assert "key-revoked" == code_of(chains, one.bank, at=AT + DAY)


def about(*where: str, users: bool = False, authorities: bool = False, indirect: bool = False) -> x509.IssuingDistributionPoint:
    names = [x509.UniformResourceIdentifier(each) for each in where] or None
    return x509.IssuingDistributionPoint(names, None, users, authorities, None, indirect, False)


def test_a_list_in_parts_is_about_the_certificates_that_name_the_part(one: Ca) -> None:
    first, second = (issued(one.kind, f"bank {each}", one.middle, points=[f"http://crl/{each}"]) for each in "12")
    parts = [listing(one.middle, second, about=about(f"http://crl/{each}")) for each in "12"]
    chains = one.chains(listing(one.root), *parts)
    chains.expect(first.certificate, "sign", AT)
    assert "key-revoked" == code_of(chains, second)
    assert "key-unlisted" == code_of(chains, one.bank)  # names no part
    assert 3 == len(chains.latest())


def test_a_list_of_authorities_says_nothing_of_banks_and_one_of_users_nothing_of_authorities(one: Ca) -> None:
    root, bank = listing(one.root, about=about(authorities=True)), listing(one.middle, about=about(users=True))
    one.chains(root, bank).expect(one.bank.certificate, "sign", AT)
    assert "key-unlisted" == code_of(one.chains(root, listing(one.middle, about=about(authorities=True))), one.bank)
    assert "key-unlisted" == code_of(one.chains(listing(one.root, about=about(users=True)), bank), one.bank)


def test_a_list_of_changes_or_for_others_is_not_taken(one: Ca) -> None:
    assert "key-unreadable" == refused(lambda: listing(one.middle, critical=x509.DeltaCRLIndicator(1)))
    assert "key-unreadable" == refused(lambda: listing(one.middle, about=about(indirect=True, users=True)))
    for text in (b"", b"-----BEGIN X509 CRL-----\n-----END X509 CRL-----\n", one.bank.certificate.der):
        assert "key-unreadable" == refused(lambda: RevocationList.read(text))  # noqa: B023 - at once


# ── the folder ──


def test_a_folder_holds_authorities_and_lists_in_either_form(ca: Ca, tmp_path: Path) -> None:
    (tmp_path / "root.pem").write_bytes(ca.root.certificate.pem)
    (tmp_path / "middle.CER").write_bytes(ca.middle.certificate.der)
    for name, each in zip("ab", ca.lists(), strict=True):
        (tmp_path / f"{name}.crl").write_bytes(each.der if name == "a" else each.parsed.public_bytes(serialization.Encoding.PEM))
    (tmp_path / "README.txt").write_text("brought on Monday")
    Chains.read(tmp_path, [pins.of(ca.root.certificate.spki) + "="], AT).expect(ca.bank.certificate, "sign", AT)
    (tmp_path / "bad.crl").write_bytes(b"not a list")
    assert "key-unreadable" == refused(lambda: Chains.read(tmp_path, [], AT))


def test_a_folder_has_its_limits(one: Ca, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "root.pem").write_bytes(one.root.certificate.pem)
    monkeypatch.setattr("transports.sealing.certificates.chains.FILE_BYTES_MAX", 100)
    assert "key-unreadable" == refused(lambda: Chains.read(tmp_path, [], AT))
    monkeypatch.undo()
    monkeypatch.setattr("transports.sealing.certificates.chains.FILES_MAX", 0)
    assert "key-unreadable" == refused(lambda: Chains.read(tmp_path, [], AT))


# ── the newer certificate of a bank ──


def test_a_successor_is_one_of_the_same_subject_and_use_where_that_was_said(ca: Ca) -> None:
    newer = issued(ca.kind, "bank", ca.middle, own_key="bank anew")
    stranger = issued(ca.kind, "another bank", ca.middle)
    chains = ca.chains(more=[newer, stranger, ca.opens, ca.bank], successors=True)
    assert [newer.certificate] == chains.successors_of([ca.bank.certificate], "sign")
    assert [ca.opens.certificate] == chains.successors_of([ca.bank.certificate], "encrypt")
    assert [] == ca.chains(more=[newer]).successors_of([ca.bank.certificate], "sign")
    assert [] == chains.successors_of([], "sign")


# ── openssl says the same ──

openssl_here = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")


@pytest.mark.real
@openssl_here
@pytest.mark.parametrize("kind", ["ec-p256", "rsa3072"])
@pytest.mark.parametrize("revoked", [False, True], ids=["good", "revoked"])
def test_openssl_verifies_the_same_chains_and_lists(kind: str, revoked: bool, tmp_path: Path) -> None:
    ca = ca_of(kind)
    lists = ca.lists(*[ca.bank] if revoked else [])
    (tmp_path / "root").write_bytes(ca.root.certificate.pem)
    (tmp_path / "middle").write_bytes(ca.middle.certificate.pem)
    (tmp_path / "bank").write_bytes(ca.bank.certificate.pem)
    (tmp_path / "lists").write_bytes(b"".join(each.parsed.public_bytes(serialization.Encoding.PEM) for each in lists))
    command = ["openssl", "verify", "-attime", str(int(AT.timestamp())), "-CAfile", "root", "-untrusted", "middle"]
    command += ["-crl_check_all", "-CRLfile", "lists", "bank"]
    said = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    assert revoked is (said.returncode != 0), said.stderr
    assert revoked is (b"revoked" in said.stdout + said.stderr)


CONFIG = (
    "[ca]\ndefault_ca=own\n[own]\ndatabase=index\ndefault_md=sm3\ndefault_crl_days=30\npolicy=any\n[any]\ncommonName=supplied\n"
)
CONFIG += "[root]\nbasicConstraints=critical,CA:true\nkeyUsage=critical,keyCertSign,cRLSign\n"
CONFIG += "[bank]\nbasicConstraints=critical,CA:false\nkeyUsage=critical,digitalSignature\n[req]\ndistinguished_name=any\n"
DISTID = ("-sigopt", "distid:1234567812345678")


@pytest.mark.real
@openssl_here
def test_a_chain_and_a_list_that_openssl_made_with_sm2_hold(tmp_path: Path) -> None:
    def openssl(*words: str) -> None:
        subprocess.run(["openssl", *words], cwd=tmp_path, capture_output=True, check=True)

    (tmp_path / "own.cnf").write_text(CONFIG)
    (tmp_path / "index").write_text("")
    for name in ("root", "bank"):
        openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:SM2", "-out", f"{name}.key")
        openssl(
            "req",
            "-new",
            "-key",
            f"{name}.key",
            "-subj",
            f"/CN={name}",
            "-sm3",
            *DISTID,
            "-out",
            f"{name}.csr",
            "-config",
            "own.cnf",
        )
    sign = ("x509", "-req", "-sm3", *DISTID, "-vfyopt", "distid:1234567812345678", "-days", "30", "-extfile", "own.cnf")
    openssl(*sign, "-in", "root.csr", "-signkey", "root.key", "-extensions", "root", "-out", "root.pem")
    openssl(
        *sign,
        "-in",
        "bank.csr",
        "-CA",
        "root.pem",
        "-CAkey",
        "root.key",
        "-CAcreateserial",
        "-extensions",
        "bank",
        "-out",
        "bank",
    )
    authority = ("ca", "-config", "own.cnf", "-cert", "root.pem", "-keyfile", "root.key", *DISTID)
    openssl(*authority, "-gencrl", "-out", "first.crl")

    root, bank = (Certificate.read((tmp_path / name).read_bytes()) for name in ("root.pem", "bank"))
    now = bank.not_before + timedelta(hours=1)
    Chains.read(tmp_path, [pins.of(root.spki)], now).expect(bank, "sign", now)
    openssl(*authority, "-revoke", "bank")
    openssl(*authority, "-gencrl", "-out", "first.crl")
    assert "key-revoked" == refused(lambda: Chains.read(tmp_path, [pins.of(root.spki)], now).expect(bank, "sign", now))
