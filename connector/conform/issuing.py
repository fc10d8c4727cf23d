"""``bank conform`` from end to end: the right to ask, the numbers, the run, and the certificate with its signature and its paper."""

import dataclasses
import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from config.connection import tests_named
from connector.assembly import Deployment
from connector.bank import Bank, Way
from connector.conform import certificate
from connector.conform.people import Agreed
from connector.conform.running import Run, Told, run, silent
from connector.conform.trial import Patience, Subject
from connector.ledger import audit, inquiries, people, rosters
from connector.papers.conformance import paper
from reconciliation.identity import IdentityNumber, parse_identity
from transports import shelf, words
from transports.errors import Refused

ROLES = (people.Role.OPERATOR, people.Role.ADMINISTRATOR)
FOLDER = "conformance"
_FIRST_NUMBER = 9_000_000  # batch numbers of tests stand behind those of every real inquiry of the day


@dataclasses.dataclass(frozen=True)
class Issued:
    """The certificate, and the files it lies in: JSON, signature, paper."""

    said: dict[str, Any]
    files: tuple[Path, Path, Path]


def conform(
    deployment: Deployment,
    code: str,
    *,
    by: str,
    release: str,
    road: str = "",
    agreed: Sequence[Agreed] = (),
    patience: Patience,
    pause: Callable[[float], object],
    told: Told = silent,
) -> Issued:
    """Try the test system of an institution. ``told`` hears how far it is.

    Raises Refused not-a-test, bank-unknown, road-unknown, person-asked, or why its connection was not loaded; NotAllowed.
    """
    now = deployment.now
    with deployment.ledger.read() as tx:
        people.require(tx, by, *ROLES)
    bank = system_on_trial(deployment, code)
    day = deployment.parts.day(now())
    subject = Subject(bank, bank.profile_on(day), _way(bank.ways(day), road), deployment.parts.zone, agreed)
    _expect_nobody_of_ours(deployment, agreed)
    made = run(subject, lambda: _number(deployment, code), now, pause, patience, told)
    return _issue(deployment, made, by, release)


def system_on_trial(deployment: Deployment, code: str) -> Bank:
    """A connection that says ``test: yes``: nothing else is ever asked about invented persons."""
    banks = deployment.parts.banks
    if code in banks.tests:
        return banks.tests[code]
    _expect_loaded(deployment.folder, banks.broken, code)
    raise words.say(Refused, _NOT_A_TEST if code in banks.working or code in banks.awaited else _UNKNOWN)


def _expect_loaded(folder: Path, broken: Mapping[str, Mapping[str, str]], code: str) -> None:
    """A connection to a test system of this institution that was refused is refused here for the same reason."""
    for name, why in broken.items():
        if code in tests_named(folder / "connections" / f"{name}.yaml"):
            en = f"The connection to this institution's test system was not loaded; nobody was asked about. {why['en']}"
            raise Refused(en, f"该机构测试系统的连接未能加载，未发出任何查询。{why['zh']}", code=why["code"])


def _way(ways: Sequence[Way], kind: str) -> Way:
    for way in ways:
        if not kind or way.kind == kind:
            return way
    known = ", ".join(way.kind for way in ways)
    raise Refused(
        f"This connection has no road {kind}; it has: {known}.", f"该连接没有通道 {kind}；现有：{known}。", code="road-unknown"
    )


def _expect_nobody_of_ours(deployment: Deployment, agreed: Sequence[Agreed]) -> None:
    """Who stands in an open inquiry of ours is no test person."""
    numbers = [parse_identity(each.id_type, each.id_no) for each in agreed]
    with deployment.ledger.begin() as tx:
        vault = deployment.parts.vault
        found = [vault.index(tx, number.person_key) for number in numbers if isinstance(number, IdentityNumber)]
        if found and inquiries.open_of_persons(tx, deployment.parts.centre, found):
            raise words.say(Refused, _PERSON_ASKED)


def _number(deployment: Deployment, code: str) -> tuple[str, int]:
    """Batch and sequence number, of the tests' own count."""
    day = deployment.parts.day(deployment.now())
    with deployment.ledger.begin() as tx:
        number = rosters.next_sequence(tx, "test *", day)
        return f"{day:%Y%m%d}{_FIRST_NUMBER + number:07d}", rosters.next_sequence(tx, f"test {code}"[:32], day)


def _issue(deployment: Deployment, made: Run, by: str, release: str) -> Issued:
    """Written, signed, printed and noted in the audit."""
    home, code = deployment.settings.centre, made.subject.bank.code
    number = f"CF-{code}-{made.ended:%Y%m%dT%H%M%SZ}"
    said = certificate.certificate(made, number, {"code": home.code, "name": home.name}, release, by)
    content = certificate.written(said)
    contents = (
        content,
        certificate.sign(content, made.subject.channel, made.ended),
        paper(said, _digest(content), deployment.parts.zone),
    )
    folder = deployment.folder / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    files = tuple(folder / f"{number}{ending}" for ending in (".json", ".json.p7s", ".pdf"))
    for path, each in zip(files, contents, strict=True):
        shelf.write(path, each, 0o644)
    with deployment.ledger.begin() as tx:
        detail = {"institution": code, "verdict": said["verdict"], "digest": _digest(content)}
        audit.record(tx, at=made.ended, who=by, what="bank-conformed", centre=home.code, subject=number, detail=detail)
    return Issued(said, (files[0], files[1], files[2]))


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


_NOT_A_TEST: words.Words = (
    "not-a-test",
    "This connection is a real one, and nobody invented is ever asked about there. Make a connection of its own to the bank's test"
    " system, with the line “test: yes” in it.",
    "该连接是正式连接，绝不以虚构人员查询。请为银行的测试系统另建连接文件，并在其中写明 test: yes。",
)
_UNKNOWN: words.Words = (
    "bank-unknown",
    "There is no working connection to a test system of this institution: a file in connections with its code and “test: yes”. Whether"
    " one was refused is told by connector status.",
    "没有可用的该机构测试系统连接：须在 connections 中有一个含其代码并写明 test: yes 的文件。是否有连接被拒绝，见 connector status。",
)
_PERSON_ASKED: words.Words = (
    "person-asked",
    "A person of this list stands in an open inquiry of ours, so he is no test person; nobody was asked about. Agree on others with"
    " the bank.",
    "名单中有人正在本中心的未结委托中，不是测试人员；未发出任何查询。请与银行另行约定。",
)
