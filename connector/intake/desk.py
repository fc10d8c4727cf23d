"""What the door needs of a deployment; the joined parts of connector/parts.py have it all."""

from datetime import date, datetime
from typing import Protocol

from config.policy import Policy
from connector.ledger.ledger import Ledger
from connector.objects.store import ObjectStore
from connector.vault import Vault
from transports.scanner import Scanner


class Desk(Protocol):
    """The centre that takes sheets in, its rules and its memory."""

    @property
    def centre(self) -> str:
        """Code of the centre."""

    @property
    def region(self) -> str:
        """Its region."""

    @property
    def policy(self) -> Policy:
        """The rule set in force."""

    @property
    def ledger(self) -> Ledger:
        """What happened."""

    @property
    def vault(self) -> Vault:
        """Seals what is kept about persons."""

    @property
    def objects(self) -> ObjectStore:
        """Where sealed scans are kept."""

    @property
    def scanner(self) -> Scanner | None:
        """The virus scanner that sees sheets and scans before they are read, if there is one."""

    def day(self, now: datetime) -> date:
        """The local date."""
