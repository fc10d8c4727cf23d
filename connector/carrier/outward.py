"""Parcels out: taken down in the journal, put at the bank, and what became of them. Mirrors steps/dispatch.py without a ledger.

In doubt means: a parcel that was taken and has no end. It is looked for at the bank before the same bytes go again under the same name.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from connector.carrier.lane import Lane
from transports import shelf
from transports.crashpoint import crashpoint
from transports.relay import orders
from transports.relay.memory import Parcel
from transports.relay.orders import Order, is_whole
from transports.transport import Delivery, Presence, Put

_BLOCK = 256 * 1024


def carry_out(lane: Lane) -> dict[str, int]:
    """One pass over what the centre handed over for this bank; how many parcels ended how."""
    counts: dict[str, int] = {}
    found = list(orders.read_orders(lane.out, lane.bank))
    recalled = [order for order in found if order.do == "recall"]
    for order in recalled:
        _give_back(lane, order)
    for order in found:
        if order.do == "put" and (ended := _carry(lane, order)):
            counts[ended] = counts.get(ended, 0) + 1
            if ended in {"retry", "in_doubt"}:
                break  # the line is down; what follows waits for the next pass
    return counts


def _carry(lane: Lane, order: Order) -> str:
    said = lane.memory.parcel(order.name, order.digest)
    if said is not None and said.turn >= order.turn and said.ended:
        _tidy(lane, order)
        return ""
    begun = said is not None and said.turn == order.turn
    recalled = not begun and (lane.out / (order.stem + orders.SUFFIXES["recall"])).exists()  # since the pass began
    if recalled or not is_whole(lane.out / order.parcel, order.size):
        return "waiting"  # for the next pass, or for the rest of it to come
    settled = _sought(lane, order) if begun else _begin(lane, order)
    return _record(lane, order, settled or _put(lane, order))


def _begin(lane: Lane, order: Order) -> Put | None:
    """Take it down before its first byte goes; what may not go at all is refused."""
    if lane.memory.rival(order.name, order.digest):
        return Put(Delivery.REFUSED, "collision")
    if _digest(lane.out / order.parcel) != order.digest:
        return Put(Delivery.REFUSED, "integrity")
    crashpoint("CR1")
    lane.say(order, "taken")
    crashpoint("CR2")
    return None


def _put(lane: Lane, order: Order) -> Put:
    put = lane.line.put(order.name, lambda: _blocks(lane.out / order.parcel), order.size, order.digest)
    for name, content in put.replies:
        lane.keep_reply(name, content)
    crashpoint("CR3")
    return put


def _sought(lane: Lane, order: Order) -> Put | None:
    """What a look at the bank settles of a parcel taken in an earlier pass; None where it is to be put again."""
    seen = lane.line.look(order.name, order.size, order.digest)
    if seen is Presence.PRESENT:
        return Put(Delivery.DELIVERED)
    if seen is Presence.DIFFERENT:
        return Put(Delivery.REFUSED, "collision")
    return Put(Delivery.IN_DOUBT, "cannot-tell") if seen is Presence.UNKNOWN else None


def _record(lane: Lane, order: Order, put: Put) -> str:
    """The word of the journal; said once, however often the same trouble comes again."""
    what = {Delivery.REFUSED: "refused", Delivery.RETRY: "unreachable"}.get(put.delivery, "put")
    ended = put.delivery in {Delivery.DELIVERED, Delivery.REFUSED}
    before = lane.memory.parcel(order.name, order.digest)
    after = Parcel(order.turn, what if ended or what == "unreachable" else "taken", put.code)
    if before != after:
        lane.say(order, what, delivery=put.delivery.value, code=put.code)
        crashpoint("CR4")
    if ended:
        _tidy(lane, order)
    return "unknown" if put.code == "cannot-tell" else put.delivery.value


def _give_back(lane: Lane, order: Order) -> None:
    """A parcel not taken yet is never taken; for one that was, it is too late to say what the bank will do."""
    said = lane.memory.parcel(order.name, order.digest)
    if said is None or said.turn < order.turn:
        lane.say(order, "recalled")
        said = lane.memory.parcel(order.name, order.digest)
    elif said.what != "recalled":
        lane.say(order, "too-late")
    if said is not None and said.ended:
        _tidy(lane, order)
    (lane.out / order.file).unlink(missing_ok=True)
    shelf.sync(lane.out)


def _tidy(lane: Lane, order: Order) -> None:
    """Order first: a parcel without an order is nobody's, an order without its parcel would wait for ever."""
    for name in (order.stem + orders.SUFFIXES["put"], order.parcel):
        (lane.out / name).unlink(missing_ok=True)
    shelf.sync(lane.out)


def _digest(path: Path) -> str:
    running = hashlib.sha256()
    for block in _blocks(path):
        running.update(block)
    return running.hexdigest()


def _blocks(path: Path) -> Iterator[bytes]:
    with shelf.plain(path) as file:
        while block := file.read(_BLOCK):
            yield block
