"""What every table of the ledger is made of: the metadata they share, the spelling of moments, and whose a row is.

Columns named ``sealed`` hold bytes under an authenticated cipher (connector/vault.py); ``data_key`` names the key whose
destruction ends them. Times are UTC, ISO 8601 with offset, as text of one fixed width, so that they sort the same everywhere.
"""

from sqlalchemy import BigInteger, Column, Integer, MetaData, String

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

MOMENT = String(32)  # 2026-11-21T08:30:00.000000+00:00, made by connector/moments.py
LONG = BigInteger().with_variant(Integer, "sqlite")  # SQLite's integers are 64 bits wide anyway


def centre() -> tuple[Column[str], Column[str]]:
    """Whose it is: the verification centre and its region. Every household, line and user carries both."""
    return Column("centre", String(64), nullable=False), Column("region", String(12), nullable=False)
