"""Answers back: fetched, laid down for the centre, taken down; and the bank told once the centre keeps them. Mirrors steps/collect.py.

The bank's own copy is moved or removed only on the centre's order, which names the line of the journal under which it had the answer.
"""

from connector.carrier.lane import Lane, OpenLane, same
from connector.roads import OF_ONE_FILE
from transports import names, shelf
from transports.crashpoint import crashpoint
from transports.errors import TransportError
from transports.relay import asking, orders
from transports.relay.memory import Offer
from transports.relay.orders import Order
from transports.transport import Remote

STRANGE_MAX = 256  # told of one listing: a line of the journal has its longest


def carry_back(lane: OpenLane, counts: dict[str, int], *, leaves: bool) -> None:
    """One pass over what the bank offers; ``counts``: how many files ended how. ``leaves``: what was read stays where it lies.

    Raises what stopped it; what only kept a file from being put away, after all others were fetched.
    """
    lane.sweep()
    listed = {remote.name: remote for remote in lane.line.list(_awaited(lane))}
    strange = tuple((reason, masked) for reason, masked in lane.line.strange[:STRANGE_MAX])
    if strange != lane.memory.strange:
        lane.told("look", strange=strange)
    stuck = _acknowledge_all(lane, listed, counts)
    for remote in listed.values():
        if names.problem(remote.name) is None and _is_news(lane, remote, leaves=leaves):
            ended = _fetch(lane, remote)
            counts[ended] = counts.get(ended, 0) + 1
    for name in [name for name, offer in lane.memory.offers.items() if offer.code and name not in listed]:
        lane.told("look", name=name, code="missing")
    if stuck is not None:
        raise stuck
    if lane.memory.trouble:  # it is over
        lane.told("look", strange=strange)


def _awaited(lane: Lane) -> tuple[str, ...]:
    """What the centre waits for, as it said last; that it is heard is taken down."""
    asked = asking.newest(lane.out, lane.bank)
    if asked.number > lane.memory.asks:
        lane.told("asks", turn=asked.number, size=len(asked.names))
        crashpoint("CR12")
    return asked.names if asked.number == lane.memory.asks else ()


def _is_news(lane: OpenLane, remote: Remote, *, leaves: bool) -> bool:
    known = lane.memory.offers.get(remote.name)
    if known is None or known.code or not same(remote, known.size, known.modified):
        return True  # what could not be fetched is tried again; it is told again only where something changed
    return known.acknowledged and not leaves  # it was moved away: what lies here now came since


def _fetch(lane: OpenLane, remote: Remote) -> str:
    try:
        size, digest = lane.keep(remote.name, lane.line.get(remote.name))
    except TransportError as trouble:
        if trouble.code not in OF_ONE_FILE:
            raise
        _left(lane, remote, trouble.code)
        return "left"
    crashpoint("CR5")
    lane.told("fetched", name=remote.name, size=size, digest=digest, modified=remote.modified)
    crashpoint("CR6")
    return "fetched"


def _left(lane: OpenLane, remote: Remote, code: str) -> None:
    """Told once; what only moved under our hands is looked at again in the next pass."""
    known = lane.memory.offers.get(remote.name)
    told = known is not None and known.code == code and same(remote, known.size, known.modified)
    if not told and code not in {"missing", "changed-while-reading"}:
        lane.told("refused", name=remote.name, size=remote.size, modified=remote.modified, code=code)


def _acknowledge_all(lane: OpenLane, listed: dict[str, Remote], counts: dict[str, int]) -> TransportError | None:
    """What kept the first of those from being put away that were not; they wait for the next pass."""
    stuck: TransportError | None = None
    for order in orders.read_orders(lane.out, lane.bank):
        if order.do != "acknowledge":
            continue
        try:
            if _acknowledge(lane, order, listed):
                counts["acknowledged"] = counts.get("acknowledged", 0) + 1
        except TransportError as trouble:
            if trouble.code not in OF_ONE_FILE:
                raise
            stuck = stuck or trouble
            continue
        lane.answer(order.name, order.digest).unlink(missing_ok=True)
        (lane.out / order.file).unlink(missing_ok=True)
        shelf.sync(lane.out)
    return stuck


def _acknowledge(lane: OpenLane, order: Order, listed: dict[str, Remote]) -> bool:
    """Only what the centre had: other bytes under the name by now were read by nobody, and stay."""
    offer: Offer | None = lane.memory.offers.get(order.name)
    if offer is None or offer.acknowledged or (offer.n, offer.digest) != (order.turn, order.digest):
        return False
    there = listed.get(order.name)
    replaced = there is not None and not same(there, offer.size, offer.modified)
    if not replaced:
        lane.line.acknowledge(order.name)
        crashpoint("CR7")
        listed.pop(order.name, None)
    lane.say(order, "acknowledged", code="replaced" if replaced else "")
    crashpoint("CR8")
    return True
