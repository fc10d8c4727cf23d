"""A tree of elements: columns are paths ``a/b/@c`` from the element of their record; names are told by namespace, never by prefix."""

from collections.abc import Mapping
from typing import Literal

from bank_profiles.language.formats.base import Encoding, FileBase
from bank_profiles.language.formats.trees import TreeRecord
from bank_profiles.language.words import Block, OneOrMore, YesNo

DEFAULT = "default"  # the namespace of elements without a short name


class XmlRecord(TreeRecord):
    """One repeated element. A column is an element's text (``a/b``, ``.``) or an attribute (``a/@b``, ``@b``)."""

    strict: YesNo = False  # an element or attribute in it that no column names makes the row bad; else it is passed over


class Payload(Block):
    """The document stands as text inside another one, whose head and other elements say nothing of the rows."""

    at: str  # path of the element (or attribute) that holds it, from the outer document element on
    kind: Literal["text", "base64"]  # text: escaped or as CDATA
    encoding: Encoding | None = None  # of the bytes behind the Base64; default: that of the file


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
    declares: str | None = None  # the encoding its first line names, where a bank always names a wrong one
    payload: Payload | None = None
    paging: Paging | None = None
    records: Mapping[str, XmlRecord]
