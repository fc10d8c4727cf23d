"""A conformance run: every case asks, answers are waited for once for all of them, then every case judges. Three rounds, no inquiry touched."""

import dataclasses
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from connector.conform.cases import CASES, Case
from connector.conform.result import Ended, Result, Stopped, broke_off
from connector.conform.trial import Course, Patience, Subject, Trial
from transports.errors import TransportError

Told = Callable[[str, str], object]  # hears how far a run is, in Chinese and in English


@dataclasses.dataclass(frozen=True)
class Run:
    """What came of it. ``results``: one for each case, in the order of the table."""

    subject: Subject
    began: datetime
    ended: datetime
    questions: int
    answers: int
    results: tuple[tuple[Case, Result], ...]

    @property
    def verdict(self) -> str:
        """conforms, deviates, or incomplete: nothing deviates, and not everything could be tried."""
        ended = {result.ended for _, result in self.results}
        if Ended.DEVIATES in ended:
            return "deviates"
        return "incomplete" if Ended.NOT_TRIED in ended else "conforms"


def silent(_zh: str, _en: str) -> None:
    """Nobody follows the run."""


def run(
    subject: Subject,
    number: Callable[[], tuple[str, int]],
    now: Callable[[], datetime],
    pause: Callable[[float], object],
    patience: Patience,
    told: Told = silent,
) -> Run:
    """Raises Unreachable or Refused where the road does not open at all."""
    trial = Trial(subject, number, now, pause, patience, told)
    with trial.line:
        results: dict[str, Result] = {}
        courses = dict(_opened(trial, results))
        for (zh, en), wait in zip(_ROUNDS, (trial.wait_for_answers, trial.keep_silence, _nothing), strict=True):
            told(zh, en)
            for case_id, course in list(courses.items()):
                if _ended(case_id, course, results):
                    del courses[case_id]
            with _ends_quietly():
                wait()
        judged = tuple((case, results[case.id]) for case in CASES)
        return Run(subject, trial.began, now(), len(trial.questions), len(trial.answers), judged)


def _opened(trial: Trial, results: dict[str, Result]) -> Iterator[tuple[str, Course]]:
    for case in CASES:
        try:
            yield case.id, case.run(trial)
        except Stopped as stopped:
            results[case.id] = stopped.result
        except TransportError as trouble:
            results[case.id] = broke_off(trouble)


def _ended(case_id: str, course: Course, results: dict[str, Result]) -> bool:
    """One step of a case; whether it was the last."""
    try:
        next(course)
    except StopIteration as done:
        results[case_id] = done.value
    except Stopped as stopped:
        results[case_id] = stopped.result
    except TransportError as trouble:
        results[case_id] = broke_off(trouble)
    return case_id in results


_ROUNDS = (
    ("第 1 轮（共 3 轮）：投出查询", "round 1 of 3: the questions are put"),
    ("第 2 轮（共 3 轮）：部分查询再投一次", "round 2 of 3: some of them are put once more"),
    ("第 3 轮（共 3 轮）：逐项评定", "round 3 of 3: every case is judged"),
)


def _nothing() -> None:
    """After the last round nothing is waited for."""


@contextmanager
def _ends_quietly() -> Iterator[None]:
    """A road that breaks while we wait: the cases say what is missing."""
    try:
        yield
    except TransportError:
        return
