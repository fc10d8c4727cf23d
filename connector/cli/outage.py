"""``bank outage``: a bank said that it will be away; two persons agree, and every node leaves it alone until then."""

from datetime import datetime
from typing import Annotated

import typer

from connector.cli.approvals_shown import now_waits
from connector.cli.console import DEFAULT_DIR, NOTHING_FOUND, By, Dir, Json, fail


def outage(
    institution: Annotated[str, typer.Argument(help="机构代码 / code of the bank")],
    by: By,
    starts: Annotated[datetime, typer.Option("--from", help="开始（当地时间）/ from (local time)")],
    ends: Annotated[datetime, typer.Option("--to", help="结束（当地时间）/ to (local time)")],
    reason: Annotated[str, typer.Option("--reason", help="理由 / why")],
    folder: Dir = DEFAULT_DIR,
    as_json: Json = False,
) -> None:
    """申请登记银行停机：期间不送不取，须另一人同意 / ask that a bank is left alone for a time; another person agrees."""
    from connector.assembly import Deployment
    from connector.hours import agreed
    from connector.ledger import people

    deployment = Deployment.open(folder)
    zone, banks = deployment.parts.zone, deployment.parts.banks
    if institution not in {*banks.working, *banks.awaited}:
        fail("bank-unknown", f"未接入的银行：{institution}", f"not connected here: {institution}", NOTHING_FOUND)
    with deployment.ledger.begin() as tx:
        people.require(tx, by, "operator", "manager")
        times = starts.replace(tzinfo=zone), ends.replace(tzinfo=zone)
        request = agreed.ask_outage(tx, institution, *times, reason=reason, by=by, now=deployment.now())
    now_waits(request, as_json)
