"""One dated table of exchange rates with its source: the only place a CNY value may come from, never a live call."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from reconciliation.errors import BadRates, MissingRate
from reconciliation.money import CNY, exponent


@dataclass(frozen=True, slots=True)
class Rates:
    """CNY for one unit of a currency on a day. ``source`` is shown wherever a converted value is shown."""

    source: str
    table: Mapping[tuple[str, date], Decimal]

    @classmethod
    def from_rows(cls, rows: Iterable[Mapping[str, str]], source: str) -> "Rates":
        """Rows with the columns currency, date (yyyy-MM-dd) and cny_per_unit (exact decimal). Raises BadRates."""
        table: dict[tuple[str, date], Decimal] = {}
        for number, row in enumerate(rows, start=1):
            currency, day, rate = _read(row, number)
            if table.setdefault((currency, day), rate) != rate:
                raise BadRates(
                    f"row {number}: a second, different rate of {currency} on {day}; keep one",
                    f"第 {number} 行：{currency} 在 {day} 有两个不同汇率；请只保留一个",
                )
        return cls(source, table)

    def rate(self, currency: str, day: date) -> Decimal:
        """CNY for one unit on this very day; CNY itself is 1. Raises MissingRate: a rate is never guessed from another day."""
        if currency == CNY:
            return Decimal(1)
        found = self.table.get((currency, day))
        if found is None:
            raise MissingRate(
                f"no rate of {currency} on {day} in {self.source}; add the row, then conclude again",
                f"{self.source} 中没有 {currency} 在 {day} 的汇率；请补充后重新汇总",
            )
        return found

    def on(self, day: date, currencies: Iterable[str]) -> dict[str, Decimal]:
        """The rates of several currencies on one day, in the order of their codes, CNY left out. Raises MissingRate."""
        return {currency: self.rate(currency, day) for currency in sorted(set(currencies)) if currency != CNY}


def _read(row: Mapping[str, str], number: int) -> tuple[str, date, Decimal]:
    try:
        currency, day, rate = row["currency"], date.fromisoformat(row["date"]), Decimal(row["cny_per_unit"])
        if not (rate.is_finite() and rate > 0):
            raise ValueError
    except KeyError as missing:
        raise BadRates(f"row {number}: the column {missing} is missing", f"第 {number} 行：缺少列 {missing}") from None
    except (ValueError, InvalidOperation):
        raise BadRates(
            f"row {number}: expected a day yyyy-MM-dd and a rate above 0",
            f"第 {number} 行：应为 yyyy-MM-dd 日期和大于 0 的汇率",
        ) from None
    exponent(currency)  # an unknown currency is refused here, not when the first account comes
    return currency, day, rate
