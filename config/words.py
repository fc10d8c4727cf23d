"""The small words of settings: codes, references to secrets and certificates, fingerprints, durations."""

import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, StringConstraints
from pydantic_core import PydanticCustomError

_NAME = r"[a-z0-9][a-z0-9_-]*(?:[/.][a-z0-9_-]+)*"  # a name below a folder, never a path that climbs
Secret = Annotated[str, StringConstraints(pattern=rf"^secret:{_NAME}$")]
Certificate = Annotated[str, StringConstraints(pattern=rf"^cert:{_NAME}$")]
Pin = Annotated[str, StringConstraints(pattern=r"^SHA256:[A-Za-z0-9+/]{43}=?$")]
Word = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Region = Annotated[str, StringConstraints(pattern=r"^[1-8](\d{5}|\d{11})$")]


def _duration(written: Any) -> Any:
    """30s, 15m, 4h, 2d: as profiles write it."""
    said = re.fullmatch(r"([1-9][0-9]{0,4})([smhd])", written) if isinstance(written, str) else None
    if said is None:
        raise PydanticCustomError("not_a_duration", "must be a duration such as 30m, 4h or 2d")
    return timedelta(**{{"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}[said[2]]: int(said[1])})


Duration = Annotated[timedelta, BeforeValidator(_duration)]
