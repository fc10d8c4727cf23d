"""Seal: answers bear the right signature, and a question whose seal does not hold is not answered.

Silence proves something only where honest questions were answered meanwhile.
"""

from connector.conform.formats import of_all
from connector.conform.questions import Seal
from connector.conform.result import Ended, Stopped, deviates, kept, not_applicable, not_tried
from connector.conform.trial import Course, Trial
from transports import wrong_seals


def signed(trial: Trial) -> Course:
    return of_all(trial, "seal")


def flipped_bit(trial: Trial) -> Course:
    return _unanswered(trial, wrong_seals.flipped)


def for_another(trial: Trial) -> Course:
    return _unanswered(trial, wrong_seals.for_another)


def stranger(trial: Trial) -> Course:
    return _unanswered(trial, wrong_seals.by_a_stranger)


def unsigned(trial: Trial) -> Course:
    return _unanswered(trial, wrong_seals.unsigned)


def weaker_suite(trial: Trial) -> Course:
    agreed = trial.subject.channel.suite
    if (agreed if isinstance(agreed, str) else agreed.suite) not in wrong_seals.WEAKER:
        raise Stopped(_NONE_WEAKER)
    return _unanswered(trial, wrong_seals.weaker)


_NONE_WEAKER = not_applicable("no-weaker-suite", "约定的套件没有更弱的形式", "the suite that was agreed has no weaker form")


def _unanswered(trial: Trial, seal: Seal) -> Course:
    asked = trial.write(trial.people.some(1), seal)
    try:
        trial.put(asked)
    except Stopped as stopped:  # a bank that says no at its door has not answered
        if stopped.result.ended is Ended.DEVIATES:
            return kept(f"拒收：{stopped.result.code}", f"not taken: {stopped.result.code}", (asked.digest,))
        raise
    yield
    yield
    told = [answer for answer in trial.answers_to(asked) if answer.tells or not answer.outcomes]
    if told:
        shown = (asked.digest, told[0].digest)
        return deviates("answered-all-the-same", "仍然作了答复", "it was answered all the same", shown)
    if not any(answer.tells for answer in trial.answers):
        raise Stopped(ALL_SILENT)
    return kept("未答复", "not answered", (asked.digest,))


ALL_SILENT = not_tried(
    "silence-proves-nothing",
    "正常的查询也没有得到答复，沉默说明不了问题",
    "honest questions were not answered either, so silence proves nothing",
)
