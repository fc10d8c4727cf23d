"""The two words the other rooms need of the database: a transaction and a row. SQLAlchemy itself stays in this room."""

from typing import Any, TypeAlias

from sqlalchemy import Connection, Row

Tx: TypeAlias = Connection
AnyRow: TypeAlias = Row[*tuple[Any, ...]]
