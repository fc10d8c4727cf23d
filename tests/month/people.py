"""The households of a month: invented persons with formally right numbers of a region nobody has, as the sheets that bring them in."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta

from connector.intake.sheet import TITLES
from reconciliation.identity import to18

MEMBERS = 2
_BORN_FIRST = date(1950, 1, 1)
_A_DAY = 900  # persons born on one day


def number(serial: int) -> str:
    """The resident number of the person with this serial, 0-based: valid, and nobody's."""
    born = _BORN_FIRST + timedelta(serial // _A_DAY)
    return to18(f"990101{born:%y%m%d}{serial % _A_DAY + 1:03d}")


def household_no(serial: int) -> str:
    """The household of a person."""
    return f"M{serial // MEMBERS:06d}"


def sheet(first: int, households: int, day: date, *, check_type: str = "新申请", programme: str = "低保") -> bytes:
    """Households brought in on a day, their persons with the serials from ``first`` on."""
    persons = range(first, first + households * MEMBERS)
    return _csv([TITLES[field] for field in TITLES], (_row(serial, day, check_type, programme) for serial in persons))


def _row(serial: int, day: date, check_type: str, programme: str) -> Iterable[str]:
    home = household_no(serial)
    cells = {
        "household_no": home,
        "programme": programme,
        "region": "320507",
        "application_date": day.isoformat(),
        "check_type": check_type,
        "as_of": day.isoformat(),
        "name": f"测{'甲乙丙丁戊己庚辛壬癸'[serial % 10]}{'子丑寅卯辰巳午未'[serial // 10 % 8]}",
        "id_type": "居民身份证",
        "id_no": number(serial),
        "relation": "户主" if serial % MEMBERS == 0 else "配偶",
        "authorization_no": f"SQ-{home}",
        "signed_on": (day - timedelta(3)).isoformat(),
        "valid_to": (day + timedelta(365)).isoformat(),
        "sign_mode": "本人",
        "scope": "全部",
    }
    return [cells.get(field, "") for field in TITLES]


def name_of(serial: int) -> str:
    """As it stands in the sheet."""
    return next(iter(csv.DictReader(io.StringIO(sheet(serial - serial % MEMBERS, 1, _BORN_FIRST).decode("utf-8-sig")))))[
        TITLES["name"]
    ]


def _csv(titles: Iterable[str], rows: Iterator[Iterable[str]]) -> bytes:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(titles)
    writer.writerows(rows)
    return buffer.getvalue().encode("utf-8-sig")


def register(first: int, households: int, month: str, titles: Mapping[str, str], state: str = "在册") -> bytes:
    """The monthly register of these households."""
    serials = range(first, first + households * MEMBERS, MEMBERS)
    last = serials[-1]
    cells = (
        {"household_no": household_no(s), "programme": "低保", "state": state}
        | ({"state": "停发", "ends_on": f"{month}-01", "reason": "收入增加"} if s == last else {})
        for s in serials
    )
    return _csv(titles.values(), ([row.get(field, "") for field in titles] for row in cells))
