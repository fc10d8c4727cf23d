"""Who holds what: the city's rules A1–A7, from CSV, SQLite and PostgreSQL alike."""

import csv
import sqlite3
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import pytest

from connector.bankside.directory import ACCOUNT_COLUMNS, MOVEMENT_COLUMNS, CsvFolder, Directory, SqlViews
from connector.bankside.lookup import Answer, look_up
from reconciliation.exchange import RECORDS
from tests.connector.bankside.centre import City
from tests.real_postgres import RealPostgres, programs

BANK = "990100000001"
PERSON = {"name": "梅知秋", "id_type": "resident_id", "id_no": "99010119900101001X"}
ASKED = PERSON | {
    "line_ref": "000001",
    "as_of": date(2026, 11, 20),
    "window_from": date(2026, 5, 20),
    "window_to": date(2026, 11, 20),
    "scope": "deposit,liability",
    "authorization_no": "SQ1",
    "purpose": "低保",
}
ACCOUNT = {
    "institution": BANK,
    "holder_name": "梅知秋",
    "id_type": "居民身份证",
    "id_no": "99010119900101001X",
    "account_no": "0017",
    "product": "demand_deposit",
    "currency": "CNY",
    "balance_minor": "100",
    "opened_on": "2020-01-01",
    "status": "active",
}


def number(body: str) -> str:
    """17 digits with their check character."""
    return body + "10X98765432"[sum(int(d) * (2 ** (17 - i) % 11) for i, d in enumerate(body)) % 11]


SELF = number("99010119900101001")
OTHER = number("99010119880808002")


def write(folder: Path, accounts: Iterable[dict[str, str]], movements: Iterable[dict[str, str]] = ()) -> CsvFolder:
    for name, columns, rows in (("accounts", ACCOUNT_COLUMNS, accounts), ("movements", MOVEMENT_COLUMNS, movements)):
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    return CsvFolder(folder, BANK)


def account(**changes: str) -> dict[str, str]:
    return ACCOUNT | {"id_no": SELF} | changes


def ask(directory: Directory, **changes: Any) -> Answer:
    return look_up(pa.Table.from_pylist([ASKED | {"id_no": SELF} | changes], RECORDS["inquiry"]), directory)


def said(answer: Answer) -> tuple[str, int, int]:
    (row,) = answer.outcome.to_pylist()
    return row["outcome"], row["declared_accounts"], row["declared_movements"]


# ---- the whole city -----------------------------------------------------------------------------------------------------------------


def outcomes(answer: Answer) -> list[tuple[str, int, int]]:
    names = ("outcome", "declared_accounts", "declared_movements")
    return list(zip(*(answer.outcome.column(name).to_pylist() for name in names), strict=True))


def load(connection: Any, mark: str, folder: Path) -> None:
    """The city's two files as tables; the views of a bank look like this to us."""
    for name, columns in (("accounts", ACCOUNT_COLUMNS), ("movements", MOVEMENT_COLUMNS)):
        cursor = connection.cursor()
        cursor.execute(f"CREATE TABLE {name} ({', '.join(f'{column} text' for column in columns)})")
        with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            rows = [tuple(row[column] for column in columns) for row in csv.DictReader(file)]
        cursor.executemany(f"INSERT INTO {name} VALUES ({', '.join([mark] * len(columns))})", rows)
    connection.commit()


def test_every_institution_of_the_city_says_what_the_oracle_says(city: City) -> None:
    for institution, truth in city.truth.items():
        answer = look_up(city.lines, CsvFolder(city.folder, institution))

        assert truth == outcomes(answer)
        assert (sum(t[1] for t in truth), sum(t[2] for t in truth)) == (len(answer.holding), len(answer.movement))


def test_views_in_sqlite_give_the_same_tables_as_the_files(city: City, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "bank.db") as connection:
        load(connection, "?", city.folder)

    for institution in list(city.truth)[:3]:
        views = look_up(city.lines, SqlViews(str(tmp_path / "bank.db"), institution))
        files = look_up(city.lines, CsvFolder(city.folder, institution))

        assert outcomes(files) == outcomes(views)
        for key in ("account_no", "balance_minor", "opened_on", "units"):
            columns = [sorted(map(str, answer.holding.column(key).to_pylist())) for answer in (files, views)]
            assert columns[0] == columns[1]


@pytest.mark.real
@pytest.mark.skipif(programs() is None, reason="PostgreSQL is not installed")
def test_views_in_postgresql_say_what_the_oracle_says(city: City) -> None:
    institution = next(iter(city.truth))
    with RealPostgres() as server:
        address = server.fresh().replace("postgresql+psycopg://", "postgresql://")
        with psycopg.connect(address) as connection:
            load(connection, "%s", city.folder)

        assert city.truth[institution] == outcomes(look_up(city.lines, SqlViews(address, institution)))


# ---- one rule at a time -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("filed", [SELF, SELF.lower(), SELF[:6] + SELF[8:17], "　" + SELF + " "])
def test_rule_010_a_number_is_compared_in_one_form(tmp_path: Path, filed: str) -> None:
    assert ("found", 1, 0) == said(ask(write(tmp_path, [account(id_no=filed)])))


def test_an_account_filed_under_an_impossible_number_belongs_to_nobody(tmp_path: Path) -> None:
    wrong = SELF[:-1] + ("1" if SELF[-1] != "1" else "2")

    assert ("no_record", 0, 0) == said(ask(write(tmp_path, [account(id_no=wrong)])))


def test_a_passport_of_the_same_digits_is_another_person(tmp_path: Path) -> None:
    directory = write(tmp_path, [account(id_type="护照", id_no="E1234567")])

    assert ("found", 1, 0) == said(ask(directory, id_type="passport", id_no="E1234567"))
    assert ("id_unknown", 0, 0) == said(ask(directory, id_type="resident_id", id_no="E1234567"))


def test_a_joint_holder_is_found_by_number_and_no_name_is_compared(tmp_path: Path) -> None:
    answer = ask(write(tmp_path, [account(id_no=OTHER, holder_name="柏一禾", joint_holder_id=SELF)]))

    assert ("found", 1, 0) == said(answer)
    assert ["柏一禾"] == answer.holding.column("holder_name").to_pylist()


def test_a_person_who_is_both_holders_has_the_account_once(tmp_path: Path) -> None:
    assert ("found", 1, 0) == said(ask(write(tmp_path, [account(joint_holder_id=SELF)])))


def test_where_the_name_differs_nothing_is_shown_not_even_joint_accounts(tmp_path: Path) -> None:
    joint = account(id_no=OTHER, holder_name="柏一禾", joint_holder_id=SELF, account_no="0018")
    answer = ask(write(tmp_path, [account(holder_name="梅知冬"), joint]))

    assert ("name_mismatch", 0, 0) == said(answer)
    assert 0 == len(answer.holding)


def test_a_name_that_differs_on_an_account_that_is_not_due_says_nothing(tmp_path: Path) -> None:
    old = account(holder_name="梅知冬", closed_on="2020-02-02", status="closed")

    assert ("no_record", 0, 0) == said(ask(write(tmp_path, [old])))


@pytest.mark.parametrize(
    ("changes", "due"),
    [
        ({"opened_on": "2026-11-20"}, True),
        ({"opened_on": "2026-11-21"}, False),
        ({"closed_on": "2026-05-20"}, True),
        ({"closed_on": "2026-05-19"}, False),
        ({"status": "frozen"}, True),
        ({"status": "dormant"}, True),
        ({"product": "loan"}, True),
        ({"product": "fund"}, False),
    ],
)
def test_what_is_due(tmp_path: Path, changes: dict[str, str], due: bool) -> None:
    assert ("found" if due else "no_record") == said(ask(write(tmp_path, [account(**changes)])))[0]


def test_movements_are_those_inside_the_window_both_days_whole(tmp_path: Path) -> None:
    days = ["2026-05-19", "2026-05-20", "2026-11-20", "2026-11-21"]
    booked = [
        {"institution": BANK, "account_no": "0017", "booked_on": day, "booked_time": "23:59:59", "direction": "in"}
        | {"amount_minor": "1", "currency": "CNY", "balance_after_minor": "100"}
        for day in days
    ]
    answer = ask(write(tmp_path, [account()], booked))

    assert ("found", 1, 2) == said(answer)
    assert [date(2026, 5, 20), date(2026, 11, 20)] == answer.movement.column("booked_on").to_pylist()


def test_another_institutions_account_of_the_same_number_is_not_seen(tmp_path: Path) -> None:
    assert ("no_record", 0, 0) == said(ask(write(tmp_path, [account(institution="990200000002")])))


def test_files_are_read_again_when_they_change(tmp_path: Path) -> None:
    directory = write(tmp_path, [])
    assert ("no_record", 0, 0) == said(ask(directory))

    write(tmp_path, [account()])

    assert ("found", 1, 0) == said(ask(directory))


def test_a_lookup_of_nobody_is_empty(tmp_path: Path) -> None:
    answer = look_up(RECORDS["inquiry"].empty_table(), write(tmp_path, [account()]))

    assert (0, 0, 0) == (len(answer.outcome), len(answer.holding), len(answer.movement))
