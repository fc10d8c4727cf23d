"""The same content sealed by processes that die or are doubled: what each drew, as JSON. ``python -m tests.nonces_forked``.

A process of its own, because pytest's has threads. Each act is tried by forks of it: one killed between drawing a key and using it,
one between drawing a nonce and using it, then two that are let live. Their generators were in use before the fork.
"""

import functools
import itertools
import json
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from tests import nonces
from transports import crashpoint
from transports.https import signing
from transports.sealing import at_rest, cms
from transports.sealing.certificates import OwnKey

KILLED = {"key": "K1", "nonce": "K2"}
Made: TypeAlias = bytes | list[bytes]
_drawn = os.urandom


def acts() -> Iterator[tuple[str, Callable[[], Made]]]:
    """Everything that draws, on the same content with the same keys."""
    for suite in cms.SUITES:
        yield suite, functools.partial(_parcel, suite, nonces.own("sm2" if suite.startswith("sm2") else "ec-p256"))
    for suite in at_rest.SUITES:
        yield suite, functools.partial(at_rest.seal, suite, nonces.MASTER, bytes(at_rest.OWN_KEY_ABOVE + 1), "place")
    yield "message", lambda: signing.fresh_nonce().encode()


def _parcel(suite: str, own: OwnKey) -> bytes:
    return b"".join(cms.seal([b"the same content"], suite=suite, signer=own, recipients=[own.certificate], at=nonces.NOW))


def _some(values: nonces.Drawn) -> list[bytes]:
    return [value for _, value in itertools.islice(values, 6)]


def in_a_fork(act: Callable[[], Made], point: str = "") -> dict[str, Any]:
    """Let a fork do it: the signal it died of, each draw (written down before anything can be done with it), and what it made."""
    read, write = os.pipe()
    child = os.fork()
    if not child:
        os.close(read)
        _do(act, point, write)
    os.close(write)
    with os.fdopen(read) as told:
        lines = told.read().split()
    status = os.waitpid(child, 0)[1]
    made = [line[1:] for line in lines if line.startswith("=")]
    return {
        "signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0,
        "made": made,
        "drawn": [*set(lines) - {f"={each}" for each in made}],
    }


def _do(act: Callable[[], Made], point: str, write: int) -> None:
    """In the fork, to its end."""
    try:

        def told(size: int) -> bytes:
            value = _drawn(size)
            os.write(write, value.hex().encode() + b"\n")
            return value

        os.urandom = told
        crashpoint.arm(point)
        made = act()
        for each in made if isinstance(made, list) else [made]:
            os.write(write, b"=" + each.hex().encode() + b"\n")
    finally:
        os._exit(0)


def main() -> None:
    """Everything, as one JSON object."""
    found: dict[str, Any] = {}
    for name, act in acts():
        found[name] = {
            "killed": {what: in_a_fork(act, point) for what, point in KILLED.items()},
            "lived": [in_a_fork(act) for _ in range(2)],
        }
    for name, draw in nonces.LIBRARIES.items():
        values = draw()
        next(values)  # its generator is in use
        found[name] = {"killed": {}, "lived": [in_a_fork(functools.partial(_some, values)) for _ in range(2)]}
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
