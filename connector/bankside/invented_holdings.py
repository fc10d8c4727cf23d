"""What the institutions of an invented city hold: accounts of every kind, movements whose running balances add up."""

import dataclasses
import random
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from connector.bankside.directory import ACCOUNT_COLUMNS, MOVEMENT_COLUMNS
from reconciliation.identity import to15

FIRST_DAY_BACK = 240  # movements begin before every window, so that a window has something to leave out
_PAYERS = ("便民超市", "第三中学食堂", "公交卡充值", "安康药房", "水务公司", "移动话费")
# product, product_name, currency, lowest and highest balance in minor units, how often of 100
_PRODUCTS = (
    ("time_deposit", "整存整取一年", "CNY", 200_000, 6_000_000, 14),
    ("notice_deposit", "七天通知存款", "CNY", 5_000_000, 8_000_000, 3),
    ("wealth_product", "稳健理财A款", "CNY", 100_000, 5_000_000, 8),
    ("fund", "货币基金", "CNY", 1_000, 900_000, 6),
    ("insurance", "两全保险", "CNY", 100_000, 2_000_000, 4),
    ("precious_metal", "积存金", "CNY", 10_000, 600_000, 3),
    ("demand_deposit", "外币活期", "USD", 1_000, 300_000, 4),
    ("demand_deposit", "外币活期", "JPY", 1_000, 2_000_000, 2),
    ("demand_deposit", "外币活期", "KWD", 1_000, 900_000, 2),
    ("loan", "住房贷款", "CNY", -30_000_000, -2_000_000, 5),
    ("credit_card", "信用卡", "CNY", -900_000, 0, 8),
)


@dataclasses.dataclass(frozen=True)
class Person:
    """An invented person with a resident number."""

    name: str
    id_no: str
    born: date


class Holdings:
    """Accounts and movements, household by household. The last institution is the securities firm."""

    def __init__(self, chance: random.Random, institutions: Sequence[str], as_of: date) -> None:
        self._chance, self._as_of = chance, as_of
        self._banks, self._firm = institutions[:-1], institutions[-1]
        self._filed: dict[tuple[str, str], tuple[str, str]] = {}
        self.accounts: list[dict[str, object]] = []
        self.movements: list[dict[str, object]] = []

    def household(self, home: Sequence[Person], *, rich_in_kinds: bool) -> None:
        """Accounts of all members; ``rich_in_kinds``: at least one of every special kind."""
        chance = self._chance
        for person in home:
            for bank in chance.sample(self._banks, min(len(self._banks), chance.choice((0, 1, 1, 2, 3)))):
                self._current_account(person, bank)
                for product, name, currency, low, high, of_100 in _PRODUCTS:
                    if chance.randrange(100) < (60 if rich_in_kinds else of_100):
                        self._account(person, bank, product, name, currency, chance.randrange(low, high + 1))
        if rich_in_kinds or (len(home) > 1 and chance.random() < 0.10):
            bank, joint = chance.choice(self._banks), home[-1].id_no
            self._account(home[0], bank, "time_deposit", "整存整取三年", "CNY", 3_000_000, joint_holder_id=joint)
        if rich_in_kinds or chance.random() < 0.08:
            self._main_and_sub(home[0], chance.choice(self._banks))
        if rich_in_kinds or chance.random() < 0.10:
            self._custody(home[0], chance.choice(self._banks))

    def _account(
        self, person: Person, bank: str, product: str, name: str, currency: str, balance: int, **more: object
    ) -> dict[str, object]:
        chance = self._chance
        of_100 = (90, 4, 3, 3) if product == "demand_deposit" else (100, 0, 0, 0)
        status = chance.choices(("active", "dormant", "frozen", "closed"), of_100)[0]
        frozen = balance // 2 if status == "frozen" else 0
        filed_name, filed_no = self._filing(person, bank)
        account = dict.fromkeys(ACCOUNT_COLUMNS, "") | {
            "institution": bank,
            "holder_name": filed_name,
            "id_type": "居民身份证",
            "id_no": filed_no,
            "account_no": f"62{bank[-3:]}{len(self.accounts):014}",
            "product": product,
            "product_name": name,
            "currency": currency,
            "balance_minor": 0 if status == "closed" else balance,
            "available_minor": 0 if status == "closed" or product == "loan" else balance - frozen,
            "frozen_minor": 0 if status == "closed" else frozen,
            "opened_on": (self._as_of - timedelta(days=chance.randrange(FIRST_DAY_BACK + 10, 4000))).isoformat(),
            "closed_on": (self._as_of - timedelta(days=chance.randrange(1, 15))).isoformat() if status == "closed" else "",
            "status": status,
            "as_of": self._as_of.isoformat(),
        }
        self.accounts.append(account | more)
        return self.accounts[-1]

    def _filing(self, person: Person, bank: str) -> tuple[str, str]:
        """Name and number as this bank keeps them, one way for all accounts: a few under another name, with 15 digits, with a small x."""
        chance = self._chance
        if (person.id_no, bank) not in self._filed:
            name = person.name if chance.random() > 0.02 else person.name[:-1] + "某"
            old = to15(person.id_no) if chance.random() < 0.06 else None
            number = old or chance.choice((person.id_no, person.id_no.lower()))
            self._filed[person.id_no, bank] = name, number
        return self._filed[person.id_no, bank]

    def _current_account(self, person: Person, bank: str) -> None:
        """A current account whose balance is what its movements leave."""
        chance = self._chance
        account = self._account(person, bank, "demand_deposit", "活期储蓄", "CNY", 0)
        until = account["closed_on"] or self._as_of.isoformat()
        days = (date.fromisoformat(str(until)) - self._as_of).days
        moments = sorted(chance.sample(range(-FIRST_DAY_BACK * 86400, days * 86400), chance.randrange(3, 30)))
        balance = chance.randrange(1_000, 800_000)
        for place, moment in enumerate(moments):
            last_of_closed = account["status"] == "closed" and place == len(moments) - 1
            balance = self._booking(account, moment, balance, empties=last_of_closed)
        account |= {"balance_minor": balance, "frozen_minor": balance // 2 if account["status"] == "frozen" else 0}
        account["available_minor"] = balance - int(str(account["frozen_minor"]))

    def _booking(self, account: dict[str, object], moment: int, balance: int, *, empties: bool) -> int:
        chance = self._chance
        incoming = not empties and (balance < 2_000 or chance.random() < 0.4)
        amount = (
            balance
            if empties
            else chance.randrange(5_000, 450_000)
            if incoming
            else chance.randrange(100, max(101, balance // 3))
        )
        if not incoming and not empties and balance > 6_000_000 and chance.random() < 0.5:
            amount = 5_000_000  # a sum large enough to be looked at
        balance += amount if incoming else -amount
        at = datetime.combine(self._as_of + timedelta(days=1), time()) + timedelta(seconds=moment)
        summary = (
            chance.choice(("代发工资", "转账", "低保金", "护理补贴")) if incoming else chance.choice(("消费", "转账", "缴费"))
        )
        self.movements.append(
            dict.fromkeys(MOVEMENT_COLUMNS, "")
            | {name: account[name] for name in ("institution", "account_no", "currency")}
            | {"booked_on": at.date().isoformat(), "booked_time": at.time().isoformat(), "direction": "in" if incoming else "out"}
            | {
                "amount_minor": amount,
                "balance_after_minor": balance,
                "summary": summary,
                "counterparty_name": chance.choice(_PAYERS),
            }
        )
        return balance

    def _main_and_sub(self, person: Person, bank: str) -> None:
        """A main account of exactly the sum of its two sub-accounts."""
        parts = [self._chance.randrange(10_000, 900_000) for _ in range(2)]
        main = self._account(person, bank, "time_deposit", "一本通主账户", "CNY", sum(parts))
        for part in parts:
            self._account(person, bank, "time_deposit", "一本通子账户", "CNY", part, parent_account_no=main["account_no"])

    def _custody(self, person: Person, bank: str) -> None:
        """The same cash seen from both sides, and shares at the firm."""
        cash, custody = self._chance.randrange(1_000, 5_000_000), f"CG{len(self.accounts):010}"
        self._account(person, bank, "third_party_custody", "第三方存管", "CNY", cash, custody_id=custody)
        self._account(person, self._firm, "securities_cash", "证券资金", "CNY", cash, custody_id=custody)
        self._account(
            person, self._firm, "stock", "示例股份", "CNY", 123_450, units="1500", unit_price="0.823", custody_id=custody
        )
