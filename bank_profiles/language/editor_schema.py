"""The JSON Schema of ``bank-profile/1`` for editors: completion and red lines while typing. The checker is the judge, not this.

Made from the model. Editors guess types where we take text, so every scalar may be text or what YAML makes of it; a column may be
its short form; a choice by ``kind`` or ``format`` becomes "if … then", which editors explain better than "one of".
"""

from typing import Any

from bank_profiles.language.profile import Profile

SCHEMA_ID = "bank-profile.v1.json"
_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_SCALARS = ["string", "number", "boolean"]
_NO_FORMATS = ("date", "time", "duration", "binary")  # ours are spelt as the language says, not as ISO says
_WRITTEN = {"WithinTime": "^[0-9]+ (workday|day|hour|minute|second)s?$"}  # blocks of ours that are written as one text

_COMPLETED = ("Side", "Service")  # a child says what differs in them, and its parent the rest


def editor_schema() -> dict[str, Any]:
    """A JSON Schema (2020-12) of one profile."""
    schema = Profile.model_json_schema(by_alias=True)
    blocks = schema.pop("$defs")
    made = {name: _block(name, block) for name, block in blocks.items()}
    profile: dict[str, Any] = _walk(schema)
    profile["properties"]["extends"] = {"type": "string", "pattern": "^[a-z0-9_/-]+@[0-9.]+$"}
    profile.pop("required", None)  # a child takes over what its parent says
    return {"$schema": _DRAFT, "$id": SCHEMA_ID, **profile, "title": "bank-profile/1", "$defs": made}


def _block(name: str, block: dict[str, Any]) -> dict[str, Any]:
    if name in _WRITTEN:
        return {"type": "string", "pattern": _WRITTEN[name]}
    made: dict[str, Any] = _walk(block)
    if name in _COMPLETED:
        made.pop("required", None)
    if name.endswith(("Field", "Rule")):
        made["properties"]["after"] = {"type": "string"}
        return {"anyOf": [{"type": "string"}, made]}  # 账号: account_no
    return made


def _walk(node: Any) -> Any:
    if isinstance(node, list):
        return [_walk(each) for each in node]
    if not isinstance(node, dict):
        return node
    if "discriminator" in node:
        return _told(node["discriminator"])
    made: dict[str, Any] = {key: _walk(value) for key, value in node.items() if key not in ("title", "default", "properties")}
    if "properties" in node:  # its keys are keys of the profile, not of the schema
        made["properties"] = {key: _walk(value) for key, value in node["properties"].items()}
    if made.get("format") in _NO_FORMATS:
        del made["format"]
    if made.get("type") in ("string", "integer", "boolean", "number") and "const" not in made and "enum" not in made:
        made["type"] = _SCALARS
    elif made.get("type") == "array":
        return {"anyOf": [made, {"type": _SCALARS}]}  # one of a list may stand alone
    return _nullable(made)


def _nullable(node: dict[str, Any]) -> dict[str, Any]:
    """``anyOf [X, null]`` is X that may be null: ``null`` means that it is not there."""
    options = node.get("anyOf", [])
    rest = [option for option in options if option != {"type": "null"}]
    if len(rest) != 1 or len(options) == 1:
        return node
    made = {**{key: value for key, value in node.items() if key != "anyOf"}, **rest[0]}
    return made | ({"type": [*_SCALARS, "null"]} if made.get("type") == _SCALARS else {})


def _told(discriminator: dict[str, Any]) -> dict[str, Any]:
    key, mapping = discriminator["propertyName"], discriminator["mapping"]
    return {
        "type": "object",
        "required": [key],
        "properties": {key: {"enum": sorted(mapping)}},
        "allOf": [
            {"if": {"properties": {key: {"const": word}}, "required": [key]}, "then": {"$ref": ref}}
            for word, ref in sorted(mapping.items())
        ],
    }
