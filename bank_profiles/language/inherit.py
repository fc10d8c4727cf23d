"""``extends``: what a profile takes over from its parent, key by key, each value still knowing in which file and line it was written.

The whole rules: one parent, two levels at most, its edition pinned (``families/city-sftp@2``). Mapping and mapping are merged key by
key; anything else replaces. A block of another ``kind`` or ``format`` replaces the parent's whole. ``drop`` removes a key, ``after``
places a new column. A child may not be looser than its parent unless that is allowed by name.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from bank_profiles.errors import BadProfile, Problem, ProfilePlace, Text
from bank_profiles.language.yaml_text import Loaded, YamlPath

LEVELS_MAX = 2
DROP = "drop"
_TELLING = ("kind", "format")  # a block of another of these is another block
_LOOSENESS = {"stop": 0, "review": 1, "keep": 2}

Read = Callable[[str], Loaded]


class NoSuchParent(Exception):
    """No folder holds it."""

    def __init__(self, folders: Sequence[str]) -> None:
        super().__init__(folders)
        self.folders = folders


def inherited(child: Loaded, read: Read, *, looser: bool = False, level: int = 1) -> Loaded:
    """A profile with all that its parents say. ``read`` gives a parent by its pinned name, and raises NoSuchParent where there is none.

    Raises BadProfile for a chain too long, a child that is looser than its parent, a ``drop`` or ``after`` of nothing.
    """
    if not isinstance(child.data, dict) or "extends" not in child.data:
        return child
    name, place = child.data["extends"], child.place(("extends",))
    if not isinstance(name, str) or "@" not in name or ".." in name or name.startswith("/"):
        raise BadProfile([_bad_name(place)])
    if level > LEVELS_MAX:
        raise BadProfile([_too_deep(place)])
    try:
        parent = inherited(read(name), read, looser=looser, level=level + 1)
    except NoSuchParent as lost:
        raise BadProfile([_no_parent(place, name, lost.folders)]) from None
    merging = _Merging(child, parent)
    merged = merging.block(child.data, parent.data, ())
    del merged["extends"]
    problems = [*merging.problems, *([] if looser else _looser(merged, parent, child))]
    if problems:
        raise BadProfile(problems)
    return merging.loaded(merged)


class _Merging:
    """Merges one child into one parent, noting for each path whose it is."""

    def __init__(self, child: Loaded, parent: Loaded) -> None:
        self._child, self._parent = child, parent
        self.problems: list[Problem] = []
        self._ours: set[YamlPath] = {()}

    def block(self, child: Mapping[str, Any], parent: Mapping[str, Any], at: YamlPath) -> dict[str, Any]:
        """The parent's keys in their order, then the new ones, or each new one behind the column it names."""
        merged = dict(parent)
        for key, value in child.items():
            here = (*at, key)
            if value == DROP:
                if merged.pop(key, None) is None:
                    self.problems.append(_nothing_to(self._child.place(here), DROP, key))
                continue
            self._ours.add(here)
            behind = value.get("after") if isinstance(value, dict) and at[-1:] == ("fields",) else None
            if behind is not None:
                value = {word: said for word, said in value.items() if word != "after"}  # noqa: PLW2901 - the placing is done here
                merged = self._placed(merged, key, value, behind, here)
            elif self._goes_on(value, parent.get(key)):
                merged[key] = self.block(value, parent[key], here)
            else:
                merged[key] = value
                self._ours |= {path for path in (*self._child.values, *self._child.keys) if path[: len(here)] == here}
        return merged

    def _goes_on(self, value: Any, before: Any) -> bool:
        """Are both the same kind of block?"""
        if not (isinstance(value, dict) and isinstance(before, dict)):
            return False
        return all(word not in value or value[word] == before.get(word) for word in _TELLING)

    def _placed(self, merged: dict[str, Any], key: str, value: Any, behind: str, here: YamlPath) -> dict[str, Any]:
        if behind not in merged:
            self.problems.append(_nothing_to(self._child.place((*here, "after")), "after", behind))
        self._ours |= {path for path in (*self._child.values, *self._child.keys) if path[: len(here)] == here}
        placed: dict[str, Any] = {}
        for name, said in merged.items():
            if name != key:
                placed[name] = said
            if name == behind:
                placed[key] = value
        return placed

    def loaded(self, data: dict[str, Any]) -> Loaded:
        """The merged text with the place of every key and value: the child's where it says something itself."""
        values, keys, files = dict[YamlPath, tuple[int, int]](), dict[YamlPath, tuple[int, int]](), dict[YamlPath, str]()
        for path in _paths(data, ()):
            source = self._child if path in self._ours else self._parent
            for into, places in ((values, source.values), (keys, source.keys)):
                if path in places:
                    into[path] = places[path]
            files[path] = source.file_of(path)
        return Loaded(
            data, values, keys, self._child.file, {path: file for path, file in files.items() if file != self._child.file}
        )


def _paths(data: Any, at: YamlPath) -> Iterator[YamlPath]:
    yield at
    lines = data.split("\n") if isinstance(data, str) and "\n" in data else ()
    inside = data.items() if isinstance(data, dict) else enumerate(data if isinstance(data, list) else lines)
    for key, value in inside:
        yield from _paths(value, (*at, key))


# ---- looser than the parent ---------------------------------------------------------------------------------------------------------


_PROOFS = {
    "equals": Text("a control total", "控制合计"),
    "same_as": Text("the number of the batch that was sent", "所发批次号的核对"),
    "const": Text("a constant", "常量"),
}


def _looser(merged: Mapping[str, Any], parent: Loaded, child: Loaded) -> Iterator[Problem]:
    """A check that the parent makes and the child would not, with whatever it is lost: a total dropped, an unknown code taken."""
    told: set[YamlPath] = set()
    for path in _proofs(parent.data):
        check, before = _PROOFS[str(path[-1])], _at(parent.data, path)
        if not _kept(merged, parent.data, path):
            lost = next(path[:steps] for steps in range(1, len(path) + 1) if _at(merged, path[:steps]) is None)
            if lost not in told:
                told.add(lost)
                yield _is_looser(child.place(lost), parent.place(path), check)
        elif _warns(_at(merged, path)) and not _warns(before):
            yield _is_looser(child.place((*path, "severity")), parent.place(path), check)
    for name, codes in (_at(parent.data, ("maps",)) or {}).items():
        path = ("maps", name, "other")
        if _LOOSENESS.get(str(_at(merged, path)), 0) > _LOOSENESS.get(str(codes.get("other", "stop")), 0):
            yield _is_looser(child.place(path), parent.place(path), Text("what an unknown code does", "未知代码的处理"))


def _proofs(data: Any) -> Iterator[YamlPath]:
    """Where a column of a side proves something; a column that is only called so does not."""
    sides = (path for path in _paths(data, ()) if path[:1] in (("inquiry",), ("response",), ("receipt",)))
    return (path for path in sides if path[-1] in _PROOFS and path[-2:-1] != ("fields",))


def _warns(total: Any) -> bool:
    return isinstance(total, dict) and total.get("severity") == "warning"


def _kept(merged: Mapping[str, Any], before: Any, path: YamlPath) -> bool:
    """Does the child make this check too? A file of another format has columns of its own: then some check of the kind must be there."""
    if _at(merged, path) is not None:
        return True
    replaced = next(
        (path[:steps] for steps in range(len(path)) if _is_another(_at(merged, path[:steps]), _at(before, path[:steps]))), None
    )
    return replaced is not None and any(other[-1:] == path[-1:] for other in _paths(_at(merged, replaced), ()))


def _is_another(block: Any, before: Any) -> bool:
    both = isinstance(block, dict) and isinstance(before, dict)
    return both and any(block.get(word) != before.get(word) for word in _TELLING)


def _at(data: Any, path: YamlPath) -> Any:
    for step in path:
        data = (
            data.get(step) if isinstance(data, dict) else data[step] if isinstance(data, list) and isinstance(step, int) else None
        )
    return data


# ---- what is said -------------------------------------------------------------------------------------------------------------------


def _bad_name(place: ProfilePlace) -> Problem:
    what = Text("this is not the name of a parent with its edition", "这不是带版本号的上级画像名称")
    expected = Text("for example families/city-sftp@2", "例如 families/city-sftp@2")
    return Problem(code="bad-parent", place=place, what=what, expected=expected)


def _too_deep(place: ProfilePlace) -> Problem:
    what = Text(f"more than {LEVELS_MAX} levels of parents", f"上级画像超过 {LEVELS_MAX} 级")
    hint = Text("take over what the parent of the parent says", "请将上级的上级的内容并入")
    return Problem(code="too-many-parents", place=place, what=what, hint=hint)


def _no_parent(place: ProfilePlace, name: str, looked_in: Sequence[str]) -> Problem:
    what = Text(f"there is no parent “{name}”", f"没有上级画像“{name}”")
    expected = Text(f"a file {name}.yaml in the folder of the profiles", f"画像目录中应有文件 {name}.yaml")
    hint = Text(f"looked in {', '.join(looked_in)}", f"已查找：{'、'.join(looked_in)}")
    return Problem(code="no-parent-profile", place=place, what=what, expected=expected, hint=hint)


def _nothing_to(place: ProfilePlace, word: str, key: str) -> Problem:
    what = Text(f"{word}: the parent has no “{key}” here", f"{word}：上级画像此处没有“{key}”")
    return Problem(
        code="not-inherited",
        place=place,
        what=what,
        hint=Text("look at it with   profile explain", "请用   profile explain   查看"),
    )


def _is_looser(place: ProfilePlace, parent: ProfilePlace, check: Text) -> Problem:
    return Problem(
        code="looser",
        place=place,
        what=Text(
            f"this is looser than the parent: {check.en} ({parent.text('en')})",
            f"比上级画像宽松：{check.zh}（{parent.text('zh')}）",
        ),
        expected=Text("as strict as the parent, or stricter", "与上级画像同样严格或更严"),
        hint=Text(
            "where it is meant so: profile check --allow-looser, and the approver sees it",
            "若确需如此：profile check --allow-looser，审批人可见",
        ),
    )
