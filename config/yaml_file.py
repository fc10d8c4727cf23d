"""A YAML file as a settings model; what is wrong is named by file, line and column, and no value is repeated."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from config.complaints import said, told


class BadSettings(Exception):
    """A settings file is refused: its place, what is wrong, what was expected."""

    def __init__(self, en: str, zh: str, code: str = "bad-settings") -> None:
        super().__init__(en)
        self.en, self.zh, self.code = en, zh, code


class Section(BaseModel):
    """Every block of a settings file: unknown keys are refused, values never shown in messages."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


Model = TypeVar("Model", bound=BaseModel)
Loc = tuple[int | str, ...]
_DAY = "tag:yaml.org,2002:timestamp"
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # of libyaml, twenty times as fast, where PyYAML was built with it


def read_model(path: Path, model: type[Model]) -> Model:
    """The file as ``model``. Raises BadSettings naming every fault at once."""
    try:
        node, data = _read(path.read_text("utf-8"))
    except FileNotFoundError:
        raise BadSettings(f"{path}: there is no such file", f"{path}：没有这个文件") from None
    except (yaml.YAMLError, UnicodeDecodeError) as broken:
        mark = getattr(broken, "problem_mark", None)
        place = f"{path}:{mark.line + 1}:{mark.column + 1}" if mark else str(path)
        raise BadSettings(f"{place}: this is not YAML in UTF-8", f"{place}：不是有效的 YAML（须为 UTF-8）") from None
    try:
        return model.model_validate(data)
    except ValidationError as wrong:
        faults = [(_place(path, node, error["loc"]), error) for error in wrong.errors(include_input=False)]
    raise _refused(faults)


def _read(text: str) -> tuple[Any, Any]:
    """Its nodes, with their places, and its data."""
    loader = _LOADER(text)
    try:
        node = loader.get_single_node()
        try:
            return node, loader.construct_document(node) if node is not None else None
        except ValueError:  # the 30th of February and the like
            _leave_as_text(node)
            return node, _LOADER("").construct_document(node)
    finally:
        loader.dispose()


def _leave_as_text(node: Any) -> None:
    """Days that do not exist stay as they are written, so that the model names their place."""
    if isinstance(node, yaml.ScalarNode) and node.tag == _DAY:
        try:
            _LOADER("").construct_object(node)
        except ValueError:
            node.tag = "tag:yaml.org,2002:str"
    for child in node.value if isinstance(node, yaml.CollectionNode) else ():
        for each in child if isinstance(child, tuple) else (child,):
            _leave_as_text(each)


def _refused(faults: Sequence[tuple[str, Mapping[str, Any]]]) -> BadSettings:
    """Those with a message of their own first, each on its lines; then the others, one behind the other."""
    en, zh, codes = list[str](), list[str](), list[str]()
    short: list[tuple[str, str]] = []
    for place, error in faults:
        if (long := told(error)) is not None:
            en.append(long.en(place))
            zh.append(long.zh(place))
            codes.append(long.code)
            continue
        key, words = ".".join(map(str, error["loc"])), said(error)
        short.append((f"{place}: {key}: {words[0]}", f"{place}：{key}：{words[1]}"))
    en += ["; ".join(one for one, _ in short)] if short else []
    zh += ["；".join(other for _, other in short)] if short else []
    return BadSettings("\n".join(en), "\n".join(zh), *codes[:1])


def write_yaml(path: Path, data: dict[str, Any]) -> None:
    """Write a settings file in the order given."""
    path.write_text(yaml.safe_dump(data, allow_unicode=True, sort_keys=False), "utf-8")


def _place(path: Path, node: Any, loc: Loc) -> str:
    """``file:line:column`` of the deepest part of ``loc`` that is in the file."""
    for step in loc:
        child = _child(node, step)
        if child is None:
            break
        node = child
    mark = node.start_mark if node is not None else None
    return f"{path}:{mark.line + 1}:{mark.column + 1}" if mark else str(path)


def _child(node: Any, step: int | str) -> Any:
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == str(step)), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step]
    return None
