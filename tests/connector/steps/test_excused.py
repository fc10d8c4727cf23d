"""An old server works by its exception and no day longer: every day of use stands in the audit, and its end is told before it comes."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from connector.assembly import clock
from connector.bankside.invented import invent
from connector.ledger import audit, people
from connector.status import survey
from tests.real_sshd import make_key
from tests.replies import batches
from tests.town import Town

OLD_ONLY = (
    "HostKeyAlgorithms ssh-rsa",
    "KexAlgorithms diffie-hellman-group14-sha1",
    "Ciphers aes256-ctr",
    "MACs hmac-sha1",
)
EXCUSED = ["diffie-hellman-group14-sha1", "ssh-rsa", "hmac-sha1"]


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    invent(tmp_path / "city", households=1, banks=4)
    with Town(tmp_path, tmp_path / "city") as made:
        made.institutions = made.institutions[:1]
        for other in sorted((made.dir / "connections").glob("*.yaml")):
            if other.stem != code_of(made):
                other.unlink()
        grow_old(made, until=clock().date() + timedelta(days=90))
        with made.ledger().begin() as tx:
            for name in ("chen", "wu"):
                people.add(tx, at=clock(), name=name, roles=["approver"], centre="C1", region="440106", by="li")
        yield made


def code_of(town: Town) -> str:
    return str(town.institutions[0]["code"])


def grow_old(town: Town, **said: Any) -> None:
    """The bank's server offers nothing newer than ssh-rsa and SHA-1; its connection holds an exception."""
    code = code_of(town)
    server = town.servers[code]
    if server.host_key_types != ("rsa",):
        server.stop()
        make_key(server.folder / "host_rsa", "rsa")
        server.host_key_types, server.options = ("rsa",), OLD_ONLY
        server.start()
    path = town.dir / "connections" / f"{code}.yaml"
    exception = {
        "host_key": (server.folder / "host_rsa.pub").read_text().strip(),
        "kex": ["diffie-hellman-group14-sha1"],
        "host_key_algorithms": ["ssh-rsa"],
        "macs": ["hmac-sha1"],
        "reason": "the bank renews its server in spring",
        "granted_by": ["chen", "wu"],
    }
    connection = yaml.safe_load(path.read_text("utf-8")) | {"pins": [server.host_key_pin], "old_server": exception | said}
    path.write_text(yaml.safe_dump(connection, allow_unicode=True), "utf-8")
    town.dir.joinpath("secrets", code, "sftp-key").chmod(0o600)


def recorded(town: Town) -> list[Any]:
    with town.ledger().read() as tx:
        return [row for row in audit.newest(tx, 1000) if row.what == "excused"]


def told(town: Town, now: datetime) -> dict[str, Any]:
    (bank,) = survey(town.deployment(lambda: now).parts, now)["banks"]
    return bank


def test_a4_each_day_an_exception_is_used_on_stands_in_the_audit_once(town: Town) -> None:
    town.intake()
    assert [] == recorded(town)

    done = town.step("gather", "dispatch", "collect", "collect")
    assert {} == done["dispatch"].problems
    town.step("collect", now=clock() + timedelta(days=1))

    assert {"SENT"} == {row.state for row in batches(town, code_of(town))}
    newest, oldest = recorded(town)
    assert f"lane {code_of(town)}" == oldest.subject
    assert (EXCUSED, ["chen", "wu"], "sftp") == (
        oldest.detail["algorithms"],
        oldest.detail["granted_by"],
        oldest.detail["road"],
    )
    assert oldest.detail["days_left"] - newest.detail["days_left"] == 1
    assert [] == survey(town.deployment().parts, clock())["steps"]


LEFT = {  # days left: the alarm that is due, and what a person is told
    61: (None, []),
    60: (60, ["exception-ending"]),
    31: (60, ["exception-ending"]),
    30: (30, ["exception-ending"]),
    14: (14, ["exception-ending"]),
    8: (14, ["exception-ending"]),
    7: (7, ["exception-ending"]),
    1: (1, ["exception-ending"]),
    0: (1, ["exception-ending"]),
    -1: (0, ["exception-ended"]),
}


def test_a4_the_status_shows_the_exception_and_tells_of_its_end(town: Town) -> None:
    now = clock()
    today = town.deployment().parts.day(now)
    for left, (alarm, codes) in LEFT.items():
        grow_old(town, until=today + timedelta(days=left))
        bank = told(town, now)

        (shown,) = bank["excused"]
        assert (left, alarm, EXCUSED, None) == (shown["days_left"], shown["alarm"], shown["algorithms"], shown["used_on"])
        assert codes == [why["code"] for why in bank["problems"]]

    shown = town.command("status", "--json")
    assert (0, True) == (shown.returncode, "exception-ended" in shown.stdout)


def test_a4_who_granted_it_are_users_of_this_deployment_or_status_says_so(town: Town) -> None:
    now = clock()
    grow_old(town, until=now.date() + timedelta(days=90), granted_by=["chen", "somebody"])
    (why,) = told(town, now)["problems"]

    assert ("exception-not-granted", True, False) == (why["code"], "somebody" in why["en"], "chen" in why["zh"])


def test_a4_the_day_after_its_last_day_nothing_is_sent(town: Town) -> None:
    town.intake()
    now = clock()
    grow_old(town, until=town.deployment().parts.day(now) - timedelta(days=1))

    town.step("gather", "dispatch", now=now)

    assert ("HELD", "exception-ended") == next((row.state, row.problem["code"]) for row in batches(town, code_of(town)))
    assert "publickey" not in town.servers[code_of(town)].log()


def test_a4_an_exception_that_cannot_be_tolerated_does_not_load(town: Town) -> None:
    for kex in ("diffie-hellman-group1-sha1", "none"):
        grow_old(town, until=clock().date() + timedelta(days=9), kex=[kex])
        broken = town.deployment().parts.banks.broken

        assert {code_of(town): "road-wrong"} == {name: why["code"] for name, why in broken.items()}
