"""What every seal promises, whatever suite and keys it is made of; a family's tests inherit this class and give it a ``case``."""

import dataclasses
import functools
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.contracts.downgrades import DOWNGRADES, Pieces
from transports.errors import BrokenSeal, TransportError, UnknownKey
from transports.sealing import cms
from transports.sealing.ber import SET, tlv
from transports.sealing.certificates import Certificate, OwnKey, make_private_key, self_signed
from transports.sealing.envelope import envelop
from transports.sealing.signed_data import Signing
from transports.sealing.streams import BLOCK
from transports.sealing.suite import Agreed, Suite
from transports.transport import Blocks

AT = datetime(2026, 11, 21, 8, tzinfo=UTC)
BEGIN, END = AT - timedelta(days=30), AT + timedelta(days=335)
CONTENT = "批次|902|20261121|𠮷\n".encode("gb18030") * 40

quick = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@functools.cache
def party(kind: str, name: str, *, encrypts: bool, begin: datetime = BEGIN, end: datetime = END) -> OwnKey:
    """A key with a self-signed certificate; the same one each time it is asked for."""
    private = make_private_key(kind)
    return OwnKey(private, self_signed(private, name, encrypts=encrypts, not_before=begin, not_after=end))


@dataclasses.dataclass(frozen=True)
class Case:
    """What was agreed about the seals, with the keys of two houses and of strangers."""

    suite: Agreed | str
    kind: str
    at: ClassVar[datetime] = AT

    @property
    def made_of(self) -> Suite:
        """The suite itself."""
        return cms.suite_of(self.suite)

    @property
    def bank(self) -> OwnKey:
        """Signs."""
        return party(self.kind, "bank sign", encrypts=False)

    @property
    def us(self) -> OwnKey:
        """Opens."""
        return party(self.kind, "us decrypt", encrypts=True)

    @property
    def stranger(self) -> OwnKey:
        """Signs, and nobody knows it."""
        return party(self.kind, "stranger", encrypts=False)

    @property
    def other(self) -> OwnKey:
        """Opens, and is not who is meant."""
        return party(self.kind, "other", encrypts=True)

    def seal(self, content: bytes = CONTENT, *, size: int | None = None, signer: OwnKey | None = None) -> bytes:
        parcel = cms.seal(
            [content], suite=self.suite, signer=signer or self.bank, recipients=[self.us.certificate], at=AT, size=size
        )
        return b"".join(parcel)

    def open(self, parcel: bytes, *, signers: list[Certificate] | None = None, at: datetime = AT) -> bytes:
        return b"".join(self.opened(lambda: in_blocks(parcel), signers=signers, at=at))

    def opened(
        self,
        source: Blocks,
        *,
        decrypt: OwnKey | None = None,
        signers: list[Certificate] | None = None,
        at: datetime = AT,
    ) -> cms.Opened:
        pinned = [self.bank.certificate] if signers is None else signers
        return cms.open_verified(source, suite=self.suite, decrypt=[decrypt or self.us], signers=pinned, at=at)

    def envelope(self, inner: bytes, *, to: OwnKey | None = None) -> bytes:
        """Encrypt anything, signed or not."""
        return b"".join(envelop([inner], len(inner), self.made_of, [(to or self.us).certificate]))

    def signed(self, content: bytes = CONTENT) -> bytes:
        """Sign only, for us."""
        signing = Signing(self.made_of, self.bank, [self.us.certificate], AT, len(content))
        return b"".join(signing.blocks([content]))


def in_blocks(parcel: bytes, size: int = 50_000) -> Iterator[bytes]:
    for start in range(0, len(parcel), size):
        yield parcel[start : start + size]


def refused(act: Callable[[], object]) -> str:
    """The code of the refusal; both languages must be there."""
    with pytest.raises(TransportError) as caught:
        act()
    assert isinstance(caught.value, BrokenSeal | UnknownKey)
    assert caught.value.en != caught.value.zh
    return caught.value.code


def outcome(act: Callable[[], bytes]) -> bytes:
    """What came out: the content, or the code of a refusal."""
    try:
        return act()
    except (BrokenSeal, UnknownKey) as broken:
        return broken.code.encode()


class SealContract:
    """Inherit, and provide the fixture ``case``."""

    @pytest.mark.parametrize("length", [0, 1, 15, 16, 17, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 5])
    @pytest.mark.parametrize("known", [True, False])
    def test_what_is_sealed_opens_unchanged(self, case: Case, length: int, known: bool) -> None:
        content = (bytes(range(256)) * (length // 256 + 1))[:length]

        assert content == case.open(case.seal(content, size=length if known else None))

    @quick
    @given(blocks=st.lists(st.binary(max_size=5000), max_size=8), cut=st.integers(1, 700), known=st.booleans())
    def test_it_does_not_matter_how_the_streams_are_cut(self, case: Case, blocks: list[bytes], cut: int, known: bool) -> None:
        content = b"".join(blocks)
        size = len(content) if known else None
        parcel = b"".join(
            cms.seal(blocks, suite=case.suite, signer=case.bank, recipients=[case.us.certificate], at=AT, size=size)
        )
        opened = case.opened(lambda: in_blocks(parcel, cut))

        assert (len(content), (case.bank.certificate,), case.us.certificate) == (opened.size, opened.signers, opened.recipient)
        assert content == b"".join(opened)

    def test_content_comes_in_blocks_and_never_whole(self, case: Case) -> None:
        parcel = case.seal(bytes(3 * BLOCK + 5))
        opened = case.opened(lambda: iter([parcel]))

        assert [BLOCK, BLOCK, BLOCK, 5] == [len(block) for block in opened]

    def test_a_size_that_is_not_kept_ends_the_sealing(self, case: Case) -> None:
        with pytest.raises(ValueError, match="not as long"):
            case.seal(b"abc", size=4)

    def test_two_seals_of_the_same_content_share_nothing(self, case: Case) -> None:
        one, two = case.seal(size=len(CONTENT)), case.seal(size=len(CONTENT))
        assert abs(len(one) - len(two)) < 8  # a wrapped key may vary by the leading zeros of a point
        assert one[-500:] != two[-500:]

    # ── whose keys ──

    def test_another_house_cannot_open(self, case: Case) -> None:
        parcel = case.seal()
        assert "seal-not-for-us" == refused(lambda: case.opened(lambda: iter([parcel]), decrypt=case.other))

    def test_the_right_name_with_the_wrong_key_is_changed_content(self, case: Case) -> None:
        parcel = case.seal()
        wrong = OwnKey(case.other.private, case.us.certificate)
        assert "seal-content-changed" == refused(lambda: case.opened(lambda: iter([parcel]), decrypt=wrong))

    def test_a_foreign_signer_is_refused(self, case: Case) -> None:
        assert "seal-signer-unknown" == refused(lambda: case.open(case.seal(signer=case.stranger)))

    def test_no_pins_open_nothing(self, case: Case) -> None:
        assert "seal-signer-unknown" == refused(lambda: case.open(case.seal(), signers=[]))

    def test_a_signer_is_refused_outside_its_dates(self, case: Case) -> None:
        parcel = case.seal()
        assert CONTENT == case.open(parcel, at=BEGIN)
        assert CONTENT == case.open(parcel, at=END)
        assert "seal-signer-expired" == refused(lambda: case.open(parcel, at=END + timedelta(seconds=1)))
        assert "seal-signer-expired" == refused(lambda: case.open(parcel, at=BEGIN - timedelta(seconds=1)))

    def test_we_do_not_seal_with_or_for_a_key_outside_its_dates(self, case: Case) -> None:
        old = party(case.kind, "old", encrypts=True, begin=BEGIN - timedelta(days=9), end=BEGIN)
        seal = functools.partial(cms.seal, [CONTENT], suite=case.suite, at=AT)
        assert "key-not-valid" == refused(lambda: seal(signer=case.bank, recipients=[old.certificate]))
        assert "key-not-valid" == refused(lambda: seal(signer=old, recipients=[case.us.certificate]))
        assert "key-missing" == refused(lambda: seal(signer=case.bank, recipients=[]))
        seal = functools.partial(cms.seal, [CONTENT], suite="rot13", at=AT)
        assert "suite-unknown" == refused(lambda: seal(signer=case.bank, recipients=[case.us.certificate]))

    def test_c6_either_of_two_overlapping_keys_opens_and_either_of_two_signs(self, case: Case) -> None:
        new_bank = party(case.kind, "bank sign 2", encrypts=False)
        parcel = b"".join(
            cms.seal(
                [CONTENT],
                suite=case.suite,
                signer=new_bank,
                recipients=[case.us.certificate, case.other.certificate],
                at=AT,
            )
        )
        pins = [case.bank.certificate, new_bank.certificate]
        for own in (case.us, case.other):
            opened = cms.open_verified(
                lambda: iter([parcel]), suite=case.suite, decrypt=[case.stranger, own], signers=pins, at=AT
            )
            assert CONTENT == b"".join(opened)

    # ── what must be there (security.md A13) ──

    def test_a13_an_unsigned_envelope_is_refused(self, case: Case) -> None:
        for inner in (CONTENT, b"", b"\x30\x03\x02\x01\x01", b"PK\x03\x04", b"\x1f\x8b\x08", bytes(100)):
            assert refused(functools.partial(case.open, case.envelope(inner))) in (
                "seal-unsigned",
                "seal-malformed",
                "seal-content-changed",
            )
        assert "seal-unsigned" == refused(lambda: case.open(case.envelope(CONTENT)))

    def test_a13_an_envelope_in_an_envelope_is_not_a_signature(self, case: Case) -> None:
        assert "seal-unsigned" == refused(lambda: case.open(case.envelope(case.seal())))

    def test_a13_a_signature_alone_is_refused(self, case: Case) -> None:
        assert "seal-not-enveloped" == refused(lambda: case.open(case.signed()))

    def test_a13_a_plain_file_is_refused(self, case: Case) -> None:
        assert "seal-not-enveloped" == refused(lambda: case.open(CONTENT))
        assert "seal-not-enveloped" == refused(lambda: case.open(b"PK\x03\x04" + bytes(200)))
        assert "seal-text-form" == refused(lambda: case.open(b"-----BEGIN CMS-----\nMIIB"))
        assert "seal-truncated" == refused(lambda: case.open(b""))

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

    def test_a14_a_signed_message_put_into_another_envelope_is_refused_there(self, case: Case) -> None:
        signing = Signing(case.made_of, case.bank, [case.other.certificate], AT, None)
        for_other = b"".join(signing.blocks([CONTENT]))

        assert CONTENT == case.open(case.envelope(case.signed()))
        assert "seal-not-addressed" == refused(lambda: case.open(case.envelope(for_other)))

    # ── damage ──

    @pytest.mark.parametrize("known", [True, False])
    def test_a_flipped_bit_is_refused_or_changes_nothing(self, case: Case, known: bool) -> None:
        parcel = case.seal(size=len(CONTENT) if known else None)
        sealed_from = parcel.index(case.made_of.family.writes.data) + 60  # past the headers: all is encrypted
        for place in (*range(0, sealed_from, 3), *range(sealed_from, len(parcel), 11), len(parcel) - 1):
            damaged = bytearray(parcel)
            damaged[place] ^= 1 << place % 8
            opened = outcome(functools.partial(case.open, bytes(damaged)))
            assert opened.startswith(b"seal-") or (opened == CONTENT and place < sealed_from)

    def test_a_bit_flipped_before_it_was_encrypted_is_refused_or_changes_nothing(self, case: Case) -> None:
        """As if the content key were known: the signature alone must hold, and everything around it."""
        signed = case.signed()
        start = signed.index(CONTENT)
        for place in (*range(0, start), *range(start, start + len(CONTENT), 97), *range(start + len(CONTENT), len(signed), 5)):
            damaged = bytearray(signed)
            damaged[place] ^= 1 << place % 8
            opened = outcome(functools.partial(case.open, Pieces(case).envelope(bytes(damaged))))
            assert opened.startswith(b"seal-") or opened == CONTENT

    @pytest.mark.parametrize("known", [True, False])
    def test_a_truncated_parcel_is_refused_wherever_it_ends(self, case: Case, known: bool) -> None:
        parcel = case.seal(size=len(CONTENT) if known else None)
        codes = {refused(functools.partial(case.open, parcel[:length])) for length in range(0, len(parcel), 37)}
        assert {"seal-truncated"} == codes
        assert "seal-truncated" == refused(lambda: case.open(parcel[:-1]))

    @pytest.mark.parametrize("known", [True, False])
    def test_trailing_bytes_are_refused(self, case: Case, known: bool) -> None:
        parcel = case.seal(size=len(CONTENT) if known else None)
        for more in (b"\0", b"\0\0", parcel, b"\n"):
            assert "seal-trailing-bytes" == refused(functools.partial(case.open, parcel + more))

    def test_bytes_after_the_signed_data_are_refused(self, case: Case) -> None:
        assert refused(lambda: case.open(case.envelope(case.signed() + b"\0"))) in ("seal-trailing-bytes", "seal-content-changed")

    def test_content_that_is_not_what_was_signed_is_refused(self, case: Case) -> None:
        changed = case.signed().replace(CONTENT, CONTENT[:-2] + b"!\n")
        assert "seal-content-changed" == refused(lambda: case.open(case.envelope(changed)))

    def test_a_changed_signature_is_refused(self, case: Case) -> None:
        signed = bytearray(case.signed())
        signed[-5] ^= 1
        assert "seal-signature-wrong" == refused(lambda: case.open(case.envelope(bytes(signed))))

    def test_a15_a_bad_key_a_bad_padding_and_a_bad_tag_are_one_refusal(self, case: Case) -> None:
        parcel = bytearray(case.seal(size=len(CONTENT)))
        parcel[-1] ^= 1  # the tag, or the last block with its padding
        said = set()
        for own, bytes_ in ((case.us, bytes(parcel)), (OwnKey(case.other.private, case.us.certificate), case.seal())):
            with pytest.raises(BrokenSeal) as caught:
                case.opened(functools.partial(in_blocks, bytes_), decrypt=own)
            said.add((caught.value.code, caught.value.en, caught.value.zh))
        assert 1 == len(said)

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
