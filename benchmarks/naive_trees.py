"""What most people would write first for trees and sheets: ElementTree, json, openpyxl, Decimal, strptime, one row at a time.

Written for these three files by hand, with the same checks.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree

from openpyxl import load_workbook

from bank_profiles.language.profile import Profile
from benchmarks.limits import Joined
from benchmarks.naive import must

Row = tuple[Any, ...]
_PLACES = {"CNY": 2, "USD": 2, "HKD": 2, "EUR": 2, "JPY": 0, "KWD": 3}


def read_xml(profile: Profile, blocks: Iterable[bytes], batch_no: str) -> Iterator[Row]:
    """The people of a ``tree`` of the benchmark's own profile."""
    outcomes, products, statuses, ways = _maps(profile, "outcome", "product", "status", "direction")
    for _, element in ElementTree.iterparse(io.BufferedReader(Joined(blocks), 1 << 20)):
        if element.tag == "Hdr":
            must(element.findtext("OrgnlMsgId") == batch_no)
        if element.tag != "Ans":
            continue
        ref, found = _text(element, "ReqNo"), element.find("Acct")
        items = [] if found is None else found.findall("Itm")
        must(ref is not None and found is not None and int(found.get("Cnt", "0")) == len(items))
        yield ref, outcomes[_given(_text(element, "Rslt/Cd"))], _text(element, "Rslt/Msg"), len(items)
        for item in items:
            number, balance = _given(_text(item, "AcctNo")), item.find("Bal")
            currency = "" if balance is None else balance.get("Ccy", "")
            yield (
                ref, number, products[_given(_text(item, "PdTp"))], currency, _minor(_text(item, "Bal"), currency),
                _minor(_text(item, "Frz"), currency), statuses[_given(_text(item, "Sts"))], _day(_text(item, "OpnDt")),
            )  # fmt: skip
            for entry in item.findall("TxLst/Tx"):
                yield (
                    ref, number, currency, _moment(_text(entry, "BookDtTm")), ways[_given(_text(entry, "CdtDbtInd"))],
                    _minor(_text(entry, "Amt"), currency), _minor(_text(entry, "BalAft"), currency),
                    _text(entry, "CtPty/Nm"), _text(entry, "CtPty/AcctNo"), _text(entry, "Rmk"),
                )  # fmt: skip
        element.clear()


def read_json(profile: Profile, blocks: Iterable[bytes], batch_no: str) -> Iterator[Row]:  # noqa: ARG001 - nothing says it there
    """The people of ``lines`` of the benchmark's own profile."""
    outcomes, products, statuses, ways = _maps(profile, "outcome", "product", "status", "direction")
    for line in io.BufferedReader(Joined(blocks), 1 << 20):
        person = json.loads(line, parse_float=Decimal)
        ref, accounts = person["reqNo"], person.get("accounts", [])
        must(person["count"] == len(accounts))
        yield ref, outcomes[person["code"]], person.get("message"), len(accounts)
        for account in accounts:
            currency = account["ccy"]
            yield (
                ref, account["acctNo"], products[account["type"]], currency, _minor(account.get("balance"), currency),
                _minor(account.get("frozen"), currency), statuses[account["status"]], _day(account.get("opened")),
            )  # fmt: skip
            for entry in account.get("entries", []):
                peer = entry.get("peer", {})
                yield (
                    ref, account["acctNo"], currency, _moment(entry["booked"]), ways[entry["way"]], _minor(entry["amount"], currency),
                    _minor(entry.get("after"), currency), peer.get("name"), peer.get("acctNo"), entry.get("note"),
                )  # fmt: skip


def read_excel(profile: Profile, blocks: Iterable[bytes], batch_no: str) -> Iterator[Row]:
    """Both sheets of a ``book`` of dsnx."""
    outcomes, products, statuses = _maps(profile, "outcome", "product", "status")
    book = load_workbook(io.BytesIO(b"".join(blocks)), read_only=True)
    results = book["查询结果"].iter_rows(values_only=True)
    must(batch_no in str(next(results)))
    next(results)
    for ref, outcome, accounts in results:
        yield ref, outcomes[str(outcome)], int(str(accounts))
    held = book["账户信息"].iter_rows(values_only=True)
    next(held), next(held)
    count, total = 0, Decimal(0)
    for ref, number, product, balance, status, opened in held:
        amount = Decimal(str(balance))
        if ref == "合计":
            must(number == str(count) and total == amount)
            return
        count, total = count + 1, total + amount
        must(isinstance(number, str))
        yield ref, number, products[str(product)], _minor(amount * 10_000, "CNY"), statuses[str(status)], _day(opened)


def _maps(profile: Profile, *names: str) -> list[dict[str, str]]:
    return [dict(profile.maps[name].codes) for name in names]


def _text(element: ElementTree.Element, path: str) -> str | None:
    text = element.findtext(path)
    return text.strip() or None if text is not None else None


def _given(text: str | None) -> str:
    must(text is not None)
    return str(text)


def _minor(amount: Any, currency: str) -> int | None:
    if amount is None:
        return None
    minor = Decimal(amount).scaleb(_PLACES[currency])
    must(minor == minor.to_integral_value())
    return int(minor)


def _day(text: Any) -> Any:
    return None if text is None else datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007


def _moment(text: Any) -> Any:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S")  # noqa: DTZ007
