"""A disc as the other road: what SFTP cannot carry, two persons carry, under the same name with the same bytes."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from bank_profiles.catalogue import BANKS
from connector.assembly import clock
from connector.deciding import acts
from connector.deciding.recalling import recall
from connector.hours import deadlines
from connector.ledger import people, rosters
from connector.ledger.errors import LedgerError
from connector.ledger.rows import AnyRow
from connector.lifecycle import Move
from connector.moments import moment
from tests.media.town import MediaTown


def two_roads() -> str:
    """The channel of the bank's note, and a medium beside it."""
    note = (BANKS / "hxcb" / "2026.1.yaml").read_text("utf-8")
    channel = note[note.index("channel:") : note.index("\ninquiry:")].rstrip()
    carried = (
        "kind: media, carriers: [optical_disc], label: 'HX-{date:yyyyMMdd}-{seq:2}', manifest: {name: 清单.txt, digest: sm3}"
    )
    return f"{channel}\n\nfallbacks:\n  - {{{carried}, seal: cms-aes256gcm}}\n"


@pytest.fixture
def town(tmp_path: Path) -> Iterator[MediaTown]:
    with MediaTown(tmp_path, channel=two_roads()) as made:
        connection = made.dir / "connections" / f"{made.code}.yaml"
        said = yaml.safe_load(connection.read_text("utf-8")) | {"fallbacks": [{"kind": "media"}]}
        connection.write_text(yaml.safe_dump(said, allow_unicode=True), "utf-8")
        with made.ledger().begin() as tx:
            people.add(tx, at=clock(), name="wu", roles=["manager", "approver"], centre="C1", region="440106", by="li")
        yield made.asked()


def batch(town: MediaTown) -> AnyRow:
    with town.ledger().read() as tx:
        return rosters.batches(tx, town.code)[0]


def asks_for_a_medium(town: MediaTown) -> int:
    with town.ledger().begin() as tx:
        number = batch(town).number
        return acts.ask_resolve_batch(tx, town.code, number, "by-road", road="media", reason="line down", by="zhao", now=town.now)


def by_medium(town: MediaTown) -> None:
    request = asks_for_a_medium(town)
    with town.ledger().begin() as tx:
        acts.decide(tx, request, agree=True, by="wu", now=town.now)


def test_rule_027_two_persons_take_a_disc_where_the_line_fails(town: MediaTown) -> None:
    parcel = batch(town)
    assert [] == town.write(town.empty("not yet"))  # SFTP is its road until two persons say otherwise
    by_medium(town)

    town.step("dispatch")
    assert {"SEALED"} == set(town.states())
    assert "decided-by-media" == batch(town).problem["code"]  # what status shows until it is handed over
    disc = town.empty("disc")
    (key,) = town.write(disc)
    town.seal(key, disc)
    assert [parcel.number] == town.hand_over(key)
    assert batch(town).problem is None

    on_it = disc / parcel.parcel_name
    assert parcel.parcel_size == on_it.stat().st_size
    town.bank_reads(disc)  # and its answer comes over the line, which works again
    town.step("collect", "settle", "conclude")
    assert {"ANSWERED"} == set(town.states())
    assert 2 == len(town.reports())


def test_what_lies_on_a_disc_is_not_called_back_while_the_disc_is_there(town: MediaTown) -> None:
    by_medium(town)
    assert town.write(town.empty("disc"))

    with pytest.raises(LedgerError) as told, town.ledger().begin() as tx:
        recall(tx, town.code, batch(town).number, lines_too=False, reason="wrong edition", by="zhao", now=town.now)

    assert "recall-on-medium" == told.value.code
    assert "connector media destroy" in told.value.en
    assert {"SEALED"} == set(town.states())


def test_the_hand_over_starts_the_banks_own_clock(town: MediaTown) -> None:
    by_medium(town)
    disc = town.empty("disc")
    (key,) = town.write(disc)
    town.seal(key, disc)
    town.hand_over(key)

    _, bank = town.opened()
    sent = batch(town)
    own = deadlines.bank_deadline(town.opened()[0].parts, bank, bank.edition(sent.edition).service, got_at=town.now)
    assert (moment(town.now), moment(own.at)) == (sent.sent_at, sent.due_at)


def test_what_may_have_arrived_is_put_on_no_medium_before_persons_say_where_it_is(town: MediaTown) -> None:
    request = asks_for_a_medium(town)
    with town.ledger().begin() as tx:
        rosters.move(tx, batch(town).id, Move.LOSE_SIGHT, town.now)

    with pytest.raises(LedgerError, match="--not-received"):
        asks_for_a_medium(town)
    with pytest.raises(LedgerError, match="--not-received"), town.ledger().begin() as tx:
        acts.decide(tx, request, agree=True, by="wu", now=town.now)
    assert [] == town.write(town.empty("disc"))
