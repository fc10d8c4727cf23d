"""A message by webhook: posted as JSON, signed with HMAC-SHA256 over its time and its bytes; taken when the answer is 2xx.

``X-Reminder-Timestamp``: seconds since 1970. ``X-Reminder-Signature``: ``v1=`` and the hex of HMAC-SHA256(key, timestamp + "." + body).
Whoever gets it refuses what is older than some minutes, and tells a repeat by ``X-Reminder-Id``. No redirect is followed.
"""

import hashlib
import hmac
import http.client
import json
import ssl
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from connector.notices.letter import Letter, NotTold

WAIT_S = 20


def send(letter: Letter, url: str, key: bytes, authority: Path | None, now: datetime) -> None:
    """Post it. Raises NotTold."""
    said = urlsplit(url)
    body = json.dumps(letter.body, ensure_ascii=False, separators=(",", ":")).encode()
    stamp = str(int(now.timestamp()))
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "X-Reminder-Id": letter.key,
        "X-Reminder-Timestamp": stamp,
        "X-Reminder-Signature": f"v1={sign(key, stamp, body)}",
    }
    host = said.hostname or ""
    try:
        line = _line(said.scheme, host, said.port, authority)
        try:
            line.request("POST", (said.path or "/") + (f"?{said.query}" if said.query else ""), body, headers)
            status = line.getresponse().status
        finally:
            line.close()
    except (OSError, http.client.HTTPException, ValueError) as trouble:
        raise _not_told(host, type(trouble).__name__) from trouble
    if not 200 <= status < 300:
        raise _not_told(host, str(status))


def sign(key: bytes, stamp: str, body: bytes) -> str:
    """Hex of the signature, as the other side reckons it too."""
    return hmac.new(key, f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()


def _line(scheme: str, host: str, port: int | None, authority: Path | None) -> http.client.HTTPConnection:
    if scheme == "http":
        return http.client.HTTPConnection(host, port, timeout=WAIT_S)
    trusted = ssl.create_default_context(cafile=str(authority) if authority else None)
    return http.client.HTTPSConnection(host, port, timeout=WAIT_S, context=trusted)


def _not_told(host: str, what: str) -> NotTold:
    return NotTold(
        "webhook-not-taken",
        f"the receiver at {host} did not take it ({what}); it is tried again. If it lasts, check its webhook in notices.yaml",
        f"{host} 的接收端未接收（{what}），稍后重试；如持续，请检查 notices.yaml 中的 webhook",
    )
