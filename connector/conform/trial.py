"""A trial of one bank's test system: its road, what was asked over it, and what came back. Nothing of it touches an inquiry."""

import dataclasses
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pyarrow as pa

from bank_profiles.errors import UnwritableRoster
from bank_profiles.language.profile import Profile
from config.working_days import Calendar
from config.working_time import WorkingTime
from connector.bank import Bank, Way
from connector.conform.answers import Answer, read
from connector.conform.people import Agreed, People
from connector.conform.questions import Question, Seal, Writer
from connector.conform.result import Result, Stopped, deviates, not_tried
from connector.hours.deadlines import by_its_word
from transports.channel import Channel
from transports.errors import TransportError
from transports.transport import Delivery, Presence, Remote, Transport
from transports.wrong_seals import honest

# What a case does: it asks; yields while answers are waited for; yields again for silence; then judges.
Course = Generator[None, None, Result]
_FETCHED_MOST = 2  # a file that looks like one we took may be another of the same second and size


@dataclasses.dataclass(frozen=True)
class Patience:
    """How long answers are waited for, how long silence must last to be believed, how long a line idles, and how often is looked."""

    answers: timedelta = timedelta(minutes=10)
    silence: timedelta = timedelta(seconds=30)
    idle: timedelta = timedelta(seconds=30)
    every: timedelta = timedelta(seconds=5)


@dataclasses.dataclass(frozen=True)
class Subject:
    """Who is tried, by which words, over which road."""

    bank: Bank
    profile: Profile
    way: Way
    zone: ZoneInfo
    agreed: Sequence[Agreed] = ()

    @property
    def channel(self) -> Channel:
        """The seal of the exchange."""
        return self.bank.channel(self.profile)

    @property
    def lines_max(self) -> int:
        """The most lines of one question."""
        return self.bank.lines_limit(self.profile)


class Trial:
    """One run. ``number`` gives batch and sequence numbers; ``pause`` waits so many seconds; ``told`` hears what is waited for."""

    def __init__(
        self,
        subject: Subject,
        number: Callable[[], tuple[str, int]],
        now: Callable[[], datetime],
        pause: Callable[[float], object],
        patience: Patience,
        told: Callable[[str, str], object] = lambda _zh, _en: None,
    ) -> None:
        self.subject, self.patience, self.pause, self.now, self.told = subject, patience, pause, now, told
        self.people = People(subject.profile, now().astimezone(subject.zone).date())
        self.questions: dict[str, Question] = {}
        self.answers: list[Answer] = []
        self.misfetched: list[tuple[Remote, str]] = []  # what was listed and could not be had as it was listed
        self.acknowledged: set[str] = set()
        self._zip_password = subject.bank.zip_password()
        self._writer = Writer(subject.bank.code, subject.profile, subject.channel, number, now, self._zip_password)
        self._expected: list[Question] = []
        self._said = (0, 0)  # the last that was told: how many are expected, how many answered
        self.line: Transport = subject.way.open()
        self._seen = Counter(self.line.list())  # what lies there from before is no answer to us
        self.began = now()

    # ---- asking -----------------------------------------------------------------------------------------------------------------------

    def ask(self, lines: pa.Table) -> Question:
        """An honest question, put and expected to be answered. Raises Stopped where it could not be put."""
        question = self.write(lines)
        self.put(question)
        self.expect(question)
        return question

    def write(self, lines: pa.Table, seal: Seal = honest, lacking: int = 0) -> Question:
        """A question that is not put yet; see Writer. Raises Stopped where the profile cannot say it."""
        try:
            question = self._writer.question(lines, seal, lacking)
        except UnwritableRoster as unwritable:
            first = unwritable.problems[0]
            raise Stopped(not_tried(first.code, first.what.zh, first.what.en)) from None
        self.questions[question.batch_no] = question
        return question

    def expect(self, question: Question) -> None:
        """From now on its answer is waited for."""
        self._expected.append(question)

    def put(self, question: Question) -> None:
        """Deliver it. Raises Stopped."""
        put = self.line.put(question.name, lambda: iter([question.parcel]), len(question.parcel), question.digest)
        for name, content in put.replies:
            self._take(name, content)
        if put.delivery is Delivery.DELIVERED or (put.delivery is Delivery.IN_DOUBT and self._arrived(question)):
            return
        made = deviates if put.delivery is Delivery.REFUSED else not_tried
        raise Stopped(made(put.code, put.zh, put.en))

    def _arrived(self, question: Question) -> bool:
        return self.look(question) is Presence.PRESENT

    def look(self, question: Question) -> Presence:
        """What the bank holds under its name."""
        return self.line.look(question.name, len(question.parcel), question.digest)

    def another_line(self) -> Transport:
        """A second line beside ours."""
        return self.subject.way.open()

    # ---- waiting ----------------------------------------------------------------------------------------------------------------------

    def wait_for_answers(self) -> None:
        """Until everything expected is answered, or patience ends."""
        end = self.now() + self.patience.answers
        while True:
            self.collect()
            self._tell()
            if not self.unanswered() or self.now() >= end:
                return
            self.pause(self.patience.every.total_seconds())

    def _tell(self) -> None:
        """How many answers have come, when there is something new to say of it."""
        asked, answered = len(self._expected), len(self._expected) - len(self.unanswered())
        if (asked, answered) != self._said:
            minutes = self.patience.answers.total_seconds() / 60
            self.told(
                f"等待反馈，最长 {minutes:g} 分钟：{asked} 个查询已答复 {answered} 个",
                f"waiting for answers, up to {minutes:g} minutes: {answered} of {asked} questions are answered",
            )
        self._said = (asked, answered)

    def keep_silence(self) -> None:
        """Wait for answers, and then long enough to believe that what has not come will not."""
        self.wait_for_answers()
        end, seconds = self.now() + self.patience.silence, self.patience.silence.total_seconds()
        self.told(
            f"静候 {seconds:g} 秒：不应答复的查询有此时间",
            f"silence is kept for {seconds:g} seconds: what must not be answered has this time",
        )
        while self.now() < end:
            self.pause(min(self.patience.every, self.patience.silence).total_seconds())
            self.collect()

    def unanswered(self) -> list[Question]:
        """What is expected and has not come in any form."""
        known = {answer.batch_no for answer in self.answers}
        return [question for question in self._expected if question.batch_no not in known]

    def answers_to(self, question: Question) -> list[Answer]:
        """The parcels that answer it, in the order they came; one that came again as it was is the same one."""
        mine = [answer for answer in self.answers if answer.batch_no == question.batch_no]
        return list({(answer.name, answer.digest): answer for answer in reversed(mine)}.values())[::-1]

    def due(self, question: Question) -> datetime:
        """By when the profile says it is answered."""
        days = WorkingTime(Calendar.of(), self.subject.zone)
        return by_its_word(days, self.subject.profile.service, question.asked_at, self.subject.bank.limits.workdays).at

    # ---- taking -----------------------------------------------------------------------------------------------------------------------

    def collect(self) -> None:
        """Take what lies ready and has not been seen; what lies there once more after it was put away, once more."""
        for remote in self.line.list([question.name for question in self.unanswered()]):
            came_again = remote.name in self.acknowledged and not self.subject.way.leaves_files
            self._seen[remote] += 1
            if self._seen[remote] <= (_FETCHED_MOST if came_again else 1):
                self._fetch(remote)
            elif came_again:
                self.line.acknowledge(remote.name)

    def _fetch(self, remote: Remote) -> None:
        try:
            content = b"".join(self.line.get(remote.name))
        except TransportError as trouble:
            if remote.name not in self.acknowledged:  # else it was only slow to go
                self.misfetched.append((remote, trouble.code))
            return
        if self._take(remote.name, content).batch_no in self.questions:  # what is somebody else's stays
            self.line.acknowledge(remote.name)
            self.acknowledged.add(remote.name)

    def _take(self, name: str, content: bytes) -> Answer:
        subject = self.subject
        answer = read(subject.profile, subject.channel, self.questions, name, content, self.now(), self._zip_password)
        self.answers.append(answer)
        return answer
