"""Canaries: invented persons of whom every field is recognisable, a city of them, and a scanner that knows them in every disguise.

All names begin with the same word, all numbers with the same digits, so that a handful of tokens stands for every field of everyone.
"""

import base64
import contextlib
import csv
import gzip
import hashlib
import io
import json
import os
import stat
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pyarrow as pa
from stdnum.cn import ric

from connector.bankside.directory import ACCOUNT_COLUMNS, MOVEMENT_COLUMNS
from connector.bankside.invented import invent
from tests.connector.desk import row, sheet

NAME = "金丝雀"
ADULT, MINOR = "99011319870304", "99011320150607"  # the first 14 digits of everyone's number
ACCOUNT = "8848168168"
BALANCE = 7731946255
SCAN = b"%PDF-1.7 canary 4f3c2a91d0"
TOKENS = {
    "name": NAME,
    "number": ADULT,
    "child's number": MINOR,
    "number of 15 digits": ADULT[:6] + ADULT[8:],
    "account": ACCOUNT,
    "balance": str(BALANCE),
    "scan": SCAN.decode(),
}
HOUSEHOLDS = 3
_UNPACKED_MAX = 1 << 24
_ZSTD = b"\x28\xb5\x2f\xfd"


def number(begin: str, serial: int) -> str:
    """A valid resident number."""
    body = f"{begin}{serial:03}"
    return body + ric.calc_check_digit(body + "?")


# ---------------------------------------------------------------- their city
def make_city(folder: Path) -> Path:
    """Requests, accounts, movements and scans of canaries, four institutions, rates."""
    city = invent(folder, households=1, banks=4)
    banks = [institution.code for institution in city.institutions]
    rows = [member for home in range(1, HOUSEHOLDS + 1) for member in _household(home)]
    refused = row("JT9", 9, name=f"{NAME}拒", id_no=number(ADULT, 9)[:-1] + "?", authorization_no="SQ9")
    (folder / "requests.csv").write_bytes(sheet(*rows, refused))
    accounts = [_account(bank, place, member) for place, bank in enumerate(banks) for member in rows]
    _write(folder / "accounts.csv", ACCOUNT_COLUMNS, accounts)
    _write(folder / "movements.csv", MOVEMENT_COLUMNS, map(_movement, accounts))
    (folder / "scans").mkdir()
    for home in range(1, HOUSEHOLDS + 1):
        (folder / "scans" / f"SQ{home}.pdf").write_bytes(SCAN + bytes([home]))
    return folder


def _household(home: int) -> Iterator[dict[str, str]]:
    common = {"authorization_no": f"SQ{home}", "declared": f"{BALANCE // 100}.{BALANCE % 100}"}
    head = row(f"JT{home}", 1, name=f"{NAME}甲{home}", id_no=number(ADULT, home), **common)
    yield head
    guardian = {"sign_mode": "监护人", "guardian_name": head["name"], "guardian_id": head["id_no"]}
    yield row(f"JT{home}", 2, name=f"{NAME}𠮷{home}", id_no=number(MINOR, home), relation="子女", **guardian, **common)


def _account(bank: str, place: int, member: Mapping[str, str]) -> dict[str, object]:
    return dict.fromkeys(ACCOUNT_COLUMNS, "") | {
        "institution": bank,
        "holder_name": member["name"],
        "id_type": "居民身份证",
        "id_no": member["id_no"],
        "joint_holder_id": number(ADULT, 800 + place),
        "account_no": f"{ACCOUNT}{place:02}{member['id_no'][-8:-1]}",
        "product": "demand_deposit",
        "currency": "CNY",
        "balance_minor": BALANCE,
        "available_minor": BALANCE,
        "frozen_minor": 0,
        "opened_on": "2020-01-01",
        "status": "active",
        "as_of": member["as_of"],
    }


def _movement(account: Mapping[str, object]) -> dict[str, object]:
    return dict.fromkeys(MOVEMENT_COLUMNS, "") | {
        "institution": account["institution"],
        "account_no": account["account_no"],
        "booked_on": "2026-11-02",
        "booked_time": "10:11:12",
        "direction": "in",
        "amount_minor": BALANCE,
        "currency": "CNY",
        "balance_after_minor": BALANCE,
        "counterparty_name": f"{NAME}商行",
        "counterparty_account": f"{ACCOUNT}999999999",
        "summary": f"{NAME}往来",
    }


def _write(path: Path, columns: Iterable[str], rows: Iterable[Mapping[str, object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(columns), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


# ---------------------------------------------------------------- the scanner
def _disguises(token: str) -> Iterator[tuple[str, bytes]]:
    for encoding in ("utf-8", "gb18030", "utf-16-le", "utf-16-be"):
        plain = token.encode(encoding)
        yield encoding, plain
        yield f"{encoding}, hex", plain.hex().encode()
        yield f"{encoding}, HEX", plain.hex().upper().encode()
        for shift in range(3):  # where in a longer text it stands decides how it looks in base64
            whole = base64.b64encode(bytes(shift) + plain)
            yield f"{encoding}, base64", whole[(shift * 8 + 5) // 6 : len(whole) - 4]
    yield "JSON", json.dumps(token)[1:-1].encode()


def _digests() -> Iterator[tuple[str, bytes]]:
    """Unkeyed digests of identity numbers: there are few enough numbers to try them all."""
    numbers = [number(begin, home) for begin in (ADULT, MINOR) for home in range(1, HOUSEHOLDS + 1)]
    for spelling in [*numbers, *(f"R:{each}" for each in numbers)]:
        for algorithm in ("md5", "sha1", "sha256", "sm3"):
            digest = hashlib.new(algorithm, spelling.encode())
            yield f"{algorithm} of a number", digest.digest()
            yield f"{algorithm} of a number, hex", digest.hexdigest().encode()


NEEDLES = {(kind, how): needle for kind, token in TOKENS.items() for how, needle in _disguises(token)}
NEEDLES |= {("digest", how + str(place)): needle for place, (how, needle) in enumerate(_digests())}


Needles = Mapping[tuple[str, str], bytes]  # (what it is of, how disguised) → the bytes to look for


def seen_in(data: bytes, needles: Needles = NEEDLES) -> set[str]:
    """Which canaries, and how disguised; what is packed (zip, gzip, zstd) is unpacked first."""
    found = {f"{kind} ({how})" for (kind, how), needle in needles.items() if needle in data}
    for packed in _unpacked(data):
        found |= seen_in(packed, needles)
    return found


def _unpacked(data: bytes) -> Iterator[bytes]:
    if zipfile.is_zipfile(io.BytesIO(data)):
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            yield from (package.read(name) for name in package.namelist())
    if data.startswith(b"\x1f\x8b"):
        yield gzip.decompress(data)
    at = data.find(_ZSTD)
    while at >= 0:  # Arrow packs each column for itself, anywhere in a file
        with contextlib.suppress(OSError):  # four bytes that only look like it
            yield pa.CompressedInputStream(pa.BufferReader(data[at:]), "zstd").read(_UNPACKED_MAX)
        at = data.find(_ZSTD, at + 1)


def seen_below(folder: Path, needles: Needles = NEEDLES) -> dict[str, set[str]]:
    """Every file below a folder, its name too: path → what was seen of a canary."""
    seen = {
        str(path.relative_to(folder)): seen_in(data, needles) | seen_in(path.name.encode(), needles)
        for path, data in read_below(folder)
    }
    return {name: found for name, found in seen.items() if found}


def read_below(folder: Path) -> Iterator[tuple[Path, bytes]]:
    """Every file below a folder with its bytes. One that goes while we look (a server's own, as pg_internal.init) is passed by."""
    for place, _, names in sorted(os.walk(folder)):
        for path in (Path(place) / name for name in sorted(names)):
            with contextlib.suppress(FileNotFoundError):
                if stat.S_ISREG(path.lstat().st_mode):
                    yield path, path.read_bytes()
