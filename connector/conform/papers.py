"""Papers: where the authorizations go with the question, nobody is looked up whose authorization did not come with it."""

from connector.conform.answers import tells
from connector.conform.result import Ended, Stopped, deviates, kept, not_applicable
from connector.conform.seals import ALL_SILENT
from connector.conform.trial import Course, Trial

LINES = 2  # the first with its paper, the last without


def without_its_paper(trial: Trial) -> Course:
    """The list names every authorization but the last. A bank may refuse that line, or the question whole."""
    if trial.subject.profile.inquiry.authorization is None:
        raise Stopped(_NONE_AGREED)
    asked = trial.write(trial.people.some(min(LINES, trial.subject.lines_max)), lacking=1)
    try:
        trial.put(asked)
    except Stopped as stopped:  # a bank that says no at its door has looked nobody up
        if stopped.result.ended is Ended.DEVIATES:
            return kept(f"拒收：{stopped.result.code}", f"not taken: {stopped.result.code}", (asked.digest,))
        raise
    yield
    yield
    for answer in trial.answers_to(asked):
        if answer.outcomes and tells(answer.outcomes[-1]):
            shown = (asked.digest, answer.digest)
            return deviates(
                "answered-without-paper", "未附授权书的人员也作了答复", "a line without its paper was answered", shown
            )
    if not any(answer.tells for answer in trial.answers):
        raise Stopped(ALL_SILENT)
    return kept("未查询", "not looked up", (asked.digest,))


_NONE_AGREED = not_applicable("no-papers-agreed", "约定查询不附授权书", "no authorizations go with a question here")
