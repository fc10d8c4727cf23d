"""``connector media`` as two persons type it: from the written disc to the certificate; and what it says to one alone."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.media.town import SEAL, MediaTown

HANDS = ("--by", "zhao", "--with", "wang")


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MediaTown]:
    with MediaTown(tmp_path_factory.mktemp("media")) as made:
        yield made.asked()


def test_a_disc_goes_through_all_its_hands(town: MediaTown, tmp_path: Path) -> None:
    disc = town.empty("disc")
    written = town.command("media", "write", town.code, "--to", str(disc), "--capacity", "650MB", "--by", "zhao", "--json")
    (told,) = json.loads(written.stdout)["media"]
    assert f"connector media seal {told['id']}" in written.stderr
    key, label = str(told["id"]), told["label"]

    assert (0, "registered", 1) == (written.returncode, told["state"], len(told["batches"]))
    assert 3 == town.command("media", "seal", key, "--seal", SEAL, "--read", str(disc), "--by", "zhao").returncode
    assert 0 == town.command("media", "seal", label, "--seal", SEAL, "--read", str(disc), *HANDS).returncode
    over = town.command("media", "hand-over", key, *HANDS)
    slip = town.command("media", "slip", key, "--pdf", str(tmp_path / "slip.pdf"))
    assert (0, 0) == (over.returncode, slip.returncode), over.stderr + slip.stderr
    assert (tmp_path / "slip.pdf").read_bytes().startswith(b"%PDF-")
    listed = town.command("media", "list")
    assert (0, True, True) == (listed.returncode, SEAL in listed.stdout, "已交出" in listed.stdout), listed.stdout

    asked = town.command("media", "destroy", key, "--by", "zhao", "--reason", "读毕销毁", "--method", "shred", "--json")
    request = json.loads(asked.stdout)["id"]
    early = town.command("media", "destroy", key, "--certificate", str(tmp_path / "early.pdf"))
    assert (5, 8) == (asked.returncode, early.returncode)
    agreed = town.command("approve", str(request), "--by", "wang")
    assert (0, True) == (agreed.returncode, f"connector media destroy {key} --certificate" in agreed.stdout)
    certified = town.command("media", "destroy", key, "--certificate", str(tmp_path / "certificate.pdf"))
    assert 0 == certified.returncode, certified.stderr
    assert (tmp_path / "certificate.pdf").read_bytes().startswith(b"%PDF-")
    assert "已销毁" in town.command("media", "show", key).stdout
    assert "destroyed" in town.command("--lang", "en", "media", "show", key).stdout


def test_a_pouch_that_comes_is_told_what_to_do_with(town: MediaTown) -> None:
    came = town.command(
        "media",
        "receive",
        town.code,
        "--label",
        "R-7",
        "--seal",
        SEAL,
        "--back-by",
        "2026-11-30",
        "--not-on-slip",
        *HANDS,
        "--json",
    )
    told = json.loads(came.stdout)
    assert f"connector media import FOLDER --medium {told['id']} --seal {SEAL}" in came.stderr
    assert "2026-11-29T16:00:00" in told["due_at"]  # midnight here, kept in UTC

    given = town.command("--lang", "en", "media", "return", "R-7", *HANDS)
    assert (0, True) == (given.returncode, "given back to the bank" in given.stdout)


def test_m901_a_strange_disc_is_not_read(town: MediaTown) -> None:
    strange = town.command("media", "import", str(town.empty("strange")), "--label", "X-1", "--seal", SEAL, *HANDS, "--json")

    assert (8, "media-unknown") == (strange.returncode, json.loads(strange.stderr)["code"])


def test_nothing_to_write_is_said_so(town: MediaTown) -> None:
    write = ("media", "write", town.code, "--by", "zhao", "--to")
    town.command(*write, str(town.empty("all there is")))

    assert 4 == town.command(*write, str(town.empty("blank"))).returncode


@pytest.mark.parametrize(("given", "code"), [("12 apples", "capacity-unreadable"), ("10KB", "media-capacity")])
def test_a_capacity_that_cannot_be_is_refused(town: MediaTown, given: str, code: str) -> None:
    disc = town.empty(f"capacity-{code}")
    wrong = town.command("media", "write", town.code, "--to", str(disc), "--by", "zhao", "--capacity", given, "--json")

    assert code == json.loads(wrong.stderr)["code"]
