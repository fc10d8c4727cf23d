"""OpenPGP's text form taken off a certificate, so that what is read is what two houses compared, to the byte (RFC 9580 6)."""

import base64
import re

# The header line, its "Key: value" lines, an empty line, base64, and the checksum old writers add, which promises nothing (6.1).
_BLOCK = re.compile(
    rb"-----BEGIN PGP ((?:PUBLIC|PRIVATE) KEY) BLOCK-----[ \t]*\r?\n(?:[^\r\n:]+:[^\r\n]*\r?\n)*[ \t]*\r?\n"
    rb"([A-Za-z0-9+/=\s]+?)(?:\r?\n=[A-Za-z0-9+/]{4})?\s*-----END PGP \1 BLOCK-----"
)
_BEGIN = b"-----BEGIN PGP"


def taken_off(text: bytes) -> bytes:
    """The packets of a certificate that came armored; what came binary, as it came. Raises ValueError where there is not just one."""
    if _BEGIN not in text:
        return text
    found = _BLOCK.findall(text)
    if len(found) != 1 or text.count(_BEGIN) != 1:
        raise ValueError("not one certificate in ASCII armor")
    return base64.b64decode(b"".join(found[0][1].split()), validate=True)
