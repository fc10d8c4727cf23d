"""A medium keeps the promises of a road, as far as a disc can; what lies beside the parcels on it is no parcel."""

from pathlib import Path

import pytest

from tests.contracts.transport_contract import Road, TransportContract, arm, clean, manners
from transports.manners import Ready
from transports.media import Media, MediaSettings
from transports.media.manifest import JSON_NAME, SIGNATURE_NAME

__all__ = ["arm"]
LIST_NAME = "清单.txt"


@pytest.fixture
def road(tmp_path: Path) -> Road:
    return Road(clean(tmp_path), lambda **changes: Media(MediaSettings(tmp_path, manners(**changes), LIST_NAME)))


class TestMedia(TransportContract):
    """All promises: the open volume and the returned medium are folders of this machine."""


def test_the_lists_of_a_medium_are_no_parcels(road: Road) -> None:
    for name in ("R_902.zip.p7m", LIST_NAME, f"{LIST_NAME}.p7s", JSON_NAME, SIGNATURE_NAME):
        road.offer(name, b"x", flag=False)

    with road.open(ready=Ready("renamed")) as medium:
        assert ["R_902.zip.p7m"] == [remote.name for remote in medium.list()]
