"""Paths of XML: ``a/b`` the text of an element, ``a/@b`` an attribute, ``.`` the element itself, ``s:a`` of the namespace called s."""

from typing import NamedTuple

from bank_profiles.language.formats.trees import HERE, steps


class Name(NamedTuple):
    """One name as the profile writes it; ``short`` is empty where it has none."""

    short: str
    local: str

    def __str__(self) -> str:
        return f"{self.short}:{self.local}" if self.short else self.local


class XmlPath(NamedTuple):
    """Steps down from an element; then its text, or one of its attributes."""

    steps: tuple[Name, ...] = ()
    attribute: Name | None = None


def path_of(text: str) -> XmlPath:
    """Raises ValueError where this is no path."""
    parts = list(steps(text))
    attribute = parts.pop().removeprefix("@") if parts and parts[-1].startswith("@") else None
    return XmlPath(tuple(_name(part) for part in parts), None if attribute is None else _name(attribute))


def element_path(text: str) -> tuple[Name, ...]:
    """A path that leads to elements. Raises ValueError where it leads to an attribute, or is none."""
    path = path_of(text)
    if path.attribute is not None:
        raise ValueError(text)
    return path.steps


def _name(text: str) -> Name:
    short, colon, local = text.rpartition(":")
    if not _is_name(local) or (colon and not _is_name(short)):
        raise ValueError(text)
    return Name(short, local)


def _is_name(text: str) -> bool:
    """Letters, digits, ``_ - .``, a letter or ``_`` first; Chinese letters are letters."""
    return text != HERE and (text[:1].isalpha() or text[:1] == "_") and all(c.isalnum() or c in "_-." for c in text)
