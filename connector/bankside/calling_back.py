"""A bank that calls back: its answers are brought to the centre's receiver over HTTPS, each until the centre says that it holds it."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from bank_profiles.language.lines import LineHttp
from config.bankside import CallingBack
from connector.bankside.desk import Desk
from connector.bankside.respond import Handled, digest_of
from connector.roads import dialects
from connector.roads.signatures import signer, verifier
from transports.address import Address
from transports.folder import Folder
from transports.https import Https, HttpsSettings, Signing
from transports.tls import TlsSettings
from transports.transport import Delivery, Remote


def call_back(desk: Desk, folder: Path, now: Callable[[], datetime]) -> list[Handled]:
    """Bring every answer that lies ready; nothing where the bank does not call back. ``folder``: where its bank.yaml lies.

    What the centre did not take lies there for the next pass: the same name and bytes again are one answer.
    """
    said, profile = desk.settings.call_back, desk.profile(now())
    line = profile.channel
    if said is None or not isinstance(line, LineHttp) or not line.call_back:
        return []
    answers = desk.counter(profile)
    with Https(_settings(desk, folder, said, line, now)) as centre:
        return [_bring(answers, centre, remote) for remote in answers.list()]


def _bring(answers: Folder, centre: Https, answer: Remote) -> Handled:
    digest = digest_of(answers.get(answer.name))
    put = centre.put(answer.name, lambda: answers.get(answer.name), answer.size, digest)
    if put.delivery is not Delivery.DELIVERED:
        return Handled(answer.name, "waiting", code=put.code, zh=put.zh, en=put.en)
    answers.acknowledge(answer.name)
    return Handled(answer.name, "called-back")


def _settings(desk: Desk, folder: Path, said: CallingBack, line: LineHttp, now: Callable[[], datetime]) -> HttpsSettings:
    return HttpsSettings(
        Address(said.host, said.port),
        TlsSettings(folder / said.certificate, folder / said.key, (folder / said.authority).read_text(), said.pins, said.name),
        lambda: now().timestamp(),
        base=said.path,
        signing=_signing(desk, line, now),
    )


def _signing(desk: Desk, line: LineHttp, now: Callable[[], datetime]) -> Signing | None:
    """By the key that signs the bank's parcels; the centre's replies by the key that signs the centre's."""
    keys = desk.settings.keys
    sign = signer(desk.ring, keys.our_sign, now, line.seal)
    verify = verifier(desk.ring, keys.centre_sign, now, line.seal)
    return dialects.signing(line, desk.code, desk.code, sign, verify)
