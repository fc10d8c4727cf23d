"""Maps of codes that many banks share, beside the profiles: ``maps: {currency: {use: iso4217}}``."""

import re
from functools import cache
from pathlib import Path

from bank_profiles.language.yaml_text import load

FOLDER = Path(__file__).parent.parent / "banks" / "maps"
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")


@cache
def shared_names() -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in FOLDER.glob("*.yaml") if _NAME.fullmatch(path.stem)))


@cache
def shared_codes(name: str) -> dict[str, str]:
    """Bank's code: our word; empty where there is no such map (the checks say so)."""
    if name not in shared_names():
        return {}
    path = FOLDER / f"{name}.yaml"
    return dict(load(path.read_bytes(), f"banks/maps/{path.name}").data["codes"])
