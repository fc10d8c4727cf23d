"""A bank whose layout says day, window and scope once per file: batches are cut where they change, and its parcels count for ever."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bank_profiles.catalogue import BANKS
from connector.bankside.invented import invent
from connector.ledger.tables import member
from tests.replies import batches
from tests.town import Town

ONCE = "[as_of, window_from, window_to, scope, purpose]"


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    city = tmp_path / "city"
    invent(city, households=3, banks=4)
    with Town(tmp_path, city) as made:
        yield made


def _says_once(town: Town) -> str:
    """The city bank under another name: what the people of a file have in common stands in its header."""
    code = str(town.institutions[0]["code"])
    note = (
        (BANKS / "hxcb" / "2026.1.yaml").read_text("utf-8").replace("profile: hxcb", "profile: once").partition("\nexamples:")[0]
    )
    lines = note.split("\n")
    common = [
        line for line in lines if line.strip().startswith(("基准日: as_of", "起始日:", "截止日:", "查询范围:", "查询目的:"))
    ]
    lines = [line for line in lines if line not in common]
    at = next(place for place, line in enumerate(lines) if "总笔数: {equals: {count: person}}" in line)
    note = "\n".join([*lines[:at], *common, *lines[at:]]) + "\n"
    note = note.replace("inquiry:\n", f"inquiry:\n  one_per_file: {ONCE}\n")
    note = note.replace(
        '"CX_{bank}_{date:yyyyMMdd}_{seq:4}.zip", steps: [{kind: zip}]',
        '"CX_{seq:8}.tgz", steps: [{kind: tar}, {kind: gzip}], seq: {resets: never}',
    )
    town.speaks(code, "once", {"2026.1": note}, {"2026.1": note})
    return code


def test_a_file_that_says_something_once_is_cut_where_it_changes_and_answered_like_any(town: Town) -> None:
    code = _says_once(town)
    town.intake()
    with town.ledger().begin() as tx:
        tx.execute(member.update().where(member.c.id % 2 == 0).values(scope="deposit"))

    town.journey()

    made = batches(town, code)
    assert 2 <= len(made) == len({(batch.first, batch.lines) for batch in made})
    assert {"ANSWERED"} == {batch.state for batch in made}
    assert [f"CX_{number:08d}.tgz.p7m" for number in range(1, len(made) + 1)] == [batch.parcel_name for batch in made]
    reports = town.reports().values()
    assert [0, 0, 0] == [report["asked"]["lines_not_answered"] for report in reports]
