"""Who plays what: every bank's road, what it does on purpose, and what of it can be seen in the summary."""

import dataclasses
from datetime import timedelta

from config.behaviours import Behaviour
from connector.bankside.invented import City
from connector.bankside.opening import Plan

LATE_AFTER = timedelta(days=20)


@dataclasses.dataclass(frozen=True)
class Part:
    """One bank's part. ``profile`` decides its road."""

    profile: str
    behaviour: Behaviour


# The first of them are played whatever the number of banks, so that few show the most: five go by every road there is.
# All seal by SM2, SM3 and SM4 (profiles …-sm), as a centre founded nationally begins; the last by AES, so that `status` and
# `init` have something to mark: a centre has banks of both kinds at once.
# One wants the signed authorizations for its own file (hxcb-papers): their scans go with the question.
PARTS = (
    Part("hxcb-sm", "silent"),
    Part("hxcb-https-sm", "miscounts"),
    Part("gdyz-folder-sm", "late"),
    Part("hxcb-media-sm", "answers"),
    Part("gdyz-tcp-once-sm", "hangs_up"),
    Part("hxcb-papers-sm", "answers"),
    Part("hxcb-tcp-sm", "answers"),
    Part("hxcb-https", "answers"),
)
LEAST, MOST = 3, len(PARTS)


def plans(city: City) -> list[Plan]:
    """A plan for each institution of the city: those that do as they should first, the silent one last."""
    parts = reversed(PARTS[: len(city.institutions)])
    return [
        Plan(
            code=each.code,
            name=each.name,
            profile=part.profile,
            data=city.folder,
            behaviours=(part.behaviour,),
            kind=each.kind,
            late_after=LATE_AFTER if part.behaviour == "late" else None,
        )
        for each, part in zip(city.institutions, parts, strict=True)
    ]
