"""Any transport, tried again for seconds when the network stumbles; hours are the runner's, doubt and refusal are a person's."""

import dataclasses
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Self, TypeVar

import tenacity

from transports.errors import Unreachable
from transports.transport import Blocks, Delivery, Presence, Put, Remote, Transport

T = TypeVar("T")


@dataclasses.dataclass(frozen=True)
class Patience:
    """How long one verb is tried: at most ``attempts`` times within ``seconds``, with full jitter up to ``pause_max_s``."""

    attempts: int = 4
    seconds: float = 30.0
    pause_s: float = 0.5
    pause_max_s: float = 8.0


class Retrying:
    """A Transport around a Transport. Only RETRY and Unreachable are tried again; the last one is said as it came.

    A peer that asked not to be called for a while is not called again here: that wait is the runner's.
    """

    def __init__(
        self, transport: Transport, patience: Patience = Patience(), *, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._transport = transport
        self._patience = patience
        self._sleep = sleep

    @property
    def strange(self) -> Sequence[tuple[str, str]]:
        """As the transport's: what the last listing held that cannot be a file for us, (reason, masked name)."""
        return self._transport.strange

    def put(self, name: str, blocks: Blocks, size: int, digest: str) -> Put:
        """As the transport's; the same name and bytes every time, so a second try is the same delivery."""
        return self._patiently(lambda: self._transport.put(name, blocks, size, digest))

    def look(self, name: str, size: int, digest: str) -> Presence:
        """As the transport's."""
        return self._patiently(lambda: self._transport.look(name, size, digest))

    def list(self, awaited: Sequence[str] = ()) -> list[Remote]:
        """As the transport's."""
        return self._patiently(lambda: self._transport.list(awaited))

    def get(self, name: str) -> Iterator[bytes]:
        """As the transport's; tried again only while no block was given out, a half-read file is the caller's to drop."""
        first, rest = self._patiently(lambda: _begun(self._transport.get(name)))
        yield from first
        yield from rest

    def acknowledge(self, name: str) -> None:
        """As the transport's."""
        self._patiently(lambda: self._transport.acknowledge(name))

    def close(self) -> None:
        """Let the line go."""
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _patiently(self, act: Callable[[], T]) -> T:
        patience = self._patience
        again = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(patience.attempts) | tenacity.stop_after_delay(patience.seconds),
            wait=tenacity.wait_random_exponential(multiplier=patience.pause_s, max=patience.pause_max_s),
            retry=tenacity.retry_if_exception(_is_away) | tenacity.retry_if_result(_says_retry),
            retry_error_callback=_as_it_came,
            sleep=self._sleep,
        )
        return again(act)


def _is_away(error: BaseException) -> bool:
    return isinstance(error, Unreachable) and not error.wait_s


def _says_retry(result: object) -> bool:
    return isinstance(result, Put) and result.delivery is Delivery.RETRY and not result.wait_s


def _as_it_came(state: tenacity.RetryCallState) -> object:
    assert state.outcome is not None
    return state.outcome.result()  # raises what the last try raised


def _begun(blocks: Iterator[bytes]) -> tuple[tuple[bytes, ...], Iterator[bytes]]:
    """The first block, if any, and the rest: what cannot be reached shows itself here."""
    first = next(blocks, None)
    return (() if first is None else (first,)), blocks
