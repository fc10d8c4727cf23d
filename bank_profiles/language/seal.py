"""The seal of a channel: a suite by its name, or an SM2 suite with what the bank's tools want spelled in another way."""

from typing import Annotated, Literal

from pydantic import Discriminator, StringConstraints, Tag

from bank_profiles.language.words import BLOCK, WORD, Block, word_or_block

SuiteName = Literal["cms-aes256gcm", "cms-aes256cbc", "sm2-sm4gcm-sm3", "sm2-sm4cbc-sm3", "openpgp"]
UserId = Annotated[str, StringConstraints(min_length=1, max_length=128)]


class SmSeal(Block):
    """What we write is spelled as said here. What we read may be spelled either way, but for the user id, which is part of the signature."""

    suite: Literal["sm2-sm4gcm-sm3", "sm2-sm4cbc-sm3"]
    types: Literal["gm", "pkcs7"] = "gm"  # content types: those of GM/T 0010 and GB/T 35275, or those of PKCS #7 and CMS
    recipient: Literal["issuer", "key_id"] = "issuer"  # how a recipient is named: issuer and serial number, or key identifier
    order: Literal["c1c3c2", "c1c2c3"] = "c1c3c2"  # of an SM2 ciphertext: today's, or that of 2010
    form: Literal["asn1", "raw", "bare"] = "asn1"  # of an SM2 ciphertext: SM2Cipher, 04‖x‖y…, or without the 04
    gcm_oid: Literal["8", "10"] = "8"  # the last arc of SM4-GCM, 1.2.156.10197.1.104.?
    user_id: UserId = "1234567812345678"
    attributes: Literal["required", "optional"] = "required"  # optional: the bank's tools sign the bare content


Seal = Annotated[Annotated[SuiteName, Tag(WORD)] | Annotated[SmSeal, Tag(BLOCK)], Discriminator(word_or_block)]
