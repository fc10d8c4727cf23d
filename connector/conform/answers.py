"""An answer of a test system: opened, read by the profile, laid on its question; and everything about it that is not as agreed."""

import dataclasses
import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime

import pyarrow as pa

from bank_profiles.errors import Problem, UnreadableFile
from bank_profiles.language.profile import Profile
from bank_profiles.translation import Reading, read_package
from connector.answers.missing import ASK_AGAIN
from connector.conform.questions import Question
from connector.conform.result import Trouble
from reconciliation.exchange import OUTCOME_WORD
from reconciliation.matching import FINDINGS, Matched, Matcher
from transports.channel import Channel
from transports.errors import BrokenSeal, UnknownKey


def tells(word: str) -> bool:
    """Does an outcome say anything of anybody, more than that it will not answer, or not now?"""
    return not word.startswith("refused") and word not in ASK_AGAIN


@dataclasses.dataclass(frozen=True)
class Answer:
    """One parcel of the bank. ``outcomes``: of each line of its question, empty where it could not be read."""

    name: str
    digest: str
    at: datetime
    batch_no: str | None = None
    troubles: tuple[Trouble, ...] = ()
    outcomes: tuple[str, ...] = ()

    @property
    def leaves_open(self) -> bool:
        """May a further answer follow it?"""
        return not self.outcomes or any(word in ASK_AGAIN for word in self.outcomes)

    @property
    def tells(self) -> bool:
        """Does it say anything of anybody, more than that it will not answer?"""
        return any(map(tells, self.outcomes))

    def troubles_about(self, *about: str) -> list[Trouble]:
        """What is wrong in some respects."""
        return [trouble for trouble in self.troubles if trouble.about in about]


def read(
    profile: Profile,
    channel: Channel,
    questions: Mapping[str, Question],
    name: str,
    content: bytes,
    at: datetime,
    zip_password: bytes | None = None,
) -> Answer:
    """What a parcel is. Nothing of it is kept."""
    answer = Answer(name, hashlib.sha256(content).hexdigest(), at)
    try:
        opened = b"".join(channel.open(lambda: iter([content]), at))
    except (BrokenSeal, UnknownKey) as broken:
        return dataclasses.replace(answer, troubles=(Trouble("seal", broken.code, broken.zh, broken.en),))
    reading = read_package(profile, "response", name, [opened], zip_password=zip_password)
    try:
        rows = [(piece.kind, piece.table) for piece in reading]
    except UnreadableFile as refused:
        return dataclasses.replace(answer, batch_no=_batch_no(reading), troubles=(_told(refused.problems[0]),))
    asked = questions.get(_batch_no(reading) or "")
    if asked is None:
        return dataclasses.replace(answer, batch_no=_batch_no(reading), troubles=(_NO_SUCH_BATCH,))
    matcher = Matcher(asked.lines, asked.batch_no)
    for kind, table in rows:
        matcher.add(kind, table)
    matcher.park(pa.array(sorted(reading.parked_lines), pa.string()))
    matched = matcher.finish()
    outcomes = tuple(OUTCOME_WORD[code] for code in matched.outcome)
    return dataclasses.replace(
        answer, batch_no=asked.batch_no, outcomes=outcomes, troubles=(*_of_reading(reading), *_of_lines(matched))
    )


def _batch_no(reading: Reading) -> str | None:
    said = reading.facts.get("batch_no")
    return str(said) if said else None


def _of_reading(reading: Reading) -> Iterator[Trouble]:
    for warning in reading.warnings:
        if warning.code == "wrong-name":
            yield Trouble("name", warning.code, warning.what.zh, warning.what.en)
    if reading.problems:
        yield _told(reading.problems[0])


def _told(problem: Problem) -> Trouble:
    """What is wrong and what would be right; the rule of the profile stands in the certificate's own words."""
    zh, en = problem.what.zh, problem.what.en
    if problem.expected is not None:
        zh, en = f"{zh}；应为：{problem.expected.zh}", f"{en}; expected: {problem.expected.en}"
    return Trouble("content", problem.code, zh, en)


def _of_lines(matched: Matched) -> Iterator[Trouble]:
    silent = matched.counts().get("not_answered", 0)
    if silent:
        yield Trouble("lines", "lines-missing", f"{silent} 行没有答复", f"{silent} lines are not answered")
    strange = sum(len(table) for table in matched.not_asked.values())
    if strange:
        yield Trouble("lines", "rows-not-asked", f"{strange} 行所指的序号未曾查询", f"{strange} rows are of lines nobody asked")
    found = Counter(str(code) for code in matched.findings.column("code").to_pylist())
    for code, count in found.items():
        zh, en = FINDINGS[code]
        yield Trouble("lines", code, f"{zh}（{count} 行）", f"{en} ({count} lines)")


_NO_SUCH_BATCH = Trouble(
    "lines",
    "batch-unknown",
    "反馈所指的批次不是本次测试所问",
    "the answer names a batch this trial did not ask",
)
