"""A parcel with a carrier may still be wanted back: its authorization ended, or another road is due. Only the carrier's word gives it back."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import yaml

from bank_profiles.catalogue import BANKS
from connector.assembly import clock
from connector.authorization import State
from connector.bankside.invented import invent
from connector.carrier.joining import found, opened
from connector.cli.report import find
from connector.deciding import acts
from connector.deciding.recalling import recall
from connector.intake import papers
from connector.ledger import audit, people, rosters
from connector.ledger.tables import attempt
from tests.replies import batches
from tests.town import FOLDERS, Town
from transports.transport import Transport


class Dmz:
    """A bank on SFTP that a carrier reaches for us, and whose folders are mounted at the centre, too, should the carrier fail."""

    def __init__(self, town: Town, folder: Path) -> None:
        self.town, self.folder = town, folder
        self.code = str(town.institutions[0]["code"])
        self.inbox = town.servers[self.code].root / FOLDERS["hxcb"][0]
        public = found(folder)
        note = _two_roads()
        town.speaks(self.code, "two-roads", {"2026.1": note}, {"2026.1": note})
        _write(folder / "profiles" / "two-roads" / "2026.1.yaml", note)
        path = town.dir / "connections" / f"{self.code}.yaml"
        connection = yaml.safe_load(path.read_text("utf-8"))
        road = {name: connection.pop(name) for name in ("address", "account", "pins")}
        _write(folder / "secrets" / self.code / "sftp-key", (town.dir / "secrets" / self.code / "sftp-key").read_text())
        (folder / "secrets" / self.code / "sftp-key").chmod(0o600)
        connection["carrier"] = {"bank": "B1", "out": str(folder / "out"), "back": str(folder / "back"), "key": public}
        connection["fallbacks"] = [{"kind": "folder", "folder": str(town.servers[self.code].root), "after": "4h"}]
        path.write_text(yaml.safe_dump(connection, allow_unicode=True), "utf-8")
        settings = yaml.safe_load((folder / "carrier.yaml").read_text("utf-8"))
        banks = [{"code": "B1", "profile": "two-roads", **road}]
        _write(folder / "carrier.yaml", yaml.safe_dump(settings | {"profiles": ["profiles"], "banks": banks}))
        for name in ("out", "back"):
            (folder / name / "B1").mkdir()

    def carry(self) -> None:
        with opened(self.folder) as carrier:
            carrier.once()

    def dispatch(self, hours: float = 0) -> dict[str, int]:
        return self.town.step("dispatch", now=clock() + timedelta(hours=hours))["dispatch"].by_bank[self.code]

    @property
    def batch(self) -> tuple[str, str]:
        row = batches(self.town, self.code)[0]
        return str(row.state), (row.problem or {}).get("code", "")

    def at_the_bank(self) -> list[str]:
        return [path.name for path in self.inbox.glob("*.p7m")]

    def attempts(self) -> list[tuple[str, str, str]]:
        with self.town.ledger().read() as tx:
            rows = tx.execute(
                attempt.select().where(attempt.c.batch == batches(self.town, self.code)[0].id).order_by(attempt.c.number)
            )
            return [(row.road, row.delivery, row.code) for row in rows]

    def audited(self) -> list[str]:
        with self.town.ledger().read() as tx:
            return [record.what for record in reversed(audit.newest(tx, 500))]


def _two_roads() -> str:
    note = (
        (BANKS / "hxcb" / "2026.1.yaml")
        .read_text("utf-8")
        .partition("\nexamples:")[0]
        .replace("profile: hxcb", "profile: two-roads")
    )
    channel = note[note.index("channel:") : note.index("\ninquiry:")].replace("kind: sftp", "kind: folder")
    other = "\n".join(f"    {line.strip()}" for line in channel.splitlines()[1:] if line.strip())
    return note.replace("\ninquiry:", f"\nfallbacks:\n  - {other.strip()}\n\ninquiry:") + "\n"


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


@pytest.fixture
def dmz(tmp_path: Path) -> Iterator[Dmz]:
    city = tmp_path / "city"
    invent(city, households=3, banks=4)
    with Town(tmp_path, city) as town:
        with town.ledger().begin() as tx:
            for name in ("chen", "wu"):
                people.add(tx, at=clock(), name=name, roles=["manager", "approver"], centre="C1", region="440106", by="li")
        town.intake()
        town.step("gather")
        yield Dmz(town, tmp_path / "dmz")


def withdraw(town: Town) -> None:
    parts, now = town.deployment().parts, clock()
    for inquiry in town._inquiries():
        for person in find(parts, inquiry.household_key, now)["persons"]:
            papers.close(parts, person["authorization_no"], inquiry.household_no, State.REVOKED, "asked by the family", "li", now)


def test_rule_009_what_lies_with_the_carrier_when_its_paper_is_withdrawn_comes_back_and_is_never_sent(dmz: Dmz) -> None:
    dmz.dispatch()
    withdraw(dmz.town)
    dmz.dispatch()
    assert ("IN_DOUBT", "asked-back") == dmz.batch
    dmz.carry()
    dmz.dispatch()

    assert ("RECALLED", "authorization-withdrawn") == dmz.batch
    assert [] == dmz.at_the_bank()
    dmz.carry()
    assert [] == [*dmz.at_the_bank(), *(dmz.folder / "out" / "B1").iterdir()]
    assert ["asked-back", "given-back", "batch-recalled"] == [
        what for what in dmz.audited() if "back" in what or "recalled" in what
    ]


def test_what_a_person_calls_back_is_asked_back_first_and_its_lines_are_cut_anew(dmz: Dmz) -> None:
    dmz.dispatch()
    row = batches(dmz.town, dmz.code)[0]
    with dmz.town.ledger().begin() as tx:
        wanted = recall(tx, dmz.code, row.number, lines_too=False, reason="wrong edition", by="chen", now=clock())
    assert (True, "IN_DOUBT") == (wanted.changed, wanted.batch.state)
    dmz.dispatch()
    assert ("IN_DOUBT", "asked-back") == dmz.batch
    dmz.carry()
    dmz.dispatch()

    assert ("RECALLED", "decided-recalled") == dmz.batch
    dmz.carry()
    assert [] == dmz.at_the_bank()
    dmz.town.step("gather")
    again = batches(dmz.town, dmz.code)[-1]
    assert ("SEALED", row.first, row.lines) == (again.state, again.first, again.lines)


def test_what_the_carrier_sent_before_it_was_asked_back_is_sent(dmz: Dmz) -> None:
    dmz.dispatch()
    dmz.carry()
    withdraw(dmz.town)
    dmz.dispatch()

    assert ("SENT", "") == dmz.batch
    assert 1 == len(dmz.at_the_bank())


def test_rule_027_what_the_carrier_cannot_bring_to_the_bank_is_given_back_and_goes_by_the_other_road(dmz: Dmz) -> None:
    dmz.dispatch()
    with dmz.town.servers[dmz.code].away():
        dmz.carry()
        dmz.dispatch(3)
        assert ("IN_DOUBT", "with-the-carrier") == dmz.batch
        dmz.dispatch(5)
        assert ("IN_DOUBT", "asked-back") == dmz.batch
        dmz.carry()
        dmz.dispatch(5)
        assert ("SEALED", "") == dmz.batch
        dmz.dispatch(5)

    assert ("SENT", "") == dmz.batch
    assert [("sftp", "retry", "given-back"), ("folder", "delivered", "")] == dmz.attempts()
    dmz.carry()
    assert 1 == len(dmz.at_the_bank())


def test_a_carrier_that_is_silent_lets_nothing_go_by_another_road_until_two_persons_say_so(dmz: Dmz) -> None:
    dmz.dispatch()
    for hours in (5, 50, 500):
        dmz.dispatch(hours)
    assert ("IN_DOUBT", "asked-back") == dmz.batch
    assert [] == dmz.at_the_bank()

    row = batches(dmz.town, dmz.code)[0]
    with dmz.town.ledger().begin() as tx:
        told = {"reason": "its machine burnt down", "now": clock()}
        request = acts.ask_resolve_batch(tx, dmz.code, row.number, "by-road", road="folder", by="chen", **told)  # type: ignore[arg-type]
        acts.decide(tx, request, agree=True, by="wu", now=clock())
    dmz.dispatch()

    assert "SENT" == dmz.batch[0]
    assert 1 == len(dmz.at_the_bank())
    dmz.carry()  # it lives again: it was asked back before, and nothing goes twice
    assert 1 == len(dmz.at_the_bank())


def test_a_parcel_whose_handing_over_a_crash_hid_is_with_the_carrier_all_the_same(dmz: Dmz) -> None:
    row = batches(dmz.town, dmz.code)[0]
    with dmz.town.ledger().begin() as tx:
        rosters.begin_attempt(tx, row.id, 1, clock(), "sftp")
    line = _way(dmz)
    parcel = dmz.town.deployment().parts.objects
    line.put(row.parcel_name, lambda: parcel.get(row.parcel_digest), row.parcel_size, row.parcel_digest)
    dmz.dispatch()
    assert ("IN_DOUBT", "with-the-carrier") == dmz.batch
    dmz.carry()
    dmz.dispatch()

    assert ("SENT", "") == dmz.batch


def _way(dmz: Dmz) -> Transport:
    parts = dmz.town.deployment().parts
    day = parts.day(datetime.now().astimezone())
    return parts.banks.working[dmz.code].ways(day)[0].open()
