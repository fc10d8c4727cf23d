"""GB18030 as its edition of 2022 has it, and GBK: the same, but only the two-byte characters are written."""

# GB18030-2022 gave these eight byte pairs (FE59 … FEA0) real characters; Python still has the private ones of 2000. Rare surnames
# are where names fail to match, so both spellings are read, and the two bytes every edition has are written.
MOVED = {
    0xE81E: 0x9FB4,
    0xE826: 0x9FB5,
    0xE82B: 0x9FB6,
    0xE82C: 0x9FB7,
    0xE832: 0x9FB8,
    0xE843: 0x9FB9,
    0xE854: 0x9FBA,
    0xE864: 0x9FBB,
}
_MOVED_BACK = {new: old for old, new in MOVED.items()}
_PRIVATE, _REAL = b"\xee", b"\xe9\xbe"  # how the private and the real ones begin in UTF-8


def decode(data: bytes) -> str:
    """Raises UnicodeDecodeError."""
    text = data.decode("gb18030")
    return text if text.isascii() else text.translate(MOVED)


def encode(text: str) -> bytes:
    """Raises UnicodeEncodeError, for lone halves of a pair only: GB18030 has every character."""
    return (text if text.isascii() else text.translate(_MOVED_BACK)).encode("gb18030")


def encode_gbk(text: str) -> bytes:
    """Raises UnicodeEncodeError where a character takes four bytes: a bank that says GBK cannot read it."""
    for at, character in enumerate(text):
        if len(encode(character)) > 2:
            raise UnicodeEncodeError("gbk", text, at, at + 1, "not in GBK")
    return encode(text)


# ---- a block of UTF-8 that was, or will be, GB18030 ---------------------------------------------------------------------------------


def moved(utf8: bytes) -> bytes:
    return _replaced(utf8, MOVED) if _PRIVATE in utf8 else utf8


def moved_back(utf8: bytes) -> bytes:
    return _replaced(utf8, _MOVED_BACK) if _REAL in utf8 else utf8


def _replaced(utf8: bytes, others: dict[int, int]) -> bytes:
    for old, new in others.items():
        utf8 = utf8.replace(chr(old).encode(), chr(new).encode())
    return utf8
