"""Parcels out: taken down in the journal, put at the bank, and what became of them. Mirrors steps/dispatch.py without a ledger.

In doubt means: a parcel that was taken and has no end. It is looked for at the bank before the same bytes go again under the same name.
"""

from connector.carrier.lane import Lane, OpenLane
from transports import shelf
from transports.crashpoint import crashpoint
from transports.relay import orders
from transports.relay.orders import Order, is_whole
from transports.transport import Delivery, Presence, Put


def give_back_all(lane: Lane) -> int:
    """What the centre asks back, before the road to the bank is even opened; how many parcels are the centre's again."""
    found = list(orders.read_orders(lane.out, lane.bank))
    turns = {order.stem: order.turn for order in found if order.do == "put"}
    return sum(_give_back(lane, order, turns.get(order.stem, 0)) for order in found if order.do == "recall")


def carry_out(lane: OpenLane, counts: dict[str, int]) -> None:
    """One pass over what the centre handed over for this bank; ``counts``: how many parcels ended how."""
    for order in orders.read_orders(lane.out, lane.bank):
        if order.do == "put" and (ended := _carry(lane, order)):
            counts[ended] = counts.get(ended, 0) + 1
            if ended in {"retry", "in_doubt"}:
                break  # the line is down; what follows waits for the next pass


def _carry(lane: OpenLane, order: Order) -> str:
    said = lane.memory.parcel(order.name, order.digest)
    if said is not None and said.turn >= order.turn and said.ended:
        _tidy(lane, order)
        return ""
    begun = said is not None and said.turn == order.turn
    recalled = not begun and (lane.out / (order.stem + orders.SUFFIXES["recall"])).exists()  # since the pass began
    if recalled or not is_whole(lane.out / order.parcel, order.size):
        return "waiting"  # for the next pass, or for the rest of it to come
    settled = _sought(lane, order) if begun else _refused(lane, order)
    return _record(lane, order, settled or _put(lane, order))


def _refused(lane: Lane, order: Order) -> Put | None:
    """What may not go at all; None where it may."""
    if lane.memory.rival(order.name, order.digest):
        return Put(Delivery.REFUSED, "collision")
    if shelf.digest(lane.out / order.parcel) != order.digest:
        return Put(Delivery.REFUSED, "integrity")
    return None


def _put(lane: OpenLane, order: Order) -> Put:
    """Every attempt is taken down before its first byte goes, so that one nobody saw the end of is known as such."""
    crashpoint("CR1")
    lane.say(order, "taken")
    crashpoint("CR2")
    put = lane.line.put(order.name, lambda: shelf.blocks(lane.out / order.parcel), order.size, order.digest)
    for name, content in put.replies:
        lane.keep_reply(name, content)
    crashpoint("CR3")
    return put


def _sought(lane: OpenLane, order: Order) -> Put | None:
    """What a look at the bank settles of a parcel taken in an earlier pass; None where it is to be put again."""
    said = lane.memory.parcel(order.name, order.digest)
    if said is not None and said.interrupted:
        lane.say(order, "put", delivery=Delivery.IN_DOUBT.value, code="interrupted")
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
    after = (order.turn, what if ended or what == "unreachable" else "taken", put.code)
    if before is None or (before.turn, before.what, before.code) != after:
        lane.say(order, what, delivery=put.delivery.value, code=put.code)
        crashpoint("CR4")
    if ended:
        _tidy(lane, order)
    return "unknown" if put.code == "cannot-tell" else put.delivery.value


def _give_back(lane: Lane, order: Order, placed: int) -> bool:
    """What certainly never went is the centre's again; of anything else it is too late to say what the bank will do.

    ``placed``: the turn of the order that lies here; a later one than is asked back stays.
    """
    said = lane.memory.parcel(order.name, order.digest)
    given = said is None or said.turn < order.turn or (said.turn == order.turn and said.never_went)
    if given:
        lane.say(order, "recalled")
    elif said is not None and not said.ended:
        lane.say(order, "too-late")
    crashpoint("CR11")
    if placed <= order.turn and (given or (said is not None and said.ended)):
        _tidy(lane, order)
    (lane.out / order.file).unlink(missing_ok=True)
    shelf.sync(lane.out)
    return given


def _tidy(lane: Lane, order: Order) -> None:
    """Order first: a parcel without an order is nobody's, an order without its parcel would wait for ever."""
    for name in (order.stem + orders.SUFFIXES["put"], order.parcel):
        (lane.out / name).unlink(missing_ok=True)
    shelf.sync(lane.out)
