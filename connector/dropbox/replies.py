"""What the drop-box answers: JSON, a download that is saved and never shown; no cookie, no redirect, nothing a browser would act on."""

import hashlib
from typing import Any
from urllib.parse import quote

import orjson
from aiohttp import web

from connector.dropbox.uploads import Held
from transports.https.signing import digest_field

SAFE = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Server": "connector"}


def reply(status: int, body: bytes = b"", *, kind: str = "", headers: dict[str, str] | None = None) -> web.Response:
    """A small reply."""
    said = SAFE | (headers or {}) | ({"Content-Type": kind} if kind else {})
    return web.Response(status=status, body=body, headers=said)


def as_json(status: int, said: dict[str, Any], headers: dict[str, str] | None = None) -> web.Response:
    """A JSON object."""
    return reply(status, orjson.dumps(said), kind="application/json", headers=headers)


def download(name: str, digest: str) -> dict[str, str]:
    """Never shown in a browser, always saved, under the parcel's own name."""
    return SAFE | {
        "Content-Type": "application/pkcs7-mime",
        "Content-Disposition": saved_as(name),
        "Accept-Ranges": "bytes",
        "ETag": f'"{digest}"',
        "Repr-Digest": digest_field(digest),
    }


def saved_as(name: str) -> str:
    """Never shown, always saved under this name; an older client reads the plain one, which is there where it can be."""
    plain = f'; filename="{name}"' if name.isascii() and '"' not in name and "\\" not in name else ""
    return f"attachment{plain}; filename*=UTF-8''{quote(name, safe='')}"


def held(name: str, held: Held) -> dict[str, Any]:
    """How much of an upload is here."""
    return {"name": name, "here": held.here, "total": held.total, "complete": held.digest is not None, "sha256": held.digest}


def digests_of(content: bytes) -> dict[str, str]:
    """Of bytes at hand: sha256 and sm3, in hex."""
    return {kind: hashlib.new(kind, content).hexdigest() for kind in ("sha256", "sm3")}
