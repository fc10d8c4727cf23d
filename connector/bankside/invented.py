"""An invented city for demonstrations: a request sheet with a few bad rows, and what a handful of institutions hold.

The same seed gives the same bytes. Identity numbers are formally right and belong to nobody: their area codes begin with 99, which no
province has. Programmes are those of config/examples/policy; amounts are whole minor units.
"""

import csv
import dataclasses
import io
import json
import random
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

import xlsxwriter

from connector.bankside.directory import ACCOUNT_COLUMNS, MOVEMENT_COLUMNS
from connector.bankside.invented_holdings import Holdings, Person
from connector.intake.sheet import SHEET_NAME, TITLES

AS_OF = date(2026, 11, 20)
RATE_DAYS = 60
REGIONS = ("880101", "880102", "880115002000")
PROGRAMMES = ("低保", "低收入家庭", "临时救助", "医疗救助", "教育救助")
DEFECTS = ("check", "expired", "guardian", "programme", "duplicate")
PARTIAL_SCOPES = ("存款;理财", "存款；基金；证券")

_SURNAMES = "梅柏桑苗竺谷禾麦蓝楚燕鹿鲁向易冉柯池阮简乐成温祝石㛃"
_GIVEN = "一禾之渔以宁冬青半夏可心听雨知秋若谷南星思远望舒疏桐云起长风小满晴川采薇既明𬭎𠮷䶮"
_DOTTED = ("阿依木·努尔", "格桑·达娃", "乌日娜·巴特尔")
_BANK_NAMES = ("青禾银行", "临江农商银行", "北岸城市银行", "望川银行", "三桥农村信用社", "白鹭邮储银行", "南麓银行", "东篱银行")
_RATES = {"USD": "7.0815", "HKD": "0.9080", "EUR": "8.2040", "JPY": "0.04712", "KWD": "23.0450"}


@dataclasses.dataclass(frozen=True)
class Institution:
    """One of the institutions: 12-digit code, name, class of bank."""

    code: str
    name: str
    kind: str


@dataclasses.dataclass(frozen=True)
class City:
    """Where everything lies. ``folder`` also holds accounts.csv and movements.csv, as directory.CsvFolder reads them."""

    folder: Path
    requests: Path
    rates: Path
    institutions: tuple[Institution, ...]


def invent(folder: Path, *, households: int = 200, banks: int = 6, seed: int = 1, as_of: date = AS_OF) -> City:
    """Write a city into ``folder``: requests.xlsx, accounts.csv, movements.csv, rates.csv, institutions.json.

    The sheet holds ``households`` good ones and a few more that must be refused.
    """
    chance = random.Random(seed)  # noqa: S311 - the same every time is the point
    folder.mkdir(parents=True, exist_ok=True)
    institutions = _institutions(banks)
    spoilt = max(5, households // 20)  # come after the good ones and are refused
    homes = [_household(chance, number, as_of) for number in range(households + spoilt)]
    held = Holdings(chance, [institution.code for institution in institutions], as_of)
    for number, home in enumerate(homes):
        held.household(home, rich_in_kinds=number == 0)
    asked = [_request_rows(chance, number, home, as_of) for number, home in enumerate(homes)]
    for number, rows in enumerate(asked[households:]):
        _spoil(DEFECTS[number % len(DEFECTS)], rows, asked[0][0], as_of)
    rows = [row for home in asked for row in home]
    _write_workbook(folder / "requests.xlsx", rows)
    _write_csv(folder / "accounts.csv", ACCOUNT_COLUMNS, held.accounts)
    _write_csv(folder / "movements.csv", MOVEMENT_COLUMNS, held.movements)
    _write_rates(folder / "rates.csv", as_of)
    listed = {"institutions": [dataclasses.asdict(institution) for institution in institutions]}
    (folder / "institutions.json").write_text(json.dumps(listed, ensure_ascii=False, indent=1) + "\n", "utf-8")
    return City(folder, folder / "requests.xlsx", folder / "rates.csv", institutions)


def _institutions(banks: int) -> tuple[Institution, ...]:
    """All but the last are banks; the last is a securities firm."""
    names = [*_BANK_NAMES[: banks - 1], *(f"示例第{n}银行" for n in range(len(_BANK_NAMES), banks - 1))]
    made = [Institution(f"99{n:02}00000{n:03}", f"{name}（示例）", "city_bank") for n, name in enumerate(names, 1)]
    return (*made, Institution("998000000980", "远岫证券（示例）", "securities_firm"))


# ---- persons ------------------------------------------------------------------------------------------------------------------------


def _household(chance: random.Random, number: int, as_of: date) -> list[Person]:
    """One or two adults and up to three children; the first household has two adults and a child."""
    adults, children = (2, 1) if number == 0 else (chance.choice((1, 1, 2, 2, 3)), chance.choice((0, 0, 1, 1, 2)))
    ages = [chance.randrange(19, 88) for _ in range(adults)] + [chance.randrange(1, 17) for _ in range(children)]
    return [_person(chance, number, as_of - timedelta(days=age * 366 + chance.randrange(300))) for age in ages]


def _person(chance: random.Random, number: int, born: date) -> Person:
    name = chance.choice(_SURNAMES) + "".join(chance.sample(_GIVEN, chance.choice((1, 2, 2))))
    name = chance.choice(_DOTTED) if chance.random() < 0.03 else name
    return Person(name, _resident_number(f"9901{number % 90 + 10}", born, chance.randrange(1, 999)), born)


def _resident_number(area: str, born: date, serial: int) -> str:
    """17 digits and the MOD 11-2 character of GB 11643."""
    body = f"{area}{born:%Y%m%d}{serial:03}"
    weighted = sum(int(digit) * (2 ** (17 - place) % 11) for place, digit in enumerate(body))
    return body + "10X98765432"[weighted % 11]


# ---- the request sheet --------------------------------------------------------------------------------------------------------------


_CHECK_TYPES = ("新申请",) * 3  # one kind, so that one roster holds the city: periodic checks come of a register, not of a sheet


def _request_rows(chance: random.Random, number: int, home: Sequence[Person], as_of: date) -> list[dict[str, str]]:
    applied = as_of - timedelta(days=chance.randrange(1, 9))
    signed = applied - timedelta(days=chance.randrange(0, 20))
    common = {
        "household_no": f"JT{number + 1:06}",
        "programme": chance.choice(PROGRAMMES),
        "region": chance.choice(REGIONS),
        "application_date": applied.isoformat(),
        "check_type": chance.choice(_CHECK_TYPES),
        "as_of": as_of.isoformat(),
        "signed_on": signed.isoformat(),
        "valid_to": (signed + timedelta(days=365)).isoformat() if chance.random() < 0.8 else "",
        "scope": "全部" if chance.random() < 0.85 else chance.choice(PARTIAL_SCOPES),
        "declared": str(chance.randrange(0, 60) * 1000) if chance.random() < 0.7 else "",
    }
    return [common | _member(home, place, number, applied) for place, _ in enumerate(home)]


def _member(home: Sequence[Person], place: int, number: int, applied: date) -> dict[str, str]:
    person, head = home[place], home[0]
    minor = (applied - person.born).days < 18 * 366
    return {
        "name": person.name,
        "id_type": "居民身份证",
        "id_no": person.id_no,
        "relation": "户主" if place == 0 else "子女" if minor else "家庭成员",
        "authorization_no": f"SQ{number + 1:08}{place + 1:02}",
        "sign_mode": "监护人" if minor else "本人",
        "guardian_name": head.name if minor else "",
        "guardian_id": head.id_no if minor else "",
    }


def _spoil(defect: str, rows: list[dict[str, str]], first: dict[str, str], as_of: date) -> None:
    """One row of a household is not as it must be, so the household is refused; ``first`` is a row that came before."""
    row = rows[-1]
    if defect == "check":
        row["id_no"] = row["id_no"][:-1] + ("1" if row["id_no"][-1] != "1" else "2")
    elif defect == "expired":
        row["valid_to"] = (as_of - timedelta(days=30)).isoformat()
    elif defect == "guardian":
        row |= {"sign_mode": "监护人", "guardian_name": "", "guardian_id": ""}
    elif defect == "programme":
        row["programme"] = "其他救助"
    else:
        row |= {key: first[key] for key in ("name", "id_no", "sign_mode", "guardian_name", "guardian_id")}


# ---- files --------------------------------------------------------------------------------------------------------------------------


def _write_workbook(path: Path, rows: Iterable[dict[str, str]]) -> None:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as book:
        book.set_properties({"created": datetime(2026, 1, 1)})  # noqa: DTZ001 - the only clock in the file
        sheet = book.add_worksheet(SHEET_NAME)
        sheet.write_row(0, 0, TITLES.values())
        for number, row in enumerate(rows, 1):
            for column, field in enumerate(TITLES):
                sheet.write_string(number, column, row.get(field, ""))
    path.write_bytes(content.getvalue())


def _write_csv(path: Path, columns: Sequence[str], rows: Iterable[dict[str, object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _write_rates(path: Path, as_of: date) -> None:
    days = [as_of - timedelta(days=back) for back in range(RATE_DAYS, -1, -1)]
    rows = [
        {"currency": currency, "date": day.isoformat(), "cny_per_unit": rate} for currency, rate in _RATES.items() for day in days
    ]
    _write_csv(path, ("currency", "date", "cny_per_unit"), [dict(row) for row in rows])
