"""Writes what the documents say about the code: the tree in ARCHITECTURE.md, the diagram of states, docs/coverage.md.

Run it after a file or a test came, went or changed its first line: ``python docs/make_docs.py``.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from connector.lifecycle import diagram

ROOT = Path(__file__).resolve().parent.parent
WINGS = ("reconciliation", "transports", "bank_profiles", "config", "connector")


def tree() -> str:
    """Every room and file with its one idea."""
    lines: list[str] = []
    for wing in WINGS:
        lines += _room(ROOT / wing, 0)
    return "```\n" + "\n".join(lines) + "\n```"


def _room(folder: Path, depth: int) -> Iterator[str]:
    yield f"{'  ' * depth}{folder.name + '/':<26}  {_idea(folder / '__init__.py')}".rstrip()
    for path in sorted(folder.iterdir()):
        if path.is_dir() and path.name != "versions" and list(path.rglob("*.py")):
            yield from _room(path, depth + 1)
        elif path.suffix == ".py" and path.name != "__init__.py":
            yield f"{'  ' * (depth + 1)}{path.name:<24}  {_idea(path)}"


def _idea(path: Path) -> str:
    text = ast.get_docstring(ast.parse(path.read_text("utf-8"))) if path.is_file() else ""
    return (text or "").partition("\n")[0].rstrip(".")


def tests() -> dict[str, list[str]]:
    """Test file → names of its tests."""
    found = {}
    for path in sorted((ROOT / "tests").rglob("*.py")):
        names = [n.name for n in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(n, ast.FunctionDef)]
        found[str(path.relative_to(ROOT))] = [name for name in names if name.startswith("test_")]
    return found


def coverage() -> str:
    """Which test holds which numbered rule of the field and which item of the security list."""
    rules: dict[int, list[str]] = {}
    items: dict[str, list[str]] = {}
    for path, names in tests().items():
        for name in names:
            for number in re.findall(r"rule_(\d{3})", name):
                rules.setdefault(int(number), []).append(f"{path}::{name}")
            for letter, number in re.findall(r"^test_([a-h])(\d{1,2})_", name):
                items.setdefault(f"{letter.upper()}{int(number)}", []).append(f"{path}::{name}")
    lines = ["# What holds what", "", "Written by docs/make_docs.py from the names of the tests.", ""]
    lines += [f"## Rules of the field: {len(rules)} of 98 have a test", ""]
    lines += [f"- {number:03d}: " + ", ".join(f"`{t}`" for t in rules[number]) for number in sorted(rules)]
    lines += ["", f"## Security items: {len(items)} have a test", ""]
    lines += [f"- {key}: " + ", ".join(f"`{t}`" for t in items[key]) for key in sorted(items, key=lambda k: (k[0], int(k[1:])))]
    return "\n".join(lines) + "\n"


def _between(text: str, mark: str, inside: str) -> str:
    head, _, rest = text.partition(f"<!-- {mark} -->")
    return f"{head}<!-- {mark} -->\n{inside}\n<!-- /{mark} -->{rest.partition(f'<!-- /{mark} -->')[2]}"


def main() -> None:
    """Write them all."""
    path = ROOT / "ARCHITECTURE.md"
    text = _between(path.read_text("utf-8"), "tree", tree())
    path.write_text(_between(text, "states", f"```mermaid\n{diagram()}\n```"), "utf-8")
    (ROOT / "docs" / "coverage.md").write_text(coverage(), "utf-8")


if __name__ == "__main__":
    main()
