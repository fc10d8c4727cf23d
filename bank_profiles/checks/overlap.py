"""Could one name be of two patterns? Decided for all names at once: each pattern as a row of sets of characters, walked side by side."""

import string

from bank_profiles.filenames import Token, tokens

Chars = frozenset[str] | None  # None: any character
_DIGITS = frozenset(string.digits)
_ALNUM = frozenset(string.digits + string.ascii_letters)
_HEX = frozenset(string.hexdigits)


def could_collide(one: str, other: str) -> bool:
    """Whether some name is of both patterns, days that do not exist left aside."""
    left, right = _steps(one), _steps(other)
    seen: set[tuple[int, int]] = set()
    reached = [(0, 0)]
    while reached:
        at = reached.pop()
        if at in seen:
            continue
        seen.add(at)
        i, j = at
        if i == len(left) and j == len(right):
            return True
        if i < len(left) and left[i][1]:
            reached.append((i + 1, j))
        if j < len(right) and right[j][1]:
            reached.append((i, j + 1))
        if i < len(left) and j < len(right) and _meet(left[i][0], right[j][0]):
            reached.append((i if left[i][1] else i + 1, j if right[j][1] else j + 1))
    return False


def _steps(pattern: str) -> list[tuple[Chars, bool]]:
    """Which characters may stand where; True: as many of them as one likes, also none."""
    return [step for token in tokens(pattern) for step in _of(token)]


def _of(token: Token) -> list[tuple[Chars, bool]]:
    if token.kind == "text":
        return [(frozenset({letter, letter.lower(), letter.upper()}), False) for letter in token.detail]
    if token.kind in ("date", "time"):
        return [(_DIGITS if letter in "yMdHms" else frozenset({letter}), False) for letter in token.detail]
    if token.kind == "*":
        return [(None, True)]
    chars: Chars = _KINDS.get(token.kind)
    if token.detail:
        width, fill = token.detail.partition("<")[0].partition(">")[0], token.detail[-1:]
        return [(chars | {fill} if chars else chars, False)] * int(width)
    return [(chars, False), (chars, True)]


_KINDS: dict[str, Chars] = {
    "bank": _ALNUM, "batch": _ALNUM, "seq": _DIGITS, "part": _DIGITS, "count": _DIGITS, "size": _DIGITS, "digest": _HEX,
}  # fmt: skip


def _meet(one: Chars, other: Chars) -> bool:
    return one is None or other is None or not one.isdisjoint(other)
