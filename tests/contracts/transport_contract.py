"""What every road promises, whatever it is made of; each transport's tests inherit this class and give it a ``road``."""

import dataclasses
import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest

from transports.crashpoint import Crash
from transports.errors import Refused, Unreachable
from transports.manners import Manners, Ready
from transports.transport import Delivery, Presence, Put, Transport

NAME = "CX_902_20261121_0001.zip.p7m"
BYTES = bytes(range(256)) * 1200  # several blocks of every carrier
DIGEST = hashlib.sha256(BYTES).hexdigest()


class Opens(Protocol):
    def __call__(self, **manners: Any) -> Transport: ...


@dataclasses.dataclass(frozen=True)
class Road:
    """The peer's folder on this disk (in, out, out/done) and how to open a transport to it with changed manners."""

    root: Path
    open: Opens

    def sent(self) -> list[str]:
        return sorted(path.name for path in (self.root / "in").iterdir())

    def offer(self, name: str, content: bytes, *, flag: bool = True) -> None:
        (self.root / "out" / name).write_bytes(content)
        if flag:
            (self.root / "out" / f"{name}.ok").touch()


def clean(root: Path) -> Path:
    """The peer's folders, empty."""
    for folder in ("in", "out", "out/done"):
        (root / folder).mkdir(parents=True, exist_ok=True)
        for path in (root / folder).iterdir():
            if path.is_dir() and not path.is_symlink() and path.name != "done":
                path.rmdir()
            elif path.name != "done":
                path.unlink()
    return root


def put(transport: Transport, name: str = NAME, content: bytes = BYTES) -> Put:
    return transport.put(name, lambda: in_blocks(content), len(content), hashlib.sha256(content).hexdigest())


def in_blocks(content: bytes) -> Iterator[bytes]:
    for start in range(0, len(content), 50_000):
        yield content[start : start + 50_000]


def look(transport: Transport, name: str = NAME, content: bytes = BYTES) -> Presence:
    return transport.look(name, len(content), hashlib.sha256(content).hexdigest())


@pytest.fixture
def arm(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """arm("O17") makes the next pass of that crash point raise; arm("") disarms."""

    def armed(label: str) -> None:
        monkeypatch.setattr("transports.crashpoint._passes", {})
        monkeypatch.setattr("transports.crashpoint._armed", f"{label}:raise" if label else "")

    return armed


class TransportContract:
    """Inherit, and give a fixture ``road``. The peer's folders lie on this disk, whatever the road to them is made of."""

    # ---- out -------------------------------------------------------------------------------------------------------------

    def test_what_was_put_stands_whole_under_its_name_with_its_flag_and_nothing_else(self, road: Road) -> None:
        with road.open() as transport:
            assert Put(Delivery.DELIVERED) == put(transport)

        assert [NAME, f"{NAME}.ok"] == road.sent()
        assert (road.root / "in" / NAME).read_bytes() == BYTES

    def test_the_same_name_and_bytes_twice_are_one_delivery(self, road: Road) -> None:
        with road.open() as transport:
            put(transport)
            before = (road.root / "in" / NAME).stat()

            assert Put(Delivery.DELIVERED) == put(transport)

        assert before == (road.root / "in" / NAME).stat() or before.st_ino == (road.root / "in" / NAME).stat().st_ino
        assert [NAME, f"{NAME}.ok"] == road.sent()

    def test_other_bytes_under_the_same_name_are_refused_and_the_first_stay(self, road: Road) -> None:
        with road.open() as transport:
            put(transport)

            refused = put(transport, content=b"other")

        assert (Delivery.REFUSED, "collision") == (refused.delivery, refused.code)
        assert (road.root / "in" / NAME).read_bytes() == BYTES
        assert [NAME, f"{NAME}.ok"] == road.sent()

    def test_nothing_stands_under_the_name_before_the_last_byte_came(self, road: Road) -> None:
        seen: list[str] = []

        def blocks() -> Iterator[bytes]:
            for block in in_blocks(BYTES):
                yield block
                seen.extend(road.sent())

        with road.open() as transport:
            transport.put(NAME, blocks, len(BYTES), DIGEST)

        assert NAME not in seen

    @pytest.mark.parametrize("label", ["O14", "O15", "O16", "O20"])
    def test_a_crash_while_sending_is_finished_by_the_next_put(self, road: Road, arm: Callable[[str], None], label: str) -> None:
        with road.open() as transport:
            arm(label)
            with pytest.raises(Crash):
                put(transport)
            arm("")

        with road.open() as transport:
            assert look(transport) in (Presence.ABSENT, Presence.UNFINISHED, Presence.PRESENT)
            assert Put(Delivery.DELIVERED) == put(transport)
            assert Presence.PRESENT is look(transport)
        assert [NAME, f"{NAME}.ok"] == road.sent()

    def test_an_empty_file_goes_too(self, road: Road) -> None:
        with road.open() as transport:
            assert Put(Delivery.DELIVERED) == put(transport, content=b"")

        assert (road.root / "in" / NAME).read_bytes() == b""

    def test_a_name_in_chinese_goes_too(self, road: Road) -> None:
        with road.open() as transport:
            assert Put(Delivery.DELIVERED) == put(transport, "查询_示例银行_20261121.zip")

        assert "查询_示例银行_20261121.zip" in road.sent()

    @pytest.mark.parametrize("actual", [BYTES[:-1], BYTES + b"x", b"\xff" + BYTES[1:]], ids=["short", "long", "flipped"])
    def test_bytes_of_ours_that_are_not_the_announced_ones_never_get_a_name(self, road: Road, actual: bytes) -> None:
        with road.open() as transport:
            refused = transport.put(NAME, lambda: in_blocks(actual), len(BYTES), DIGEST)

        assert (Delivery.REFUSED, "integrity") == (refused.delivery, refused.code)
        assert road.sent() == []

    def test_storage_of_ours_that_cannot_be_read_is_told_apart_from_the_peer(self, road: Road) -> None:
        def blocks() -> Iterator[bytes]:
            yield BYTES[:1000]
            raise OSError(5, "input/output error")

        with road.open() as transport:
            later = transport.put(NAME, blocks, len(BYTES), DIGEST)

        assert (Delivery.RETRY, "local-storage") == (later.delivery, later.code)
        assert road.sent() == []

    @pytest.mark.parametrize("name", ["", "../x", "a/b", "a\\b", "a\0b", "a\nb", ".hidden", "-rf", "x.tmp", "a b", "长" * 86])
    def test_b1_a_name_that_could_be_a_path_or_a_command_is_not_sent(self, road: Road, name: str) -> None:
        with road.open() as transport:
            refused = put(transport, name)

        assert (Delivery.REFUSED, "name") == (refused.delivery, refused.code.partition("-")[0])
        assert road.sent() == []

    def test_a_look_tells_present_different_and_absent(self, road: Road) -> None:
        with road.open() as transport:
            assert Presence.ABSENT is look(transport)
            put(transport)
            assert Presence.PRESENT is look(transport)
            assert Presence.DIFFERENT is look(transport, content=b"\xff" + BYTES[1:])
            assert Presence.DIFFERENT is look(transport, content=b"x")

    # ---- in --------------------------------------------------------------------------------------------------------------

    def test_what_is_offered_is_fetched_byte_for_byte(self, road: Road) -> None:
        road.offer("R_902.zip.p7m", BYTES)
        road.offer("R_empty.p7m", b"")

        with road.open() as transport:
            sizes = {remote.name: remote.size for remote in transport.list()}
            content = b"".join(transport.get("R_902.zip.p7m"))

            assert list(transport.get("R_empty.p7m")) == []
        assert {"R_902.zip.p7m": len(BYTES), "R_empty.p7m": 0} == sizes
        assert content == BYTES

    def test_oldest_first(self, road: Road) -> None:
        for name, at in (("b.p7m", 300), ("c.p7m", 100), ("a.p7m", 200)):
            road.offer(name, b"x")
            os.utime(road.root / "out" / name, (at, at))

        with road.open() as transport:
            assert [remote.name for remote in transport.list()] == ["c.p7m", "a.p7m", "b.p7m"]

    def test_b1_hostile_names_are_left_out_reported_masked_and_nothing_else_stops(self, road: Road) -> None:
        hostile = [b".ssh", b"-rf", b"a..b", b"a b", b"a\nb", b"a;b", b"\xd5\xc5\xc8\xfd.zip", "a\u202eb".encode(), b"C:\\x"]
        for name in hostile:
            Path(os.fsdecode(os.fsencode(road.root / "out") + b"/" + name)).touch()
        road.offer("good.p7m", b"x")

        with road.open() as transport:
            assert [remote.name for remote in transport.list()] == ["good.p7m"]
            strange = transport.strange
        assert len(hostile) == len(strange)
        assert all(shown.startswith("‹") and "bytes" in shown for _, shown in strange)

    @pytest.mark.parametrize("name", ["../in/secret", "/etc/passwd", "..", "a\0b", "done/x"])
    def test_b1_nothing_outside_the_folder_is_fetched_or_acknowledged(self, road: Road, name: str) -> None:
        (road.root / "in" / "secret").write_bytes(b"secret")
        with road.open() as transport:
            with pytest.raises(Refused):
                list(transport.get(name))
            with pytest.raises(Refused):
                transport.acknowledge(name)

        assert (road.root / "in" / "secret").read_bytes() == b"secret"

    def test_links_folders_and_pipes_named_like_an_answer_are_not_offered(self, road: Road) -> None:
        out = road.root / "out"
        (out / "link.p7m").symlink_to("/etc/passwd")
        (out / "folder.p7m").mkdir()
        os.mkfifo(out / "pipe.p7m")
        for name in ("link.p7m", "folder.p7m", "pipe.p7m"):
            (out / f"{name}.ok").touch()

        with road.open() as transport:
            assert transport.list() == []

    def test_a9_a_file_above_the_size_cap_is_refused_before_its_first_byte(self, road: Road) -> None:
        road.offer("big.p7m", b"x" * 1001)

        with road.open(file_bytes_max=1000) as transport, pytest.raises(Refused) as refused:
            next(transport.get("big.p7m"))

        assert refused.value.code == "too-large"

    def test_a_listing_is_read_to_its_cap_and_says_that_it_was_cut(self, road: Road) -> None:
        for number in range(20):
            road.offer(f"{number}.p7m", b"x", flag=False)

        with road.open(entries_max=10, ready=Ready("renamed")) as transport:
            assert len(transport.list()) <= 10
            assert [reason for reason, _ in transport.strange] == ["listing-cut"]

    def test_a_file_that_changes_while_it_is_read_is_not_taken_for_whole(self, road: Road) -> None:
        road.offer("growing.p7m", BYTES)

        with road.open() as transport:
            blocks = transport.get("growing.p7m")
            next(blocks)
            with (road.root / "out" / "growing.p7m").open("ab") as file:
                file.write(b"more")
            with pytest.raises(Unreachable) as later:
                list(blocks)

        assert later.value.code == "changed-while-reading"

    def test_a_half_read_file_may_be_dropped_and_the_line_goes_on(self, road: Road) -> None:
        road.offer("a.p7m", BYTES)

        with road.open() as transport:
            blocks = transport.get("a.p7m")
            next(blocks)
            blocks.close()  # type: ignore[attr-defined]

            assert b"".join(transport.get("a.p7m")) == BYTES

    def test_a_file_that_is_gone_is_said_to_be_missing(self, road: Road) -> None:
        with road.open() as transport, pytest.raises(Refused) as gone:
            next(transport.get("gone.p7m"))

        assert gone.value.code == "missing"

    def test_a_crash_mid_fetch_leaves_the_offer_as_it_was(self, road: Road, arm: Callable[[str], None]) -> None:
        road.offer("a.p7m", BYTES)
        with road.open() as transport:
            arm("N3")
            with pytest.raises(Crash):
                list(transport.get("a.p7m"))
            arm("")

        with road.open() as transport:
            assert [remote.name for remote in transport.list()] == ["a.p7m"]
            assert b"".join(transport.get("a.p7m")) == BYTES

    # ---- acknowledge -----------------------------------------------------------------------------------------------------

    def test_what_we_keep_is_moved_away_with_its_flag_and_saying_so_twice_is_fine(self, road: Road) -> None:
        road.offer("a.p7m", b"1")

        with road.open() as transport:
            list(transport.get("a.p7m"))
            transport.acknowledge("a.p7m")
            transport.acknowledge("a.p7m")

            assert transport.list() == []
        assert (road.root / "out" / "done" / "a.p7m").read_bytes() == b"1"
        assert sorted(path.name for path in (road.root / "out").iterdir()) == ["done"]

    def test_an_archive_never_overwrites(self, road: Road) -> None:
        with road.open() as transport:
            for content in (b"1", b"2", b"3"):
                road.offer("a.p7m", content)
                list(transport.get("a.p7m"))
                transport.acknowledge("a.p7m")

        kept = {path.name: path.read_bytes() for path in (road.root / "out" / "done").iterdir()}
        assert {"a.p7m": b"1", "a.p7m.2": b"2", "a.p7m.3": b"3"} == kept

    def test_bytes_nobody_has_read_are_not_acknowledged(self, road: Road) -> None:
        road.offer("a.p7m", b"old")
        with road.open() as transport:
            list(transport.get("a.p7m"))
            road.offer("a.p7m", b"newer")
            transport.acknowledge("a.p7m")

            assert [remote.size for remote in transport.list()] == [5]

    def test_saying_again_that_we_keep_it_puts_away_nothing_nobody_has_read(self, road: Road) -> None:
        road.offer("a.p7m", b"old")
        with road.open() as transport:
            list(transport.get("a.p7m"))
            transport.acknowledge("a.p7m")
            road.offer("a.p7m", b"newer")
            transport.acknowledge("a.p7m")

            assert [remote.size for remote in transport.list()] == [5]

    # ---- the line --------------------------------------------------------------------------------------------------------

    def test_a_closed_line_opens_again_on_need(self, road: Road) -> None:
        transport = road.open()
        put(transport)
        transport.close()
        transport.close()

        assert Presence.PRESENT is look(transport)
        transport.close()


class FolderContract(TransportContract):
    """What a road of folders promises besides: temporary names, flags, and what becomes of a file that was read."""

    @pytest.mark.parametrize("verify", ["size", "readback"])
    @pytest.mark.parametrize("other", [b"other", b"\xff" + BYTES[1:]], ids=["other size", "same size"])
    def test_the_same_name_with_other_bytes_is_refused_and_the_first_stay(self, road: Road, other: bytes, verify: str) -> None:
        with road.open(verify=verify) as transport:
            put(transport)

            refused = put(transport, content=other)

        assert (Delivery.REFUSED, "collision") == (refused.delivery, refused.code)
        assert (road.root / "in" / NAME).read_bytes() == BYTES
        assert [NAME, f"{NAME}.ok"] == road.sent()

    def test_a_half_written_file_is_never_seen_under_its_name(self, road: Road) -> None:
        seen: list[str] = []

        def blocks() -> Iterator[bytes]:
            for block in in_blocks(BYTES):
                yield block
                seen.extend(road.sent())

        with road.open() as transport:
            transport.put(NAME, blocks, len(BYTES), DIGEST)

        assert {f"{NAME}.tmp-{DIGEST[:8]}"} == set(seen)

    @pytest.mark.parametrize("label", ["O14", "O15", "O16", "O17", "O18", "O19", "O20"])
    def test_a_crash_anywhere_leaves_what_a_second_put_finishes(self, road: Road, arm: Callable[[str], None], label: str) -> None:
        with road.open() as transport:
            arm(label)
            with pytest.raises(Crash):
                put(transport)
            arm("")

        with road.open() as transport:
            assert (Presence.PRESENT if label == "O20" else Presence.UNFINISHED) is look(transport)
            assert Put(Delivery.DELIVERED) == put(transport)
            assert Presence.PRESENT is look(transport)
        assert [NAME, f"{NAME}.ok"] == road.sent()

    def test_the_flag_is_written_last(self, road: Road, arm: Callable[[str], None]) -> None:
        with road.open() as transport:
            arm("O19")
            with pytest.raises(Crash):
                put(transport)

        assert [NAME] == road.sent()

    def test_without_flag_manners_no_flag_is_written(self, road: Road) -> None:
        with road.open(ready=Ready("renamed")) as transport:
            put(transport)

        assert [NAME] == road.sent()

    def test_folders_the_peer_does_not_have_are_a_persons_business(self, road: Road) -> None:
        with road.open(send_dir="nowhere", take_dir="nowhere") as transport:
            refused = put(transport)
            with pytest.raises(Refused) as listing:
                transport.list()

        assert (Delivery.REFUSED, "missing") == (refused.delivery, refused.code)
        assert listing.value.code == "missing"

    def test_a_file_without_its_flag_is_not_offered_and_a_flag_is_no_file(self, road: Road) -> None:
        road.offer("whole.p7m", b"x")
        road.offer("half.p7m", b"x", flag=False)
        (road.root / "out" / "orphan.p7m.ok").touch()

        with road.open() as transport:
            assert [remote.name for remote in transport.list()] == ["whole.p7m"]

    def test_where_a_rename_is_the_signal_only_temporary_names_are_left_out(self, road: Road) -> None:
        for name in ("whole.p7m", "half.p7m.tmp", "half.p7m.part", "half.p7m.filepart", "half.p7m.tmp-0001"):
            road.offer(name, b"x", flag=False)

        with road.open(ready=Ready("renamed")) as transport:
            assert [remote.name for remote in transport.list()] == ["whole.p7m"]

    @pytest.mark.parametrize(("manner", "left"), [("delete", []), ("leave", ["a.p7m", "a.p7m.ok"])])
    def test_deleted_or_left_where_the_peer_wants_it_so(self, road: Road, manner: str, left: list[str]) -> None:
        road.offer("a.p7m", b"1")

        with road.open(after_read=manner) as transport:
            list(transport.get("a.p7m"))
            transport.acknowledge("a.p7m")
            transport.acknowledge("a.p7m")

        assert left == sorted(path.name for path in (road.root / "out").iterdir() if path.is_file())

    @pytest.mark.parametrize("label", ["N15", "O18", "N14"])
    def test_a_crash_while_acknowledging_loses_nothing(self, road: Road, arm: Callable[[str], None], label: str) -> None:
        road.offer("a.p7m", BYTES)
        with road.open() as transport:
            list(transport.get("a.p7m"))
            arm(label)
            with pytest.raises(Crash):
                transport.acknowledge("a.p7m")
            arm("")

        with road.open() as transport:
            transport.acknowledge("a.p7m")

        kept = {path.read_bytes() for path in (road.root / "out" / "done").iterdir()}
        assert {BYTES} == kept
        assert sorted(path.name for path in (road.root / "out").iterdir()) == ["done"]


def manners(**changes: Any) -> Manners:
    """The folders in, out and out/done, with changes."""
    return dataclasses.replace(Manners(send_dir="in", take_dir="out", done_dir="out/done"), **changes)
