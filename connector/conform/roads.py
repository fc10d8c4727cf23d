"""Road: what a look shows, what is done with halves and repetitions, how lines behave, and how long an answer takes."""

import dataclasses
from collections.abc import Iterator

from bank_profiles.language.lines import LineHttp, LineTcp
from connector.conform.formats import MANY, NOTHING_CAME, answered_twice, any_answer
from connector.conform.questions import Question
from connector.conform.result import Stopped, deviates, kept, not_applicable, not_tried
from connector.conform.trial import Course, Trial
from connector.roads.lines import answers_at_once
from transports.errors import TransportError, Unreachable
from transports.transport import Delivery, Presence

_BLOCKS = 8


# ---- looks ----------------------------------------------------------------------------------------------------------------------------


def look_absent(trial: Trial) -> Course:
    seen = _seen(trial, trial.write(trial.people.some(1)))
    if seen is not Presence.ABSENT:
        return deviates("look-sees-ghosts", *_LOOKS[seen])
    return kept(*_LOOKS[seen])
    yield


def put_then_look(trial: Trial) -> Course:
    asked = trial.ask(trial.people.some(1))
    seen = _seen(trial, asked)
    if seen not in (Presence.PRESENT, Presence.ABSENT):  # a bank may sweep at once
        return deviates("look-differs", *_LOOKS[seen], (asked.digest,))
    yield
    any_answer(trial, asked)
    return kept(*_LOOKS[seen], (asked.digest,))


_LOOKS = {
    Presence.PRESENT: ("在，与所投相符", "there, as it was put"),
    Presence.DIFFERENT: ("同名而内容不同", "there, with other bytes"),
    Presence.UNFINISHED: ("不完整", "unfinished"),
    Presence.ABSENT: ("没有", "not there"),
}


def _seen(trial: Trial, question: Question) -> Presence:
    seen = trial.look(question)
    if seen is Presence.UNKNOWN:
        raise Stopped(not_applicable("no-look", "此通道不能查看", "this road offers no look"))
    return seen


# ---- repetitions and halves -------------------------------------------------------------------------------------------------------------


def same_name_twice(trial: Trial) -> Course:
    if not _repeatable(trial):
        raise Stopped(_NOT_REPEATABLE)
    asked = trial.ask(trial.people.some(1))
    trial.put(asked)
    yield
    any_answer(trial, asked)
    before = len(trial.answers_to(asked))  # a bank that answers everything twice is named by another case
    trial.put(asked)  # as after a reply that was lost, when the bank has long taken it in
    yield
    answers = trial.answers_to(asked)
    return answered_twice(answers) if len(answers) > before else kept("答复一次", "answered once", (asked.digest,))


def _repeatable(trial: Trial) -> bool:
    """Does the note say that the same message again is no second inquiry? In folders a name is one file."""
    channel = trial.subject.profile.channel
    if isinstance(channel, LineTcp):
        return channel.repeatable or channel.messages == "house"
    if isinstance(channel, LineHttp):
        return channel.repeatable or channel.calls != "post"
    return True


_NOT_REPEATABLE = not_applicable(
    "not-repeatable",
    "画像未约定同一报文可重复发送",
    "the profile does not say that the same message may be sent again",
)


def cut_in_half(trial: Trial) -> Course:
    whole = trial.write(trial.people.some(min(MANY, trial.subject.lines_max)))
    cut = trial.line.put(whole.name, lambda: _half(whole), len(whole.parcel), whole.digest)
    if cut.delivery is Delivery.DELIVERED:
        return deviates("half-delivered", "半个文件被确认收到", "half a file was confirmed", (whole.digest,))
    if trial.look(whole) in (Presence.PRESENT, Presence.DIFFERENT):
        return deviates("half-present", "半个文件已在正式名称之下", "half a file lies under the final name", (whole.digest,))
    yield
    if trial.answers_to(whole):
        return deviates("half-taken", "半个文件被处理", "half a file was taken", (whole.digest,))
    trial.put(whole)
    trial.expect(whole)
    yield
    any_answer(trial, whole)
    return kept("重新投递后答复", "answered once it was put whole", (whole.digest,))


def _half(question: Question) -> Iterator[bytes]:
    """In several blocks, because a road may hold the last one back."""
    half = question.parcel[: len(question.parcel) // 2]
    step = len(half) // _BLOCKS + 1
    yield from (half[start : start + step] for start in range(0, len(half), step))
    raise Unreachable("The line was cut on purpose.", "按测试要求中断连接。", code="cut-on-purpose")


# ---- lines ------------------------------------------------------------------------------------------------------------------------------


def two_lines(trial: Trial) -> Course:
    absent = trial.write(trial.people.some(1))
    try:
        with trial.another_line() as second:
            trial.line.list()
            second.list()
            second.look(absent.name, len(absent.parcel), absent.digest)
            trial.line.list()
    except TransportError as trouble:
        return deviates(trouble.code, trouble.zh, trouble.en)
    return kept("两条均可用", "both worked")
    yield


def idle_line(trial: Trial) -> Course:
    seconds = trial.patience.idle.total_seconds()
    with trial.another_line() as line:
        line.list()
        trial.pause(seconds)
        try:
            line.list()
        except TransportError as trouble:
            return deviates(trouble.code, trouble.zh, trouble.en)
    return kept(f"空闲 {seconds:g} 秒", f"idle for {seconds:g} seconds")
    yield


# ---- files ------------------------------------------------------------------------------------------------------------------------------


def whole_files(trial: Trial) -> Course:
    _expect_files(trial)
    yield
    yield
    if trial.misfetched:
        _, code = trial.misfetched[0]
        told = f"{len(trial.misfetched)} ({code})"
        return deviates("listed-not-whole", f"列出而未能完整取得：{told}", f"listed, and not to be had whole: {told}")
    if not trial.acknowledged:
        raise Stopped(_NONE_FETCHED)
    return kept(f"{len(trial.acknowledged)} 个文件", f"{len(trial.acknowledged)} files")


def acknowledged(trial: Trial) -> Course:
    _expect_files(trial)
    yield
    yield
    if not trial.acknowledged:
        raise Stopped(_NONE_FETCHED)
    trial.collect()  # what a bank brought once more is acknowledged once more
    there = {remote.name for remote in trial.line.list()} & trial.acknowledged
    if there and not trial.subject.way.leaves_files:
        return deviates("still-listed", f"确认之后仍列出 {len(there)} 个", f"{len(there)} are still listed")
    if trial.subject.way.leaves_files and there != trial.acknowledged:
        return deviates("gone-though-left", "约定保留的文件不见了", "files that should have been left are gone")
    return kept(f"{len(trial.acknowledged)} 个文件", f"{len(trial.acknowledged)} files")


def _expect_files(trial: Trial) -> None:
    if answers_at_once(trial.subject.profile.channel):
        raise Stopped(not_applicable("answered-in-the-call", "反馈随同一次调用返回", "answers come back in the same call"))


_NONE_FETCHED = dataclasses.replace(NOTHING_CAME, code="nothing-fetched")


# ---- time -------------------------------------------------------------------------------------------------------------------------------


def in_time(trial: Trial) -> Course:
    yield
    yield
    if not trial.answers:
        raise Stopped(NOTHING_CAME)
    taken = []
    for question in trial.questions.values():
        for answer in trial.answers_to(question)[:1]:
            taken.append((answer.at - question.asked_at).total_seconds())
            if answer.at > trial.due(question):
                return deviates(
                    "late", f"{taken[-1]:.0f} 秒后才答复", f"answered after {taken[-1]:.0f} seconds", (answer.digest,)
                )
    waiting = trial.unanswered()
    if waiting and trial.now() >= trial.due(waiting[0]):
        return deviates("not-answered", f"{len(waiting)} 个查询没有答复", f"{len(waiting)} questions are not answered")
    if waiting or not taken:
        raise Stopped(not_tried("no-answer-yet", f"尚缺 {len(waiting)} 个答复", f"{len(waiting)} answers are still to come"))
    return kept(f"最慢 {max(taken):.1f} 秒", f"the slowest took {max(taken):.1f} seconds")
