"""An answer in place of one that stands: the first stays, two persons look; and digests by SM3 as by SHA-256."""

import base64
import dataclasses
import hashlib
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from connector.bankside.lookup import Answer
from connector.ledger import answers
from tests.dropbox.test_answers import made, submit, untouched
from tests.dropbox.town import BASE, BEGUN, BoxTown, Clerk


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[BoxTown]:
    with BoxTown(tmp_path) as made:
        yield made.asked()


def sm3_of(content: bytes) -> str:
    return f"sm3=:{base64.b64encode(hashlib.new('sm3', content).digest()).decode()}:"


def _none_of_them(answer: Answer) -> Answer:
    """The bank finds nothing at anybody."""
    at = answer.outcome.schema.get_field_index("outcome")
    said = pa.array(["no_record"] * len(answer.outcome), answer.outcome.schema.field(at).type)
    empty = {kind: getattr(answer, kind).slice(0, 0) for kind in ("holding", "movement")}
    return dataclasses.replace(answer, outcome=answer.outcome.set_column(at, answer.outcome.schema.field(at), said), **empty)


def test_a_revision_comes_with_its_reason_the_first_stays_and_two_persons_look(alone: BoxTown) -> None:
    (row,) = alone.batches()
    (name, content), (other, revised) = made(alone, row), made(alone, row, again=1, rows=_none_of_them)
    with alone.serving() as server:
        clerk = alone.clerk(server)
        clerk.put(row.number, name, content)
        first = submit(clerk, row.number, name).said["answer"]
        early = clerk.post(f"/answers/{first}/revision", {"files": [other], "reason": "too early"})
        alone.step("collect", "settle")

        plain = clerk.put(row.number, other, revised)
        strange = clerk.call("PUT", f"{BASE}/batches/{row.number}/answers/{other}?revises=1-0", revised, **_digest(revised))
        brought = clerk.call("PUT", f"{BASE}/batches/{row.number}/answers/{other}?revises={first}", revised, **_digest(revised))
        without = clerk.post(f"/answers/{first}/revision", {"files": [other]})
        told = clerk.post(f"/answers/{first}/revision", {"files": [other], "reason": "张三的账户漏报"})
        again = clerk.post(f"/answers/{first}/revision", {"files": [other], "reason": "张三的账户漏报"})
        alone.step("collect", "settle")
        became = clerk.call("GET", told.headers["location"]).said
        stands = clerk.get(f"/answers/{first}").said

    assert (409, "answer-not-settled") == (early.status, early.said["code"])
    assert (409, "batch-answered") == (plain.status, plain.said["code"])
    assert (404, 201, 422) == (strange.status, brought.status, without.status)
    assert (202, first, told.said["answer"]) == (told.status, told.said["revises"], again.said["answer"])
    assert ("set-aside", ["answer-differs"]) == (became["state"], [each["code"] for each in became["problems"]])
    assert "accepted" == stands["state"]
    with alone.ledger().read() as tx:
        assert [1] == [edition.number for edition in answers.editions(tx, row.id)]
    written = b"".join(path.read_bytes() for path in (alone.dir / "dropbox").rglob("*") if path.is_file())
    assert "张三".encode() not in written


def test_another_banks_answer_cannot_be_revised(clerk: Clerk, other: Clerk, town: BoxTown) -> None:
    row = untouched(town)
    name, content = made(town, row, again=7)
    clerk.put(row.number, name, content)
    mine = submit(clerk, row.number, name).said["answer"]

    told = other.post(f"/answers/{mine}/revision", {"files": [name], "reason": "x"})

    assert (404, "not-yours") == (told.status, told.said["code"])


def test_sm3_is_taken_beside_sha_256_and_a_wrong_one_is_refused(alone: BoxTown) -> None:
    (row,) = alone.batches()
    name, content = made(alone, row)
    with alone.serving() as server:
        clerk = alone.clerk(server)
        parcel = clerk.get(f"/batches/{row.number}").said["parcel"]
        body = clerk.get(f"/batches/{row.number}/parcel").body
        wrong = clerk.put(row.number, name, content, Content_Digest=sm3_of(b"else"))
        both = clerk.put(row.number, name, content, Content_Digest=f"{sm3_of(content)}, sha-256=:{'A' * 43}=:")
        good = clerk.put(row.number, name, content, Content_Digest=sm3_of(content))
        half = clerk.put(row.number, "parts.p7m", BEGUN * 9, (0, 20), Content_Digest=sm3_of((BEGUN * 9)[:20]))
        rest = clerk.put(
            row.number,
            "parts.p7m",
            BEGUN * 9,
            (20, 36),
            Content_Digest=sm3_of((BEGUN * 9)[20:]),
            Repr_Digest=sm3_of(BEGUN * 9),
        )
        told = submit(clerk, row.number, name).said["files"][0]
        again = clerk.put(row.number, name, content, Content_Digest=sm3_of(content))

    assert (hashlib.sha256(body).hexdigest(), hashlib.new("sm3", body).hexdigest()) == (parcel["sha256"], parcel["sm3"])
    assert [(422, "digest-differs")] * 2 == [(each.status, each.said["code"]) for each in (wrong, both)]
    assert [201, 200, 201, 200] == [each.status for each in (good, half, rest, again)]
    assert hashlib.new("sm3", content).hexdigest() == told["sm3"]


def _digest(content: bytes) -> dict[str, str]:
    return {"Content_Digest": sm3_of(content)}
