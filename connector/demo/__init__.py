"""A whole city on this machine: a deployment, banks on every road (some misbehave on purpose), the journey, the summary."""

from connector.demo.journey import ADMIN, CENTRE, CLERK, COLLEAGUE, REGION, NotOurs, Outcome, run

__all__ = ["ADMIN", "CENTRE", "CLERK", "COLLEAGUE", "REGION", "NotOurs", "Outcome", "run"]
