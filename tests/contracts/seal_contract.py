"""What every seal promises, of whatever family, suite and keys; a family's tests inherit this class and give it a ``case``."""

import functools
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from transports.errors import BrokenSeal, TransportError, UnknownKey
from transports.sealing.streams import BLOCK
from transports.transport import Blocks

CONTENT = "批次|902|20261121|𠮷\n".encode("gb18030") * 40
SECOND = timedelta(seconds=1)
DAYS = 335  # how long a key holds, unless said otherwise

quick = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


class SealCase(ABC):
    """What was agreed about the seals, with the keys of two houses and of strangers."""

    at: datetime

    @abstractmethod
    def key(self, name: str, *, encrypts: bool, days: int = DAYS) -> Any:
        """A key of ours or of theirs, valid from before ``at`` and so many days after; the same one each time it is asked for."""

    @abstractmethod
    def sealing(
        self,
        blocks: Sequence[bytes],
        *,
        size: int | None = None,
        signer: Any = None,
        recipients: Sequence[Any] | None = None,
        at: datetime | None = None,
    ) -> Iterator[bytes]:
        """As seals do it; what is not given is the bank's, for us, ``at``."""

    @abstractmethod
    def opened(
        self,
        source: Blocks,
        *,
        decrypt: Sequence[Any] | None = None,
        signers: Sequence[Any] | None = None,
        at: datetime | None = None,
    ) -> Any:
        """As seals do it; what is not given is ours, the bank's alone, ``at``."""

    @abstractmethod
    def envelope(self, inner: bytes) -> bytes:
        """Anything encrypted for us, signed or not."""

    @abstractmethod
    def signed(self, content: bytes = CONTENT, *, to: Any = None) -> bytes:
        """Signed by the bank for us, or for another, and not encrypted."""

    @abstractmethod
    def confused(self) -> Any:
        """Our name with the private key of another."""

    @abstractmethod
    def armored(self) -> bytes:
        """A seal as text."""

    @abstractmethod
    def headers(self, parcel: bytes) -> int:
        """How many bytes stand before all that is encrypted: some of them say the same when they are spelled otherwise."""

    def framed(self, content: bytes) -> bytes:
        """As content stands in an envelope that nobody signed."""
        return content

    def forms(self) -> list[bytes]:
        """One content sealed in every form that is written or read."""
        return [self.seal(size=len(CONTENT)), self.seal()]

    @property
    def bank(self) -> Any:
        """Signs."""
        return self.key("bank sign", encrypts=False)

    @property
    def us(self) -> Any:
        """Opens."""
        return self.key("us decrypt", encrypts=True)

    @property
    def stranger(self) -> Any:
        """Signs, and nobody knows it."""
        return self.key("stranger", encrypts=False)

    @property
    def other(self) -> Any:
        """Opens, and is not who is meant."""
        return self.key("other", encrypts=True)

    def seal(self, content: bytes = CONTENT, *, size: int | None = None, signer: Any = None) -> bytes:
        return b"".join(self.sealing([content], size=size, signer=signer))

    def open(self, parcel: bytes, **given: Any) -> bytes:
        return b"".join(self.opened(lambda: in_blocks(parcel), **given))


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
    def test_what_is_sealed_opens_unchanged(self, case: SealCase, length: int, known: bool) -> None:
        content = (bytes(range(256)) * (length // 256 + 1))[:length]

        assert content == case.open(case.seal(content, size=length if known else None))

    @quick
    @given(blocks=st.lists(st.binary(max_size=5000), max_size=8), cut=st.integers(1, 700), known=st.booleans())
    def test_it_does_not_matter_how_the_streams_are_cut(self, case: SealCase, blocks: list[bytes], cut: int, known: bool) -> None:
        content = b"".join(blocks)
        parcel = b"".join(case.sealing(blocks, size=len(content) if known else None))
        opened = case.opened(lambda: in_blocks(parcel, cut))

        assert (len(content), (case.bank.certificate,), case.us.certificate) == (opened.size, opened.signers, opened.recipient)
        assert content == b"".join(opened)

    def test_content_comes_in_blocks_and_never_whole(self, case: SealCase) -> None:
        parcel = case.seal(bytes(3 * BLOCK + 5))
        opened = case.opened(lambda: iter([parcel]))

        assert [BLOCK, BLOCK, BLOCK, 5] == [len(block) for block in opened]

    def test_a_size_that_is_not_kept_ends_the_sealing(self, case: SealCase) -> None:
        with pytest.raises(ValueError, match="not as long"):
            case.seal(b"abc", size=4)

    def test_two_seals_of_the_same_content_share_nothing(self, case: SealCase) -> None:
        one, two = case.seal(size=len(CONTENT)), case.seal(size=len(CONTENT))
        runs = [{sealed[place : place + 16] for place in range(case.headers(sealed), len(sealed) - 16)} for sealed in (one, two)]
        assert abs(len(one) - len(two)) < 8  # a wrapped key may vary by the leading zeros of a point
        assert not runs[0] & runs[1]

    # ── whose keys ──

    def test_another_house_cannot_open(self, case: SealCase) -> None:
        assert "seal-not-for-us" == refused(lambda: case.open(case.seal(), decrypt=[case.other]))

    def test_a_foreign_signer_is_refused(self, case: SealCase) -> None:
        assert "seal-signer-unknown" == refused(lambda: case.open(case.seal(signer=case.stranger)))
        assert "seal-signer-unknown" == refused(lambda: case.open(case.seal(), signers=[case.stranger.certificate]))

    def test_no_pins_open_nothing(self, case: SealCase) -> None:
        assert "seal-signer-unknown" == refused(lambda: case.open(case.seal(), signers=[]))

    def test_rule_090_a_signer_is_refused_outside_its_dates(self, case: SealCase) -> None:
        parcel, signer = case.seal(), case.bank.certificate
        assert CONTENT == case.open(parcel, at=signer.not_before)
        assert CONTENT == case.open(parcel, at=signer.not_after)
        assert "seal-signer-expired" == refused(lambda: case.open(parcel, at=signer.not_after + SECOND))
        assert "seal-signer-expired" == refused(lambda: case.open(parcel, at=signer.not_before - SECOND))

    def test_rule_092_what_was_sealed_to_a_key_still_opens_after_its_last_day(self, case: SealCase) -> None:
        short = case.key("for a day", encrypts=True, days=1)
        parcel = b"".join(case.sealing([CONTENT], recipients=[short.certificate]))

        assert short.certificate.not_after < case.bank.certificate.not_after
        assert CONTENT == case.open(parcel, decrypt=[short], at=case.bank.certificate.not_after)

    def test_we_do_not_seal_with_or_for_a_key_outside_its_dates(self, case: SealCase) -> None:
        signs, opens = case.key("signs a day", encrypts=False, days=1), case.key("for a day", encrypts=True, days=1)
        late = max(signs.certificate.not_after, opens.certificate.not_after) + SECOND
        early = case.bank.certificate.not_before - SECOND
        assert "key-not-valid" == refused(lambda: case.sealing([CONTENT], recipients=[opens.certificate], at=late))
        assert "key-not-valid" == refused(lambda: case.sealing([CONTENT], signer=signs, at=late))
        assert "key-not-valid" == refused(lambda: case.sealing([CONTENT], at=early))
        assert "key-missing" == refused(lambda: case.sealing([CONTENT], recipients=[]))

    def test_c6_either_of_two_overlapping_keys_opens_and_either_of_two_signs(self, case: SealCase) -> None:
        new_bank = case.key("bank sign 2", encrypts=False)
        both = [case.us.certificate, case.other.certificate]
        parcel = b"".join(case.sealing([CONTENT], signer=new_bank, recipients=both))
        pins = [case.bank.certificate, new_bank.certificate]
        for own in (case.us, case.other):
            opened = case.opened(lambda: iter([parcel]), decrypt=[case.stranger, own], signers=pins)
            assert CONTENT == b"".join(opened)
            assert (own.certificate, (new_bank.certificate,)) == (opened.recipient, opened.signers)

    # ── what must be there (security.md A13, rule 91) ──

    def test_rule_091_the_signature_lies_inside_the_envelope(self, case: SealCase) -> None:
        assert CONTENT == case.open(case.envelope(case.signed()))
        assert "seal-not-enveloped" == refused(lambda: case.open(case.signed(case.envelope(CONTENT))))

    def test_a13_an_unsigned_envelope_is_refused(self, case: SealCase) -> None:
        for inner in (b"", b"\x30\x03\x02\x01\x01", b"PK\x03\x04", b"\x1f\x8b\x08", bytes(100)):
            assert refused(functools.partial(case.open, case.envelope(inner))) in (
                "seal-unsigned",
                "seal-malformed",
                "seal-content-changed",
            )
        assert "seal-unsigned" == refused(lambda: case.open(case.envelope(case.framed(CONTENT))))

    def test_a13_an_envelope_in_an_envelope_is_not_a_signature(self, case: SealCase) -> None:
        assert "seal-unsigned" == refused(lambda: case.open(case.envelope(case.seal())))

    def test_a13_a_signature_alone_is_refused(self, case: SealCase) -> None:
        assert "seal-not-enveloped" == refused(lambda: case.open(case.signed()))

    def test_a13_a_plain_file_is_refused(self, case: SealCase) -> None:
        assert "seal-not-enveloped" == refused(lambda: case.open(b"id|name\n"))
        assert "seal-not-enveloped" == refused(lambda: case.open(b"PK\x03\x04" + bytes(200)))
        assert "seal-text-form" == refused(lambda: case.open(case.armored()))
        assert "seal-truncated" == refused(lambda: case.open(b""))

    def test_a14_a_signed_message_put_into_another_envelope_is_refused_there(self, case: SealCase) -> None:
        assert CONTENT == case.open(case.envelope(case.signed()))
        assert "seal-not-addressed" == refused(lambda: case.open(case.envelope(case.signed(to=case.other))))

    # ── damage ──

    def test_a_flipped_bit_is_refused_or_changes_nothing(self, case: SealCase) -> None:
        for parcel in case.forms():
            sealed_from = case.headers(parcel)
            for place in (*range(0, sealed_from, 3), *range(sealed_from, len(parcel), 11), len(parcel) - 1):
                damaged = bytearray(parcel)
                damaged[place] ^= 1 << place % 8
                opened = outcome(functools.partial(case.open, bytes(damaged)))
                assert opened.startswith(b"seal-") or (opened == CONTENT and place < sealed_from), place

    def test_a_truncated_parcel_is_refused_wherever_it_ends(self, case: SealCase) -> None:
        for parcel in case.forms():
            lengths = [*range(0, len(parcel), 37), len(parcel) - 1]
            assert {"seal-truncated"} == {refused(functools.partial(case.open, parcel[:length])) for length in lengths}

    def test_trailing_bytes_are_refused(self, case: SealCase) -> None:
        for parcel in case.forms():
            for more in (b"\0", b"\0\0", parcel, b"\n"):
                assert "seal-trailing-bytes" == refused(functools.partial(case.open, parcel + more))

    def test_content_that_is_not_what_was_signed_is_refused(self, case: SealCase) -> None:
        changed = case.signed().replace(CONTENT, CONTENT[:-2] + b"!\n")
        assert refused(lambda: case.open(case.envelope(changed))) in ("seal-content-changed", "seal-signature-wrong")

    def test_a_changed_signature_is_refused(self, case: SealCase) -> None:
        signed = bytearray(case.signed())
        signed[-5] ^= 1
        assert "seal-signature-wrong" == refused(lambda: case.open(case.envelope(bytes(signed))))

    def test_a15_a_bad_key_a_bad_padding_and_a_bad_tag_are_one_refusal(self, case: SealCase) -> None:
        said = set()
        parcel = case.seal(size=len(CONTENT))
        changed = parcel[:-1] + bytes([parcel[-1] ^ 1])  # the tag, or the last block with its padding
        for own, bytes_ in ((case.us, changed), (case.confused(), parcel)):
            with pytest.raises(BrokenSeal) as caught:
                case.open(bytes_, decrypt=[own])
            said.add((caught.value.code, caught.value.en, caught.value.zh))
        assert ["seal-content-changed"] == [code for code, _, _ in said]

    @settings(quick, max_examples=60)
    @given(junk=st.binary(max_size=300))
    def test_any_bytes_are_refused_with_a_code(self, case: SealCase, junk: bytes) -> None:
        assert outcome(lambda: case.open(junk)).startswith(b"seal-")
        assert outcome(lambda: case.open(case.envelope(junk))).startswith(b"seal-")
