"""A tree of elements: columns are paths ``a/b/@c`` from the element of their record; names are told by namespace, never by prefix."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BeforeValidator

from bank_profiles.language.fields import long_form
from bank_profiles.language.formats.base import FileBase
from bank_profiles.language.formats.trees import TreeField, TreeRecord
from bank_profiles.language.words import Block, OneOrMore, YesNo

DEFAULT = "default"  # the namespace of elements without a short name


class XmlField(TreeField):
    """An element's text (``a/b``, ``.``) or an attribute (``a/@b``, ``@b``)."""

    also: tuple[str, ...] = ()  # other paths it may stand at instead; the first of all is written


class XmlRecord(TreeRecord):
    """One repeated element."""

    strict: YesNo = (
        False  # an element or attribute in it that the profile does not name makes the row bad; else it is passed over
    )
    fields: Mapping[str, Annotated[XmlField, BeforeValidator(long_form)]]


class Payload(Block):
    """The document stands as text inside another one, whose head and other elements say nothing of the rows."""

    at: str  # path of the element (or attribute) that holds it, from the outer document element on
    kind: Literal["text", "base64"]  # text: escaped or as CDATA
    encoding: str | None = None  # of the bytes behind the Base64; default: that of the file


class Paging(Block):
    """An answer in several messages, each one document."""

    more: str  # path from the root: does another one follow?
    more_is: OneOrMore  # then it says this
    page: str | None = None  # path from the root: the number of this one


class Xml(FileBase):
    """One document."""

    format: Literal["xml"]
    root: str  # path from the document element on: one name, or through an envelope ``soap:Envelope/soap:Body/Reply``
    namespaces: dict[str, OneOrMore] = {}  # short name in our paths: URI; several where editions differ in nothing else
    declares: str | None = None  # the encoding its first line names where that is not the one it has: some banks copy a wrong one
    payload: Payload | None = None
    paging: Paging | None = None
    records: Mapping[str, XmlRecord]
