"""The slip that goes with a medium (介质交接单): what it is, what lies on it, who gave it to whom; a code to scan, boxes to sign."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from connector.papers.scan_code import svg
from connector.papers.typesetting import typeset

_DIGEST = "openssl dgst -sha256 manifest.json\n"
# By which programs whoever holds the medium checks its list, by how the suite of the profile begins.
CHECKS = {
    "cms": _DIGEST + "openssl cms -verify -binary -inform DER -in manifest.json.p7s -content manifest.json \\\n"
    "        -nointern -certfile {signer} -noverify -out /dev/null",
    "openpgp": _DIGEST + "gpg --import {signer}\ngpg --verify manifest.json.p7s manifest.json",
    "sm2": _DIGEST + "manifest.json.p7s: GM/T 0010 (GB/T 35275) SignedData, detached, SM2 with SM3, by the key in {signer}",
}


def slip(said: Mapping[str, Any], code: str, form: Literal["pdf", "png"] = "pdf") -> bytes:
    """``said``: number, direction, giver, taker, label, kind, serial, volume, volumes, set, seal, read_back, back_by, bytes, lines,
    purposes, batches, files (name, size, digest), digest_name, manifest_digest, sm3, given_by (two names or empty), suite (that signs the
    list), signer (file of its certificate; whose, in both languages), proved (what the time ``read_back`` is of), footer: texts, as they
    are printed."""
    check = CHECKS[said["suite"].partition("-")[0]].format(signer=said["signer"][0])
    digests = {"manifest": grouped(said["manifest_digest"]), "manifest_sm3": grouped(said["sm3"])}
    data = {**said, **digests, "code_svg": svg(code), "code_tail": code[-8:], "check": check}
    return typeset("slip", data, form)


def certificate(said: Mapping[str, Any], form: Literal["pdf", "png"] = "pdf") -> bytes:
    """The certificate of destruction. ``said``: number, label, kind, direction, bank, volume, volumes, seal, method, at, by, second,
    reason, manifest_digest, events (at, what, who, seal), footer."""
    return typeset("destruction", {**said, "manifest": grouped(said["manifest_digest"])}, form)


def grouped(digest: str) -> Sequence[str]:
    """64 hex digits in 8 groups of 8, to be compared by two people reading aloud."""
    return [digest[start : start + 8].upper() for start in range(0, len(digest), 8)]
