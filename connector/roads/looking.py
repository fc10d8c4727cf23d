"""How often a profile lets us look for answers on a road, and for how long."""

from datetime import timedelta
from typing import Any

from bank_profiles.language.channel import Channel, Folders
from bank_profiles.language.lines import LineHttp, LineTcp

HERE = timedelta(seconds=5)  # where the bank brings its answers to us: to look calls nobody
ON_A_LINE = timedelta(seconds=30)  # of a line whose note says nothing of it


def looks(channel: Channel) -> dict[str, Any]:
    """``every`` and ``asked_for`` of a Way."""
    if isinstance(channel, Folders):
        return {"every": channel.poll.every}
    if isinstance(channel, LineHttp) and channel.collect is not None:
        return {"every": channel.collect.every, "asked_for": channel.collect.for_}
    if isinstance(channel, LineHttp) and channel.call_back:
        return {"every": HERE}
    return {"every": ON_A_LINE} if isinstance(channel, LineHttp | LineTcp) else {}
