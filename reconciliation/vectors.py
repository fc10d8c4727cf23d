"""One outcome a line, one byte an outcome: packing vectors, and folding an answer's editions into what holds now.

The current vector of a batch says for each line which outcome holds and which edition settled it (two bytes, compressed).
It is derived from the editions, which are only ever appended.
"""

import zlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from reconciliation.errors import MismatchedEdition
from reconciliation.exchange import NOT_ANSWERED, OUTCOME_CODE, OUTCOME_WORD

Bytes = npt.NDArray[np.uint8]
EDITIONS_MAX = 255  # the byte that names an edition; 0 = none yet

# These say "not yet": they never take the place of an answer that an earlier edition gave.
_NOT_YET = np.zeros(256, dtype=bool)
_NOT_YET[[OUTCOME_CODE[word] for word in ("not_answered", "pending", "technical_failure")]] = True


@dataclass(frozen=True, eq=False)
class CurrentVector:
    """What holds now, line by line: ``outcome`` (bytes of ``OUTCOME_CODE``) and ``edition`` (1 and up, 0 = silent)."""

    outcome: Bytes
    edition: Bytes

    def __len__(self) -> int:
        return len(self.outcome)

    def counts(self) -> dict[str, int]:
        return count_outcomes(self.outcome)


def silent(lines: int) -> CurrentVector:
    """The vector of a batch nobody answered yet."""
    return CurrentVector(np.full(lines, NOT_ANSWERED, dtype=np.uint8), np.zeros(lines, dtype=np.uint8))


def fold(current: CurrentVector, outcome: Bytes, edition: int) -> CurrentVector:
    """What holds after one more edition (folded in their order): the later one wins where it answers, silence changes nothing."""
    if len(outcome) != len(current) or not 1 <= edition <= EDITIONS_MAX:
        raise _mismatch(f"{len(outcome)} lines, edition {edition}", f"{len(current)} lines, edition 1 to {EDITIONS_MAX}")
    said = outcome != NOT_ANSWERED
    wins = said & (~_NOT_YET[outcome] | _NOT_YET[current.outcome])
    return CurrentVector(
        np.where(wins, outcome, current.outcome), np.where(wins, np.uint8(edition), current.edition).astype(np.uint8)
    )


def count_outcomes(outcome: Bytes) -> dict[str, int]:
    """Lines of each outcome that occurs, in the order of the closed list."""
    counted = np.bincount(outcome, minlength=len(OUTCOME_WORD))
    return {word: int(counted[code]) for code, word in enumerate(OUTCOME_WORD) if counted[code]}


def pack_outcomes(outcome: Bytes) -> bytes:
    """The outcomes of one edition, one byte a line, compressed."""
    return zlib.compress(outcome.tobytes(), 6)


def unpack_outcomes(packed: bytes, lines: int) -> Bytes:
    """The outcomes of one edition. Raises MismatchedEdition when they are not ``lines`` known outcomes."""
    return _unpack(packed, lines)[:lines]


def pack_current(current: CurrentVector) -> bytes:
    """All outcomes, then all editions, compressed: equal bytes side by side cost nothing."""
    return zlib.compress(current.outcome.tobytes() + current.edition.tobytes(), 6)


def unpack_current(packed: bytes, lines: int) -> CurrentVector:
    """The current vector of a batch. Raises MismatchedEdition when it is not one of ``lines`` lines."""
    both = _unpack(packed, lines, planes=2)
    return CurrentVector(both[:lines], both[lines:])


def _unpack(packed: bytes, lines: int, planes: int = 1) -> Bytes:
    opener = zlib.decompressobj()  # bounded: a vector never opens into more than its batch can have
    try:
        raw = opener.decompress(packed, lines * planes + 1)
    except zlib.error:
        raise _mismatch("bytes that do not open", f"{lines} lines") from None
    vector = np.frombuffer(raw, dtype=np.uint8)
    if len(vector) != lines * planes or (vector[:lines] >= len(OUTCOME_WORD)).any():
        raise _mismatch(f"{len(vector)} bytes", f"{lines * planes} bytes of known outcomes")
    return vector


def _mismatch(found: str, expected: str) -> MismatchedEdition:
    return MismatchedEdition(
        f"outcome vector: found {found}, expected {expected}; restore the ledger from its backup or settle the answer again",
        f"结果向量：读到 {found}，应为 {expected}；请从备份恢复台账或重新处理该反馈",
    )
