"""A connection names the CA of its bank: by its key and a folder; what cannot be read stops that bank, what grew stale is told."""

from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from config.connection import Connection
from config.yaml_file import BadSettings
from connector.bank import Banks
from connector.bankside.invented import invent
from connector.keys import authorities, expiring
from connector.parts import Parts
from connector.status import survey
from tests.contracts.cms_contract import AT
from tests.town import Town
from tests.transports.sealing.test_chains import ca_of, listing
from transports import pins
from transports.errors import UnknownKey

ZONE = ZoneInfo("Asia/Shanghai")

CA = ca_of("sm2")
ANCHOR = pins.of(CA.root.certificate.spki)


def connection(**chain: Any) -> Connection:
    keys = {
        "bank_encrypt": "cert:b/encrypt",
        "bank_sign": "cert:b/sign",
        "our_sign": "secret:us/sign",
        "our_decrypt": "secret:us/decrypt",
    }
    institution = {"code": "901", "name": "银行", "class": "city_bank"}
    given: dict[str, Any] = {"institution": institution, "profile": "p", "folder": "/srv/in", "keys": keys}
    return Connection.model_validate(given | ({"chain": chain} if chain else {}))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A deployment with the folder of one CA."""
    place = tmp_path / "authorities" / "ca"
    place.mkdir(parents=True)
    (place / "root.cer").write_bytes(CA.root.certificate.der)
    (place / "middle.pem").write_bytes(CA.middle.certificate.pem)
    for name, each in zip(("root", "middle"), CA.lists(), strict=True):
        (place / f"{name}.crl").write_bytes(each.der)
    return tmp_path


def at() -> datetime:
    return AT


def code_of(folder: Path, said: Connection) -> str:
    with pytest.raises(BadSettings) as caught:
        authorities.expect_chains(folder, said, at)
    assert "authorities/" in caught.value.en
    assert "authorities/" in caught.value.zh
    return caught.value.code


def test_by_default_trust_is_by_pin_alone(folder: Path) -> None:
    authorities.expect_chains(folder, connection(), at)
    assert authorities.chains_of(folder, connection(), at) is None
    assert [] == list(authorities.stale(folder, connection(), AT, ZONE))


@pytest.mark.parametrize(
    "chain",
    [{"folder": "ca"}, {"anchors": [], "folder": "ca"}, {"anchors": ["MD5:00"], "folder": "ca"}, {"anchors": [ANCHOR]}]
    + [{"anchors": [ANCHOR], "folder": name} for name in ("..", "a/b", "/etc", "")],
)
def test_a_chain_without_an_anchor_or_a_folder_of_its_own_does_not_load(chain: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        connection(**chain)


def test_what_lies_there_is_read_anew_at_each_use(folder: Path) -> None:
    said = connection(anchors=[ANCHOR], folder="ca")
    authorities.expect_chains(folder, said, at)
    read = authorities.chains_of(folder, said, at)
    assert read is not None
    read().expect(CA.bank.certificate, "sign", AT)
    (folder / "authorities" / "ca" / "middle.crl").unlink()
    assert 1 == len(read().lists)
    assert not read().successors


def test_c8_a_list_counts_by_our_own_clock_whenever_the_answer_came(folder: Path) -> None:
    """An answer waits, its CA makes the next list meanwhile: that one is asked; one that is dated ahead of our clock is not."""
    said, came, now = connection(anchors=[ANCHOR], folder="ca"), AT - timedelta(days=7), [AT]
    read = authorities.chains_of(folder, said, lambda: now[0])
    assert read is not None
    read().expect(CA.bank.certificate, "sign", came)
    now[0] = came
    with pytest.raises(UnknownKey, match="revocation list"):
        read().expect(CA.bank.certificate, "sign", came)


def test_a_list_of_a_day_to_come_does_not_hide_that_the_true_one_is_stale(folder: Path) -> None:
    said, later = connection(anchors=[ANCHOR], folder="ca"), AT + timedelta(days=8)
    for name, by in (("root", CA.root), ("middle", CA.middle)):
        to_come = listing(by, made=later + timedelta(days=100), until=later + timedelta(days=200))
        (folder / "authorities" / "ca" / f"{name}2.crl").write_bytes(to_come.der)
    assert ["list-ended"] * 2 == [told["code"] for told in authorities.stale(folder, said, later, ZONE)]


def test_what_cannot_be_read_or_has_no_anchor_stops_the_bank(folder: Path) -> None:
    assert "chain-unreadable" == code_of(folder, connection(anchors=[ANCHOR], folder="none"))
    assert "chain-unreadable" == code_of(folder, connection(anchors=["SHA256:" + "A" * 43], folder="ca"))
    (folder / "authorities" / "ca" / "broken.crl").write_bytes(b"<html>")
    assert "chain-unreadable" == code_of(folder, connection(anchors=[ANCHOR], folder="ca"))


def test_a_stale_list_is_told_until_a_newer_one_lies_there(folder: Path) -> None:
    said, later = connection(anchors=[ANCHOR], folder="ca"), AT + timedelta(days=8)
    assert [] == list(authorities.stale(folder, said, AT, ZONE))
    (folder / "authorities" / "ca" / "root2.crl").write_bytes(listing(CA.root, made=later, until=later + timedelta(days=7)).der)
    (told,) = authorities.stale(folder, said, later, ZONE)
    assert ("list-ended", True, "901") == (told["code"], told["alarm"], told["of"])
    assert "middle" in told["about"][0]
    assert told["days_left"] < 0
    parts = SimpleNamespace(folder=folder, identities=(), ring=None, zone=None, banks=Banks({}, connections=(connection(), said)))
    assert [told] == expiring.told(cast(Parts, parts), later)
    (folder / "authorities" / "ca" / "middle2.crl").write_bytes(
        listing(CA.middle, made=later, until=later + timedelta(days=7)).der
    )
    assert [] == list(authorities.stale(folder, said, later, ZONE))


def test_a_bank_that_does_not_lead_to_its_authority_waits_and_says_why_and_the_others_go_on(tmp_path: Path) -> None:
    invent(tmp_path / "city", households=2, banks=2)
    with Town(tmp_path / "town", tmp_path / "city") as town:
        place = town.dir / "authorities" / "ca"
        place.mkdir(parents=True)
        (place / "root.cer").write_bytes(CA.root.certificate.der)
        one, other = sorted(bank["code"] for bank in town.institutions)
        with (town.dir / "connections" / f"{one}.yaml").open("a", encoding="utf-8") as file:
            file.write(f"chain: {{anchors: ['{ANCHOR}'], folder: ca}}\n")
        town.intake()
        town.step("gather", "dispatch")

        told = {bank["code"]: {why["code"] for why in bank["problems"]} for bank in survey(town.deployment().parts)["banks"]}
        assert {one: {"key-unchained"}, other: set()} == told
