"""A listing as a body: a line for each file, "size TAB time TAB name"; what was left out of it as "- TAB reason TAB masked name"."""

from collections.abc import Iterable, Iterator, Sequence

from transports import names
from transports.tcp import words
from transports.transport import Remote, oldest_first

_LINE_BYTES_MAX = 512


def write_listing(found: Iterable[Remote], strange: Iterable[tuple[str, str]]) -> Iterator[bytes]:
    """The lines, in the order given."""
    for remote in found:
        yield f"{remote.size}\t{remote.modified!r}\t{remote.name}\n".encode()
    for reason, masked in strange:
        yield f"-\t{reason}\t{masked}\n".encode()


def read_listing(blocks: Iterable[bytes], entries_max: int) -> tuple[list[Remote], Sequence[tuple[str, str]]]:
    """What is offered, oldest first, and what was left out of it. Raises Garbled; a listing beyond ``entries_max`` is cut."""
    found: list[Remote] = []
    strange: list[tuple[str, str]] = []
    for line in _lines(blocks):
        first, second, name = _cells(line)
        if len(found) + len(strange) >= entries_max and first != "-":
            strange.append(names.cut(entries_max))
            break
        if first == "-":
            known = second in names.REASONS or second == names.CUT
            strange.append((second if known else "name-character", name if names.is_masked(name) else names.mask(name)))
        elif reason := names.problem(name):
            strange.append((reason, names.mask(name)))
        else:
            found.append(Remote(name, int(first), _time(second)))
        if len(strange) > entries_max:
            break
    return sorted(found, key=oldest_first), tuple(strange)


def _lines(blocks: Iterable[bytes]) -> Iterator[bytes]:
    held = b""
    for block in blocks:
        *whole, held = (held + block).split(b"\n")
        yield from whole
        if len(held) > _LINE_BYTES_MAX:
            raise words.garbled(words.PAGES)
    if held:
        raise words.garbled(words.PAGES)


def _cells(line: bytes) -> tuple[str, str, str]:
    try:
        first, second, name = line.decode().split("\t")
    except ValueError as wrong:  # not UTF-8, or not three
        raise words.garbled(words.PAGES) from wrong
    if first != "-" and not (first.isascii() and first.isdigit() and len(first) <= 15):
        raise words.garbled(words.PAGES)
    return first, second, name


def _time(text: str) -> float:
    try:
        time = float(text)
    except ValueError as wrong:
        raise words.garbled(words.PAGES) from wrong
    return time if abs(time) < 1e11 else 0.0  # only for sorting; no "nan" either
