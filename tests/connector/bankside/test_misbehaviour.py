"""Every way a bank may go wrong, and what the centre's reader makes of it."""

from datetime import timedelta

import pytest

from bank_profiles.errors import UnreadableFile
from config.behaviours import Behaviour
from connector.bankside.respond import respond
from tests.connector.bankside.centre import Centre, City, Read
from tests.connector.bankside.conftest import CITY_BANK, NOW, OpenedBank, Opens
from transports.errors import BrokenSeal

PROFILES = ["hxcb", "gdyz"]


@pytest.fixture(params=PROFILES)
def profile(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def asked(open_a_bank: Opens, centre: Centre, city: City, profile: str, *behaviours: Behaviour) -> OpenedBank:
    bank = open_a_bank(profile, *behaviours)
    bank.receive(*centre.ask(bank.profile, bank.code, bank.handed.encrypt, city.lines.slice(0, 40), batch_no="B9"))
    respond(bank.desk(), NOW)
    return bank


def read(centre: Centre, bank: OpenedBank, expected: str = "B9") -> Read:
    name, content = next(iter(bank.sent().items()))
    return centre.read(bank.profile, name, content, bank.handed.sign, expected={"batch_no": expected})


def test_an_honest_bank(open_a_bank: Opens, centre: Centre, city: City, profile: str) -> None:
    bank = asked(open_a_bank, centre, city, profile)

    assert city.truth[CITY_BANK][:40] == read(centre, bank).outcomes()


def test_a_silent_bank_takes_the_inquiry_and_sends_nothing(open_a_bank: Opens, centre: Centre, city: City, profile: str) -> None:
    bank = asked(open_a_bank, centre, city, profile, "silent")

    assert {} == bank.sent()
    assert [] == [path.name for path in bank.inbox.iterdir()]


def test_a_trailer_that_lies_is_under_a_good_seal_and_refused_whole(
    open_a_bank: Opens, centre: Centre, city: City, profile: str
) -> None:
    bank = asked(open_a_bank, centre, city, profile, "miscounts")

    with pytest.raises(UnreadableFile) as refused:
        read(centre, bank)

    assert "total-differs" == refused.value.problems[-1].code


def test_a_late_bank_answers_when_it_is_due(open_a_bank: Opens, centre: Centre, city: City, profile: str) -> None:
    bank = asked(open_a_bank, centre, city, profile, "late")
    assert {} == bank.sent()

    (handled,) = respond(bank.desk(), NOW + timedelta(seconds=30))

    assert "answered" == handled.ended
    assert city.truth[CITY_BANK][:40] == read(centre, bank).outcomes()


def test_a_duplicate_is_the_same_bytes_under_another_name(open_a_bank: Opens, centre: Centre, city: City, profile: str) -> None:
    bank = asked(open_a_bank, centre, city, profile, "duplicate")

    first, second = bank.sent().values()

    assert first == second
    assert 2 == len(bank.flags())


def test_an_answer_for_a_batch_nobody_asked(open_a_bank: Opens, centre: Centre, city: City, profile: str) -> None:
    bank = asked(open_a_bank, centre, city, profile, "wrong_batch")

    assert "B9" != read(centre, bank, expected="B0").facts["batch_no"]


# Without a tag an unsigned envelope cannot be told from one that was changed (security A15): hxcb seals with a tag, gdyz without.
DAMAGED = [
    ("truncated", {"seal-truncated"}),
    ("flipped", {"seal-content-changed"}),
    ("unsigned", {"seal-unsigned", "seal-content-changed"}),
    ("by_a_stranger", {"seal-signer-unknown"}),
]


@pytest.mark.parametrize(("behaviour", "codes"), DAMAGED)
def test_a_damaged_parcel_stands_with_its_flag_and_does_not_open(
    open_a_bank: Opens, centre: Centre, city: City, profile: str, behaviour: Behaviour, codes: set[str]
) -> None:
    bank = asked(open_a_bank, centre, city, profile, behaviour)

    assert 1 == len(bank.flags())
    with pytest.raises(BrokenSeal) as broken:
        read(centre, bank)
    assert broken.value.code in codes


def test_a_parcel_whose_flag_never_comes(open_a_bank: Opens, centre: Centre, city: City, profile: str) -> None:
    bank = asked(open_a_bank, centre, city, profile, "no_flag")

    assert (1, []) == (len(bank.sent()), bank.flags())


def test_a_bank_that_refuses_everybody_shows_nothing(open_a_bank: Opens, centre: Centre, city: City, profile: str) -> None:
    bank = asked(open_a_bank, centre, city, profile, "refuses")

    answer = read(centre, bank)

    assert [("refused.other", 0, 0)] * 40 == answer.outcomes()
    assert (0, 0) == (len(answer.tables["holding"]), len(answer.tables["movement"]))


def test_several_at_once(open_a_bank: Opens, centre: Centre, city: City, profile: str) -> None:
    bank = asked(open_a_bank, centre, city, profile, "duplicate", "flipped")

    assert 2 == len(bank.sent())
    with pytest.raises(BrokenSeal):
        read(centre, bank)
