"""The roads whose far end is on our own disk keep the promises of a road: the drop-box, and a line on which the bank calls back."""

import os
from pathlib import Path

import pytest

from connector.dropbox.box import IN, OUT, Box
from connector.roads.called_back import CalledBack, Landing
from tests.contracts.transport_contract import NAME, Road, TransportContract, arm, clean, manners, put
from transports.folder import Folder, FolderSettings
from transports.transport import Transport

__all__ = ["arm"]


class Bare(Road):
    """What lies there lies there whole, without a flag, and what is acknowledged is taken off the disk."""

    def offer(self, name: str, content: bytes, *, flag: bool = False) -> None:
        super().offer(name, content, flag=False)


class Promises:
    """The contract without what it says of the peer's flags and archive, which these roads do not have, and of caps that are set elsewhere."""

    test_twice_differently = TransportContract.test_bytes_of_ours_that_are_not_the_announced_ones_never_get_a_name
    test_nothing_early = TransportContract.test_nothing_stands_under_the_name_before_the_last_byte_came
    test_storage = TransportContract.test_storage_of_ours_that_cannot_be_read_is_told_apart_from_the_peer
    test_b1_sent = TransportContract.test_b1_a_name_that_could_be_a_path_or_a_command_is_not_sent
    test_empty = TransportContract.test_an_empty_file_goes_too
    test_chinese = TransportContract.test_a_name_in_chinese_goes_too
    test_look = TransportContract.test_a_look_tells_present_different_and_absent
    test_fetch = TransportContract.test_what_is_offered_is_fetched_byte_for_byte
    test_order = TransportContract.test_oldest_first
    test_b1_names = TransportContract.test_b1_hostile_names_are_left_out_reported_masked_and_nothing_else_stops
    test_b1_outside = TransportContract.test_b1_nothing_outside_the_folder_is_fetched_or_acknowledged
    test_growing = TransportContract.test_a_file_that_changes_while_it_is_read_is_not_taken_for_whole
    test_dropped = TransportContract.test_a_half_read_file_may_be_dropped_and_the_line_goes_on
    test_gone = TransportContract.test_a_file_that_is_gone_is_said_to_be_missing
    test_crash_mid_fetch = TransportContract.test_a_crash_mid_fetch_leaves_the_offer_as_it_was
    test_unread = TransportContract.test_bytes_nobody_has_read_are_not_acknowledged
    test_line = TransportContract.test_a_closed_line_opens_again_on_need

    def test_links_folders_and_pipes_named_like_an_answer_are_not_offered(self, road: Road) -> None:
        out = road.root / "out"
        (out / "link.p7m").symlink_to("/etc/passwd")
        (out / "folder.p7m").mkdir()
        os.mkfifo(out / "pipe.p7m")

        with road.open() as transport:
            assert transport.list() == []

    def test_what_we_keep_is_gone_and_saying_so_twice_is_fine(self, road: Road) -> None:
        road.offer("a.p7m", b"1")

        with road.open() as transport:
            list(transport.get("a.p7m"))
            transport.acknowledge("a.p7m")
            transport.acknowledge("a.p7m")

            assert transport.list() == []
        assert [path for path in (road.root / "out").iterdir() if path.is_file()] == []

    def test_the_same_twice_is_one_and_another_content_is_refused(self, road: Road) -> None:
        with road.open() as transport:
            put(transport)
            before = (road.root / "in" / NAME).stat()

            assert put(transport).delivery.value == "delivered"
            assert put(transport, content=b"other").code == "collision"

        assert before.st_ino == (road.root / "in" / NAME).stat().st_ino


def seen_by_the_peer(root: Path, sent: Path, offered: Path) -> Path:
    """The peer's two folders as the contract looks into them."""
    root.mkdir()
    (root / "in").symlink_to(sent)
    (root / "out").symlink_to(offered)
    return root


class TestDropBox(Promises):
    """What the bank's staff fetch and bring."""

    @pytest.fixture
    def road(self, tmp_path: Path) -> Road:
        box = Box.of(tmp_path / "centre", "313100000013")
        return Bare(seen_by_the_peer(tmp_path / "peer", box.root / OUT, box.root / IN), lambda **_manners: box.road())


class TestCalledBack(Promises):
    """Out by a line, in from where the bank's call-backs land; the line is never asked for what is to land."""

    asks = False

    @pytest.fixture
    def road(self, tmp_path: Path) -> Road:
        landing, line = Landing.of(tmp_path / "centre", "313100000013"), clean(tmp_path / "line")

        def open_(**_manners: object) -> Transport:
            return CalledBack(Folder(FolderSettings(line, manners())), landing.road(), asks=self.asks)

        return Bare(seen_by_the_peer(tmp_path / "peer", line / "in", landing.root / "in"), open_)


class TestCalledBackAndAsked(TestCalledBack):
    """The note lets us fetch answers by the line too."""

    asks = True
