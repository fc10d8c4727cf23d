"""A connection names its secrets and certificates; a name is below its folder and never a path that climbs."""

from datetime import date
from pathlib import Path

import pytest
from pydantic import TypeAdapter, ValidationError

from config.connection import read_connection
from config.road import Road
from config.words import Certificate, Secret

EXAMPLES = Path(__file__).resolve().parents[2] / "config" / "examples"


@pytest.mark.parametrize("name", ["us/sign", "990100000001/sftp-key", "us/sign.2026", "a_b/c-d"])
def test_b1_a_name_below_the_folder_is_taken(name: str) -> None:
    assert f"secret:{name}" == TypeAdapter(Secret).validate_python(f"secret:{name}")


@pytest.mark.parametrize(
    "name", ["a/../../etc/shadow", "..", "a/..", "a//b", "/etc/shadow", "a/.hidden", "a/", "a\n", "a..b", ""]
)
def test_b1_a_name_that_climbs_is_refused(name: str) -> None:
    for kind, prefix in ((Secret, "secret"), (Certificate, "cert")):
        with pytest.raises(ValidationError):
            TypeAdapter(kind).validate_python(f"{prefix}:{name}")


# ---- roads ------------------------------------------------------------------------------------------------------------------------

PINS = ["SHA256:" + sign * 43 for sign in "AB"]


def road(**given: object) -> Road:
    return Road.model_validate({"address": {"host": "10.0.0.1"}, "pins": PINS[:1]} | given)


def test_a3_two_pins_overlap_and_the_old_one_ends_on_its_day() -> None:
    changing = road(pins=[{"pin": PINS[0], "until": "2026-11-30"}, {"pin": PINS[1], "from": "2026-11-25"}])
    on = {day: changing.pins_on(date(2026, 11, day)) for day in (24, 25, 30)}

    assert {24: (PINS[0],), 25: tuple(PINS), 30: tuple(PINS)} == on
    assert (PINS[1],) == changing.pins_on(date(2026, 12, 1))


def test_a3_pins_that_have_all_ended_are_none() -> None:
    assert () == road(pins=[{"pin": PINS[0], "until": "2026-11-30"}]).pins_on(date(2026, 12, 1))


@pytest.mark.parametrize(
    "pins", [[], [""], ["MD5:" + "A" * 43], ["SHA256:short"], [{"from": "2026-01-01"}], None, "SHA256:" + "A" * 43]
)
@pytest.mark.parametrize(
    "address", [{"host": "10.0.0.1"}, {"host": "10.0.0.1", "port": 22}, {"host": "a.b", "allow": ["10.0.0.0/8"]}]
)
def test_a1_no_road_over_a_network_without_pins(pins: object, address: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        road(address=address, pins=pins)


def test_a6_a_host_by_name_needs_the_networks_it_may_lead_to() -> None:
    with pytest.raises(ValidationError, match="allow"):
        road(address={"host": "bank.example"})


def test_a_folder_needs_no_pins() -> None:
    assert "/mnt/bank" == Road.model_validate({"folder": "/mnt/bank"}).folder


@pytest.mark.parametrize("example", sorted(EXAMPLES.glob("connection*.yaml")), ids=lambda path: path.stem)
def test_every_example_of_a_connection_loads(example: Path) -> None:
    assert read_connection(example).profile == "hxcb"
