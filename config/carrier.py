"""A carrier's own settings, carrier.yaml: the folders it shares with the centre, its journal's key, and the road to each bank."""

from pathlib import Path
from typing import Annotated, Self

from pydantic import StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from config.road import Road
from config.words import Secret, Word
from config.yaml_file import BadSettings, Section, read_model

NAME = "carrier.yaml"


class CarriedBank(Road):
    """One bank: the code of its folders, the profile whose channel says the manners, and the road as a connection spells it."""

    code: Word
    profile: Word


class Carrier(Section):
    """DIR/carrier.yaml. Paths are relative to DIR. ``out`` is written by the centre, ``back`` by the carrier."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=64)] = "carrier"
    out: Path = Path("out")
    back: Path = Path("back")
    key: Secret = "secret:journal-key"
    profiles: tuple[Path, ...] = ()  # folders of profiles beside those that come with the product
    banks: tuple[CarriedBank, ...] = ()

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        """Two roads under one code would share folders and answer each other's parcels."""
        codes = [bank.code for bank in self.banks]
        if len(set(codes)) != len(codes):
            raise PydanticCustomError("bank_twice", "banks: a code stands twice")
        return self


def read_carrier(folder: Path) -> Carrier:
    """The settings of the carrier in ``folder``. Raises BadSettings."""
    path = folder / NAME
    if not path.is_file():
        raise BadSettings(
            f"{folder}: there is no carrier here; make one with `connector carrier {folder} --init`",
            f"{folder}：此处没有前置机目录；请先运行 connector carrier {folder} --init",
        )
    return read_model(path, Carrier)
