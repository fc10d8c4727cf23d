"""One pinned key names one bank: where two connections pin the same for a door of ours, nobody could tell who came."""

from collections.abc import Iterable, Mapping

from config.road import DatedPin
from config.yaml_file import BadSettings


def expect_one_owner(pins: Mapping[str, Iterable[DatedPin]], en: str, zh: str) -> None:
    """``pins``: by the code of the connection; ``en``, ``zh``: what they are pinned for. Raises BadSettings (pin-shared)."""
    owners: dict[str, str] = {}
    for code, pinned in pins.items():
        for each in pinned:
            first = owners.setdefault(each.pin.rstrip("="), code)
            if first != code:
                raise BadSettings(
                    f"connections/{first}.yaml and connections/{code}.yaml pin the same key for {en}: one key names one bank",
                    f"connections/{first}.yaml 与 connections/{code}.yaml 为{zh}登记了同一密钥：一把密钥只能属于一家银行",
                    code="pin-shared",
                )
