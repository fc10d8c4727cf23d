"""Answers on their way in: parts, digests, names; what came is never replaced, and what cannot count is not kept."""

import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from connector.dropbox.uploads import FILES_MAX, Uploads
from tests.dropbox.town import BASE, BEGUN, BoxTown, Clerk, digest_of

CONTENT = BEGUN + bytes(range(256)) * 40


@pytest.fixture(scope="module")
def number(town: BoxTown) -> str:
    return str(town.batches()[0].number)


def here(clerk: Clerk, number: str, name: str) -> tuple[str, str | None]:
    headers = clerk.call("HEAD", f"{BASE}/batches/{number}/answers/{name}").headers
    return headers["upload-offset"], headers.get("repr-digest")


def test_the_same_again_is_the_same_and_other_bytes_are_a_collision(clerk: Clerk, number: str) -> None:
    first, again = (clerk.put(number, "a.p7m", CONTENT) for _ in range(2))
    other = clerk.put(number, "a.p7m", BEGUN + CONTENT[:3:-1])

    assert (201, first.said) == (again.status, again.said)
    assert (409, "collision", True) == (other.status, other.said["code"], first.said["complete"])
    assert (str(len(CONTENT)), digest_of(CONTENT)) == here(clerk, number, "a.p7m")


def test_parts_may_come_twice_and_overlap_but_leave_no_gap(clerk: Clerk, number: str) -> None:
    assert ("0", None) == here(clerk, number, "b.p7m")
    assert 200 == clerk.put(number, "b.p7m", CONTENT, (0, 4000)).status
    assert 200 == clerk.put(number, "b.p7m", CONTENT, (0, 4000)).status
    gap = clerk.put(number, "b.p7m", CONTENT, (5000, 6000))
    assert (409, "gap", "4000") == (gap.status, gap.said["code"], gap.headers["upload-offset"])
    assert 200 == clerk.put(number, "b.p7m", CONTENT, (3000, 7000)).status
    last = clerk.put(number, "b.p7m", CONTENT, (7000, len(CONTENT)), Repr_Digest=digest_of(CONTENT))

    assert (201, True) == (last.status, last.said["complete"])
    assert digest_of(CONTENT) == here(clerk, number, "b.p7m")[1]


def test_a_part_that_is_not_what_its_digest_says_is_not_kept(clerk: Clerk, number: str) -> None:
    wrong = clerk.put(number, "c.p7m", CONTENT, Content_Digest=digest_of(b"else"))

    assert (422, "digest-differs") == (wrong.status, wrong.said["code"])
    assert ("0", None) == here(clerk, number, "c.p7m")


def test_parts_that_make_another_file_than_was_said_are_thrown_away(clerk: Clerk, number: str) -> None:
    clerk.put(number, "d.p7m", CONTENT, (0, 4000))
    wrong = clerk.put(number, "d.p7m", CONTENT, (4000, len(CONTENT)), Repr_Digest=digest_of(b"else"))

    assert (422, "digest-differs") == (wrong.status, wrong.said["code"])
    assert ("0", None) == here(clerk, number, "d.p7m")


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"Content_Digest": ""}, 400, "digest-missing"),
        ({"Content_Digest": "md5=:AAAA:"}, 400, "digest-missing"),
        ({"Content_Range": "bytes 0-5/4"}, 400, "range-malformed"),
        ({"Content_Range": "bytes 0-5/*"}, 400, "range-malformed"),
        ({"Content_Range": "bytes 0-0/99999999999999"}, 400, "range-malformed"),
        ({"Content_Range": f"bytes 0-{len(CONTENT) - 1}/999999999999999"}, 413, "too-large"),
        ({"Content_Range": "lines 0-5/6"}, 400, "range-malformed"),
    ],
)
def test_a_head_that_does_not_agree_is_refused(
    clerk: Clerk, number: str, headers: dict[str, str], status: int, code: str
) -> None:
    reply = clerk.put(number, "e.p7m", CONTENT, **headers)

    assert (status, code) == (reply.status, reply.said["code"])


@pytest.mark.parametrize(
    "name",
    [
        "..%2f..%2fx",
        "..",
        "%2e%2e",
        ".hidden",
        "-rf",
        "a%00b",
        "a%0ab",
        "a%5cb",
        "a.tmp",
        "%ff",
        "a%20b",
        "x" * 241,
        "%E2%80%AEa",
        "a;b",
    ],
)
def test_b15_a_name_that_could_be_a_path_or_worse_is_refused(clerk: Clerk, number: str, name: str) -> None:
    reply = clerk.put(number, name, CONTENT)

    assert (422, "name-unusable") == (reply.status, reply.said["code"])


def test_a_name_of_another_institution_is_refused(clerk: Clerk, number: str, town: BoxTown) -> None:
    bank = town.deployment().parts.banks.working[town.code]
    assert "{bank" in bank.edition("2026.1").response.package.name
    parcel = town.batches()[0].parcel_name
    name = parcel.replace("CX_", "FK_").replace(town.code, town.codes[1])

    reply = clerk.put(number, name, CONTENT)

    assert (422, "answer-of-another") == (reply.status, reply.said["code"])


def test_an_upload_may_be_taken_back_before_it_is_submitted(clerk: Clerk, number: str) -> None:
    clerk.put(number, "f.p7m", CONTENT)

    assert [204, 204] == [clerk.call("DELETE", f"{BASE}/batches/{number}/answers/f.p7m").status for _ in range(2)]
    assert ("0", None) == here(clerk, number, "f.p7m")


def test_the_uploads_of_a_batch_are_counted(clerk: Clerk, town: BoxTown) -> None:
    number = town.batches()[1].number
    replies = [clerk.put(number, f"n{n}.p7m", BEGUN) for n in range(FILES_MAX + 1)]

    assert [201] * FILES_MAX + [409] == [reply.status for reply in replies]
    assert "too-many-files" == replies[-1].said["code"]


def test_a_body_that_falls_silent_is_given_up_and_not_kept(clerk: Clerk, number: str, town: BoxTown) -> None:
    path = f"{BASE}/batches/{number}/answers/s.p7m"
    head = f"PUT {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 999\r\nContent-Digest: {digest_of(b'x')}\r\n\r\nabc"
    with clerk._context.wrap_socket(
        socket.create_connection(("localhost", clerk._port), 10), server_hostname="localhost"
    ) as line:
        line.sendall(head.encode())
        answer = line.recv(65536)

    assert answer.startswith(b"HTTP/1.1 408")
    assert ("0", None) == here(clerk, number, "s.p7m")


def test_of_two_at_once_with_other_bytes_one_stands(clerk: Clerk, number: str) -> None:
    found: list[int] = []
    threads = [
        threading.Thread(target=lambda n=n: found.append(clerk.put(number, "t.p7m", BEGUN + bytes([n]) * 5000).status))
        for n in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [201, 409, 409, 409] == sorted(found)


def test_parts_of_one_file_at_once_do_not_take_its_folder_from_under_each_other(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path / "uploads" / "1")

    def come_and_go(_caller: int) -> None:
        for _part in range(200):
            uploads.forget(uploads.stage("a.p7m", [b"x"]))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(come_and_go, range(4)))

    assert [] == uploads.names()
