"""A deployment founded with named users, for tests that copy it: to found one takes half a second."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from connector.assembly import Deployment
from connector.founding import INTERNATIONAL, Founding, found
from connector.ledger import people


def found_with(home: Path, staff: Mapping[str, str], at: datetime, suite: str = INTERNATIONAL) -> Path:
    """``staff``: name → role, beside ``admin``. ``at``: the moment of the founding."""
    found(Founding(home, "C1", "核对中心", "320507", "admin", suite=suite), at)
    with Deployment.open(home, lambda: at).ledger.begin() as tx:
        for name, role in staff.items():
            people.add(tx, at=at, name=name, roles=[role], centre="C1", region="320507", by="admin")
    return home
