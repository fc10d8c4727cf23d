"""Where a process that is not ours to change spends its time: ``python -m benchmarks.sampling OUT MODULE …`` runs it and looks twenty times a second.

OUT gets who held the ledger's only writer and for how long; and, thread by thread of the same kind, how often each function was on top and
anywhere on a stack. Samples are taken where Python lets threads take turns, so C code that holds the lock counts for its caller.
"""

import collections
import re
import runpy
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from connector.ledger.ledger import Ledger

EVERY_S = 0.05
SHOWN = 45
Counted = collections.Counter[tuple[str, str]]


def main() -> None:
    out, module, *arguments = sys.argv[1:]
    _time_writers()
    threading.Thread(target=_look, args=(Path(out),), daemon=True).start()
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


_held = collections.defaultdict[str, list[float]](list)


def _time_writers() -> None:
    real = Ledger._transaction

    @contextmanager
    def timed(self: Ledger, *, writes: bool) -> Iterator[Any]:
        asked = time.perf_counter()
        with real(self, writes=writes) as tx:
            began = time.perf_counter()
            yield tx
            done = time.perf_counter()
        if writes:
            _held[_caller()].append(time.perf_counter() - began)
            _held["(waited)"].append(began - asked)
            _held["(commit)"].append(time.perf_counter() - done)

    Ledger._transaction = timed  # type: ignore[method-assign]


def _caller() -> str:
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and Path(frame.f_code.co_filename).name in ("contextlib.py", "ledger.py", "lanes.py"):
        frame = frame.f_back
    return f"{Path(frame.f_code.co_filename).name}:{frame.f_code.co_qualname}:{frame.f_lineno}" if frame else "?"


def _look(out: Path) -> None:
    top, anywhere, own, written = Counted(), Counted(), threading.get_ident(), time.monotonic()
    while True:
        time.sleep(EVERY_S)
        names = {thread.ident: _kind(thread.name) for thread in threading.enumerate()}
        for key, frame in sys._current_frames().items():
            if key != own:
                _count(names.get(key, "?"), frame, top, anywhere)
        if time.monotonic() - written > 1:
            written = time.monotonic()
            out.with_suffix(".new").write_text(_told(top, anywhere), "utf-8")
            out.with_suffix(".new").replace(out)


def _kind(name: str) -> str:
    return re.sub(r"[0-9]+$", "", name.partition(" ")[0]) or "line"


def _count(thread: str, frame: FrameType | None, top: Counted, anywhere: Counted) -> None:
    seen = set[str]()
    first = True
    while frame is not None:
        code = frame.f_code
        where = f"{'/'.join(Path(code.co_filename).parts[-2:])}:{code.co_qualname}"
        if first:
            top[thread, f"{where}:{frame.f_lineno}"] += 1
        first = False
        if where not in seen:
            seen.add(where)
            anywhere[thread, where] += 1
        frame = frame.f_back


def _told(top: Counted, anywhere: Counted) -> str:
    lines = ["== writers: in all, times, the longest"]
    for who, spent in sorted(_held.items(), key=lambda each: -sum(each[1])):
        lines.append(f"{sum(spent):8.2f} s {len(spent):6} {max(spent) * 1000:7.0f} ms  {who}")
    for title, counted in (("on top", top), ("anywhere", anywhere)):
        for kind in sorted({kind for kind, _ in counted}):
            lines.append(f"== {title}: {kind}")
            mine = collections.Counter({where: number for (whose, where), number in counted.items() if whose == kind})
            lines += [f"{number * EVERY_S:8.2f} s  {where}" for where, number in mine.most_common(SHOWN)]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
