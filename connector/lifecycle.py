"""Every state of a batch and every move between states, as one table; the diagram in ARCHITECTURE.md is printed from it."""

from enum import StrEnum


class State(StrEnum):
    """Where a batch stands with the outside world."""

    SEALED = "SEALED"  # its parcel has a name and bytes for life
    IN_DOUBT = "IN_DOUBT"  # the line broke where the truth cannot be known
    SENT = "SENT"  # the bank holds the parcel
    ACCEPTED = "ACCEPTED"  # the bank says it has the package
    ANSWERED = "ANSWERED"  # an answer was read; further editions may follow
    HELD = "HELD"  # a person must look
    REJECTED = "REJECTED"  # the bank refused the package
    EXPIRED = "EXPIRED"  # the bank holds it, and the deadline passed in silence
    RECALLED = "RECALLED"  # withdrawn before sending, or remade after the bank refused it


NAMES = {
    State.SEALED: ("已封装", "Sealed"),
    State.IN_DOUBT: ("存疑", "In doubt"),
    State.SENT: ("已送达", "Sent"),
    State.ACCEPTED: ("银行已收", "Accepted"),
    State.ANSWERED: ("已反馈", "Answered"),
    State.HELD: ("待处置", "Held"),
    State.REJECTED: ("银行拒收", "Rejected"),
    State.EXPIRED: ("已过期", "Expired"),
    State.RECALLED: ("已撤回", "Recalled"),
}


class Move(StrEnum):
    """What happened to a batch."""

    SEND = "send"  # the carrier delivered it, or a look found it delivered
    LOSE_SIGHT = "lose sight"  # the carrier cannot know
    CLEAR = "clear"  # a look found it certainly not delivered: it may be put again, same name, same bytes
    HOLD = "hold"
    RELEASE = "release"  # two persons decided that it goes on
    RECALL = "recall"
    ACCEPT = "accept"
    REJECT = "reject"
    ANSWER = "answer"
    EXPIRE = "expire"
    REMAKE = "remake"  # what the bank rejected is mended and goes under a new number; the old one never again


MOVES: dict[tuple[State, Move], State] = {
    (State.SEALED, Move.SEND): State.SENT,
    (State.SEALED, Move.LOSE_SIGHT): State.IN_DOUBT,
    (State.SEALED, Move.HOLD): State.HELD,
    (State.SEALED, Move.RECALL): State.RECALLED,
    (State.IN_DOUBT, Move.SEND): State.SENT,
    (State.IN_DOUBT, Move.CLEAR): State.SEALED,
    (State.IN_DOUBT, Move.HOLD): State.HELD,
    (State.IN_DOUBT, Move.ACCEPT): State.ACCEPTED,
    (State.IN_DOUBT, Move.REJECT): State.REJECTED,
    (State.IN_DOUBT, Move.ANSWER): State.ANSWERED,
    (State.SENT, Move.ACCEPT): State.ACCEPTED,
    (State.SENT, Move.REJECT): State.REJECTED,
    (State.SENT, Move.ANSWER): State.ANSWERED,
    (State.SENT, Move.HOLD): State.HELD,
    (State.SENT, Move.EXPIRE): State.EXPIRED,
    (State.ACCEPTED, Move.ACCEPT): State.ACCEPTED,  # a second receipt says nothing new
    (State.ACCEPTED, Move.REJECT): State.REJECTED,
    (State.ACCEPTED, Move.ANSWER): State.ANSWERED,
    (State.ACCEPTED, Move.HOLD): State.HELD,
    (State.ACCEPTED, Move.EXPIRE): State.EXPIRED,
    (State.HELD, Move.SEND): State.SENT,  # two persons say that it was carried by hand, or that the bank has it
    (State.HELD, Move.HOLD): State.HELD,
    (State.HELD, Move.RELEASE): State.IN_DOUBT,  # the next dispatch looks before it puts
    (State.HELD, Move.RECALL): State.RECALLED,  # of one that certainly never arrived
    (State.HELD, Move.ACCEPT): State.HELD,  # a receipt is noted; a person still looks
    (State.HELD, Move.REJECT): State.REJECTED,
    (State.HELD, Move.ANSWER): State.ANSWERED,
    (State.REJECTED, Move.REMAKE): State.RECALLED,
    (State.ANSWERED, Move.ANSWER): State.ANSWERED,
    (State.EXPIRED, Move.ANSWER): State.ANSWERED,  # late, and marked so
    (State.EXPIRED, Move.ACCEPT): State.EXPIRED,  # a late receipt: noted, and the deadline stays passed
    (State.EXPIRED, Move.REJECT): State.REJECTED,
    (State.EXPIRED, Move.HOLD): State.HELD,
}


class WrongMove(Exception):
    """A bug: a move the table does not know. Stop loudly."""

    code = "wrong-move"

    def __init__(self, state: State, move: Move) -> None:
        super().__init__(f"a batch that is {state} cannot {move}")


def after(state: State, move: Move) -> State:
    """The state that follows. Raises WrongMove."""
    try:
        return MOVES[state, move]
    except KeyError:
        raise WrongMove(state, move) from None


def diagram() -> str:
    """The table as Mermaid text, for ARCHITECTURE.md."""
    lines = ["stateDiagram-v2", "    [*] --> SEALED"]
    for target, origins in sorted(_arrows().items()):
        lines.extend(f"    {origin} --> {target[0]}: {target[1]}" for origin in origins)
    return "\n".join(lines)


def _arrows() -> dict[tuple[str, str], list[str]]:
    arrows: dict[tuple[str, str], list[str]] = {}
    for (origin, move), target in MOVES.items():
        arrows.setdefault((str(target), str(move)), []).append(str(origin))
    return arrows
