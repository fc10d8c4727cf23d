"""AES-256 as a content cipher: GCM with its tag apart (RFC 5084), CBC (RFC 3565)."""

from cryptography.hazmat.primitives.ciphers import algorithms

from transports.sealing.ber import oid
from transports.sealing.cms import ciphers

_KEY_BYTES = 32

GCM = ciphers.gcm(oid("2.16.840.1.101.3.4.1.46"), algorithms.AES, _KEY_BYTES)
CBC = ciphers.cbc(oid("2.16.840.1.101.3.4.1.42"), algorithms.AES, _KEY_BYTES)
