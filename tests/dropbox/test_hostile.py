"""Two hundred seeded calls of somebody who holds a good key and means ill: an answer every time, nothing kept, nothing told, still open."""

import logging
import random
import string
from pathlib import Path

import pytest

from connector.ledger import answers
from tests.canaries import make_city, seen_in
from tests.dropbox.test_answers import made, submit, tried
from tests.dropbox.town import BASE, BoxTown, Clerk, digest_of

NASTY = [
    "..",
    "%00",
    "%2e%2e%2f",
    "\u202e",
    "a" * 300,
    "'",
    '"',
    "{{7*7}}",
    "<script>",
    "%",
    "%zz",
    "::",
    "-1",
    "9" * 30,
    "null",
    "",
    "~",
    "*",
]
METHODS = ["GET", "PUT", "POST", "DELETE", "HEAD", "PATCH", "OPTIONS", "TRACE"]
SHAPES = ["batches", "answers", "parcel", "receipt", "submission", "answer-checks"]


def test_two_hundred_hostile_calls_change_nothing_and_are_all_answered(
    clerk: Clerk, town: BoxTown, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    dice = random.Random(20261122)
    numbers = [row.number for code in town.codes for row in town.batches(code)]
    before = [row.state for code in town.codes for row in town.batches(code)]
    found: dict[int, int] = {}
    marks: list[str] = []
    for _ in range(200):
        mark = "".join(dice.choices(string.ascii_lowercase, k=12))
        words = [dice.choice([*SHAPES, *NASTY, *numbers, mark]) for _ in range(dice.randint(0, 5))]
        path = f"{BASE}/{'/'.join(words)}?{dice.choice(['', 'state=' + mark, 'name=' + mark, 'a=1&a=2'])}"
        path = path.encode("ascii", "backslashreplace").decode().replace(" ", "")
        body = dice.choice([None, b"{}", b'{"files":["../x"]}', dice.randbytes(200), mark.encode() * 50])
        headers = dice.choice([{}, {"Content_Digest": digest_of(body or b"")}, {"Range": f"bytes={mark}"}, {"Cookie": mark}])
        reply = clerk.call(dice.choice(METHODS), path, body, **headers)
        found[reply.status] = found.get(reply.status, 0) + 1
        marks.append(mark)
        assert mark.encode() not in reply.body
        assert "set-cookie" not in reply.headers

    assert not [status for status in found if status >= 500], found
    assert before == [row.state for code in town.codes for row in town.batches(code)]
    assert 200 == clerk.get("/batches").status
    assert not [mark for mark in marks if mark in caplog.text]
    assert {path.parent.name for path in (town.dir / "dropbox").rglob("*.p7m")} <= {"out"}


def test_d_nothing_personal_leaves_but_in_sealed_parcels(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with BoxTown(tmp_path, city=make_city(tmp_path / "city")) as town:
        town.asked(sheet="requests.csv")
        with town.serving() as server:
            clerk = town.clerk(server)
            (row,) = town.batches()
            name, content = made(town, row)
            broken = made(town, row, again=1, text=lambda file: file[:-9])
            bodies = [clerk.get("/batches").body, clerk.get(f"/batches/{row.number}/parcel").body]
            bodies += [str(tried(clerk, *each)).encode() for each in ((name, content), broken)]
            clerk.put(row.number, name, content)
            location = submit(clerk, row.number, name).headers["location"]
            town.step("collect", "settle")
            bodies.append(clerk.call("GET", location).body)
            told = clerk.call("GET", location).said

        with town.ledger().read() as tx:
            assert ["opened"] == [each.state for each in answers.inbounds(tx)]
        assert "accepted" == told["state"]
        assert [set()] * 5 == [seen_in(body) for body in bodies]
        assert set() == seen_in(caplog.text.encode())
        assert {} == {
            path: seen for path in (town.dir / "dropbox").rglob("*") if path.is_file() and (seen := seen_in(path.read_bytes()))
        }
