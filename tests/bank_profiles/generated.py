"""Rows and files made by chance: for what must hold for every file, not only for those somebody thought of."""

import re
import string
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import pyarrow as pa
from hypothesis import strategies as st

from bank_profiles.catalogue import BANKS, load_profile
from bank_profiles.language.profile import Profile
from bank_profiles.language.words import SideName
from bank_profiles.layouts.making import layout
from bank_profiles.translation import PackageFacts, write_files
from reconciliation.exchange import RECORDS
from reconciliation.identity import normalise_name
from reconciliation.words import ASSET_CLASSES, DIRECTIONS, ID_TYPES, PRODUCTS, STATUSES

PROFILES = {name: load_profile(next((BANKS / name).glob("*.yaml"))) for name in ("hxcb", "gdyz")}
FACTS = PackageFacts("902307450222", "202601050000001", date(2026, 1, 5), 1, datetime(2026, 1, 5, 1, 30, tzinfo=UTC))
BATCH = {"batch_no": FACTS.batch_no}

# Blanks at the ends are padding to a bank; "|" separates; "-" alone means missing; the eight private ones have moved (encoding.py).
_NO_TEXT = "|\ufeff\x7f" + "\ue81e\ue826\ue82b\ue82c\ue832\ue843\ue854\ue864"
_TRAPS = "亅倈億𠮷㐂䶮龴·（）Ａ１"  # "|" as second byte, four bytes, moved ones, full width
_PRODUCTS = [word for word in PRODUCTS if word not in ("member_share", "other")]
_CHARACTERS = st.one_of(
    st.sampled_from(_TRAPS), st.sampled_from(string.ascii_letters + string.digits + " -"),
    st.characters(exclude_categories=("Cc", "Cs"), exclude_characters=_NO_TEXT),
)  # fmt: skip
_SPACES = " \t\u3000\u00a0"
TEXT = (
    st.text(_CHARACTERS, max_size=8).map(lambda text: text.strip(_SPACES)).map(lambda text: None if text in ("", "-") else text)
)
NAME = TEXT.map(lambda text: (text and normalise_name(text)) or None)  # nothing unseen, digits and letters in one width
_POWER = re.compile("[0-9]E[0-9]{1,3}")  # a number shortened by a spreadsheet, which no bank may send
NUMBER = st.text(string.digits + string.ascii_uppercase, min_size=1, max_size=20).filter(lambda text: not _POWER.fullmatch(text))
AMOUNT = st.integers(-(10**13), 10**13)
DAY = st.dates(date(1, 1, 1), date(9999, 12, 31))
_QUANTITY = st.decimals(0, 10**6, places=4, allow_nan=False).map(lambda number: number.quantize(Decimal("0.00000001")))
_CURRENCY = st.sampled_from(["CNY", "JPY", "KWD", "USD"])


def _or_none(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | values


_LINE_REF = st.integers(1, 999_999).map(lambda place: f"{place:06d}")
_FIELDS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "inquiry": {
        "name": NAME.filter(bool), "id_type": st.sampled_from(list(ID_TYPES)), "id_no": NUMBER, "as_of": DAY, "window_from": DAY,
        "window_to": DAY, "authorization_no": NUMBER, "purpose": TEXT,
        "scope": st.sets(st.sampled_from([word for word in ASSET_CLASSES if word != "other"]), min_size=1).map(
            lambda words: ",".join(sorted(words))
        ),
    },
    "outcome": {
        "line_ref": _LINE_REF, "outcome": st.sampled_from(["found", "no_record", "refused.authority", "technical_failure"]),
        "message": TEXT, "declared_accounts": _or_none(st.integers(0, 999)), "declared_movements": _or_none(st.integers(0, 999)),
    },
    "holding": {
        "line_ref": _LINE_REF, "holder_name": NAME, "account_no": NUMBER, "parent_account_no": _or_none(NUMBER),
        "product": st.sampled_from(_PRODUCTS), "product_name": TEXT, "currency": _CURRENCY, "balance_minor": AMOUNT,
        "available_minor": _or_none(AMOUNT), "frozen_minor": _or_none(AMOUNT), "units": _or_none(_QUANTITY),
        "unit_price": _or_none(_QUANTITY), "status": _or_none(st.sampled_from(list(STATUSES))), "opened_on": _or_none(DAY),
        "closed_on": _or_none(DAY), "matures_on": _or_none(DAY), "as_of": _or_none(DAY), "joint_holder_id": _or_none(NUMBER),
        "custody_id": _or_none(NUMBER),
    },
    "movement": {
        "line_ref": _LINE_REF, "account_no": NUMBER, "booked_on": DAY,
        "booked_time": _or_none(st.times().map(lambda at: time(at.hour, at.minute, at.second))),
        "direction": st.sampled_from(list(DIRECTIONS)), "currency": _CURRENCY, "amount_minor": st.integers(0, 10**13),
        "balance_after_minor": _or_none(AMOUNT), "counterparty_name": TEXT, "counterparty_account": _or_none(NUMBER),
        "counterparty_institution": TEXT, "summary": TEXT,
    },
}  # fmt: skip


def tables(kind: str, *, most: int = 6) -> st.SearchStrategy[pa.Table]:
    """A table of one record kind with up to ``most`` rows; fields no bank of ours sends stay null."""
    row = st.fixed_dictionaries(_FIELDS[kind])
    return st.lists(row, max_size=most).map(lambda rows: pa.Table.from_pylist(rows, schema=RECORDS[kind]))


def replies(*, most: int = 6) -> st.SearchStrategy[dict[str, pa.Table]]:
    return st.fixed_dictionaries({kind: tables(kind, most=most) for kind in ("outcome", "holding", "movement")})


def written(profile: Profile, side: SideName, rows: dict[str, pa.Table]) -> dict[str, bytes]:
    """The files of a package by their key in the profile."""
    files = {}
    for name, blocks in write_files(profile, side, FACTS, {kind: [table] for kind, table in rows.items()}):
        files[_key(profile, side, name)] = b"".join(blocks)
    return files


def _key(profile: Profile, side: SideName, name: str) -> str:
    from bank_profiles.filenames import recognise

    return next(key for key, spec in profile.side(side).files.items() if recognise(spec.name, name) is not None)


def layout_of(bank: str, key: str, side: SideName = "response") -> Any:
    return layout(PROFILES[bank], side, key)


# ---- damage -------------------------------------------------------------------------------------------------------------------------

Damage = Callable[[bytes, int], bytes]
_BITS = [
    b"", b"|", b"\n", b"\r", b"\r\n", b"\x00", b"\x1a", b"\t", b" ", b"-", b"+", b".", b"0x1F", b"1e5", b"20260231", b"00000000", b"A",
    b"\x81", b"\xfe\x59", "\u3000".encode("gb18030"), "１".encode("gb18030"), "張".encode(), "\ufeff".encode("gb18030"), b"9" * 20,
]  # fmt: skip


def _line_bounds(data: bytes, at: int) -> tuple[int, int]:
    start = data.rfind(b"\n", 0, at) + 1
    end = data.find(b"\n", at) + 1 or len(data)
    return start, end


def _insert(bit: bytes) -> Damage:
    return lambda data, at: data[:at] + bit + data[at:]


def _overwrite(bit: bytes) -> Damage:
    return lambda data, at: data[:at] + bit + data[at + max(len(bit), 1) :]


def _double_line(data: bytes, at: int) -> bytes:
    start, end = _line_bounds(data, at)
    return data[:end] + data[start:end] + data[end:]


def _drop_line(data: bytes, at: int) -> bytes:
    start, end = _line_bounds(data, at)
    return data[:start] + data[end:]


DAMAGES: list[Damage] = [
    *(_insert(bit) for bit in _BITS), *(_overwrite(bit) for bit in _BITS), _double_line, _drop_line,
    lambda data, at: data[:at], lambda data, at: data[at:], lambda data, at: data.replace(b"\r\n", b"\n"),
    lambda data, at: data.replace(b"\n", b"\r\n"), lambda data, at: data.rstrip(b"\r\n"), lambda data, at: data + b"\x1a",
    lambda data, at: data + b"\r\n\r\n", lambda data, at: b"\x84\x31\x95\x33" + data,
    lambda data, at: data.decode("gb18030", "replace").encode(),
]  # fmt: skip
damages = st.lists(st.tuples(st.sampled_from(DAMAGES), st.floats(0, 1)), max_size=3)


def damaged(data: bytes, blows: list[tuple[Damage, float]]) -> bytes:
    for blow, where in blows:
        data = blow(data, int(where * len(data)))
    return data
