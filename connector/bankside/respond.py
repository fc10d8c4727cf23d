"""One pass over a bank's folders: take what the centre sent, open, look up, answer, deliver, put the inquiry away.

The answer is durable and noted before it is delivered, delivered before the inquiry is put away; so a pass that was cut short is
finished by the next one with the same bytes. What cannot be opened or read goes to ``refused`` with a note that says why.
"""

import dataclasses
import hashlib
from collections.abc import Iterable
from datetime import date, datetime, timedelta

import orjson
import pyarrow as pa

from bank_profiles.errors import UnreadableFile
from bank_profiles.filenames import recognise
from bank_profiles.language.profile import Profile
from bank_profiles.package_names import PackageFacts, unsealed_name, whose
from bank_profiles.translation import read_package
from connector.bankside import misbehaviour
from connector.bankside.clerk import Asked, Sealed
from connector.bankside.desk import ANSWERED, REFUSED, Desk
from connector.bankside.journal import Journal, Note, Parcel
from reconciliation.exchange import RECORDS
from transports import shelf
from transports.errors import BrokenSeal, Refused, UnknownKey
from transports.folder import Folder
from transports.measured import measure
from transports.transport import Delivery

NOTE_NAME_BYTES_MAX = 240


@dataclasses.dataclass(frozen=True)
class Handled:
    """What became of one inquiry: answered, waiting (not due yet, or a key of ours is missing), refused. ``zh``/``en`` say why."""

    parcel: str
    ended: str
    lines: int = 0
    answers: tuple[str, ...] = ()
    code: str = ""
    zh: str = ""
    en: str = ""


class _RefusedInquiry(Exception):
    """The inquiry is the centre's mistake: it is put aside with this note."""

    def __init__(self, code: str, zh: str, en: str, receipt: str = "other") -> None:
        super().__init__(code)
        self.code, self.zh, self.en, self.receipt = code, zh, en, receipt


def respond(desk: Desk, now: datetime, only: str = "") -> list[Handled]:
    """Handle everything that lies ready, or ``only`` one inquiry where its call waits.

    Raises BadProfile, Unreachable, Refused: the bank's own folders or profile are wrong.
    """
    profile = desk.profile(now)
    desk.make_folders(profile)
    with desk.mailbox(profile) as mailbox:
        there = [parcel.name for parcel in mailbox.list() if not only or parcel.name == only]
        ours = [name for name in there if whose(profile, "inquiry", name) in (None, desk.code)]
        return [_handle(desk, profile, mailbox, name, now) for name in ours]


def _handle(desk: Desk, profile: Profile, mailbox: Folder, name: str, now: datetime) -> Handled:
    try:
        note = _note(desk, profile, mailbox, name, now)
    except _RefusedInquiry as refused:
        return _refuse(desk, profile, name, refused, now)
    except (UnknownKey, Refused) as missing:  # ours, or this file cannot be had: it stays where it is, the next is looked at
        return Handled(name, "waiting", code=missing.code, zh=missing.zh, en=missing.en)
    if (waits := _deliver_receipts(desk, profile, note)) is not None:
        return waits
    if now < note.due:
        return Handled(name, "waiting", note.lines, code="not-due", zh="尚未到答复时间", en="the answer is not due yet")
    for parcel in note.parcels:
        if parcel.at_once:
            continue
        delivered = _deliver(desk, profile, parcel)
        if delivered.code:
            return delivered
    mailbox.acknowledge(name)
    return Handled(name, "answered", note.lines, tuple(parcel.name for parcel in note.parcels))


def _deliver_receipts(desk: Desk, profile: Profile, note: Note) -> Handled | None:
    """Once and at once, whenever the answer is due; what could not be delivered is tried by the next pass."""
    journal, receipts = Journal(desk.root / ANSWERED), [parcel for parcel in note.parcels if parcel.at_once]
    if not receipts or journal.said_at_once(note.batch_no):
        return None
    for parcel in receipts:
        delivered = _deliver(desk, profile, parcel)
        if delivered.code:
            return delivered
    journal.note_said(note.batch_no)
    return None


def _note(desk: Desk, profile: Profile, mailbox: Folder, name: str, now: datetime) -> Note:
    """The note of this inquiry: written now, or found where it was answered before. Raises _RefusedInquiry, UnknownKey."""
    digest = digest_of(mailbox.get(name))
    asked = _open(desk, profile, mailbox, name, now)
    journal = Journal(desk.root / ANSWERED)
    known = journal.of_batch(asked.facts.batch_no)
    if known is not None:
        if known.inquiry != digest:
            raise _RefusedInquiry("batch-answered", *_ANSWERED_BEFORE)
        return known
    sealed = misbehaviour.clerk(desk, profile, now).answer(asked)
    store = desk.objects()
    parcels = tuple(Parcel(each.name, *store.put([each.content]), flagged=each.flagged, at_once=each.at_once) for each in sealed)
    late = desk.settings.late_after if "late" in desk.settings.behaviours else timedelta(0)
    return journal.keep(Note(asked.facts.batch_no, digest, len(asked.lines), now + late, parcels))


_ANSWERED_BEFORE = (
    "该批次号已答复过，此文件内容不同；未再次答复。请以新的批次号重新查询",
    "this batch number was answered before and this file is another one; it was not answered again. Ask under a new batch number",
)


def _open(desk: Desk, profile: Profile, mailbox: Folder, name: str, now: datetime) -> Asked:
    """Verify the seal, then read the whole inquiry. Raises _RefusedInquiry, UnknownKey."""
    try:
        blocks = desk.channel(profile).open(lambda: mailbox.get(name), now)
        reading = read_package(profile, "inquiry", name, blocks, zip_password=desk.zip_password)
        tables = [rows.table for rows in reading if rows.kind == "inquiry"]
    except BrokenSeal as broken:
        raise _RefusedInquiry(broken.code, broken.zh, broken.en, "signature") from None
    except UnreadableFile as unreadable:
        raise _RefusedInquiry(unreadable.problems[0].code, unreadable.render("zh"), unreadable.render("en"), "parse") from None
    facts = reading.facts
    return Asked(
        PackageFacts(
            bank=desk.code,
            batch_no=str(facts.get("batch_no") or name),
            day=facts.get("day") or now.date(),
            seq=facts.get("seq") or 1,
            made_at=now,
        ),
        pa.concat_tables([RECORDS["inquiry"].empty_table(), *tables]),
        tuple(reading.problems),
        reading.papers,
    )


def _short(name: str) -> str:
    """A name with room for an ending behind it."""
    return name if len(name.encode()) <= NOTE_NAME_BYTES_MAX else hashlib.sha256(name.encode()).hexdigest()


def digest_of(blocks: Iterable[bytes]) -> str:
    """SHA-256 of a parcel, in hex."""
    return measure(blocks)[1]


def _deliver(desk: Desk, profile: Profile, parcel: Parcel) -> Handled:
    """Temporary name, sync, rename, flag last; the same bytes a second time are no second delivery."""
    store = desk.objects()
    put = desk.mailbox(profile, flagged=parcel.flagged).put(
        parcel.name, lambda: store.get(parcel.digest), parcel.size, parcel.digest
    )
    if put.delivery is Delivery.DELIVERED:
        return Handled(parcel.name, "delivered")
    return Handled(parcel.name, "waiting", code=put.code, zh=put.zh, en=put.en)


def _refusal(desk: Desk, profile: Profile, name: str, refused: _RefusedInquiry, now: datetime) -> list[Sealed]:
    """The receipt that refuses a package nobody could read, where the profile has receipts and the name says enough for one."""
    said = recognise(profile.inquiry.package.name, unsealed_name(profile, name))
    if profile.receipt is None or said is None:
        return []
    day, seq = said.get("day"), said.get("seq")
    facts = PackageFacts(
        bank=desk.code,
        batch_no=str(said.get("batch_no") or ""),
        day=day if isinstance(day, date) else now.date(),
        seq=seq if isinstance(seq, int) else 1,
        made_at=now,
    )
    return misbehaviour.clerk(desk, profile, now).receipts(facts, refused.receipt, unsealed_name(profile, name))


def _refuse(desk: Desk, profile: Profile, name: str, refused: _RefusedInquiry, now: datetime) -> Handled:
    """The note first, then the inquiry beside it."""
    said = {
        "schema": "refusal/1",
        "package": name,
        "code": refused.code,
        "zh": refused.zh,
        "en": refused.en,
        "at": now.isoformat(),
    }
    shelf.write(desk.root / REFUSED / f"{_short(name)}.json", orjson.dumps(said, option=orjson.OPT_INDENT_2))
    for receipt in _refusal(desk, profile, name, refused, now):
        parcel = Parcel(receipt.name, *desk.objects().put([receipt.content]), flagged=receipt.flagged)
        if (delivered := _deliver(desk, profile, parcel)).code:
            return delivered
    desk.mailbox(profile, archive=REFUSED).acknowledge(name)
    return Handled(name, "refused", code=refused.code, zh=refused.zh, en=refused.en)
