"""Workbooks of others. The figures were counted and added up from the raw cells (test_excel_samples.py)."""

from tests.bank_profiles.sample import Sample

_BANKS = "cn-bank-exports"
_WECHAT = f"{_BANKS}/wechat/example-wechat-records.xlsx"
_CITIC = f"{_BANKS}/citic/credit/example-citic-records.xls"

SAMPLES = [
    Sample(
        f"{_BANKS}/ccb",
        f"{_BANKS}/ccb/交易明细_xxxx_2025xxxx_2025xxxx.xls",
        "flow",
        rows={"movement": 6, "outcome": 1},
        sums={"movement.amount_minor": 70326, "movement.balance_after_minor": 1111198},
        oracle="rows 7 to 12, columns 支出, 收入 and 账户余额 as decimals",
    ),
    Sample(
        f"{_BANKS}/citic",
        _CITIC,
        "flow",
        rows={"movement": 13, "outcome": 1},
        sums={"movement.amount_minor": 110021},
        oracle="rows 3 to 15, column 交易金额 without its signs",
    ),
    Sample(f"{_BANKS}/citic", _CITIC, "strict", parked={"number-cell": 13, "negative-amount": 2}),
    *(
        Sample(
            f"{_BANKS}/wechat-book",
            _WECHAT,
            key,
            rows={"movement": 16, "outcome": 1},
            sums={"movement.amount_minor": 293302},
            parked={"unknown-code": 11},
            warnings=("total-differs",) * 3,
            oracle="rows 19 to 45 with 收入 or 支出, column 金额(元); the lines above count 43 (10), 0.35 and 28.16",
        )
        for key in ("texts", "numbers")
    ),
]
