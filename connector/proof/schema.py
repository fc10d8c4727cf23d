"""The published schema of ``proof/1``: what a completeness proof holds, so that anybody's program may read and check one."""

from typing import Any

from connector.proof.accounting import SCHEMA
from connector.proof.cells import CLASSES, STANDINGS, STATUSES
from reconciliation.words import LINE_MARKS, OUTCOMES

SCHEMA_ID = "proof.v1.json"
_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_TEXT: dict[str, Any] = {"type": "string"}
_MOMENT: dict[str, Any] = {"type": "string", "format": "date-time"}
_DIGEST: dict[str, Any] = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_COUNT: dict[str, Any] = {"type": "integer", "minimum": 0}
_FLAG: dict[str, Any] = {"type": "boolean"}
_COUNTS: dict[str, Any] = {"type": "object", "propertyNames": {"enum": list(STATUSES)}, "additionalProperties": _COUNT}


def proof_schema() -> dict[str, Any]:
    """A JSON Schema (2020-12); persons stand in it masked, by their place in the household."""
    return {
        "$schema": _DRAFT,
        "$id": SCHEMA_ID,
        "title": SCHEMA,
        "description": "Completeness proof of a household's inquiry / 一户查询的完整性证明",
        **_object(
            schema={"const": SCHEMA},
            household_key=_TEXT,
            inquiry=_COUNT,
            programme=_TEXT,
            as_of={"type": "string", "format": "date"},
            withdrawn=_FLAG,
            made_at=_MOMENT,
            coverage=_object(
                persons=_COUNT, institutions=_COUNT, classes=_COUNT, cells=_COUNT, by_status=_COUNTS, banks=_list(_bank())
            ),
            persons=_list(_object(person=_COUNT, name=_TEXT, number=_TEXT)),
            lines=_list(_line()),
            batches={"type": "object", "additionalProperties": _batch()},
            digest=_DIGEST,
        ),
    }


def _bank() -> dict[str, Any]:
    return _object(institution=_TEXT, name=_TEXT, standing={"enum": list(STANDINGS)}, why=_list(_TEXT), by_status=_COUNTS)


def _line() -> dict[str, Any]:
    cell = _object(status={"enum": list(STATUSES)}, why=_TEXT)
    answered = _object(batch=_TEXT, edition=_or_null(_COUNT), digest=_or_null(_DIGEST))
    return _object(
        person=_COUNT,
        institution=_TEXT,
        outcome={"enum": [*OUTCOMES, None]},
        batch=_or_null(_TEXT),
        edition=_or_null(_COUNT),
        received_at=_or_null(_MOMENT),
        marks=_list({"enum": list(LINE_MARKS)}),
        appeal=_or_null({"type": "object", "properties": {"number": _COUNT, "was": answered, "is": answered}}),
        note=_or_null(_object(code=_TEXT, zh=_TEXT, en=_TEXT)),
        answer=_or_null(_object(name=_TEXT, digest=_DIGEST, size=_COUNT, late=_FLAG)),
        cells=_object(**dict.fromkeys(CLASSES, cell)),
    )


def _batch() -> dict[str, Any]:
    came = {"name": _TEXT, "digest": _DIGEST, "size": _COUNT, "state": _TEXT, "arrived_at": _MOMENT}
    used = _list(_object(key=_TEXT, use=_TEXT))
    moments = ("sealed_at", "sent_at", "delivered_at", "accepted_at", "answered_at", "due_at")
    attempt = _object(
        number=_COUNT,
        began_at=_MOMENT,
        ended_at=_or_null(_MOMENT),
        delivery=_or_null(_TEXT),
        code=_or_null(_TEXT),
        road=_or_null(_TEXT),
    )
    return _object(
        institution=_TEXT,
        state=_TEXT,
        profile=_TEXT,
        parcel=_object(name=_TEXT, digest=_DIGEST, size=_COUNT),
        **dict.fromkeys(moments, _or_null(_MOMENT)),
        provisional=_FLAG,
        attempts=_list(attempt),
        receipts=_list(_object(code=_TEXT, accepted=_FLAG, said_at=_or_null(_MOMENT), arrived_at=_MOMENT)),
        editions=_COUNT,
        files=_list(_object(**came, edition=_or_null(_COUNT), code=_or_null(_TEXT))),
        strays=_list(_object(**came)),
        keys=_object(sealed=used, opened=used),
    )


def _or_null(kind: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [kind, {"type": "null"}]}


def _list(kind: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": kind}


def _object(**properties: dict[str, Any]) -> dict[str, Any]:
    """Every key is there, and no other."""
    return {"type": "object", "additionalProperties": False, "required": list(properties), "properties": properties}
