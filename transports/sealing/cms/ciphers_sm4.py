"""SM4 as a content cipher (GB/T 32907): CBC, and GCM under either number it is published with.

GM/T 0006 and the tables made after it disagree: most tools call SM4-GCM 104.8, others 104.10. The Chinese syntax has no layer
for a tag, so there it is the end of the ciphertext, as its tools write it; under CMS names it stands apart (RFC 5083).
"""

from cryptography.hazmat.primitives.ciphers import algorithms

from transports.sealing.ber import oid
from transports.sealing.cms import ciphers

_KEY_BYTES = 16
_SM4 = "1.2.156.10197.1.104"

CBC = ciphers.cbc(oid(f"{_SM4}.2"), algorithms.SM4, _KEY_BYTES)
CBC_UNSAID = ciphers.cbc(oid(_SM4), algorithms.SM4, _KEY_BYTES)  # older CFCA tools name the cipher only, and mean CBC
GCM_INSIDE = {arc: ciphers.gcm(oid(f"{_SM4}.{arc}"), algorithms.SM4, _KEY_BYTES, inside=True) for arc in (8, 10)}
GCM_APART = {arc: ciphers.gcm(oid(f"{_SM4}.{arc}"), algorithms.SM4, _KEY_BYTES) for arc in (8, 10)}
