"""What a CMS seal and its Chinese twin promise beside the contract of all seals: by their structure of X.509 keys, attributes and tags."""

import dataclasses
import functools
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import pytest

from tests.contracts.downgrades import DOWNGRADES, Pieces
from tests.contracts.seal_contract import CONTENT, DAYS, SealCase, SealContract, in_blocks, outcome, refused
from transports.sealing import cms
from transports.sealing.ber import SET, tlv
from transports.sealing.certificates import Certificate, OwnKey, make_private_key, self_signed
from transports.sealing.cms.envelope import envelop
from transports.sealing.cms.signed_data import Signing
from transports.sealing.cms.suite import Agreed, Suite
from transports.sealing.streams import BLOCK
from transports.transport import Blocks

AT = datetime(2026, 11, 21, 8, tzinfo=UTC)
BEGIN, END = AT - timedelta(days=30), AT + timedelta(days=DAYS)


def party(kind: str, name: str, *, encrypts: bool, begin: datetime = BEGIN, end: datetime = END) -> OwnKey:
    """A key with a self-signed certificate; the same one each time it is asked for."""
    return _made(kind, name, encrypts, begin, end)


@functools.cache
def _made(kind: str, name: str, encrypts: bool, begin: datetime, end: datetime) -> OwnKey:
    private = make_private_key(kind)
    return OwnKey(private, self_signed(private, name, encrypts=encrypts, not_before=begin, not_after=end))


@dataclasses.dataclass(frozen=True)
class Case(SealCase):
    """A suite, and the kind of all keys."""

    suite: Agreed | str
    kind: str
    at: ClassVar[datetime] = AT

    @property
    def made_of(self) -> Suite:
        """The suite itself."""
        return cms.suite_of(self.suite)

    def key(self, name: str, *, encrypts: bool, days: int = DAYS) -> OwnKey:
        return party(self.kind, name, encrypts=encrypts, end=AT + timedelta(days=days))

    def sealing(
        self,
        blocks: Sequence[bytes],
        *,
        size: int | None = None,
        signer: OwnKey | None = None,
        recipients: Sequence[Certificate] | None = None,
        at: datetime | None = None,
    ) -> Iterator[bytes]:
        to = [self.us.certificate] if recipients is None else recipients
        return cms.seal(blocks, suite=self.suite, signer=signer or self.bank, recipients=to, at=at or AT, size=size)

    def opened(
        self,
        source: Blocks,
        *,
        decrypt: Sequence[OwnKey] | None = None,
        signers: Sequence[Certificate] | None = None,
        at: datetime | None = None,
    ) -> cms.Opened:
        pinned = [self.bank.certificate] if signers is None else signers
        return cms.open_verified(source, suite=self.suite, decrypt=decrypt or [self.us], signers=pinned, at=at or AT)

    def envelope(self, inner: bytes) -> bytes:
        return b"".join(envelop([inner], len(inner), self.made_of, [self.us.certificate]))

    def signed(self, content: bytes = CONTENT, *, to: OwnKey | None = None) -> bytes:
        signing = Signing(self.made_of, self.bank, [(to or self.us).certificate], AT, len(content))
        return b"".join(signing.blocks([content]))

    def confused(self) -> OwnKey:
        return OwnKey(self.other.private, self.us.certificate)

    def armored(self) -> bytes:
        return b"-----BEGIN CMS-----\nMIIB"

    def headers(self, parcel: bytes) -> int:
        return parcel.index(self.made_of.family.writes.data) + 60


class CmsContract(SealContract):
    """Inherit, and provide the fixture ``case``: a Case."""

    def test_an_unknown_suite_seals_nothing(self, case: Case) -> None:
        seal = functools.partial(cms.seal, [CONTENT], suite="rot13", at=AT)
        assert "suite-unknown" == refused(lambda: seal(signer=case.bank, recipients=[case.us.certificate]))

    @pytest.mark.parametrize("way", DOWNGRADES)
    def test_a13_less_than_was_agreed_is_refused(self, case: Case, way: str) -> None:
        make, codes = DOWNGRADES[way]
        assert refused(lambda: case.open(make(Pieces(case), CONTENT))) in codes

    def test_a13_the_pieces_put_together_honestly_open(self, case: Case) -> None:
        pieces = Pieces(case)
        assert CONTENT == case.open(pieces.envelope(pieces.signed(CONTENT)))

    def test_a13_a_cipher_without_a_tag_where_one_with_a_tag_was_agreed_is_refused(self, case: Case) -> None:
        for cipher in case.made_of.family.ciphers:
            opened = functools.partial(case.open, Pieces(case).envelope(case.signed(), cipher=cipher))
            weaker = case.made_of.cipher.authenticated and not cipher.authenticated
            unknown = cipher.tag == "apart" and not case.made_of.family.writes.auth_enveloped
            if weaker or unknown:
                assert refused(opened) in ("seal-suite-refused", "seal-not-enveloped", "seal-malformed")
            else:
                assert CONTENT == opened()

    def test_a13_a_signature_without_attributes_is_refused_unless_agreed(self, case: Case) -> None:
        pieces = Pieces(case)
        bare = pieces.envelope(pieces.signed(CONTENT, infos=tlv(SET, pieces.info(CONTENT, covered=b""))))
        if case.made_of.family.bare:
            assert CONTENT == case.open(bare)
        else:
            assert "seal-attributes-missing" == refused(lambda: case.open(bare))

    def test_a_bit_flipped_before_it_was_encrypted_is_refused_or_changes_nothing(self, case: Case) -> None:
        """As if the content key were known: the signature alone must hold, and everything around it."""
        signed = case.signed()
        start = signed.index(CONTENT)
        for place in (*range(0, start), *range(start, start + len(CONTENT), 97), *range(start + len(CONTENT), len(signed), 5)):
            damaged = bytearray(signed)
            damaged[place] ^= 1 << place % 8
            opened = outcome(functools.partial(case.open, Pieces(case).envelope(bytes(damaged))))
            assert opened.startswith(b"seal-") or opened == CONTENT

    def test_bytes_after_the_signed_data_are_refused(self, case: Case) -> None:
        assert refused(lambda: case.open(case.envelope(case.signed() + b"\0"))) in ("seal-trailing-bytes", "seal-content-changed")

    def test_nothing_leaves_before_everything_is_verified(self, case: Case) -> None:
        """The first pass reads to the end; a source that shows other bytes to the second gives nothing of them away."""
        good, other = case.seal(bytes(3 * BLOCK)), case.seal(b"\1" * 3 * BLOCK)
        shown = iter([good, other])
        opened = case.opened(lambda: in_blocks(next(shown)))
        assert "seal-content-changed" == refused(lambda: next(opened))

    def test_a_second_pass_that_is_cut_short_says_so(self, case: Case) -> None:
        good, short = case.seal(bytes(2 * BLOCK)), case.seal(bytes(BLOCK))
        shown = iter([good, short])
        opened = case.opened(lambda: in_blocks(next(shown)))
        assert bytes(BLOCK) == next(opened)
        assert "seal-content-changed" == refused(lambda: next(opened))
