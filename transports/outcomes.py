"""What an error means for a put, by how far the put had come: one table, and no row of it says DELIVERED."""

import enum
from collections.abc import Mapping

from transports.errors import Refused, TransportError, Unreachable
from transports.files import Failed, Missing, NotRenamed
from transports.transport import Delivery, Put


class Stage(enum.IntEnum):
    """How far a put had come when it broke."""

    LOOKING = 0  # not one byte of the file has left
    WRITING = 1  # bytes lie under the temporary name, where no reader looks
    RENAMING = 2  # the rename was sent: from here a lost reply leaves us not knowing


# What broke ⟶ what became of the put, by stage. DELIVERED is said in one place only, at the end of a put.
OUTCOMES: Mapping[type[Exception], tuple[Delivery, Delivery, Delivery]] = {
    #            LOOKING            WRITING            RENAMING
    Refused: (Delivery.REFUSED, Delivery.REFUSED, Delivery.REFUSED),
    Missing: (Delivery.REFUSED, Delivery.REFUSED, Delivery.IN_DOUBT),
    NotRenamed: (Delivery.RETRY, Delivery.RETRY, Delivery.RETRY),
    Failed: (
        Delivery.RETRY,
        Delivery.RETRY,
        Delivery.IN_DOUBT,
    ),  # a "no" to a rename may be wrong: some peers did it all the same
    Unreachable: (Delivery.RETRY, Delivery.RETRY, Delivery.IN_DOUBT),
    Exception: (Delivery.REFUSED, Delivery.IN_DOUBT, Delivery.IN_DOUBT),  # nobody foresaw it
}


def outcome(error: Exception, stage: Stage) -> Put:
    """The Put that an error means at this stage."""
    row = next(OUTCOMES[kind] for kind in type(error).__mro__ if kind in OUTCOMES)
    wait_s = error.wait_s if isinstance(error, Unreachable) else 0.0
    if row[stage] is Delivery.IN_DOUBT:
        return Put(
            Delivery.IN_DOUBT,
            error.code if isinstance(error, TransportError) else "unknown",
            "Sending broke off where nobody can know whether the file arrived; we look before it is sent again.",
            "发送中断时无法确定文件是否已送达；重新发送前将先行核查。",
            wait_s=wait_s,
        )
    if isinstance(error, TransportError):
        return Put(row[stage], error.code, error.en, error.zh, wait_s=wait_s)
    return Put(
        row[stage],
        "unknown",
        f"Something nobody foresaw went wrong while sending ({type(error).__name__}); tell the people who run this service.",
        f"发送时出现未预料的错误（{type(error).__name__}），请告知系统运维人员。",
    )
