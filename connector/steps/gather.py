"""gather: persons → roster → batches → bytes → sealed parcels. Mirrors settle.

A roster is written once whatever the number of banks. Then, bank by bank and cut by cut, each in a transaction of its own: what is
left of a roster for a bank (new, or what a recalled batch set free) is cut, written in the bank's language, sealed and named.
"""

import functools
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import pyarrow as pa

from bank_profiles.errors import DataPlace, Problem, Text, UnwritableRoster
from bank_profiles.language.profile import Profile
from bank_profiles.translation import PackageFacts, write_package
from connector import decided
from connector.authorization import Permitted, Refusal, may_ask
from connector.bank import Bank
from connector.batch import Asked, cut_batches, plan_rosters
from connector.claims import disputed_accounts
from connector.hours import deadlines
from connector.keys import used
from connector.ledger import appeals, at_banks, audit, authorizations, calendars, deaths, key_use, rosters, stops
from connector.ledger.rows import AnyRow, Tx
from connector.moments import moment
from connector.parts import STEPPER, Parts, problem
from connector.persons import opened
from connector.steps import papers
from connector.steps.elsewhere import done
from connector.steps.giving_way import GAVE_WAY, gives_way
from connector.steps.stopped import not_going
from reconciliation import vectors
from reconciliation.exchange import INQUIRY
from reconciliation.words import ASSET_CLASSES
from transports.crashpoint import crashpoint
from transports.sealing.refusals import refusal


def gather(parts: Parts, now: datetime) -> dict[str, int]:
    """Whoever waits gets a place, in one roster for all banks; how many inquiries did."""
    return {"inquiries": _write_rosters(parts, now)}


def cut(parts: Parts, bank: Bank, now: datetime) -> dict[str, int]:
    """What is still to be asked of one bank, cut, written and sealed, urgent rosters first; how many batches."""
    with parts.ledger.read() as tx:
        uncut = rosters.uncut(tx, bank.code)
    batches = waiting = 0
    for roster in uncut:
        made, wait = done(parts, "cut", (bank.code, roster), now, functools.partial(_cut_roster, parts, bank, roster, now))
        batches, waiting = batches + made, waiting + wait
        if gives_way(parts, bank, now, at_banks.urgent_to_cut):
            return {"batches": batches, GAVE_WAY: 1}
    return {"batches": batches} | ({"unscanned": waiting} if waiting else {})


def cut_one(parts: Parts, code: str, roster: int, now: datetime) -> tuple[int, int]:
    """One roster for one bank, as another process is given it; see ``_cut_roster``."""
    return _cut_roster(parts, parts.banks.working[code], roster, now)


# ---------------------------------------------------------------- rosters
def _write_rosters(parts: Parts, now: datetime) -> int:
    answers = _answers(parts, now)
    with parts.ledger.begin() as tx:
        authorizations.expire(tx, parts.centre, parts.day(now), now=now, who=STEPPER)
        held = deaths.held_inquiries(tx)  # until a second person has decided of a list of deaths
        waiting = [row for row in rosters.waiting(tx) if row.inquiry not in held]
        refused = _refusals(parts, tx, waiting, now)
        asked = [row for row in waiting if row.inquiry not in refused]
        over = stops.stopped_members(tx, [row.id for row in asked])
        only = appeals.limits(tx, {row.inquiry for row in asked if row.appeal})
        for plan in plan_rosters([_asked(parts, row, only) for row in asked if row.id not in over], answers):
            key = rosters.make_roster(
                tx,
                plan.centre,
                parts.region,
                plan.institutions,
                plan.urgent,
                plan.members,
                now,
                kind=plan.kind,
                programme=plan.programme,
            )
            detail = {"lines": len(plan.members), "institutions": list(plan.institutions), "kind": plan.kind}
            _audit(parts, tx, now, "roster-written", f"roster {key}", detail)
        done = {row.inquiry for row in asked} if answers else set()
        rosters.mark_gathered(tx, done, now)
        crashpoint("O4")
    return len(done)


def _asked(parts: Parts, row: AnyRow, only: Mapping[int, frozenset[str]]) -> Asked:
    """What of a person decides the roster (domain rule 16: each kind has its own limit). ``only``: see ``appeals.limits``."""
    kind = "appeal" if row.appeal else parts.policy.kind_of(row.check_type)
    programme = parts.deadlines.programme_key(row.programme)
    return Asked(row.id, row.centre, row.urgent, row.as_of, row.scope, kind, programme, only.get(row.id))


def _answers(parts: Parts, now: datetime) -> dict[str, frozenset[str]]:
    """Institution → asset classes. A bank whose profile is refused is planned for as well: its batches wait until it is mended."""
    every = frozenset(ASSET_CLASSES)
    can = {code: frozenset(bank.profile_on(parts.day(now)).answers) for code, bank in parts.banks.working.items()}
    return can | dict.fromkeys(parts.banks.awaited, every)


def _refusals(parts: Parts, tx: Tx, waiting: Iterable[AnyRow], now: datetime) -> set[int]:
    """Inquiries that may not be asked: one member's refusal stops the household (all members must authorise)."""
    refused: dict[int, str] = {}
    for row in waiting:
        verdict = _verdict(parts, tx, row, now)
        if isinstance(verdict, Refusal):
            refused.setdefault(row.inquiry, verdict.code)
    rosters.withdraw(tx, refused, now)
    for inquiry, code in refused.items():
        _audit(parts, tx, now, "inquiry-refused", f"inquiry {inquiry}", {"code": code})
    return set(refused)


def _verdict(parts: Parts, tx: Tx, row: AnyRow, now: datetime) -> Permitted | Refusal:
    """The last look at the paper before a person gets a place."""
    member = opened(tx, parts.vault, row)
    return may_ask(
        member.person,
        member.signature,
        row.authorization_state,
        member.signature.classes,
        signed_by=row.application_date,
        on=parts.policy.covered_day(row.as_of, parts.day(now)),
        adult_age=parts.policy.adult_age,
    )


# ---------------------------------------------------------------- batches
def _cut_roster(parts: Parts, bank: Bank, roster: int, now: datetime) -> tuple[int, int]:
    """How many batches were made of it, and how many lines wait for a scan that is to go along."""
    profile = bank.profile_on(parts.day(now))
    _leave_out(parts, bank, profile, roster, now)
    with parts.ledger.read() as tx:
        left = rosters.free_positions(tx, roster, bank.code)
        unscanned = papers.waiting(tx, profile, roster).intersection(left)
        wait = unscanned | deaths.held_positions(tx, roster)
        free = [position for position in left if position not in wait]
        marks = _marks(tx, roster, profile, free)
    cuts = cut_batches(free, bank.lines_limit(profile), marks)
    batches = 0
    for first, lines in cuts:
        batches += _seal_range(parts, bank, profile, roster, first, lines, now)
        if gives_way(parts, bank, now, at_banks.urgent_to_cut):
            break  # the clock comes back to it at once
    return batches, len(unscanned)


def _leave_out(parts: Parts, bank: Bank, profile: Profile, roster: int, now: datetime) -> None:
    """What this bank is not asked, and why: households whose paper is over since the roster was written (domain rule 9), persons
    who authorised nothing that the bank can answer in the edition of the day."""
    with parts.ledger.read() as tx:
        why = dict.fromkeys(rosters.positions_outside(tx, roster, profile.answers), _NOTHING_TO_ASK)
        why |= not_going(tx, roster)
        free = why and set(rosters.free_positions(tx, roster, bank.code))
    if left := {position: why[position] for position in why if position in free}:
        with parts.ledger.begin() as tx:
            rosters.note_unasked(tx, roster, bank.code, left, now)
            detail = {"lines": len(left), "institution": bank.code}
            _audit(parts, tx, now, "lines-left-out", f"roster {roster}", detail)


_NOTHING_TO_ASK = problem(
    "scope-not-answered",
    "该行不能答复此人授权的任何类别，未送出",
    "this bank can answer none of the classes the person authorised; not sent",
)


def _marks(tx: Tx, roster: int, profile: Profile, free: Sequence[int]) -> dict[int, object]:
    """What a bank wants only once per file, by position."""
    words = profile.inquiry.one_per_file
    if not words or not free:
        return {}
    rows = rosters.members_at(tx, roster, free[0], free[-1] - free[0] + 1)
    return {row.position: tuple(_said_of(row, profile)[word] for word in words) for row in rows}


def _said_of(row: AnyRow, profile: Profile) -> dict[str, Any]:
    """What of a request is no person's but may be the same for many."""
    return {
        "as_of": row.as_of,
        "window_from": row.window_from,
        "window_to": row.as_of,
        "scope": ",".join(sorted(set(profile.answers) & set(row.scope.split(",")))),
        "purpose": row.programme,
    }


def _seal_range(parts: Parts, bank: Bank, profile: Profile, roster: int, first: int, lines: int, now: datetime) -> int:
    """One batch, or as many as its scans and its seal need; lines this bank's layout cannot carry are noted instead, and the next pass cuts around
    them."""
    try:
        return _write_batch(parts, bank, profile, roster, (first, lines), now)
    except papers.TooMuch:
        half = lines // 2
        halves = (first, half), (first + half, lines - half)
        return sum(_seal_range(parts, bank, profile, roster, *each, now) for each in halves)
    except UnwritableRoster as unwritable:
        with parts.ledger.begin() as tx:
            rosters.note_unasked(tx, roster, bank.code, _unwritable(unwritable, first, lines), now)
        return 0


def _write_batch(parts: Parts, bank: Bank, profile: Profile, roster: int, cut: tuple[int, int], now: datetime) -> int:
    """Write, seal and name one batch in one transaction, so that no number is spent on what was not made; how many were made."""
    first, lines = cut
    with parts.ledger.begin() as tx:
        if not rosters.still_free(tx, roster, bank.code, first, lines):
            return 0  # another process cut them since, which was taken for dead
        rows = rosters.members_at(tx, roster, first, lines)
        day = parts.day(now)
        facts = PackageFacts(
            bank=bank.code,
            batch_no=f"{day:%Y%m%d}{rosters.next_sequence(tx, '*', day):07d}",
            day=day,
            seq=rosters.next_sequence(tx, bank.code, day, resets=profile.inquiry.package.seq.resets == "daily"),
            made_at=now,
        )
        going = papers.carried(parts, tx, profile, rows)
        written = write_package(
            profile, "inquiry", facts, {"inquiry": [_table(parts, tx, rows, profile, bank.code)]}, going, bank.zip_password()
        )
        content = b"".join(written.blocks)
        _expect_sealable(bank.channel(profile).content_bytes_max, content, lines)
        crashpoint("O10")
        # a sheet is read out of the very parcel: whoever fetches it has the bytes that went by every other road (domain rule 27)
        parcel = bank.channel(profile).seal([content], now, len(content), for_us=profile.offers_sheet)
        digest, size = parts.objects.put(parcel)
        crashpoint("O11")
        key = _name_batch(parts, tx, bank, profile, facts, roster, cut, (written.sealed_name, digest, size), now)
        key_use.note(tx, "batch", key, used.by_seal(bank.channel(profile), now, for_us=profile.offers_sheet), now)
    return 1


def _expect_sealable(most: int | None, content: bytes, lines: int) -> None:
    """OpenPGP holds a message whole, so it has a size (pgp_message). Raises TooMuch, and UnwritableRoster where one line alone is too much."""
    if most is None or len(content) <= most:
        return
    if lines > 1:
        raise papers.TooMuch
    why = refusal("seal-too-large")
    raise UnwritableRoster([Problem(code=why.code, place=DataPlace(""), what=Text(why.en, why.zh))])


def _name_batch(
    parts: Parts,
    tx: Tx,
    bank: Bank,
    profile: Profile,
    facts: PackageFacts,
    roster: int,
    cut: tuple[int, int],
    parcel: tuple[str, str, int],
    now: datetime,
) -> int:
    first, lines = cut
    parcel_name, digest, size = parcel
    kind, programme = calendars.asked_as(tx, roster)
    until = deadlines.bank_deadline(parts, bank, profile.service, kind=kind, programme=programme, got_at=now)
    key = rosters.add_batch(
        tx,
        **rosters.whose(tx, roster),
        remakes=_remakes(tx, roster, bank.code, first, lines),
        number=facts.batch_no,
        roster=roster,
        first=first,
        lines=lines,
        institution=bank.code,
        profile=profile.profile,
        edition=profile.version,
        sequence=facts.seq,
        sequence_day=facts.day,
        state_at=moment(now),
        parcel_name=parcel_name,
        parcel_digest=digest,
        parcel_size=size,
        sealed_at=moment(now),
        due_at=moment(until.at),  # until it is sent: no household waits for ever
        provisional=until.provisional,
        vector=vectors.pack_current(vectors.silent(lines)),
        counts={"not_answered": lines},
    )
    detail = {"batch": facts.batch_no, "lines": lines, "institution": bank.code, "digest": digest}
    _audit(parts, tx, now, "batch-sealed", f"batch {key}", detail)
    return key


def _remakes(tx: Tx, roster: int, institution: str, first: int, lines: int) -> int | None:
    """The rejected batch whose lines these are, made anew."""
    before = stops.given_up(tx, roster, institution, first, lines)
    return next((row.id for row in before if (row.problem or {}).get("code") == decided.REMADE["code"]), None)


def _table(parts: Parts, tx: Tx, rows: Sequence[AnyRow], profile: Profile, institution: str) -> pa.Table:
    """The request lines of a range, persons opened from the vault for as long as they are being written."""
    persons = [opened(tx, parts.vault, row).person for row in rows]
    said = [_said_of(row, profile) for row in rows]
    disputed = disputed_accounts(tx, parts.vault, (row.inquiry for row in rows if row.appeal), institution)
    columns: dict[str, list[Any]] = {
        "line_ref": [f"{place:06d}" for place in range(1, len(rows) + 1)],
        "batch_no": [None] * len(rows),
        "name": [p.name for p in persons],
        "id_type": [p.id_type for p in persons],
        "id_no": [p.id_no for p in persons],
        "authorization_no": [row.authorization_no for row in rows],
        "accounts": [disputed.get(row.inquiry) for row in rows],
        **{word: [each[word] for each in said] for word in ("as_of", "window_from", "window_to", "scope", "purpose")},
    }
    return pa.table(columns, schema=INQUIRY)


def _unwritable(why: UnwritableRoster, first: int, lines: int) -> Mapping[int, Mapping[str, str]]:
    """Roster position → why the layout cannot carry it. A problem that names no line stops the whole range."""
    named = {p.place.line: p for p in why.problems if p.place.line is not None}
    if not named:
        p = why.problems[0]
        return {first + at: problem(p.code, p.what.zh, p.what.en) for at in range(lines)}
    return {first + line - 1: problem(p.code, p.what.zh, p.what.en) for line, p in named.items()}


def _audit(parts: Parts, tx: Tx, now: datetime, what: str, subject: str, detail: Mapping[str, Any]) -> None:
    audit.record(tx, at=now, who=STEPPER, what=what, centre=parts.centre, subject=subject, detail=dict(detail))
