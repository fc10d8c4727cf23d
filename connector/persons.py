"""A member's sealed row opened: for as long as a request line or a report is being written, and no longer."""

from datetime import date
from typing import Any

import orjson

from connector.inquiry import Member, Person, Signature
from connector.ledger.rows import AnyRow, Tx
from connector.vault import Vault


def place_of_member(inquiry: int, place: int) -> str:
    """Where a member's record stands: moved to another household or another paper it does not open."""
    return f"member/{inquiry}/{place}"


def place_of_inquiry(intake: int, household_key: str) -> str:
    """Where the record of a household stands."""
    return f"inquiry/{intake}/{household_key}"


def opened(tx: Tx, vault: Vault, row: AnyRow) -> Member:
    """The person and the signature behind a row of members. Raises KeyDestroyed once the month is retired."""
    kept = orjson.loads(vault.open(tx, row.data_key, row.sealed, place_of_member(row.inquiry, row.place)))
    born = kept.get("birth_date")
    person = Person(
        name=kept["name"],
        id_type=kept["id_type"],
        id_no=kept["id_no"],
        person_key=kept["person_key"],
        birth_date=date.fromisoformat(born) if born else None,
    )
    signature = Signature(
        authorization_no=row.authorization_no,
        signed_on=row.signed_on,
        valid_to=row.valid_to,
        mode=row.sign_mode,
        guardian_name=kept.get("guardian_name") or "",
        guardian_id=kept.get("guardian_id") or "",
        scope=row.scope,
    )
    return Member(person, signature, kept.get("relation") or "", kept.get("original") or {})


def sealed_as(member: Member) -> dict[str, Any]:
    """What of a person is sealed; ``opened`` reads it again."""
    person, signature = member.person, member.signature
    return {
        "name": person.name,
        "id_type": person.id_type,
        "id_no": person.id_no,
        "person_key": person.person_key,
        "birth_date": person.birth_date,
        "relation": member.relation,
        "guardian_name": signature.guardian_name,
        "guardian_id": signature.guardian_id,
        "original": member.original,
    }
