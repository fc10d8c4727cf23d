"""PEM, the text form of DER between two lines that say what it is (RFC 7468): for what no library of ours writes."""

import base64
import re

_LINE = 64  # characters of base64 (RFC 7468 2)


def written(label: str, der: bytes) -> bytes:
    """``der`` as text under ``label``, e.g. ``PUBLIC KEY``."""
    text = base64.b64encode(der)
    lines = [text[start : start + _LINE] for start in range(0, len(text), _LINE)]
    head, foot = (f"-----{word} {label}-----".encode() for word in ("BEGIN", "END"))
    return b"\n".join((head, *lines, foot, b""))


def read(label: str, text: bytes) -> bytes:
    """The DER in a text of one such block and nothing else. Raises ValueError for anything else."""
    head, foot = (f"-----{word} {label}-----".encode() for word in ("BEGIN", "END"))
    found = re.fullmatch(head + rb"\s+([A-Za-z0-9+/=\s]+)" + foot + rb"\s*", text)
    if found is None:
        raise ValueError(f"not a PEM text of {label}")
    return base64.b64decode(found[1])
