"""The house holds: imports run downhill, no circles, each library at home, the drawn tree is the tree on disk."""

import ast
import functools
import re
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
WINGS = ("connector", "config", "bank_profiles", "transports", "reconciliation")

# Who may import whom; what is not here may import nothing of ours.
DOWNHILL = {
    "connector": {"config", "bank_profiles", "transports", "reconciliation"},
    "config": {"transports"},
    "bank_profiles": {"reconciliation"},
    "transports": set(),
    "reconciliation": set(),
}

# One home for each library that shapes a room.
HOMES = {
    "aiohttp": ("transports/https", "connector/web", "connector/bankside", "connector/dropbox"),
    "typst": ("connector/papers",),
    "segno": ("connector/papers",),
    "paramiko": ("transports/sftp", "connector/bankside/sftp_server.py"),
    "cryptography": ("transports/sealing",),
    "gmssl_pyx": ("transports/sealing",),
    "pkcs11": ("transports/sealing",),
    "pysequoia": ("transports/sealing",),
    "tenacity": ("transports/retrying.py",),
    "pandas": ("reconciliation",),
    "pydantic": ("config", "bank_profiles"),
    "pydantic_core": ("config", "bank_profiles"),
    "sqlalchemy": ("connector/ledger",),
    "alembic": ("connector/ledger",),
    "yaml": ("bank_profiles/language/yaml_text.py", "bank_profiles/catalogue.py", "config"),
    "lxml": ("bank_profiles/codecs",),
    "apscheduler": ("connector/clock",),
    "boto3": ("connector/objects",),
    "botocore": ("connector/objects",),
    "distributed": ("connector/assembly.py", "connector/executors.py"),
    "typer": ("connector/cli",),
    "rich": ("connector/cli",),
    "xlsxwriter": ("connector", "bank_profiles/codecs"),
    "python_calamine": ("bank_profiles/codecs/excel/book.py",),
}

FORBIDDEN_CALLS = {"eval", "exec", "compile", "__import__"}
FORBIDDEN_MODULES = {"pickle", "marshal", "shelve", "subprocess"}
MAY_START_PROGRAMS = ("transports/openssh/program.py",)  # ssh, by list, for servers old by a dated exception


def sources() -> list[Path]:
    return sorted(p for wing in WINGS for p in (ROOT / wing).rglob("*.py"))


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@functools.cache
def parsed(path: Path) -> ast.Module:
    """A source file, parsed once for all of these tests."""
    return ast.parse(path.read_text("utf-8"))


@functools.cache
def imports(path: Path) -> Sequence[tuple[str, bool]]:
    """(module, whether it runs when the file is imported)."""
    return list(_imports(parsed(path)))


def _imports(tree: ast.Module) -> Iterator[tuple[str, bool]]:
    top = {id(node) for node in _at_import(tree)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, id(node) in top
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            for alias in node.names:
                yield f"{node.module}.{alias.name}", id(node) in top


def _at_import(tree: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        yield child
        yield from _at_import(child)


def test_imports_run_downhill() -> None:
    uphill = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in sources()
        for name, _ in imports(path)
        if (wing := name.partition(".")[0]) in WINGS
        and wing != (own := path.relative_to(ROOT).parts[0])
        and wing not in DOWNHILL[own]
    ]

    assert uphill == []


def test_there_is_no_circle_of_files() -> None:
    known = {module_name(path): path for path in sources()}
    arrows = {
        name: {_owner(target, known) for target, early in imports(path) if early} & set(known) - {name}
        for name, path in known.items()
    }
    while leaves := [name for name, targets in arrows.items() if not targets & set(arrows)]:
        for name in leaves:
            del arrows[name]

    assert sorted(arrows) == []


def _owner(target: str, known: dict[str, Path]) -> str:
    """The file an imported name lives in: the module itself, or the one it is a member of."""
    return target if target in known else target.rpartition(".")[0]


@pytest.mark.parametrize("library", sorted(HOMES))
def test_each_library_has_its_home(library: str) -> None:
    strangers = [
        str(path.relative_to(ROOT))
        for path in sources()
        if any(name.partition(".")[0] == library for name, _ in imports(path))
        and not str(path.relative_to(ROOT)).startswith(HOMES[library])
    ]

    assert strangers == []


def test_b9_no_pickle_no_eval_no_shell() -> None:
    found = []
    for path in sources():
        where = str(path.relative_to(ROOT))
        found += [f"{where}: {name}" for name, _ in imports(path) if name.partition(".")[0] in FORBIDDEN_MODULES]
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in FORBIDDEN_CALLS:
                found.append(f"{where}:{node.lineno} {node.func.id}")

    assert [hit for hit in found if not hit.startswith(MAY_START_PROGRAMS)] == []


def test_only_one_place_asks_the_clock() -> None:
    asks = re.compile(r"datetime\.now\(|date\.today\(|datetime\.utcnow\(|time\.time\(")
    allowed = {"connector/assembly.py", "connector/carrier/joining.py"}  # the carrier may not import the centre
    found = {str(p.relative_to(ROOT)) for p in sources() if asks.search(p.read_text("utf-8"))}

    assert found - allowed == set()


def test_every_file_says_its_idea_first() -> None:
    silent = [str(p.relative_to(ROOT)) for p in sources() if not (ast.get_docstring(parsed(p)) or "").strip()]

    assert silent == []


def test_the_drawn_tree_is_the_tree_on_disk() -> None:
    drawn = set(re.findall(r"^ *([a-z0-9_]+\.py|[a-z0-9_]+/)  ", _tree_text(), re.M))
    shown = [p for p in sources() if "versions" not in p.parts]
    on_disk = {p.name for p in shown if p.name != "__init__.py"}
    rooms = {p.parent.name + "/" for p in shown}

    assert {name for name in drawn if name.endswith(".py")} ^ on_disk == set()
    assert rooms - drawn == set()


def _tree_text() -> str:
    text = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    return text.partition("<!-- tree -->")[2].partition("<!-- /tree -->")[0]


def test_what_the_project_asks_for_is_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    pinned = re.findall(r"^([A-Za-z0-9._-]+)==", (ROOT / "requirements-dev.lock").read_text("utf-8"), re.M)
    asked = project["dependencies"] + project["optional-dependencies"]["dev"]

    assert set() == {_plain(re.split(r"[\[<>=~!; ]", each)[0]) for each in asked} - set(map(_plain, pinned))


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_the_diagram_of_states_is_the_table() -> None:
    from connector.lifecycle import diagram

    assert diagram() in (ROOT / "ARCHITECTURE.md").read_text("utf-8")


def test_nothing_names_an_index_or_a_machine() -> None:
    suspicious = re.compile(r"-index[-]url|trusted[-]host|/root[/]|/home/[a-z]|files\.pythonhosted[.]org|pypi[.]org")
    here = Path(__file__).resolve()
    texts = [p for p in ROOT.rglob("*") if p.suffix in {".py", ".md", ".txt", ".lock", ".toml", ".yaml", ".sh"} and p.is_file()]
    kept = [p for p in texts if not {".venv", ".git", ".mypy_cache"} & set(p.parts) and p != here]
    found = [str(p.relative_to(ROOT)) for p in kept if suspicious.search(p.read_text("utf-8", errors="ignore"))]

    assert found == []
