"""Write the script of a new edition from what tables.py says now: ``python -m connector.ledger.migrations 0002 "what changed"``."""

import sys

from alembic import command
from sqlalchemy import create_engine

from connector.ledger import migrations

number, what = sys.argv[1:]
with create_engine("sqlite://", hide_parameters=True).begin() as tx:
    migrations.upgrade(tx)
    settings = migrations.config()
    settings.attributes["connection"] = tx
    command.revision(settings, message=what, rev_id=number, autogenerate=True)
