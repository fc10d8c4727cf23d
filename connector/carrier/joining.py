"""The one place where a carrier's parts are joined: its folder → key, journal, the road to each bank. And its clock."""

import dataclasses
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from bank_profiles.catalogue import BANKS, Catalogue
from bank_profiles.errors import BadProfile, Text
from bank_profiles.language.profile import Profile
from config.carrier import NAME, CarriedBank, read_carrier
from config.carrier import Carrier as Settings
from config.settings import read_secret
from config.yaml_file import BadSettings
from connector.carrier.journal import Journal
from connector.carrier.process import Carrier, Road, Stopped
from connector.roads import Journey, expect_travelled, leaves_files, open_road
from transports import shelf
from transports.sealing.journal_key import JournalKey
from transports.transport import Transport

_UNKNOWN = "unknown-profile"
ZONE = ZoneInfo("Asia/Shanghai")  # the day an edition of a profile or a pin begins
_FIRST_SETTINGS = """\
# 前置机设置 / a carrier's settings. Each bank: its code, its profile, and the road as a connection spells it.
out: out
back: back
key: secret:journal-key
# profiles: [profiles]   # a folder of profiles beside those that come with the product / 自有画像所在目录
banks: []
# - code: B1
#   profile: hxcb
#   address: {host: 10.20.30.40, port: 22}
#   account: {user: centre, key: secret:b1/sftp-key}
#   pins: [SHA256:…]
"""


def clock() -> datetime:
    """Now, in UTC: the only place of a carrier that asks the machine."""
    return datetime.now(UTC)


def found(folder: Path) -> str:
    """Make a carrier's folder and its journal key; what the centre pins. Raises BadSettings where there is one already."""
    if (folder / NAME).exists():
        raise BadSettings(f"{folder / NAME} is there already; nothing was changed", f"{folder / NAME} 已存在，未作改动")
    for name in ("secrets", "journal"):
        (folder / name).mkdir(parents=True, exist_ok=True, mode=0o700)
    for name in ("out", "back/journal"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    key = JournalKey.make()
    shelf.write(folder / "secrets" / "journal-key", key.pem)
    shelf.write(folder / NAME, _FIRST_SETTINGS.encode(), 0o640)
    return key.public


def public_key(folder: Path) -> str:
    """What the centre pins."""
    return _key(folder, read_carrier(folder)).public


@contextmanager
def opened(folder: Path, now: Callable[[], datetime] = clock) -> Iterator[Carrier]:
    """The carrier of a folder, alone there. Raises BadSettings (carrier-running where another process has it), BrokenJournal."""
    settings = read_carrier(folder)
    key = _key(folder, settings)
    (folder / "journal").mkdir(exist_ok=True, mode=0o700)
    try:
        with shelf.alone(folder / "journal" / "lock", wait=False):
            out, back = folder / settings.out, folder / settings.back
            _expect_mounted(back)
            for bank in settings.banks:
                for place in (out / bank.code, back / bank.code):
                    place.mkdir(parents=True, exist_ok=True)
            journal = Journal(folder / "journal", back, key, now)
            yield Carrier(out, back, journal, _roads(folder, settings, now))
    except BlockingIOError:
        raise BadSettings(
            f"another process carries for {folder}; one at a time",
            f"{folder} 已有另一进程在运行；同一目录只能运行一个",
            code="carrier-running",
        ) from None


def checked(folder: Path, now: Callable[[], datetime] = clock) -> dict[str, Stopped | None]:
    """Every bank, and what would keep us from setting out to it. Connects nowhere; a carrier that runs is not disturbed."""
    settings = read_carrier(folder)
    _key(folder, settings)
    _expect_mounted(folder / settings.back)
    return {code: road.stopped() for code, road in _roads(folder, settings, now).items()}


def _expect_mounted(back: Path) -> None:
    """A share that is not mounted is an empty folder here, and what is written into it nobody would see."""
    if not (back / "journal").is_dir():
        raise BadSettings(
            f"{back / 'journal'} is not there: mount the shared folder; where it is new, make this folder in it once",
            f"没有 {back / 'journal'}：请挂载共享目录；新目录须先在其中建立该子目录一次",
            code="share-missing",
        )


def _key(folder: Path, settings: Settings) -> JournalKey:
    return JournalKey.read(read_secret(folder, settings.key.removeprefix("secret:")))


def _roads(folder: Path, settings: Settings, now: Callable[[], datetime]) -> dict[str, Road]:
    catalogue = Catalogue([BANKS, *(folder / each for each in settings.profiles)])
    return {bank.code: _road(folder, catalogue, bank, now) for bank in settings.banks}


def _road(folder: Path, catalogue: Catalogue, bank: CarriedBank, now: Callable[[], datetime]) -> Road:
    """Looked up when it is travelled: a profile or a road that is wrong stops its own bank."""

    def today() -> date:
        return now().astimezone(ZONE).date()

    def line() -> Transport:
        profile = _picked(folder, catalogue, bank.profile, today())
        expect_travelled(profile, profile.channel, bank)
        pace = profile.service.limits.messages_per_minute or 0
        return open_road(Journey(profile.channel, bank, folder, now, ZONE, pace))

    return Road(line, lambda: leaves_files(catalogue.pick(bank.profile, today()).channel))


def _picked(folder: Path, catalogue: Catalogue, name: str, day: date) -> Profile:
    """The edition of that day. Raises BadProfile; of a profile nobody knows it says where on this machine one's own is put."""
    try:
        return catalogue.pick(name, day)
    except BadProfile as bad:
        raise BadProfile(
            [dataclasses.replace(p, hint=_put_here(folder, p.hint)) if p.code == _UNKNOWN else p for p in bad.problems]
        ) from bad


def _put_here(folder: Path, said: Text | None) -> Text:
    place = (folder / "profiles").resolve()
    en = f"a profile of one's own: put its folder into {place} and write profiles: [profiles] in {NAME}"
    zh = f"自有画像：请把其目录放入 {place}，并在 {NAME} 中写明 profiles: [profiles]"
    return Text(f"{said.en}; {en}", f"{said.zh}；{zh}") if said else Text(en, zh)
