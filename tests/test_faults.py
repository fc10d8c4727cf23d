"""What goes wrong between a centre and its banks, all of it in one pass: each fault ends where it must, says what to do, stops nobody.

Eighteen banks, each with a fault of its own but the first. The same banks mended, a pass later. Faults that take a centre's whole
attention (a changed host key, a full disk, a deadline …) are in test_faults_in_turn.py.
"""

import dataclasses
import json
import re
import shutil
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from bank_profiles.catalogue import BANKS
from connector.assembly import clock
from connector.bankside.desk import REFUSED
from connector.bankside.invented import invent
from connector.bankside.lookup import Answer
from connector.ledger.rows import AnyRow
from connector.status import survey
from tests.replies import batches, questions, reply, with_rows
from tests.town import Town

pytestmark = pytest.mark.xdist_group("faults")

FAULTS = (  # in the order of the banks: hxcb and gdyz in turn
    "none",
    "flipped",
    "wrong key",
    "signer expired",
    "unsigned",
    "truncated",
    "duplicate",
    "another bank's batch",
    "unknown batch",
    "miscounts",
    "unknown product",
    "nobody asked",
    "broken connection",
    "broken profile",
    "secret missing",
    "unreachable",
    "our key expired",
    "inquiry damaged",
)
BEHAVIOURS = {
    "flipped": ["flipped"],
    "unsigned": ["unsigned"],
    "truncated": ["truncated"],
    "duplicate": ["duplicate"],
    "unknown batch": ["wrong_batch"],
    "miscounts": ["miscounts"],
}
BY_HAND = ("wrong key", "signer expired", "another bank's batch", "unknown product", "nobody asked")
NOT_ASKED = ("broken connection", "broken profile", "secret missing", "unreachable", "our key expired")
HONEST = ("none", "duplicate")
LATER = timedelta(days=2)  # when the answers are collected: a certificate of one day has expired by then
A_TRUST = {
    "account_no": "6299000000000000001",
    "product": "trust",
    "currency": "CNY",
    "balance_minor": 777_00,
    "as_of": date(2026, 11, 20),
}


@dataclasses.dataclass(frozen=True)
class Crowd:
    """The town, which bank has which fault, and where everything stood after the faults and after they were mended."""

    town: Town
    bank_of: dict[str, str]
    faulty: dict[str, Any]
    mended: dict[str, Any]
    persons: frozenset[str]

    def bank(self, fault: str, stage: str = "faulty") -> dict[str, Any]:
        found: dict[str, Any] = next(b for b in getattr(self, stage)["banks"] if b["code"] == self.bank_of[fault])
        return found

    def batch(self, fault: str, stage: str = "faulty") -> dict[str, Any]:
        only: dict[str, Any]
        (only,) = self.bank(fault, stage)["batches"]
        return only

    def codes(self, fault: str, stage: str = "faulty") -> list[str]:
        return [why["code"] for why in self.bank(fault, stage)["problems"]]

    def why(self, fault: str) -> dict[str, Any]:
        """The one thing a person must look at; said in both languages, with what to do, and with nobody's data."""
        (why,) = self.bank(fault)["problems"]
        assert_says_what_to_do(why)
        return dict(why)


TO_DO = re.compile(
    r"\b(add|ask|call|check|compare|correct|verify|agree|tell|make|give|put|bring|look|release|will be tried again)\b",
    re.IGNORECASE,
)


def assert_says_what_to_do(why: dict[str, Any]) -> None:
    assert TO_DO.search(why["en"]), why["en"]
    assert re.search("请|将重", why["zh"]), why["zh"]


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crowd]:
    folder = tmp_path_factory.mktemp("crowd")
    city = invent(folder / "city", households=3, banks=len(FAULTS))
    bank_of = dict(zip(FAULTS, (institution.code for institution in city.institutions), strict=True))
    behaviours = {bank_of[fault]: said for fault, said in BEHAVIOURS.items()}
    with Town(folder, city.folder, behaviours=behaviours) as town:
        mend = {fault: _break(town, fault, bank_of[fault]) for fault in NOT_ASKED}
        town.intake()
        town.step("gather", "dispatch")
        _damage_inquiry(town, bank_of["inquiry damaged"])
        town.banks_respond(*(code for fault, code in bank_of.items() if fault not in (*NOT_ASKED, *BY_HAND)))
        _answer_wrongly(town, bank_of)
        town.step("collect", "settle", now=clock() + LATER)
        faulty = survey(town.deployment().parts)
        for act in mend.values():
            act()
        mended = _mended(town, bank_of)
        yield Crowd(town, bank_of, faulty, mended, personal_data(city.folder))


def personal_data(city: Path) -> frozenset[str]:
    """Every account number and identity number of a city; names are too short to be looked for."""
    found: set[str] = set()
    for name in ("accounts.csv", "movements.csv"):
        found.update(re.findall(r"\d{15,19}X?", (city / name).read_text("utf-8")))
    return frozenset(found)


# ---------------------------------------------------------------- the faults
def _break(town: Town, fault: str, code: str) -> Callable[[], object]:
    """Do the damage at home; how it is mended."""
    connection = town.dir / "connections" / f"{code}.yaml"
    right = connection.read_text("utf-8")
    if fault == "broken connection":
        connection.write_text(re.sub(r"^pins:\n(- .*\n)+", "", right, flags=re.M), "utf-8")
    elif fault == "broken profile":
        own = town.dir / "profiles" / "zsyh"
        shutil.copytree(BANKS / "gdyz", own)
        page = own / "2026.1.yaml"
        good = page.read_text("utf-8").replace("profile: gdyz", "profile: zsyh")
        page.write_text(good.replace("format: fixed", "format: fixd"), "utf-8")
        right = right.replace("profile: gdyz", "profile: zsyh")
        connection.write_text(right, "utf-8")
        return lambda: page.write_text(good, "utf-8")
    elif fault == "secret missing":
        secret = town.dir / "secrets" / code / "sftp-key"
        aside = secret.rename(secret.with_suffix(".aside"))
        return lambda: aside.rename(secret)
    elif fault == "unreachable":
        town.servers[code].stop()
        return town.servers[code].start
    else:
        town.ring().new("us/old", "sign", "ec-p256", 1, clock() - timedelta(days=2))
        connection.write_text(right.replace("secret:us/sign", "secret:us/old"), "utf-8")
    return lambda: connection.write_text(right, "utf-8")


def _damage_inquiry(town: Town, code: str) -> None:
    (parcel,) = (p for p in (town.servers[code].root / "upload").iterdir() if p.suffix == ".p7m")
    content = bytearray(parcel.read_bytes())
    content[len(content) // 2] ^= 1
    parcel.write_bytes(content)


def _answer_wrongly(town: Town, bank_of: dict[str, str]) -> None:
    def batch(fault: str) -> AnyRow:
        (only,) = batches(town, bank_of[fault])
        return only

    stranger = town.desk(bank_of["none"]).ring.certificate("us/decrypt").pem
    town.desk(bank_of["wrong key"]).ring.import_certificate("stranger/encrypt", stranger, use="encrypt")
    reply(town, batch("wrong key"), keys={"centre_encrypt": "stranger/encrypt"})
    ring = town.desk(bank_of["signer expired"]).ring
    ring.new("us/brief", "sign", "ec-p256", 1, clock())
    town.ring().import_certificate(
        f"{bank_of['signer expired']}/sign", ring.certificate("us/brief").pem, use="sign", evidence="HD-1"
    )
    reply(town, batch("signer expired"), keys={"our_sign": "us/brief"})
    reply(town, batch("another bank's batch"), number=batch("none").number)
    reply(town, batch("unknown product"), rows=first_line_has(A_TRUST), text=lambda text: text.replace(b"|402|", b"|799|"))
    reply(town, batch("nobody asked"), rows=with_rows("holding", A_TRUST | {"line_ref": "000099"}))


def first_line_has(account: dict[str, Any]) -> Callable[[Answer], Answer]:
    """One more account of the first line, which is found."""

    def changed(answer: Answer) -> Answer:
        outcome = answer.outcome.to_pylist()
        outcome[0] |= {"outcome": "found", "declared_accounts": outcome[0]["declared_accounts"] + 1}
        said = dataclasses.replace(answer, outcome=answer.outcome.from_pylist(outcome, answer.outcome.schema))
        return with_rows("holding", account | {"line_ref": outcome[0]["line_ref"]})(said)

    return changed


# ---------------------------------------------------------------- the same, mended
def _mended(town: Town, bank_of: dict[str, str]) -> dict[str, Any]:
    """Everything is asked now; whoever answered wrongly answers rightly, whoever answered rightly answers again."""
    now = clock() + LATER + timedelta(hours=1)
    town.step("gather", "dispatch", now=now)
    for fault, code in bank_of.items():
        for batch in batches(town, code):
            if fault == "flipped":  # the right bytes under the same name, as our message asks for
                (lying,) = (p for p in (town.servers[code].root / "download").iterdir() if p.suffix == ".p7m")
                lying.unlink()
                reply(town, batch)
            elif fault == "none":
                reply(town, batch, again=1)  # the same content, sealed anew
                reply(town, batch, again=2, rows=first_line_has(A_TRUST))
            elif fault != "inquiry damaged":
                reply(town, batch, again=1)
    town.step("collect", "settle", now=now)
    return survey(town.deployment().parts)


# ================================================================ what holds
def test_rule_094_the_other_banks_answers_are_applied_in_the_same_pass(crowd: Crowd) -> None:
    bank = crowd.bank("none")

    assert {"ANSWERED": 1} == bank["states"]
    assert bank["lines"] == bank["answered"] > 0
    assert [] == bank["problems"]


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("flipped", "seal-content-changed"),
        ("wrong key", "seal-not-for-us"),
        ("signer expired", "seal-signer-expired"),
        ("unsigned", "seal-unsigned"),
        ("truncated", "seal-truncated"),
    ],
)
def test_rule_090_a_seal_that_does_not_hold_is_refused_and_nothing_of_it_stored(crowd: Crowd, fault: str, code: str) -> None:
    why, bank = crowd.why(fault), crowd.bank(fault)

    assert code == why["code"]
    assert ["refused"] == [file["state"] for file in bank["files"]]
    assert [f"{bank['files'][0]['name']} (#{bank['files'][0]['id']})"] == why["about"]
    assert ("SENT", 0) == (crowd.batch(fault)["state"], bank["answered"])


def test_rule_090_an_inquiry_damaged_on_its_way_is_refused_by_the_bank_with_a_note(crowd: Crowd) -> None:
    (note,) = (crowd.town.servers[crowd.bank_of["inquiry damaged"]].root / REFUSED).glob("*.json")
    said = orjson.loads(note.read_bytes())

    assert "seal-content-changed" == said["code"]
    assert crowd.batch("inquiry damaged")["parcel_name"] == said["package"]
    assert_says_what_to_do(said)
    assert ("SENT", 0) == (crowd.batch("inquiry damaged")["state"], crowd.bank("inquiry damaged")["answered"])


def test_rule_028_the_same_bytes_under_another_name_are_a_duplicate(crowd: Crowd) -> None:
    assert ["duplicate", "opened"] == sorted(file["state"] for file in crowd.bank("duplicate")["files"])
    assert ("ANSWERED", []) == (crowd.batch("duplicate")["state"], crowd.codes("duplicate"))


@pytest.mark.parametrize("fault", ["unknown batch", "another bank's batch"])
def test_fault_c04_rule_039_an_answer_to_a_batch_we_never_sent_this_bank_is_quarantined(crowd: Crowd, fault: str) -> None:
    assert "batch-unknown" == crowd.why(fault)["code"]
    assert ["quarantined"] == [file["state"] for file in crowd.bank(fault)["files"]]
    assert ("SENT", 0) == (crowd.batch(fault)["state"], crowd.bank(fault)["answered"])


def test_fault_c01_rule_045_a_trailer_that_lies_is_refused_whole_and_the_batch_held(crowd: Crowd) -> None:
    whys = crowd.bank("miscounts")["problems"]

    assert ["total-differs"] == [why["code"] for why in whys]
    assert [
        crowd.batch("miscounts")["number"],
        f"{crowd.bank('miscounts')['files'][0]['name']} (#{_id(crowd, 'miscounts')})",
    ] == whys[0]["about"]
    assert_says_what_to_do(whys[0])
    assert ("HELD", 0) == (crowd.batch("miscounts")["state"], crowd.bank("miscounts")["answered"])


def _id(crowd: Crowd, fault: str) -> int:
    return int(crowd.bank(fault)["files"][0]["id"])


def test_rule_045_a_row_nobody_can_read_is_parked_and_its_line_is_partial(crowd: Crowd) -> None:
    why, bank = crowd.why("unknown product"), crowd.bank("unknown product")

    assert "rows-parked" == why["code"]
    assert "799" in why["en"]  # the bank's code is no person's datum
    assert ("rows-parked", "ANSWERED") == (bank["files"][0]["state"], crowd.batch("unknown product")["state"])
    assert 1 == bank["outcomes"]["partial"]
    assert bank["lines"] == bank["answered"]


def test_fault_c12_rule_039_rows_of_nobody_we_asked_about_are_set_apart(crowd: Crowd) -> None:
    assert "rows-not-asked" == crowd.why("nobody asked")["code"]
    assert "ANSWERED" == crowd.batch("nobody asked")["state"]
    accounts = [line for line in crowd.town.lines() if line[0] == crowd.bank_of["nobody asked"]]
    truth = (crowd.town.city / "accounts.csv").read_text("utf-8")
    assert sum(line[4] for line in accounts) <= truth.count(f"\n{crowd.bank_of['nobody asked']},")


def test_a1_a_broken_connection_stops_only_its_bank(crowd: Crowd) -> None:
    why = crowd.faulty["broken"][crowd.bank_of["broken connection"]]

    assert "missing-key" == why["code"]
    assert re.search(rf"{crowd.bank_of['broken connection']}.yaml:\d+:\d+: error missing-key\n.*pins", why["en"])
    assert re.search(rf"{crowd.bank_of['broken connection']}.yaml:\d+:\d+：错误 missing-key\n.*pins", why["zh"])


def test_rule_095_a_broken_profile_stops_only_its_bank(crowd: Crowd) -> None:
    why = crowd.faulty["broken"][crowd.bank_of["broken profile"]]

    assert re.search(r"zsyh/2026.1.yaml:\d+:\d+", why["en"])
    assert "fixd" in why["en"]
    assert "fixd" in why["zh"]
    assert "fixed" in why["zh"]


@pytest.mark.parametrize(
    ("fault", "code", "state"),
    [
        ("secret missing", "bad-settings", "SEALED"),
        ("unreachable", "unreachable", "SEALED"),
    ],
)
def test_rule_094_a_road_that_does_not_open_waits_and_says_why(crowd: Crowd, fault: str, code: str, state: str) -> None:
    whys = crowd.bank(fault)["problems"]

    assert {code} == {why["code"] for why in whys}
    for why in whys:
        assert_says_what_to_do(why)
    assert (state, 0) == (crowd.batch(fault)["state"], crowd.bank(fault)["answered"])


def test_rule_090_our_own_expired_key_seals_nothing_and_other_banks_go_on(crowd: Crowd) -> None:
    why = crowd.why("our key expired")

    assert ("key-missing", ["gather"]) == (why["code"], why["about"])
    assert [] == crowd.bank("our key expired")["batches"]


def test_rule_078_what_is_told_holds_no_persons_data(crowd: Crowd) -> None:
    told = json.dumps([crowd.faulty, crowd.mended], ensure_ascii=False)

    assert [] == [each for each in crowd.persons if each in told]
    assert len(crowd.persons) > 20


# ---------------------------------------------------------------- mended
@pytest.mark.parametrize(
    "fault", [fault for fault in FAULTS if fault not in ("none", "inquiry damaged", "unknown product", "nobody asked")]
)
def test_once_mended_every_line_is_answered(crowd: Crowd, fault: str) -> None:
    bank = crowd.bank(fault, "mended")

    assert {"ANSWERED": 1} == bank["states"]
    assert bank["lines"] == bank["answered"] == crowd.bank("none")["lines"]


def test_nothing_that_was_mended_is_still_complained_of(crowd: Crowd) -> None:
    quiet = [*NOT_ASKED, "duplicate", "miscounts"]

    assert {} == {fault: codes for fault in quiet if (codes := crowd.codes(fault, "mended"))}
    assert {} == crowd.mended["broken"]


def test_rule_028_the_same_content_sealed_anew_is_a_duplicate(crowd: Crowd) -> None:
    assert "duplicate" == crowd.bank("none", "mended")["files"][1]["state"]
    assert ["opened", "duplicate", "duplicate"] == [file["state"] for file in crowd.bank("duplicate", "mended")["files"]]


def test_fault_c17_i9_a_different_second_answer_is_set_apart_and_the_first_stands(crowd: Crowd) -> None:
    bank = crowd.bank("none", "mended")

    assert ["answer-differs"] == crowd.codes("none", "mended")
    assert "quarantined" == bank["files"][2]["state"]
    assert crowd.bank("none")["outcomes"] == bank["outcomes"]
    assert_says_what_to_do(bank["problems"][0])


def test_rule_027_every_bank_was_asked_the_same_persons(crowd: Crowd) -> None:
    asked = {
        fault: questions(crowd.town, batches(crowd.town, crowd.bank_of[fault])[0]).column("id_no").to_pylist()
        for fault in ("none", "unreachable", "our key expired")
    }

    assert 1 == len({tuple(numbers) for numbers in asked.values()})
