"""Holdings of made-up people as a bank would report them: names and products in Chinese, rare characters, six currencies, nulls."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa

from reconciliation.assets import HOLDING

ROWS_A_BLOCK = 1 << 16
_SURNAMES = list(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金亅倈億𠮷㐂䶮"
)
_GIVEN = [*"伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂文华建国玉兰凤", ""]
_PRODUCTS = [
    ("demand_deposit", "活期储蓄"),
    ("time_deposit", "整存整取定期储蓄一年"),
    ("large_cd", "个人大额存单2025年第3期"),
    ("wealth_product", "稳盈添利2025年第12期净值型理财"),
    ("fund", "示例沪深300指数证券投资基金A类"),
    ("precious_metal", "积存金"),
    ("loan", "个人住房贷款"),
    ("credit_card", "信用卡"),
]
_CURRENCIES = ["CNY"] * 27 + ["USD", "JPY", "KWD"]
_STATUSES = ["active"] * 7 + ["frozen", "dormant", "closed"]
_EPOCH = date(1970, 1, 1)


def holdings(rows: int, seed: int = 1) -> Iterator[pa.Table]:
    """``rows`` rows in blocks, the same for the same seed."""
    rng = np.random.default_rng(seed)
    for start in range(0, rows, ROWS_A_BLOCK):
        yield _block(rng, start, min(ROWS_A_BLOCK, rows - start))


def _block(rng: np.random.Generator, start: int, rows: int) -> pa.Table:
    product = rng.integers(0, len(_PRODUCTS), rows)
    is_fund = product == 4
    balance = rng.integers(0, 10**9, rows) * np.where(product >= 6, -1, 1)
    frozen = np.where(rng.random(rows) < 0.05, np.abs(balance) // 10, 0)
    units = pa.array(rng.integers(0, 10**8, rows)).cast(pa.decimal128(30, 8))
    as_of = (date(2026, 1, 4) - _EPOCH).days
    columns: dict[str, Any] = {
        "line_ref": pa.array([f"{(start + i) // 3 % 999_999 + 1:06d}" for i in range(rows)]),
        "holder_name": _glued(_picked(rng, _SURNAMES, rows), _picked(rng, _GIVEN, rows), _picked(rng, _GIVEN, rows)),
        "account_no": _numbers(rng, "6217", rows),
        "parent_account_no": _sparse(rng, _numbers(rng, "6217", rows), 0.2),
        "product": pa.array([word for word, _ in _PRODUCTS]).take(pa.array(product)),
        "product_name": pa.array([name for _, name in _PRODUCTS]).take(pa.array(product)),
        "currency": _picked(rng, _CURRENCIES, rows),
        "balance_minor": pa.array(balance),
        "available_minor": pa.array(balance - frozen),
        "frozen_minor": _sparse(rng, pa.array(frozen), 0.9),
        "units": _where(is_fund, units),
        "unit_price": _where(is_fund, pa.array(rng.integers(1, 9, rows)).cast(pa.decimal128(30, 8))),
        "status": _picked(rng, _STATUSES, rows),
        "opened_on": _days(rng, rows),
        "closed_on": _sparse(rng, _days(rng, rows), 0.1),
        "matures_on": _sparse(rng, _days(rng, rows), 0.3),
        "as_of": pa.repeat(pa.scalar(as_of, pa.int32()), rows).cast(pa.date32()),
        "joint_holder_id": _sparse(rng, _numbers(rng, "990", rows), 0.05),
        "custody_id": _sparse(rng, _numbers(rng, "TG", rows), 0.1),
    }
    return pa.Table.from_arrays([columns.get(f.name, pa.nulls(rows, f.type)) for f in HOLDING], schema=HOLDING)


def _picked(rng: np.random.Generator, words: list[str], rows: int) -> pa.Array[Any]:
    return pa.array(words).take(pa.array(rng.integers(0, len(words), rows)))


def _glued(*parts: pa.Array[Any]) -> pa.Array[Any]:
    return pa.array(["".join(texts) for texts in zip(*(part.to_pylist() for part in parts), strict=True)])


def _numbers(rng: np.random.Generator, prefix: str, rows: int) -> pa.Array[Any]:
    return pa.array([f"{prefix}{number:015d}" for number in rng.integers(0, 10**15, rows)])


def _days(rng: np.random.Generator, rows: int) -> pa.Array[Any]:
    return pa.array(rng.integers(9_000, 20_400, rows).astype(np.int32)).cast(pa.date32())


def _sparse(rng: np.random.Generator, values: pa.Array[Any], share: float) -> pa.Array[Any]:
    return _where(rng.random(len(values)) < share, values)


def _where(chosen: Any, values: pa.Array[Any]) -> pa.Array[Any]:
    """The values where they are chosen, null elsewhere."""
    return values.take(pa.array(np.arange(len(values)), mask=~np.asarray(chosen)))
