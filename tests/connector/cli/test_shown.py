"""What persons read: requests in words, columns that stand below each other, brackets and plurals of the language spoken."""

import dataclasses
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from rich.cells import cell_len
from rich.console import Console

from connector.cli import approvals_shown, keys_shown, report
from connector.cli.banks import bank_table
from connector.cli.console import speak
from transports.sealing.keyring.index import Entry

NOW = datetime(2026, 11, 21, tzinfo=UTC)


@pytest.fixture
def english() -> Iterator[None]:
    speak("en")
    yield
    speak("zh")


def _request(**subject: Any) -> Any:
    return SimpleNamespace(act="resolve-batch", subject={"batch": 7, "number": "B001", "institution": "HX", **subject})


HOW = [
    ({"how": "received"}, "银行证实已收到", "the bank says it has it"),
    ({"how": "not-received"}, "银行证实未收到，重发同一包", "the bank says it has it not; the same parcel goes again"),
    ({"how": "by-hand"}, "已由人送达", "it was carried there by hand"),
    (
        {"how": "by-hand", "digest": "0123456789abcdef" * 4},
        "已由人送达（SHA-256 0123456789abcdef…）",
        "it was carried there by hand (SHA-256 0123456789abcdef…)",
    ),
    ({"how": "by-road", "road": "media"}, "改走光盘等介质", "it goes by another road: media"),
]


@pytest.mark.parametrize(("said", "zh", "en"), HOW)
def test_a_request_to_resolve_is_told_in_words(said: dict[str, str], zh: str, en: str) -> None:
    assert f"HX 批次 B001：{zh}" == approvals_shown.subject_of(_request(**said))
    speak("en")
    try:
        assert f"HX batch B001: {en}" == approvals_shown.subject_of(_request(**said))
    finally:
        speak("zh")


def test_every_act_of_two_persons_has_words_of_its_own() -> None:
    from connector.appeals.deciding import ACT as APPEAL
    from connector.deciding.acts import _CARRY_OUT, _IN_THEIR_WORDS, RESOLUTIONS
    from connector.figures.closing import REOPEN
    from connector.keys import deciding
    from connector.register import deaths, taking
    from connector.steps.retire import ACT

    of_register = {deaths.ACT, taking.ACT}
    assert {*_CARRY_OUT, *_IN_THEIR_WORDS, *deciding.ACTS, ACT, APPEAL, REOPEN} | of_register == set(approvals_shown.ACTS)
    assert set(RESOLUTIONS) == {*approvals_shown.RESOLVED, "by-road"}
    month = SimpleNamespace(act=ACT, subject={"month": "2026-05"})
    assert "2026-05 月份的数据" == approvals_shown.subject_of(month)  # type: ignore[arg-type]


def test_a_key_asked_for_in_hardware_is_said_to_be_so() -> None:
    said = {"alias": "us/sign", "use": "sign", "kind": "rsa3072", "days": 365, "home": "hardware"}
    assert "us/sign (签名, rsa3072, 密码硬件, 365 天)" == approvals_shown.subject_of(SimpleNamespace(act="key-new", subject=said))  # type: ignore[arg-type]


def test_columns_of_keys_stand_below_each_other_however_long_an_alias() -> None:
    short = Entry("a1b2", "us/sign", "sign", True, "ec-p256", "f", "2026-11-01T00:00:00+00:00", "2027-11-01T00:00:00+00:00")
    long = dataclasses.replace(short, alias="农村商业银行/" + "a" * 30, use="encrypt", own=False)
    lines = keys_shown.lines_of(
        [short, long, dataclasses.replace(short, kind="rsa3072", state="retired")], NOW, ZoneInfo("Asia/Shanghai")
    ).splitlines()

    assert 1 == len({cell_len(line[: line.index("2026-11-01")]) for line in lines})
    assert 1 == len({cell_len(line[: line.index("用" if "在用" in line else "停用") - 1]) for line in lines[:2]})


def test_the_days_of_a_key_are_those_of_the_sites_calendar_and_its_banks_are_named() -> None:
    entry = Entry("a1b2", "us/sign", "sign", True, "sm2", "f", "2026-12-14T16:00:00+00:00", "2027-12-14T16:00:00+00:00")
    known = dataclasses.replace(entry, known_to=tuple((code, "HD-1") for code in ("901", "902", "903", "904")))
    line = keys_shown.lines_of([known], NOW, ZoneInfo("Asia/Shanghai"))
    assert "2026-12-15 — 2027-12-15 (" in line
    assert "4 家银行已收：901, 902, 903 …" in line


def test_the_report_in_english_has_english_brackets_and_plurals(english: None) -> None:
    assert "1.00 CNY (1 account)" == report._sum("CNY", {"cny_fen": 100, "accounts": 1})
    assert "1.00 CNY (2 accounts)" == report._sum("CNY", {"cny_fen": 100, "accounts": 2})


def test_the_report_in_chinese_has_chinese_brackets() -> None:
    assert "1.00 CNY（1 个账户）" == report._sum("CNY", {"cny_fen": 100, "accounts": 1})


def test_a_bank_that_was_late_is_told_so_wherever_banks_are_listed() -> None:
    bank = {
        "code": "HX",
        "name": "华兴",
        "lines": 1,
        "answered": 1,
        "response_rate": 1.0,
        "states": {"ANSWERED": 1},
        "late": True,
    }
    screen = Console(width=120, record=True, file=io.StringIO())
    screen.print(bank_table([bank]))

    assert "已反馈（迟到）" in screen.export_text()
