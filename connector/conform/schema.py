"""The published schema of ``conformance/1``: what a certificate holds, so that anybody's program may read one."""

from typing import Any

from connector.conform.cases import CASES, GROUPS
from connector.conform.certificate import INVENTED, INVENTED_AND_AGREED, SCHEMA
from connector.conform.result import VERDICTS, Ended

SCHEMA_ID = "conformance.v1.json"
_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_TEXT: dict[str, Any] = {"type": "string", "minLength": 1}
_MOMENT: dict[str, Any] = {"type": "string", "format": "date-time"}
_DIGEST: dict[str, Any] = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_COUNT: dict[str, Any] = {"type": "integer", "minimum": 0}
_ENDED = [str(word) for word in Ended]


def conformance_schema() -> dict[str, Any]:
    """A JSON Schema (2020-12) of the file that is signed; no name and no number of a person has a place in it."""
    return {
        "$schema": _DRAFT,
        "$id": SCHEMA_ID,
        "title": SCHEMA,
        "description": "Conformance certificate of a bank's test system / 银行测试系统的接口符合性证书",
        **_object(
            schema={"const": SCHEMA},
            number={"type": "string", "pattern": "^CF-[A-Za-z0-9_-]+-[0-9]{8}T[0-9]{6}Z$"},
            centre=_object(code=_TEXT, name=_TEXT),
            bank=_object(code=_TEXT, name=_TEXT),
            profile=_object(name=_TEXT, version=_TEXT, digest=_DIGEST),
            road=_TEXT,
            release=_TEXT,
            by=_TEXT,
            began=_MOMENT,
            ended=_MOMENT,
            persons={"enum": [INVENTED, INVENTED_AND_AGREED]},
            questions=_COUNT,
            answers=_COUNT,
            verdict={"enum": list(VERDICTS)},
            counts={"type": "object", "propertyNames": {"enum": _ENDED}, "additionalProperties": _COUNT},
            cases={"type": "array", "minItems": 1, "items": _case()},
        ),
    }


def _case() -> dict[str, Any]:
    """One case and what came of it. A later release may know further cases, so their names are open; these are today's."""
    both = {"zh": {"type": "string"}, "en": {"type": "string"}}
    return _object(
        id=_TEXT | {"examples": [case.id for case in CASES]},
        group={"enum": list(GROUPS)},
        rules={"type": "string", "description": "numbers of the rules of the field (docs/conformance.md) / 业务规则编号"},
        promise=_object(**both),
        result={"enum": _ENDED},
        code={"type": "string", "description": "empty where the promise was kept / 符合时为空"},
        seen=_object(**both),
        parcels={"type": "array", "items": _DIGEST, "description": "SHA-256 of the parcels that show it / 可作凭据的包的摘要"},
    )


def _object(**properties: dict[str, Any]) -> dict[str, Any]:
    """Every key is there, and no other."""
    return {"type": "object", "additionalProperties": False, "required": list(properties), "properties": properties}
