"""What a step may use: the ledger, the vault, the object store, the banks. Joined in assembly.py, nowhere else."""

import dataclasses
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from config.deadlines import DeadlineRules
from config.policy import Policy
from config.working_days import Calendar
from connector.bank import Banks
from connector.ledger.audit import Signer
from connector.ledger.ledger import Ledger
from connector.objects.store import ObjectStore
from connector.steps.elsewhere import Heavy
from connector.vault import Vault
from reconciliation.rates import Rates
from transports.scanner import Scanner
from transports.sealing.keyring import KeyRing

STEPPER = "connector"  # who the audit names where no person acted


@dataclasses.dataclass(frozen=True)
class Parts:
    """The joined parts of one deployment."""

    folder: Path
    centre: str
    region: str
    zone: ZoneInfo
    retention_days: int
    ledger: Ledger
    vault: Vault
    signer: Signer  # of the audit's checkpoints
    objects: ObjectStore
    banks: Banks
    policy: Policy
    rates: Rates
    witness: str | None = None  # alias of the key that signs what the drop-box saw handed in; None: sheets are not taken
    ring: KeyRing | None = None  # whose dates are watched; seals reach their keys through the banks' channels
    gives_way: Callable[[], bool] | None = None  # the clock runs the steps and asks whether this one should end (giving_way.py)
    identities: tuple[str, ...] = ()  # secrets that hold the certificates this deployment serves with
    calendar: Calendar = dataclasses.field(default_factory=Calendar.of)  # of the site's region, as the ledger has it
    deadlines: DeadlineRules = dataclasses.field(default_factory=DeadlineRules)  # DIR/deadlines.yaml
    heavy: Heavy | None = None  # where heavy steps run; none: in this process
    scanner: Scanner | None = None  # what arrives opened is read only after it; None: nothing is scanned

    def day(self, now: datetime) -> date:
        """The local date."""
        return now.astimezone(self.zone).date()


def problem(code: str, zh: str, en: str) -> dict[str, str]:
    """What a person must know, as the ledger keeps it; no personal data."""
    return {"code": code, "zh": zh, "en": en}


WITHDRAWN = problem(
    "authorization-withdrawn",
    "授权已撤回或终止，未送出；如仍需查询，请取得新的授权书后重新受理",
    "the authorization was withdrawn or ended; not sent. If the household is still to be asked about, bring it in with a new paper",
)
DIED = problem(
    "person-died",
    "此人已故，未送出；家庭成员有变的，请以新的授权书重新受理",
    "this person has died; not sent. If the household changed by it, bring it in with a new paper",
)
LINE_RECALLED = problem(
    "line-recalled",
    "已撤回，未送出；如仍需查询，请重新受理该户",
    "called back before it was sent; if the household is still to be asked about, bring it in anew",
)
DEATH_REPORTED = problem(
    "death-reported",
    "名单中有人在待复核的死亡名单中，暂不送出；其余家庭另行编批（connector approvals）",
    "somebody in it stands in a list of deaths that waits for a second person; the other households are cut anew (connector approvals)",
)
STOPPED = {"withdrawn": WITHDRAWN, "died": DIED, "recalled": LINE_RECALLED}  # why a line never goes, by ledger/stops.py's words
