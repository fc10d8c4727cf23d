"""The address of a cell in a tree, for people: the path of the record it stands in, then its own, with what it is chosen by.

Doc/Body/Acct/Bal[Tp/Cd=CLBD]/Amt
"""

from __future__ import annotations

from bank_profiles.language.formats.trees import HERE, TreeField, steps
from bank_profiles.layouts.layout import Field, FileLayout, RecordLayout


def shown_path(field: Field) -> str:
    """From the element of its record; where one of several elements is wanted, the mark that one says."""
    rule = field.spelt
    if not isinstance(rule, TreeField) or not rule.among:
        return field.name
    own, among = steps(field.name), steps(rule.among)
    says = ", ".join(f"{path}={text}" for path, text in rule.when.items())
    wanted = f"{'/'.join(among) or HERE}[{says}]"
    return "/".join([wanted, *own[len(among) :]])


def home_of(layout: FileLayout, record: RecordLayout, field: Field) -> RecordLayout:
    """The record in whose element a field stands: its own, or the one it is carried from."""
    from_there = (each.record for each in record.carried if each.field is field)
    return layout.record(next(from_there, record.name))
