"""Format: is what was asked answered line by line, and does the answer say what the profile says it says?"""

from collections import Counter

import pyarrow as pa

from connector.conform.answers import Answer
from connector.conform.questions import Question
from connector.conform.result import Result, Stopped, Trouble, deviates, kept, not_applicable, not_tried
from connector.conform.trial import Course, Trial
from reconciliation.words import OUTCOMES

MANY = 25
_SHOWN_MAX = 10


def one_person(trial: Trial) -> Course:
    return _answered(trial, trial.people.some(1))


def many(trial: Trial) -> Course:
    if trial.subject.lines_max == 1:
        raise Stopped(_ONE_A_QUESTION)
    return _answered(trial, trial.people.some(min(MANY, trial.subject.lines_max)))


def rare_characters(trial: Trial) -> Course:
    lines = trial.people.rare()
    if not len(lines):
        raise Stopped(not_applicable("no-rare-characters", "该编码没有生僻字", "the encoding has no rare characters"))
    return _answered(trial, lines.slice(0, trial.subject.lines_max))


def longest_values(trial: Trial) -> Course:
    return _answered(trial, trial.people.longest())


def full_batch(trial: Trial) -> Course:
    if trial.subject.lines_max == 1:
        raise Stopped(_ONE_A_QUESTION)
    return _answered(trial, trial.people.some(trial.subject.lines_max))


def agreed_persons(trial: Trial) -> Course:
    persons = trial.subject.agreed[: trial.subject.lines_max]
    if not persons:
        raise Stopped(_NOBODY_AGREED)
    asked = trial.ask(trial.people.agreed(persons))
    yield
    answer = expect_answer(trial, asked)
    differing = [
        (place, OUTCOMES[said], OUTCOMES[person.outcome])
        for place, (person, said) in enumerate(zip(persons, answer.outcomes, strict=True), 1)
        if said != person.outcome
    ]
    if differing:
        zh = "；".join(f"第 {place} 人 {said.zh}，应为 {agreed.zh}" for place, said, agreed in differing[:_SHOWN_MAX])
        en = "; ".join(f"person {place}: {said.en}, agreed: {agreed.en}" for place, said, agreed in differing[:_SHOWN_MAX])
        return deviates("outcome-differs", zh, en, (asked.digest, answer.digest))
    return _counted(asked, answer)


_ONE_A_QUESTION = not_applicable("one-line-a-question", "每次只问一人", "this bank is asked about one person at a time")
_NOBODY_AGREED = not_tried(
    "no-agreed-persons",
    "未提供银行测试系统中的人员（--persons）",
    "no persons of the bank's test system were given (--persons)",
)


# ---- one question and its answer ------------------------------------------------------------------------------------------------------


def _answered(trial: Trial, lines: pa.Table) -> Course:
    asked = trial.ask(lines)
    yield
    answer = expect_answer(trial, asked)
    return _counted(asked, answer)


def _counted(asked: Question, answer: Answer) -> Result:
    """How many lines got which outcome."""
    counts = sorted(Counter(answer.outcomes).items())
    zh = "，".join(f"{OUTCOMES[word].zh} {count}" for word, count in counts)
    en = ", ".join(f"{OUTCOMES[word].en} {count}" for word, count in counts)
    return kept(zh, en, (asked.digest, answer.digest))


def expect_answer(trial: Trial, asked: Question) -> Answer:
    """Its answer, if it is one. Raises Stopped with what is wrong with it, or why there is none."""
    if not trial.answers_to(asked) and (strays := _strays(trial)):
        raise Stopped(_as_deviation(strays[0].troubles[0], (asked.digest, strays[0].digest)))
    answer = any_answer(trial, asked)
    wrong = answer.troubles_about("content", "lines")
    if wrong:
        raise Stopped(_as_deviation(wrong[0], (asked.digest, answer.digest)))
    return answer


def any_answer(trial: Trial, asked: Question) -> Answer:
    """An answer to it, whatever stands in it: for a case that is about something else. Raises Stopped where there is none."""
    answers = trial.answers_to(asked)
    if not answers:
        raise Stopped(_why_none(trial, asked))
    return answers[0]


def _strays(trial: Trial) -> list[Answer]:
    """Answers nobody can tell the question of."""
    return [answer for answer in trial.answers if answer.batch_no not in trial.questions]


_UNTOLD = not_tried(
    "answer-untold",
    "有答复无法归属于任何询问，可能就是本次的答复",
    "an answer came that names no question of ours; it may be this one's",
)


def _why_none(trial: Trial, asked: Question) -> Result:
    """Silence before the deadline proves nothing; an answer that cannot be told whose it is may be this one."""
    if _strays(trial):
        return _UNTOLD
    if trial.now() >= trial.due(asked):
        return deviates("not-answered", "约定时间已过，没有答复", "the time agreed is over and no answer came", (asked.digest,))
    until = f"{trial.due(asked).astimezone(trial.subject.zone):%Y-%m-%d %H:%M}"
    return not_tried(
        "no-answer-yet",
        f"等待期间没有答复；约定的期限为 {until}（可用 --wait 延长等待）",
        f"no answer came while we waited; it is due by {until} (--wait waits longer)",
    )


def _as_deviation(trouble: Trouble, parcels: tuple[str, ...]) -> Result:
    return deviates(trouble.code, trouble.zh, trouble.en, parcels)


# ---- of all answers -------------------------------------------------------------------------------------------------------------------


def named(trial: Trial) -> Course:
    return of_all(trial, "name")


def readable(trial: Trial) -> Course:
    return of_all(trial, "content")


def lines(trial: Trial) -> Course:
    return of_all(trial, "lines")


def once(trial: Trial) -> Course:
    yield
    yield
    if not trial.answers:
        raise Stopped(NOTHING_CAME)
    if _strays(trial):  # of two answers to one question, either may be another's that is numbered wrongly
        raise Stopped(_UNTOLD)
    for question in trial.questions.values():
        answers = trial.answers_to(question)
        if len(answers) > 1 and not answers[0].leaves_open:
            return answered_twice(answers)
    return kept(f"{len(trial.answers)} 个反馈", f"{len(trial.answers)} answers")


def answered_twice(answers: list[Answer]) -> Result:
    """More than one answer to one question."""
    count = len(answers)
    shown = tuple(answer.digest for answer in answers)
    return deviates("answered-twice", f"同一批次收到 {count} 个反馈", f"{count} answers came to one question", shown)


def of_all(trial: Trial, about: str) -> Course:
    """Is any answer of the run wrong in this respect?"""
    yield
    yield
    if not trial.answers:
        raise Stopped(NOTHING_CAME)
    for answer in trial.answers:
        for trouble in answer.troubles_about(about):
            return _as_deviation(trouble, (answer.digest,))
    read = [answer for answer in trial.answers if about == "seal" or not answer.troubles_about("seal")]
    if not read:
        raise Stopped(NOTHING_OPENED)
    return kept(f"{len(read)} 个反馈", f"{len(read)} answers")


NOTHING_CAME = not_tried("nothing-came", "没有收到任何反馈", "no answer came at all")
NOTHING_OPENED = not_tried("nothing-opened", "没有一个反馈能够拆封", "no answer could be opened")
