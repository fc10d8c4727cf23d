"""Media as an enemy would hand them over (security G1–G6): told by list, register and bytes, never by their label; nothing on them acts."""

import json
import os
import random
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from connector.deciding import acts
from connector.ledger import answers, media
from connector.ledger.errors import NotAllowed
from connector.media import ending
from connector.status import survey
from tests.media.town import CHANNEL, LIST_NAME, MediaTown, signed
from transports.errors import Refused, TransportError
from transports.media.manifest import JSON_NAME, SIGNATURE_NAME

pytestmark = pytest.mark.xdist_group("hostile media")
WHOLE = bytes(range(256)) * 40


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MediaTown]:
    """The bank signs its lists; every test brings discs under labels of its own."""
    channel = CHANNEL.replace("digest: sm3", "digest: sm3, signed: true")
    with MediaTown(tmp_path_factory.mktemp("media"), channel=channel) as made:
        yield made.asked()


def answer(town: MediaTown, label: str, **said: Any) -> Path:
    return signed(town, town.empty(f"disc-{label}"), [(f"{label}.zip.p7m", label.encode() + WHOLE)], **{"label": label, **said})


def refused(act: Callable[[], object]) -> str:
    with pytest.raises(TransportError) as no:
        act()
    return no.value.code


def inbounds(town: MediaTown) -> list[str]:
    with town.ledger().read() as tx:
        return [row.name for row in answers.inbounds(tx, town.code)]


# ---- G1: the list --------------------------------------------------------------------------------------------------------------------


def test_g1_our_list_says_whose_which_volume_and_every_file_and_is_signed(town: MediaTown) -> None:
    disc = town.empty("out-g1")
    (key,) = town.write(disc)
    said = json.loads((disc / JSON_NAME).read_bytes())
    row = town.medium(key)

    assert ("C1", town.code, "out") == (said["centre"], said["bank"], said["direction"])
    assert (1, 1, row.label, row.set_name) == (said["volume"], said["of"], said["label"], said["set_name"])
    assert {file["name"] for file in said["files"]} == {p.name for p in disc.iterdir()} - {LIST_NAME, JSON_NAME, SIGNATURE_NAME}
    assert said["batches"]
    content = (disc / JSON_NAME).read_bytes()
    (disc / JSON_NAME).write_bytes(content.replace(b'"volume": 1', b'"volume": 2'))
    assert "media-readback" == refused(lambda: town.seal(key, disc))
    ending.give_back(town.opened()[0].parts, row, by="zhao", second="wang", now=town.now)


@pytest.mark.parametrize("name", [JSON_NAME, SIGNATURE_NAME, LIST_NAME])
def test_g1_no_bit_of_a_banks_lists_can_be_turned(town: MediaTown, name: str) -> None:
    """The plain list beside the signed one must agree with it, so it cannot be turned either; white space at its end may differ."""
    label = f"G1-{name[-4:].strip('.')}-{len(name)}"
    disc = answer(town, label)
    key = town.receive(label)
    good = (disc / name).read_bytes()
    dice = random.Random(name)
    for place in dice.sample(range(len(good) - 1), 12):
        turned = bytearray(good)
        turned[place] ^= 1 << dice.randrange(8)
        (disc / name).write_bytes(turned)
        assert refused(lambda: town.take_in(key, disc)).startswith("media-"), place

    assert f"{label}.zip.p7m" not in inbounds(town)


def test_g1_a_signature_of_another_house_signs_nothing(town: MediaTown) -> None:
    """Our own signature is good, but not the bank's: a list we once signed is no list of theirs."""
    ours = town.empty("out-g1b")
    (key,) = town.write(ours)
    disc = answer(town, "G1-OURS")
    (disc / SIGNATURE_NAME).write_bytes((ours / SIGNATURE_NAME).read_bytes())
    back = town.receive("G1-OURS")

    assert "media-unsigned" == refused(lambda: town.take_in(back, disc))
    ending.give_back(town.opened()[0].parts, town.medium(key), by="zhao", second="wang", now=town.now)


# ---- G3: the station ------------------------------------------------------------------------------------------------------------------


def test_g3_an_import_only_reads_starts_nothing_and_calls_nobody(town: MediaTown, monkeypatch: pytest.MonkeyPatch) -> None:
    disc = answer(town, "G3-1")
    key = town.receive("G3-1")
    before = {path.name: (path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_mode) for path in disc.iterdir()}
    written: list[Any] = []
    real = os.open

    def watched(path: Any, flags: int, *more: Any, **named: Any) -> int:
        handle = real(path, flags, *more, **named)
        if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) and str(disc) in str(Path(f"/proc/self/fd/{handle}").readlink()):
            written.append(path)
        return handle

    def never(*_: Any, **__: Any) -> None:
        raise AssertionError("an import starts no program and opens no line")

    monkeypatch.setattr(os, "open", watched)
    monkeypatch.setattr(socket.socket, "connect", never)
    monkeypatch.setattr(subprocess, "Popen", never)
    town.take_in(key, disc)

    assert [] == written
    assert before == {path.name: (path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_mode) for path in disc.iterdir()}


@pytest.mark.parametrize("made", ["socket", "pipe", "link out", "link in", "link to a device", "folder", "program", "autorun"])
def test_g3_what_could_act_or_lead_elsewhere_is_refused_before_a_list_is_read(town: MediaTown, made: str, tmp_path: Path) -> None:
    label = f"G3-{made.replace(' ', '-')}"
    disc = answer(town, label)
    odd = disc / "A.zip.p7m"
    (tmp_path / "secret").write_bytes(b"ours")
    if made == "socket":
        short = Path(f"/proc/self/fd/{os.open(disc, os.O_RDONLY)}/S")
        socket.socket(socket.AF_UNIX).bind(str(short))
    elif made == "pipe":
        os.mkfifo(odd)
    elif made == "link out":
        odd.symlink_to(tmp_path / "secret")
    elif made == "link in":
        odd.symlink_to(f"{label}.zip.p7m")
    elif made == "link to a device":
        odd.symlink_to("/dev/zero")
    elif made == "folder":
        odd.mkdir()
    else:
        (disc / ("AUTORUN.INF" if made == "autorun" else "A.p7m.EXE")).write_bytes(b"[autorun]")
    (disc / SIGNATURE_NAME).unlink()  # it was not even looked for
    key = town.receive(label)

    code = refused(lambda: town.take_in(key, disc))

    assert code in {"media-special", "media-link", "media-folder", "media-program", "media-autorun"}


# ---- G4: old and foreign discs ----------------------------------------------------------------------------------------------------------


def test_g4_a_disc_is_known_by_the_register_and_not_by_what_is_written_on_it(town: MediaTown) -> None:
    disc = answer(town, "G4-1")
    key = town.receive("G4-1")
    town.take_in(key, disc)

    assert "media-unknown" == refused(lambda: town.take_in(key, disc))  # the same disc, once more
    assert "media-unknown" == refused(lambda: town.receive("G4-1"))  # its label on another pouch

    again = town.receive("G4-2")
    assert "media-other-label" == refused(lambda: town.take_in(again, disc))  # the old disc in a new pouch


def test_g4_the_files_of_an_old_disc_under_a_new_signed_list_count_for_nothing(town: MediaTown) -> None:
    disc = answer(town, "G4-3")
    town.take_in(town.receive("G4-3"), disc)
    before = len(inbounds(town))
    old = next(path for path in disc.iterdir() if path.name.endswith(".zip.p7m"))
    copy = signed(town, town.empty("disc-G4-4"), [(old.name, old.read_bytes())], label="G4-4")

    taken = town.take_in(town.receive("G4-4"), copy)

    assert (0, 1) == (taken.fetched, taken.known)
    with town.ledger().read() as tx:
        assert ["duplicate"] == [row.state for row in answers.inbounds(tx, town.code)][before:]


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"centre": "C2"}, "media-other-centre"),
        ({"bank": "990100000099"}, "media-other-bank"),
        ({"direction": "out"}, "media-other-bank"),
        ({"volume": 2, "of": 2}, "media-other-volume"),
        ({"set_name": "ANOTHER"}, "media-other-volume"),
        ({"digest": "sha256"}, "media-list-broken"),
    ],
)
def test_g4_a_well_signed_disc_that_is_somebody_elses_is_refused(town: MediaTown, said: dict[str, Any], code: str) -> None:
    label = f"G4-{'-'.join(f'{k}{v}' for k, v in said.items())}"
    disc = answer(town, label, **said)

    assert code == refused(lambda: town.take_in(town.receive(label), disc))


# ---- G5: read back ----------------------------------------------------------------------------------------------------------------------


def test_g5_what_is_sealed_was_read_from_the_medium_and_not_from_memory(town: MediaTown, monkeypatch: pytest.MonkeyPatch) -> None:
    disc = town.empty("out-g5")
    dropped: set[str] = set()
    real = os.posix_fadvise

    def watched(handle: int, offset: int, length: int, advice: int) -> None:
        if advice == os.POSIX_FADV_DONTNEED and (offset, length) == (0, 0):
            dropped.add(Path(f"/proc/self/fd/{handle}").readlink().name)
        real(handle, offset, length, advice)

    monkeypatch.setattr(os, "posix_fadvise", watched)
    (key,) = town.write(disc)
    assert {path.name for path in disc.iterdir()} == dropped  # read back once it was written
    dropped.clear()
    town.seal(key, disc)

    assert {path.name for path in disc.iterdir()} == dropped  # and once more before the seal: the burnt disc itself
    ending.give_back(town.opened()[0].parts, town.medium(key), by="zhao", second="wang", now=town.now)


@pytest.mark.parametrize("spoilt", ["one bit", "cut", "another disc", "empty"])
def test_g5_a_medium_that_reads_back_otherwise_is_never_handed_over(town: MediaTown, spoilt: str) -> None:
    disc = town.empty(f"out-{spoilt}".replace(" ", "-"))
    (key,) = town.write(disc)
    parcel = next(path for path in disc.iterdir() if path.name.endswith(".p7m"))
    content = bytearray(parcel.read_bytes())
    if spoilt == "one bit":
        content[-1] ^= 1
        parcel.write_bytes(content)
    elif spoilt == "cut":
        parcel.write_bytes(content[:-1])
    elif spoilt == "another disc":
        shutil.rmtree(disc)
        shutil.copytree(answer(town, "G5-X"), disc)
    else:
        for path in disc.iterdir():
            path.unlink()

    assert refused(lambda: town.seal(key, disc)) in {"media-readback", "media-empty"}
    assert "media-not-sealed" == refused(lambda: town.hand_over(key))
    assert {"SEALED"} == set(town.states())
    ending.give_back(town.opened()[0].parts, town.medium(key), by="zhao", second="wang", now=town.now)


# ---- G6: the end ------------------------------------------------------------------------------------------------------------------------


def test_g6_a_medium_is_an_alarm_from_its_day_on_until_two_persons_ended_it(town: MediaTown) -> None:
    parts = town.opened()[0].parts
    key = town.receive("G6-1")

    def alarm(days: int) -> list[str]:
        found = survey(parts, town.now + timedelta(days=days))["media"]
        return [each["code"] for each in found if each["id"] == key]

    assert [[], ["media-overdue"]] == [alarm(6), alarm(8)]
    with pytest.raises(NotAllowed):
        ending.give_back(parts, town.medium(key), by="zhao", second="zhao", now=town.now)
    assert ["media-overdue"] == alarm(8)

    request = ending.ask_destroy(
        parts, town.medium(key), method="shred", reason="its bank wants it gone", by="zhao", now=town.now
    )
    with pytest.raises(NotAllowed), town.ledger().begin() as tx:
        acts.decide(tx, request, agree=True, by="zhao", now=town.now)
    assert ["media-overdue"] == alarm(8)
    with town.ledger().begin() as tx:
        acts.decide(tx, request, agree=True, by="wang", now=town.now)

    assert [] == alarm(8)
    with town.ledger().read() as tx:
        last = media.events(tx, key)[-1]
    assert ("destroyed", "zhao", "wang") == (last.what, last.who, last.second)
    with pytest.raises(Refused):
        ending.give_back(parts, town.medium(key), by="zhao", second="wang", now=town.now)
