"""Invented persons can be asked about in every bank's language that comes with the product, and are nobody."""

from datetime import UTC, date, datetime

import pytest

from bank_profiles.catalogue import find_profile, load_profile, profiles_in
from bank_profiles.translation import PackageFacts, read_package, write_package
from connector.conform.people import People
from reconciliation.identity import IdentityNumber, parse_identity

DAY = date(2026, 11, 20)
PROFILES = sorted({path.parent.name for path in profiles_in()})


@pytest.mark.parametrize("name", PROFILES)
@pytest.mark.parametrize("whom", ["some", "rare", "longest"])
def test_every_language_can_ask_about(whom: str, name: str) -> None:
    profile = load_profile(find_profile(name))
    people = People(profile, DAY)
    lines = people.some(3) if whom == "some" else getattr(people, whom)()
    for at in range(len(lines)) if profile.service.limits.lines_max == 1 or profile.inquiry.one_per_file else [None]:
        asked = lines if at is None else lines.slice(at, 1)
        facts = PackageFacts("900100000001", "202611209000001", DAY, 1, datetime(2026, 11, 20, 2, tzinfo=UTC))
        written = write_package(profile, "inquiry", facts, {"inquiry": [asked]})
        back = [row for rows in read_package(profile, "inquiry", written.name, written.blocks) for row in rows.table.to_pylist()]

        assert asked["name"].to_pylist() == [row["name"] for row in back]


def test_the_numbers_are_of_the_right_form_of_no_region_and_all_different() -> None:
    numbers = People(load_profile(find_profile("hxcb")), DAY).some(6000)["id_no"].to_pylist()

    assert 6000 == len(set(numbers))
    assert {"99"} == {number[:2] for number in numbers}
    assert all(isinstance(parse_identity("resident_id", number), IdentityNumber) for number in numbers[::100])
