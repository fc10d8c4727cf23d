"""A whole city by the drop-box: fetched, tried, brought, read; the clerk learns at every step where the answer stands."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from connector.ledger import audit
from tests.dropbox.town import BoxTown, soon


@pytest.fixture
def town(tmp_path: Path) -> Iterator[BoxTown]:
    with BoxTown(tmp_path) as made:
        yield made.asked()


def test_a_bank_with_only_a_browser_is_asked_and_answers(town: BoxTown) -> None:
    with town.serving() as server:
        clerk = town.clerk(server)
        (owed,) = clerk.get("/batches?state=open").said["items"]
        number, parcel = owed["batch"], owed["parcel"]
        assert ("sent", None) == (owed["state"], owed["taken_at"])

        half = parcel["size"] // 2
        one = clerk.get(f"/batches/{number}/parcel", Range=f"bytes=0-{half - 1}")
        two = clerk.get(f"/batches/{number}/parcel", Range=f"bytes={half}-", If_Range=one.headers["etag"])
        assert (206, 206) == (one.status, two.status)
        sealed = one.body + two.body
        assert parcel["sha256"] == hashlib.sha256(sealed).hexdigest()
        assert soon(lambda: clerk.get(f"/batches/{number}").said["taken_at"])
        assert "accepted" == clerk.post(f"/batches/{number}/receipt", {"result": "received"}).said["state"]

        ((name, answer),) = town.bank_answers(parcel["name"], sealed)
        broken = clerk.post(f"/answer-checks?name={name}&batch={number}", answer[:-40] + bytes(40)).said
        assert ("refused", 1) == (broken["result"], len(broken["problems"]))
        tried = clerk.post(f"/answer-checks?name={name}&batch={number}", answer).said
        assert ("good", [], number) == (tried["result"], tried["problems"], tried["batch"])
        assert owed["lines"] == sum(tried["counts"]["outcomes"].values())

        middle = len(answer) // 2
        part = clerk.put(number, name, answer, (0, middle))
        here = clerk.call("HEAD", f"/api/v1/bank/batches/{number}/answers/{name}").headers["upload-offset"]
        whole = clerk.put(number, name, answer, (int(here), len(answer)))
        assert (200, str(middle), 201, True) == (part.status, here, whole.status, whole.said["complete"])

        submitted = clerk.post(f"/batches/{number}/submission", {"files": [name]})
        assert (202, "submitted") == (submitted.status, submitted.said["state"])
        town.step("collect", "settle")
        told = clerk.call("GET", submitted.headers["location"]).said
        assert ("accepted", [], 1) == (told["state"], told["problems"], told["slip"][0]["edition"])
        assert [] == clerk.get("/batches").said["items"]

    assert ["ANSWERED"] == [row.state for row in town.batches()]
    town.step("conclude")
    assert {True} == {report["complete"] for report in town.reports().values()}
    with town.ledger().read() as tx:
        acts = [row.what for row in reversed(audit.newest(tx, 50)) if row.who == f"bank:{town.code}"]
    assert ["dropbox-parcel-taken", "dropbox-receipt", "dropbox-submitted"] == acts
