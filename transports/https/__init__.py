"""A dedicated line over HTTPS: both sides prove who they are, and every call is data. All of aiohttp's part in a road lives here."""

from transports.https.calls import HOUSE, HOUSE_POLLED, Call, Dialect, Listing, Means, Proof
from transports.https.client import Https
from transports.https.posted import Posted
from transports.https.seen import FileSeen, MemorySeen, Seen, Verdict
from transports.https.server import CallServer, HttpsServer
from transports.https.settings import VERBS, Caps, Deadlines, HttpsSettings, Peer, ServerSettings, Verb
from transports.https.signing import Headers, Sign, Signing, Verify

__all__ = [
    "HOUSE",
    "HOUSE_POLLED",
    "VERBS",
    "Call",
    "CallServer",
    "Caps",
    "Deadlines",
    "Dialect",
    "FileSeen",
    "Headers",
    "Https",
    "HttpsServer",
    "HttpsSettings",
    "Listing",
    "Means",
    "MemorySeen",
    "Peer",
    "Posted",
    "Proof",
    "Seen",
    "ServerSettings",
    "Sign",
    "Signing",
    "Verb",
    "Verdict",
    "Verify",
]
