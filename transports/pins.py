"""Fingerprints of keys as connections pin them: "SHA256:" and the base64 of a SHA-256, with or without its padding."""

import base64
import hashlib
import hmac
import re
from collections.abc import Sequence

_FORM = re.compile(r"SHA256:[A-Za-z0-9+/]{43}=?")


def of(key: bytes) -> str:
    """The fingerprint of a public key's bytes."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(key).digest()).decode().rstrip("=")


def holds(pins: Sequence[str], shown: str) -> bool:
    """Is the fingerprint of the key that was shown among them?"""
    return any(hmac.compare_digest(shown, pin.rstrip("=")) for pin in pins)


def are_pins(pins: Sequence[str]) -> bool:
    """Is there one at least, and each spelt as one?"""
    return bool(pins) and all(_FORM.fullmatch(pin) for pin in pins)
