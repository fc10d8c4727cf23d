"""The centre makes its own place in what it shares with a carrier; a share that is away is waited for, and named, and nothing is held."""

from pathlib import Path

import pytest

from tests.carrying import Site
from tests.contracts.transport_contract import clean, manners, put
from transports.errors import Refused, Unreachable
from transports.folder import Folder, FolderSettings
from transports.relay import share
from transports.transport import Delivery, Put


@pytest.fixture
def site(tmp_path: Path) -> Site:
    bank = clean(tmp_path / "bank")
    return Site(tmp_path / "site", lambda: Folder(FolderSettings(bank, manners())))


def test_before_the_carriers_first_run_the_centre_makes_the_banks_folder_itself(site: Site) -> None:
    (site.root / "out" / "B1").rmdir()
    relay = site.relay()

    assert (Delivery.IN_DOUBT, "with-the-carrier") == _said(put(relay))
    site.carry()
    assert Put(Delivery.DELIVERED) == put(relay)


def test_behind_a_gap_what_is_awaited_finds_its_folder_too(site: Site) -> None:
    (site.root / "out" / "B1").rmdir()
    site.relay(asks=True).list(["x.pkg"])

    assert ["awaited-000000000001.json"] == [path.name for path in (site.root / "out" / "B1").iterdir()]


@pytest.mark.parametrize("name", ["out", "back"])
def test_a_share_that_is_not_there_is_tried_again_and_named(site: Site, name: str) -> None:
    away = site.root / name
    away.rename(site.root / "elsewhere")
    ended = put(site.relay())

    assert (Delivery.RETRY, "share-missing") == _said(ended)
    assert str(away) in ended.zh
    assert str(away) in ended.en

    (site.root / "elsewhere").rename(away)
    assert (Delivery.IN_DOUBT, "with-the-carrier") == _said(put(site.relay()))


def test_answers_that_cannot_be_seen_are_not_none(site: Site) -> None:
    (site.root / "back").rename(site.root / "elsewhere")

    with pytest.raises(Unreachable) as away:
        site.relay().list()
    assert "share-missing" == away.value.code


def test_a_folder_that_was_used_and_is_gone_is_a_share_that_is_not_mounted(site: Site) -> None:
    put(site.relay())
    site.carry()
    assert Put(Delivery.DELIVERED) == put(site.relay())
    (site.root / "out" / "B1").rmdir()

    assert (Delivery.RETRY, "share-missing") == _said(put(site.relay(), name="HX_QRY_20261121_0002.zip"))
    assert [] == list((site.root / "out").iterdir())


def test_a_share_where_nothing_may_be_made_is_a_persons_to_mend(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    (site.root / "out" / "B1").rmdir()

    def denied(*_: object, **__: object) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "mkdir", denied)
    with pytest.raises(Refused) as refused:
        share.make_place(site.root / "out", "B1", used=False)
    assert "permission" == refused.value.code


def _said(ended: Put) -> tuple[Delivery, str]:
    return ended.delivery, ended.code
