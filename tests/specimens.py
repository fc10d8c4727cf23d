"""Good files to begin with, for every format: what examples give, what we write ourselves, small and large, and files of others."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from functools import lru_cache
from importlib import import_module
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow as pa

from bank_profiles.catalogue import load_profile
from bank_profiles.errors import UnreadableFile, UnwritableRoster
from bank_profiles.filenames import recognise, some_name
from bank_profiles.given import content
from bank_profiles.language.profile import Profile
from bank_profiles.proving.made_up import made_up, writable
from bank_profiles.translation import PackageFacts, read_files, write_files
from reconciliation.exchange import RECORDS
from tests.bank_profiles.generated import FACTS

HERE = Path(__file__).parent
PROFILES = HERE / "bank_profiles" / "profiles"
OF_OTHERS = HERE / "bank_profiles" / "samples"
BANKS = HERE.parent / "bank_profiles" / "banks"
COLLECTION = Path(os.environ.get("SAMPLES", HERE.parent.parent / "shared")) / "samples"
LARGEST = 1 << 16
Tables = dict[str, list[pa.Table]]
_MONEY = {"currency": "CNY", "balance_minor": 12345600, "available_minor": 100, "frozen_minor": 0}
FULL: dict[str, list[dict[str, Any]]] = {  # rows with nothing missing
    "outcome": [
        {"line_ref": "000001", "outcome": "found", "message": "OK", "declared_accounts": 1, "declared_movements": 1},
        {"line_ref": "000002", "outcome": "no_record", "message": "OK", "declared_accounts": 0, "declared_movements": 0},
    ],
    "holding": [
        {
            **_MONEY, "line_ref": "000001", "account_no": "6217000010001234567", "product": "demand_deposit", "product_name": "A",
            "holder_name": "示例甲", "units": Decimal("1.5"), "unit_price": Decimal("2.25"), "status": "active",
            "opened_on": date(2018, 3, 15), "matures_on": date(2027, 3, 15), "as_of": date(2026, 1, 4),
        }
    ],
    "movement": [
        {
            "line_ref": "000001", "account_no": "6217000010001234567", "booked_on": date(2026, 1, 2), "booked_time": time(7, 30),
            "direction": "in", "currency": "CNY", "amount_minor": 100, "balance_after_minor": 12345600, "summary": "A",
        }
    ],
}  # fmt: skip


@dataclass(frozen=True)
class Reader:
    """One file of the answers of a profile, and what a test already holds as good ones (``module:name`` of a dict by key)."""

    path: Path
    key: str
    held: str = ""

    @property
    def name(self) -> str:
        return f"{self.path.parent.name if self.path.parent.parent == BANKS else self.path.stem}/{self.key}"

    def profile(self) -> Profile:
        return _loaded(self.path)

    def file(self) -> str:
        return some_name(self.profile().response.files[self.key].name)


@lru_cache
def _loaded(path: Path) -> Profile:
    return load_profile(path)


def _banks(name: str, *keys: str) -> list[Reader]:
    return [Reader(next((BANKS / name).glob("*.yaml")), key) for key in keys]


def _ours(name: str, *keys: str, held: str = "") -> list[Reader]:
    return [Reader(PROFILES / f"{name}.yaml", key, held) for key in keys]


def _others(name: str, *keys: str) -> list[Reader]:
    return [Reader(OF_OTHERS / f"{name}.yaml", key) for key in keys]


# By format: profiles of the product, those that use every word of the language, and those of files of others.
READERS: dict[str, list[Reader]] = {
    "delimited": [
        *_banks("hxcb", "result", "detail", "flow"),
        *_ours("nested", "reply"),
        *_ours("lined", "result", "detail"),
        *_ours("spellings", "accounts", "entries", "signed", "book"),
        *_ours("described", "entries"),
        *_others("cn-bank-exports/icbc", "debit_v1", "credit"),
        *_others("cn-bank-exports/alipay", "flow"),
        *_others("cn-bank-exports/boc", "debit"),
        *_others("bai2/bai2", "report"),
    ],
    "self-describing": [
        *_ours("described", "shares"),
        *_others("cn-rdf-file/sp", "plain", "ended", "closed"),
        *_others("cn-rdf-file/fund", "shares"),
        *_others("cn-ofd-fund/ofd", "dividends"),
    ],
    "fixed": [
        *_banks("gdyz", "reply"),
        *_ours("fixed", "reply"),
        *_ours("groups", "reply"),
        *_others("cnab/bb240", "reply"),
        *_others("norma43/n43-lenient", "statement"),
        *_others("us-nacha/ach", "entries"),
        *_others("tw-twse-big5/t30", "quotes"),
        *_others("tw-twse-big5/orders", "orders"),
        *_others("tw-twse-big5/statuses", "statuses"),
    ],
    "xml": [
        *_banks("gyzb", "reply"),
        *_ours("elements", "reply", "list", "wrapped", "quoted", held="test_xml:GOOD"),
        *_others("camt/camt", "statement", "opening", "report"),
        *_others("fi-auth001-query/register", "reply"),
        *_others("in-account-aggregator/aa-xml", "deposit"),
    ],
    "json": [
        *_banks("xsyh", "reply"),
        *_ours("objects", "reply", "lists", "register", "lines", held="test_json:GOOD"),
        *_others("uk-open-banking/aisp", "accounts", "balances"),
        *_others("in-account-aggregator/fi", "deposit"),
        *_others("br-open-finance/accounts", "transactions"),
    ],
    "excel": [
        *_banks("dsnx", "book"),
        *_ours("sheets", "book", "flow"),
        *_others("cn-bank-exports/wechat-book", "texts", "numbers"),
        *_others("cn-bank-exports/ccb", "flow"),
        *_others("cn-bank-exports/citic", "flow"),
    ],
    "ebcdic": [
        *_banks("zjhb", "reply"),
        *_ours("host", "reply"),
        *_others("ebcdic-cobol/test1", "reply"),
        *_others("ebcdic-cobol/test3", "reply"),
        *_others("ebcdic-cobol/test19", "reply"),
        *_others("ebcdic-cobol/test16", "reply"),
    ],
}


@lru_cache
def specimens(reader: Reader) -> list[bytes]:
    """Good files of one reader, each once."""
    found = [*_given(reader), *_held(reader), *_of_others(reader)]
    rows = [tables for data in found if (tables := _rows(reader, data))]
    found += [data for tables in rows for times in (1, 8) for data in _written(reader, FACTS, _tiled(tables, times))]
    found += list(_made_up(reader))
    return list(dict.fromkeys(data for data in found if len(data) <= LARGEST))


def _given(reader: Reader) -> Iterator[bytes]:
    profile, side = reader.profile(), reader.profile().response
    for example in profile.examples:
        if reader.key in example.given:
            yield content(side.files[reader.key], side.encoding(reader.key), example.given[reader.key], reader.path.parent)


def _held(reader: Reader) -> Iterator[bytes]:
    if reader.held:
        module, _, name = reader.held.partition(":")
        yield getattr(import_module(f"tests.bank_profiles.{module}"), name)[reader.key]


def _of_others(reader: Reader) -> Iterator[bytes]:
    if reader.path.is_relative_to(OF_OTHERS):
        profile = str(reader.path.relative_to(OF_OTHERS).with_suffix(""))
        for listed in sorted((HERE / "bank_profiles").glob("samples_*.py")):
            for sample in import_module(f"tests.bank_profiles.{listed.stem}").SAMPLES:
                file = COLLECTION / sample.file
                if (sample.profile, sample.key) == (profile, reader.key) and file.is_file():
                    yield file.read_bytes()


def _rows(reader: Reader, data: bytes) -> Tables:
    tables: Tables = {}
    with contextlib.suppress(UnreadableFile):
        for part in read_files(reader.profile(), "response", [(reader.file(), [data])]):
            tables.setdefault(part.kind, []).append(part.table)
    return tables


def _tiled(tables: Tables, times: int) -> Tables:
    """The same rows for other lines, again and again."""
    return {kind: [_moved(table, number) for number in range(times) for table in of_kind] for kind, of_kind in tables.items()}


def _moved(table: pa.Table, number: int) -> pa.Table:
    refs = [None if ref is None else f"{ref[:-1]}{number}" if number else ref for ref in table.column("line_ref").to_pylist()]
    at = table.schema.get_field_index("line_ref")
    return table.set_column(at, table.schema.field(at), pa.array(refs, pa.string()))


def _made_up(reader: Reader) -> Iterator[bytes]:
    profile = writable(reader.profile(), "response")
    with contextlib.suppress(UnwritableRoster):
        for package in made_up(profile, "response"):
            yield from _written(reader, package.facts, package.tables())
    full = {kind: [pa.Table.from_pylist(rows, schema=RECORDS[kind])] for kind, rows in FULL.items()}
    for times in (1, 8):
        yield from _written(reader, FACTS, _tiled(full, times))


def _written(reader: Reader, facts: PackageFacts, tables: Tables) -> Iterator[bytes]:
    """The file as we would write it, where the format and the rows allow it."""
    profile = writable(reader.profile(), "response")
    alone = profile.response.model_copy(update={"files": {reader.key: profile.response.files[reader.key]}})
    profile = profile.model_copy(update={"response": alone}).loaded_from(profile.origin)
    for rows in (tables, {kind: of_kind for kind, of_kind in tables.items() if kind != "outcome"}):  # another file may say those
        with contextlib.suppress(UnwritableRoster):
            files = [(name, b"".join(blocks)) for name, blocks in write_files(profile, "response", facts, rows)]
            yield from (data for name, data in files if recognise(alone.files[reader.key].name, name) is not None)
            return


def every_reader() -> list[Reader]:
    return list(chain.from_iterable(READERS.values()))
