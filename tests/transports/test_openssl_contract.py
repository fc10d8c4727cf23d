"""The promises of a road, asked for by clients made of ``openssl s_client``: our two servers keep them for programs that are not ours."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.certificates import Identity
from tests.contracts.transport_contract import Road, TransportContract, clean, manners
from tests.https_line import Bank, Town
from tests.openssl_client import OpensslHttps, OpensslTcp
from tests.transports.tcp.lines import Lines

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(shutil.which("openssl") is None, reason="the openssl program is not installed here"),
]


class Promises:
    """Of the contract, all that a caller sees: what remains is about our own client's crashes, its names and its memory."""

    test_put = TransportContract.test_what_was_put_stands_whole_under_its_name_with_its_flag_and_nothing_else
    test_twice = TransportContract.test_the_same_name_and_bytes_twice_are_one_delivery
    test_collision = TransportContract.test_other_bytes_under_the_same_name_are_refused_and_the_first_stay
    test_empty = TransportContract.test_an_empty_file_goes_too
    test_chinese = TransportContract.test_a_name_in_chinese_goes_too
    test_look = TransportContract.test_a_look_tells_present_different_and_absent
    test_fetch = TransportContract.test_what_is_offered_is_fetched_byte_for_byte
    test_order = TransportContract.test_oldest_first
    test_b1_names = TransportContract.test_b1_hostile_names_are_left_out_reported_masked_and_nothing_else_stops
    test_no_files = TransportContract.test_links_folders_and_pipes_named_like_an_answer_are_not_offered
    test_gone = TransportContract.test_a_file_that_is_gone_is_said_to_be_missing
    test_keep = TransportContract.test_what_we_keep_is_moved_away_with_its_flag_and_saying_so_twice_is_fine
    test_archive = TransportContract.test_an_archive_never_overwrites
    test_line = TransportContract.test_a_closed_line_opens_again_on_need


def options(folder: Path, own: Identity, authority: str) -> list[str]:
    """The options by which openssl shows a certificate and asks for ours."""
    certificate, key = own.write(folder, "openssl")
    (folder / "authority.pem").write_text(authority)
    return ["-cert", str(certificate), "-key", str(key), "-CAfile", str(folder / "authority.pem"), "-verify_return_error"]


class TestTcp(Promises):
    """The house's messages over a dedicated line with mutual TLS."""

    @pytest.fixture
    def road(self, tmp_path: Path) -> Iterator[Road]:
        lines = Lines(tmp_path)
        with lines.serve() as server:
            given = options(tmp_path, lines.ours, lines.ca.pem)
            yield Road(lines.root, lambda **_manners: OpensslTcp(server.port, given))


class TestHttps(Promises):
    """The house's calls over HTTPS."""

    @pytest.fixture
    def road(self, tmp_path: Path) -> Iterator[Road]:
        (keys := tmp_path / "keys").mkdir()
        town = Town(keys)
        with Bank(town, clean(tmp_path / "bank")) as bank:
            bank.manners = manners()
            given = options(keys, town.ours, town.issuer.pem)
            yield Road(bank.root, lambda **_manners: OpensslHttps(bank.server.port, given))
