"""One file of somebody else, the profile that describes it, and what must come out of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Sample:
    """``profile``: under tests/bank_profiles/samples/, without ``.yaml``; ``file``: under the sample collection; ``key``: of the profile's response.

    ``rows`` by kind. ``sums``: ``"movement.amount_minor"`` → the sum over all rows, recomputed from the file by other means (the oracle).
    ``refused``: the code and the line of the error where the file is malformed; then nothing comes out.
    """

    profile: str
    file: str
    key: str
    rows: Mapping[str, int] = field(default_factory=dict)
    sums: Mapping[str, int] = field(default_factory=dict)
    parked: Mapping[str, int] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    refused: tuple[str, int | None] | None = None
    oracle: str = ""  # in a few words: where the figures come from
