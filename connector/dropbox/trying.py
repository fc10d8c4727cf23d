"""An answer tried before it is submitted: opened in memory, read as settle will read it, laid on its batch. Nothing is kept or counted."""

from datetime import datetime
from typing import Any

from bank_profiles.language.profile import Profile
from connector.answers import editions
from connector.answers.editions import Edition, Read
from connector.answers.witness import SHEET_BYTES_MAX
from connector.bank import Bank
from connector.dropbox import agreed_names, batches, problems, telling
from connector.dropbox.problems import Refusal, Wrong
from connector.dropbox.sheets import has_macros, named
from connector.dropbox.telling import Told
from connector.ledger.rows import AnyRow
from connector.parts import Parts
from connector.steps.reading import Infected, InHand, Sealed, Unreadable, lacks_a_key, read_as_sent
from transports.errors import BrokenSeal, UnknownKey
from transports.scanner import NotScanned
from transports.sealing.refusals import is_of_a_seal

BYTES_MAX = 64 * 1024 * 1024  # it lies in memory

_UNKNOWN_BATCH = telling.said(
    "batch-unknown",
    "反馈中的批次号不是发给本行的批次；请核对批次号。",
    "The answer names a batch that was not sent to this bank; compare the number.",
)
_OTHER_BATCH = telling.said(
    "other-batch", "反馈中的批次号与所选批次不同；请核对。", "The answer names another batch than the one chosen; compare."
)
_OF_ANOTHER = telling.said(
    "answer-of-another",
    "反馈（包名、文件名或文件头）写的是另一机构的代码；请核对。",
    "The answer (its name or header) gives another institution's code; compare.",
)


def trial(parts: Parts, bank: Bank, name: str, content: bytes, meant: str | None, now: datetime) -> dict[str, Any]:
    """What would become of this answer now. ``meant``: the batch it is for, where the caller says so.

    Raises Refusal (503) where the virus scanner gives no verdict or a key of ours is missing: then nothing can be said of it.
    """
    edition = batches.edition(parts, bank, meant, now)
    told = _tried(parts, bank, edition, name, content, meant, now)
    wrong = agreed_names.unlike(edition, bank.code, name, meant or told["batch"], parts.day(now), now)
    if wrong is None:
        return told
    result = "incomplete" if told["result"] == "good" else told["result"]
    return told | {"result": result, "problems": [*told["problems"], wrong]}


def _tried(
    parts: Parts, bank: Bank, edition: Profile, name: str, content: bytes, meant: str | None, now: datetime
) -> dict[str, Any]:
    """As trial, by what it holds."""
    in_clear = named(edition, name).is_sheet
    answer = InHand(name, content) if in_clear else Sealed(name, lambda: iter([content]), now)
    if in_clear and len(content) > SHEET_BYTES_MAX:
        raise Refusal(413, problems.TOO_LARGE)
    if in_clear and has_macros(content):
        return _result("refused", None, {}, [telling.said(problems.MACROS.code, problems.MACROS.zh, problems.MACROS.en)])
    try:
        read, batch = read_as_sent(parts, bank, answer, now)
    except NotScanned as silent:
        raise Refusal(503, Wrong(silent.code, silent.en, silent.zh), headers={"Retry-After": "60"}) from silent
    except (BrokenSeal, UnknownKey) as broken:
        if lacks_a_key(broken) and not is_of_a_seal(broken.code):
            raise Refusal(503, _NO_KEY, headers={"Retry-After": "3600"}) from broken
        return _result("refused", None, {}, [telling.SEAL_REFUSED])
    if isinstance(read, Infected):
        return _result("refused", None, {}, [telling.of_kept(read.why)])
    if isinstance(read, Unreadable):
        return _result("refused", batch, {}, [telling.of_problem(each) for each in read.cause.problems])
    return _of_read(bank, read, batch, meant)


_NO_KEY = Wrong(
    "key-missing", "The centre lacks a key to open it; tell the centre.", "核对机构缺少打开该文件的密钥，请告知其联系人。"
)


def _of_read(bank: Bank, read: Read, batch: AnyRow | None, meant: str | None) -> dict[str, Any]:
    against = []
    if read.is_of_another(bank.code):
        against.append(_OF_ANOTHER)
    if batch is None:
        return _result("refused", None, {}, [*against, _UNKNOWN_BATCH])
    if meant is not None and meant != batch.number:
        against.append(_OTHER_BATCH)
    try:
        batches.expect_answerable(batch)
    except Refusal as closed:
        against += [telling.said(each.code, each.zh, each.en) for each in closed.wrongs]
    edition = editions.lay(read, batch)
    holes = _holes(read, edition, batch)
    return _result(
        "refused" if against else "incomplete" if holes else "good", batch, _counts(read, edition, batch), against + holes
    )


def _holes(read: Read, edition: Edition, batch: AnyRow) -> list[Told]:
    """What would be taken, but not as it should be: rows parked, rows of nobody asked for, lines without a result."""
    found = [telling.of_problem(each) for each in read.problems]
    found += [telling.of_finding(each, batch.number) for each in edition.matched.findings.to_pylist()]
    left = edition.matched.counts().get("not_answered", 0)
    if left:
        zh, en = f"还有 {left} 行没有结果；查无须写明。", f"Lines without a result: {left}; “no record” must be stated."
        found.append(telling.said("silence-is-not-nil", zh, en))
    if unasked := edition.not_asked:
        zh, en = (
            f"含 {unasked} 行我方未询问的数据，将被隔离。",
            f"Rows that were not asked for: {unasked}; they would be set apart.",
        )
        found.append(telling.said("not-asked", zh, en))
    return found


def _counts(read: Read, edition: Edition, batch: AnyRow) -> dict[str, Any]:
    rows: dict[str, int] = {}
    for _, kind, table in read.rows:
        rows[kind] = rows.get(kind, 0) + len(table)
    return {
        "lines": batch.lines,
        "outcomes": edition.matched.counts(),
        "holdings": rows.get("holding", 0),
        "movements": rows.get("movement", 0),
        "rows_parked": read.parked,
        "rows_not_asked": edition.not_asked,
    }


def _result(result: str, batch: AnyRow | None, counts: dict[str, Any], told: list[Told]) -> dict[str, Any]:
    return {
        "schema": "answer-check/1",
        "result": result,
        "batch": batch.number if batch is not None else None,
        "counts": counts,
        "problems": telling.limited(told),
    }
