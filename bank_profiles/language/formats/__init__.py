"""The formats a file of a bank may have. This is the only list of them."""

from typing import Annotated

from pydantic import Field

from bank_profiles.language.formats.base import FileBase
from bank_profiles.language.formats.delimited import Delimited
from bank_profiles.language.formats.excel import Excel
from bank_profiles.language.formats.fixed import Fixed
from bank_profiles.language.formats.json import Json
from bank_profiles.language.formats.self_describing import SelfDescribing
from bank_profiles.language.formats.xml import Xml

FORMATS: tuple[type[FileBase], ...] = (Delimited, Fixed, Xml, Json, Excel, SelfDescribing)
FileSpec = Annotated[Delimited | Fixed | Xml | Json | Excel | SelfDescribing, Field(discriminator="format")]


def shows_its_end(spec: FileBase) -> bool:
    """Does a file that was cut not open? A tree or a workbook is whole or broken; of lines any number looks good, and only a count
    proves that none is lost."""
    return isinstance(spec, Xml | Excel) or (isinstance(spec, Json) and not spec.lines)
