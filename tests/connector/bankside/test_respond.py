"""A bank answers once, with the truth, and a pass that was cut short is finished by the next one."""

import io
import json
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from connector.bankside.respond import respond
from tests.connector.bankside.centre import Centre, City
from tests.connector.bankside.conftest import CITY_BANK, NOW, SECURITIES_FIRM, OpenedBank, Opens
from transports.crashpoint import Crash


def ask(centre: Centre, bank: OpenedBank, city: City, *, seq: int = 1, batch_no: str = "") -> str:
    name, content = centre.ask(bank.profile, bank.code, bank.handed.encrypt, city.lines, seq=seq, batch_no=batch_no)
    bank.receive(name, content)
    return name


@pytest.fixture
def arm(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    def armed(label: str) -> None:
        monkeypatch.setattr("transports.crashpoint._passes", {})
        monkeypatch.setattr("transports.crashpoint._armed", f"{label}:raise" if label else "")

    return armed


@pytest.mark.parametrize("profile", ["hxcb", "gdyz"])
@pytest.mark.parametrize("code", [CITY_BANK, SECURITIES_FIRM])
def test_every_outcome_and_count_is_the_citys_truth(
    open_a_bank: Opens, centre: Centre, city: City, profile: str, code: str
) -> None:
    bank = open_a_bank(profile, code=code)
    ask(centre, bank, city)

    handled = respond(bank.desk(), NOW)

    assert [("answered", len(city.lines))] == [(each.ended, each.lines) for each in handled]
    ((name, content),) = bank.sent().items()
    assert [f"{name}.ok"] == bank.flags()
    read = centre.read(bank.profile, name, content, bank.handed.sign, expected={"batch_no": "202611210000001"})
    assert city.truth[code] == read.outcomes()
    assert sum(accounts for _, accounts, _ in city.truth[code]) == len(read.tables["holding"])
    assert sum(movements for _, _, movements in city.truth[code]) == len(read.tables["movement"])


def test_a_call_that_waits_for_its_answer_takes_nobody_elses(open_a_bank: Opens, centre: Centre, city: City) -> None:
    bank = open_a_bank("hxcb")
    first, second = (ask(centre, bank, city, seq=seq, batch_no=f"20261121000000{seq}") for seq in (1, 2))

    (answered,) = respond(bank.desk(), NOW, second)

    assert (second, "answered") == (answered.parcel, answered.ended)
    assert (bank.inbox / first).exists()


def test_a_parcel_without_its_flag_is_not_touched(open_a_bank: Opens, centre: Centre, city: City) -> None:
    bank = open_a_bank("hxcb")
    name = ask(centre, bank, city)
    (bank.inbox / f"{name}.ok").unlink()

    assert [] == respond(bank.desk(), NOW)
    assert (bank.inbox / name).exists()


def test_the_inquiry_is_put_away_and_a_second_pass_has_nothing_to_do(open_a_bank: Opens, centre: Centre, city: City) -> None:
    bank = open_a_bank("hxcb")
    name = ask(centre, bank, city)
    respond(bank.desk(), NOW)

    assert [] == respond(bank.desk(), NOW)
    assert [] == [path.name for path in bank.inbox.iterdir()]
    assert (bank.root / "done" / name).exists()


def test_the_same_inquiry_again_gets_the_same_bytes(open_a_bank: Opens, centre: Centre, city: City) -> None:
    bank = open_a_bank("gdyz")
    name, content = centre.ask(bank.profile, bank.code, bank.handed.encrypt, city.lines)
    bank.receive(name, content)
    respond(bank.desk(), NOW)
    first = bank.sent()
    for path in bank.outbox.iterdir():  # the centre took it
        path.unlink()

    bank.receive(name, content)
    respond(bank.desk(), NOW + timedelta(hours=1))

    assert first == bank.sent()


@pytest.mark.parametrize("label", ["O7", "O8", "O16", "O17", "O18", "O19", "O20", "N15", "N14"])
def test_a_restart_in_the_middle_ends_with_one_answer(
    open_a_bank: Opens, centre: Centre, city: City, arm: Callable[[str], None], label: str
) -> None:
    bank = open_a_bank("hxcb")
    ask(centre, bank, city)
    arm(label)
    with pytest.raises(Crash):
        respond(bank.desk(), NOW)
    before = bank.sent()
    arm("")
    respond(bank.desk(), NOW + timedelta(minutes=5))

    ((name, content),) = bank.sent().items()
    assert before.get(name, content) == content
    assert [f"{name}.ok"] == bank.flags()
    assert city.truth[CITY_BANK] == centre.read(bank.profile, name, content, bank.handed.sign).outcomes()
    assert [] == [path.name for path in bank.inbox.iterdir()]


def test_a_batch_number_answered_before_is_refused_for_another_inquiry(open_a_bank: Opens, centre: Centre, city: City) -> None:
    bank = open_a_bank("hxcb")
    ask(centre, bank, city, seq=1, batch_no="B1")
    respond(bank.desk(), NOW)

    name = ask(centre, bank, city, seq=2, batch_no="B1")
    (refused,) = respond(bank.desk(), NOW)

    assert ("refused", "batch-answered") == (refused.ended, refused.code)
    note = json.loads((bank.root / "refused" / f"{name}.json").read_bytes())
    assert ("refusal/1", name, "batch-answered") == (note["schema"], note["package"], note["code"])
    assert 1 == len(bank.sent())


def test_a_broken_seal_is_refused_with_a_note_and_the_next_inquiry_is_answered(
    open_a_bank: Opens, centre: Centre, city: City
) -> None:
    bank = open_a_bank("hxcb")
    name, content = centre.ask(bank.profile, bank.code, bank.handed.encrypt, city.lines, seq=1)
    bank.receive(name, content[:-40] + bytes([content[-40] ^ 1]) + content[-39:])
    ask(centre, bank, city, seq=2)

    handled = respond(bank.desk(), NOW)

    assert {"refused", "answered"} == {each.ended for each in handled}
    note = json.loads((bank.root / "refused" / f"{name}.json").read_bytes())
    assert note["code"].startswith("seal-")
    assert note["zh"]
    assert note["en"]
    assert (bank.root / "refused" / name).exists()


def test_b1_a_very_long_name_is_refused_like_any_other_and_stops_nobody(open_a_bank: Opens, centre: Centre, city: City) -> None:
    bank = open_a_bank("hxcb")
    bank.receive(f"{'x' * 244}.zip.p7m", b"junk")
    ask(centre, bank, city)

    assert {"refused", "answered"} == {each.ended for each in respond(bank.desk(), NOW)}


def test_what_a_stranger_signed_is_refused(open_a_bank: Opens, centre: Centre, city: City, tmp_path: object) -> None:
    bank = open_a_bank("hxcb")
    stranger = Centre(bank.root.parent / "stranger", NOW)
    bank.receive(*stranger.ask(bank.profile, bank.code, bank.handed.encrypt, city.lines))

    (refused,) = respond(bank.desk(), NOW)

    assert ("refused", "seal-signer-unknown") == (refused.ended, refused.code)


def test_what_is_sealed_for_another_bank_waits_for_a_person_with_a_message(
    open_a_bank: Opens, centre: Centre, city: City
) -> None:
    bank, other = open_a_bank("hxcb"), open_a_bank("hxcb", code=SECURITIES_FIRM)
    bank.receive(*centre.ask(bank.profile, bank.code, other.handed.encrypt, city.lines))

    (waiting,) = respond(bank.desk(), NOW)

    assert ("waiting", "seal-not-for-us") == (waiting.ended, waiting.code)
    assert {} == bank.sent()


def test_an_inquiry_that_cannot_be_read_is_refused_with_what_is_wrong(open_a_bank: Opens, centre: Centre) -> None:
    bank = open_a_bank("gdyz")
    name = f"QRY{bank.code}20261121000001.dat.p7m"
    bank.receive(name, centre.seal(bank.profile, b"00 not an inquiry\r\n", bank.handed.encrypt))

    (refused,) = respond(bank.desk(), NOW)

    assert "refused" == refused.ended
    assert refused.code
    assert {} == bank.sent()


def test_no_name_number_or_account_stands_in_clear_in_the_banks_folders(open_a_bank: Opens, centre: Centre, city: City) -> None:
    bank = open_a_bank("hxcb")
    ask(centre, bank, city)
    respond(bank.desk(), NOW)

    secrets = {text.encode(encoding) for text in canaries(city) for encoding in ("utf-8", "gb18030")}
    for path in bank.handed.bank.parent.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert [] == [secret for secret in secrets if secret in content], path.name


def canaries(city: City) -> set[str]:
    numbers = set(city.lines.column("id_no").to_pylist()[:200])
    names = {name for name in city.lines.column("name").to_pylist()[:200] if len(name) >= 3}
    accounts = {line.split(",")[5] for line in (city.folder / "accounts.csv").read_text("utf-8").splitlines()[1:200]}
    return numbers | names | accounts


def test_two_responders_at_once_agree_on_one_answer(open_a_bank: Opens, centre: Centre, city: City) -> None:
    bank = open_a_bank("hxcb")
    ask(centre, bank, city)
    desks = [bank.desk() for _ in range(2)]

    with ThreadPoolExecutor(2) as both:
        passes = [both.submit(respond, desk, NOW) for desk in desks]
    ended = {type(each.exception()).__name__ for each in passes}

    respond(bank.desk(), NOW)
    ((name, content),) = bank.sent().items()
    assert [f"{name}.ok"] == bank.flags()
    assert city.truth[CITY_BANK] == centre.read(bank.profile, name, content, bank.handed.sign).outcomes()
    assert ended <= {"NoneType", "Refused"}  # the other one may find the inquiry put away under its eyes


def test_a_line_that_cannot_be_read_is_refused_by_its_reference_and_the_others_are_answered(
    open_a_bank: Opens, centre: Centre
) -> None:
    bank = open_a_bank("hxcb")
    lines = [
        "H|202611210000001|2",
        "D|000001|梅知秋|03|E1234567|20261399|20260520|20261120|CK|SQ1|低保",
        "D|000002|梅知冬|03|E7654321|20261120|20260520|20261120|CK|SQ2|低保",
    ]
    stem = f"CX_{bank.code}_20261121_0001"
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr(f"{stem}.txt", "\r\n".join([*lines, ""]).encode("gb18030"))
    bank.receive(f"{stem}.zip.p7m", centre.seal(bank.profile, package.getvalue(), bank.handed.encrypt))

    respond(bank.desk(), NOW)

    ((name, content),) = bank.sent().items()
    outcome = centre.read(bank.profile, name, content, bank.handed.sign).tables["outcome"].to_pylist()
    assert {"000001": "refused.other", "000002": "no_record"} == {row["line_ref"]: row["outcome"] for row in outcome}
