"""What the ledger keeps of appeals, alike on both databases."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select, update

from connector.ledger import appeals, concluding, retention
from connector.ledger.ledger import Ledger
from connector.ledger.proof_tables import data_key
from connector.ledger.rows import Tx
from connector.ledger.tables import authorization, inquiry, intake, member
from connector.moments import moment

OURS = {"centre": "C1", "region": "440106"}
BANK, OTHER = "901", "902"


def households(tx: Tx, now: datetime) -> tuple[int, int]:
    """An inquiry that has its report, and the one an appeal asks; two persons in each."""
    at = moment(now)
    key = tx.execute(
        insert(data_key).values(purpose="member", period="2026-11", suite="s", wrapped=b"w", made_at=at).returning(data_key.c.id)
    ).scalar_one()
    common = {"digest": "0" * 64, "policy": "0", "received_at": at, "received_by": "li", "rows": 2, "verdicts": {}}
    sheet = tx.execute(insert(intake).values(**OURS, **common).returning(intake.c.id)).scalar_one()
    said = {"number": "A1", "household_no": "H1", "programme": "低保", "state": "valid", "state_at": at, "state_by": "li"}
    paper = tx.execute(insert(authorization).values(**OURS, **said).returning(authorization.c.id)).scalar_one()
    made = []
    for appeal in (False, True):
        row: dict[str, Any] = {
            **OURS,
            "intake": sheet,
            "household_no": "H1",
            "household_key": "H1#A" if appeal else "H1",
            "programme": "低保",
            "check_type": "申诉" if appeal else "新申请",
            "appeal": appeal,
            "urgent": appeal,
            "application_date": date(2026, 11, 1),
            "as_of": date(2026, 11, 1),
            "window_from": date(2026, 5, 1),
            "policy": "0",
            "fingerprint": bytes([appeal]),
            "sealed": b"",
            "data_key": key,
            "received_at": at,
            "gathered_at": at,
            "concluded_at": at,
        }
        made.append(tx.execute(insert(inquiry).values(**row).returning(inquiry.c.id)).scalar_one())
        for place in range(2):
            person = {"place": place, "person_index": bytes(32), "authorization": paper, "signed_on": date(2026, 11, 1)}
            tx.execute(
                insert(member).values(
                    **OURS, **person, inquiry=made[-1], sign_mode="self", scope="deposit", sealed=b"", data_key=key
                )
            )
    return made[0], made[1]


def key_of(tx: Tx) -> int:
    """The data key there is."""
    return int(tx.execute(select(data_key.c.id)).scalars().first() or 0)


def opened(tx: Tx, original: int, now: datetime) -> int:
    items = {
        BANK: {"by_account": False, "disputed": {"0": {"batch": 1, "line": "1#1", "position": 0, "edition": 1}}},
        OTHER: {
            "by_account": False,
            "disputed": {
                "0": {"batch": 2, "line": "2#1", "position": 0, "edition": 1},
                "1": {"batch": 2, "line": "2#2", "position": 1, "edition": 1},
            },
        },
    }
    at = moment(now)
    days = {"received_on": now.date(), "due_at": at, "provisional": False, "opened_at": at, "opened_by": "zhao"}
    return appeals.add(tx, items, **OURS, **days, original=original, sealed=b"s", data_key=key_of(tx))


def test_each_disputed_person_is_limited_to_the_banks_disputed_for_that_person(ledger: Ledger, now: datetime) -> None:
    with ledger.begin() as tx:
        original, new = households(tx, now)
        number = opened(tx, original, now)
        before = appeals.limits(tx, [original, new])
        appeals.asked(tx, number, new, by="zhao", now=now)

        limits = appeals.limits(tx, [original, new])

        assert {} == before
        assert [{BANK, OTHER}, {OTHER}] == [set(limits[key]) for key in sorted(limits)]
        assert {BANK, OTHER} == appeals.open_banks(tx, original)
        assert number == getattr(appeals.that_asked(tx, new), "id", None)


def test_rule_069_a_correction_opens_the_household_for_a_further_report_and_an_upheld_one_does_not(
    ledger: Ledger, now: datetime
) -> None:
    with ledger.begin() as tx:
        original, new = households(tx, now)
        number = opened(tx, original, now)
        appeals.asked(tx, number, new, by="zhao", now=now)
        results: dict[str, tuple[str, str | None]] = {BANK: ("upheld", None), OTHER: ("corrected", "appeal")}
        appeals.decided(tx, number, "corrected", results, by="qian", now=now)
        still = [row.id for row in concluding.to_conclude(tx, now)]
        appeals.reopen_original(tx, original)

        assert [] == still
        assert [original] == [row.id for row in concluding.to_conclude(tx, now)]
        assert [(number, OTHER, "appeal")] == [
            (row.id, row.institution, row.source) for row in appeals.corrections(tx, [original])[original]
        ]
        assert ["corrected"] == [row.state for row in appeals.of_inquiry(tx, original)]
        assert set() == appeals.open_banks(tx, original)


def test_rule_068_what_an_undecided_appeal_disputes_is_not_erased(ledger: Ledger, now: datetime) -> None:
    month, later = f"{now:%Y-%m}", "2099-01"
    with ledger.begin() as tx:
        original, _ = households(tx, now)
        tx.execute(update(data_key).values(period=month))
        assert [month] == retention.months_due(tx, later)

        number = opened(tx, original, now)
        assert [] == retention.months_due(tx, later)

        appeals.decided(tx, number, appeals.UPHELD, {BANK: ("upheld", None)}, by="qian", now=now)
        assert [month] == retention.months_due(tx, later)
