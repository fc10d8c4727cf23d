"""The demonstration: one city on every road at once, four troubles arranged on purpose, what is shown of them in both languages."""

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from bank_profiles.language.profile import Profile
from bank_profiles.packing.steps import unpack
from connector import demo, inventory
from connector.assembly import Deployment, clock
from connector.bankside.desk import Desk, shipped
from connector.bankside.opening import road_of
from connector.cli import demo as shown
from connector.cli.console import speak
from connector.deciding.acts import ask_resolve_batch, decide
from connector.demo import cast
from connector.founding import OUR_KEYS
from connector.keys.touched import told as key_touched
from connector.ledger import answers, media, rosters
from connector.reports.standing import kept
from connector.roads.agreed_seals import agreed_seal

ROADS = {"sftp", "line_tcp", "line_http", "media", "folder"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("city") / "demo"


@pytest.fixture(scope="module")
def outcome(folder: Path) -> demo.Outcome:
    """A small city; the default one differs in nothing but its size."""
    return demo.run(folder, 12, cast.MOST, clock, lambda *_: None)


@pytest.fixture(scope="module")
def banks(outcome: demo.Outcome) -> dict[str, list[dict[str, Any]]]:
    """What the summary says of each bank, by what the bank did."""
    found: dict[str, list[dict[str, Any]]] = {}
    for bank in outcome.summary["banks"]:
        found.setdefault(bank["behaviour"], []).append(bank)
    return found


@pytest.fixture(scope="module")
def deployment(folder: Path, outcome: demo.Outcome) -> Deployment:
    return Deployment.open(folder / "centre")


def test_every_road_is_travelled_at_once(outcome: demo.Outcome, banks: dict[str, list[dict[str, Any]]]) -> None:
    assert ROADS == {bank["road"] for bank in outcome.summary["banks"]}
    assert {"sftp", "line_tcp", "line_http", "media"} == {bank["road"] for bank in banks["answers"]}
    assert {("ANSWERED", 1.0, None)} == {(b["state"], b["response_rate"], b["problem"]) for b in banks["answers"]}


@pytest.mark.parametrize("count", [5, 6, 7, 8])
def test_five_banks_are_enough_for_every_road_and_every_trouble(count: int) -> None:
    played = cast.PARTS[:count]

    assert {"silent", "miscounts", "late", "hangs_up", "answers"} == {part.behaviour for part in played}
    assert ROADS == {road_of(part.profile, clock()) for part in played}


def test_rule_087_banks_that_seal_by_sm_and_by_aes_answer_one_centre(
    outcome: demo.Outcome, deployment: Deployment, folder: Path
) -> None:
    answered = {bank["code"] for bank in outcome.summary["banks"] if bank["state"] == "ANSWERED"}
    kinds = {entry.kind for entry in deployment.ring.list() if not entry.own and entry.alias.partition("/")[0] in answered}
    with deployment.ledger.read() as tx:
        marked = inventory.not_national(deployment.parts, tx, deployment.parts.day(clock()))
    by_sm = len(cast.PARTS) - 1  # asked; two of them never answer (silent, hangs_up)
    touched = [
        key_touched(deployment.parts, entry)
        for entry in deployment.ring.list()
        if entry.own and entry.kind == "sm2" and entry.alias in OUR_KEYS
    ]

    assert {"sm2", "ec-p256"} == kinds
    assert ("sm4gcm", "sm3") == (deployment.settings.at_rest, deployment.settings.audit)
    assert [by_sm, by_sm - 2] == [len({each["institution"] for each in found["batches"] + found["files"]}) for found in touched]
    assert {"keys": ["ec-p256"], "seals": ["cms-aes256gcm"]} == marked  # the one bank that does not


def test_rule_087_sm_is_the_rule_of_the_cast_and_one_bank_is_kept_to_show_the_mark() -> None:
    seals = [agreed_seal(shipped().pick(part.profile, clock().date()).channel.seal).suite for part in cast.PARTS]

    assert [True] * cast.LEAST == [inventory.is_national(name) for name in seals[: cast.LEAST]]
    assert 1 == sum(not inventory.is_national(name) for name in seals)


def test_a_bank_that_keeps_the_authorizations_gets_every_scan_and_answers(
    outcome: demo.Outcome, deployment: Deployment, folder: Path
) -> None:
    (bank,) = [bank for bank in outcome.summary["banks"] if bank["papers"] == "scan"]
    theirs = folder / "banks" / bank["code"]
    desk = Desk.open(theirs / "bank.yaml")
    profile = desk.profile(clock())
    parcels = [path for path in (theirs / "exchange" / "done").iterdir() if path.suffix == ".p7m"]
    came = [blocks for path in parcels for blocks in _opened(desk, profile, path)]

    drawn = {path.read_bytes() for path in (folder / "city" / "scans").iterdir()}
    assert ("ANSWERED", 1.0, None) == (bank["state"], bank["response_rate"], bank["problem"])
    assert outcome.summary["scans"] == outcome.summary["persons"] == bank["lines"] == len(came)
    assert set(came) <= drawn


def _opened(desk: Desk, profile: Profile, parcel: Path) -> list[bytes]:
    """The scans in a parcel, as the bank has them."""
    blocks = desk.channel(profile).open(lambda: iter([parcel.read_bytes()]), clock())
    files = unpack(profile.inquiry.package, parcel.name.removesuffix(".p7m"), blocks)
    return [content for name, content in ((name, b"".join(each)) for name, each in files) if name.endswith(".scan")]


def test_the_smallest_city_has_a_journey_too(tmp_path: Path) -> None:
    small = demo.run(tmp_path / "demo", 2, cast.LEAST, clock, lambda *_: None).summary

    assert ["ANSWERED", "HELD", "EXPIRED"] == [bank["state"] for bank in small["banks"]]
    assert (2, 2) == (small["reports"], small["reports_anew"])


def test_a_line_that_broke_leaves_a_doubt_that_only_persons_end(banks: dict[str, list[dict[str, Any]]], folder: Path) -> None:
    (bank,) = banks["hangs_up"]

    assert ("IN_DOUBT", 0, "delivery-in-doubt") == (bank["state"], bank["answered"], bank["problem"]["code"])
    theirs = folder / "banks" / bank["code"] / "exchange" / "in"
    assert 1 == len(list(theirs.iterdir()))  # it holds the inquiry, and nobody here can know


def test_a_late_bank_gives_every_report_a_further_edition(
    outcome: demo.Outcome, banks: dict[str, list[dict[str, Any]]], deployment: Deployment
) -> None:
    (bank,) = banks["late"]
    with deployment.ledger.read() as tx:
        inquiries = answers.inquiries(tx, demo.CENTRE)

    assert ("ANSWERED", True, 1.0) == (bank["state"], bank["late"], bank["response_rate"])
    assert (12, 12) == (outcome.summary["reports"], outcome.summary["reports_anew"])
    assert {2} == {(kept(deployment.parts, each) or {})["version"] for each in inquiries}


def test_silence_is_never_no_assets(banks: dict[str, list[dict[str, Any]]], outcome: demo.Outcome) -> None:
    (bank,) = banks["silent"]

    assert ("EXPIRED", 0, "deadline-passed") == (bank["state"], bank["answered"], bank["problem"]["code"])
    assert not outcome.report["complete"]
    silent = [each for each in outcome.report["not_answered"] if each["institution"] == bank["code"]]
    assert {"not_answered"} == {line["outcome"] for each in silent for line in each["lines"]}


def test_a_liar_is_held_with_the_reason(banks: dict[str, list[dict[str, Any]]]) -> None:
    (bank,) = banks["miscounts"]

    assert ("HELD", 0, "total-differs") == (bank["state"], bank["answered"], bank["problem"]["code"])


def test_rule_026_the_disc_went_by_two_hands_and_nothing_of_it_is_open(deployment: Deployment, folder: Path) -> None:
    with deployment.ledger.read() as tx:
        register = media.everything(tx)
        hands = {(event.who, event.second) for row in register for event in media.events(tx, row.id) if event.second}
        still_open = media.everything(tx, still_open=True)

    assert {"out", "in"} == {row.direction for row in register}
    assert [] == list(still_open)
    assert {(demo.CLERK, demo.COLLEAGUE)} == hands
    assert 2 == len([slip for slip in (folder / "discs").glob("*.pdf") if slip.read_bytes().startswith(b"%PDF")])


@pytest.mark.parametrize(
    ("language", "words"), [("zh", ("存疑", "迟到", "说谎", "沉默")), ("en", ("in doubt", "late", "lying", "silent"))]
)
def test_the_summary_says_what_was_arranged_and_what_to_do(
    outcome: demo.Outcome, folder: Path, language: str, words: tuple[str, ...]
) -> None:
    speak(language)
    try:
        text = _printed(outcome, folder)
    finally:
        speak("zh")

    assert all(word in text for word in words)
    assert "connector resolve 9904" in text
    assert str(outcome.summary["scans"]) in next(
        line for line in text.splitlines() if ("授权书扫描件" in line or "scans of" in line)
    )
    assert "{" not in text


def test_two_persons_end_the_doubt_as_the_summary_tells_them(
    banks: dict[str, list[dict[str, Any]]], deployment: Deployment
) -> None:
    (bank,) = banks["hangs_up"]
    code, (number,) = bank["code"], bank["batches"]
    now = clock()
    with deployment.ledger.begin() as tx:
        request = ask_resolve_batch(tx, code, number, "received", reason="the bank says so", by=demo.CLERK, now=now)
    with deployment.ledger.begin() as tx:
        decide(tx, request, agree=True, by=demo.COLLEAGUE, now=now)
        row = rosters.batch_numbered(tx, code, number)

    assert row is not None
    assert ("SENT", 1) == (row.state, request)


def _printed(outcome: demo.Outcome, folder: Path) -> str:
    screen = Console(width=200, file=io.StringIO(), record=True)
    screen.print(shown._text(outcome, folder))
    return screen.export_text()
