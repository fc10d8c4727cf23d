"""Members of an object that no path of the profile takes: what a strict record may not have."""

from __future__ import annotations

from bank_profiles.codecs.json.text import Tree
from bank_profiles.language.formats.trees import EVERY

Known = dict[str, "Known | None"]  # by member; None: rows of another record stand there, which look at themselves


def note(known: Known, path: tuple[str, ...], *, others: bool = False) -> None:
    """A path that the profile takes. ``others``: to rows of another record."""
    for step in path[:-1]:
        below = known.setdefault(step, {})
        if below is None:
            return
        known = below
    if others:
        known[path[-1]] = None
    elif path:
        known.setdefault(path[-1], {})


def has_more(tree: Tree, known: Known) -> bool:
    """Is there a member on no path of the profile?"""
    if isinstance(tree, list):
        return any(has_more(item, known) for item in tree)
    if not isinstance(tree, dict):
        return False
    for name, child in tree.items():
        if name not in known and EVERY not in known:
            return True
        below = known.get(name, known.get(EVERY))
        if below is not None and has_more(child, below):
            return True
    return False
