"""docs/security.md tells the truth: every item names tests that are collected and carry its number, and both languages name the same."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

pytestmark = pytest.mark.xdist_group("security-document")  # what is collected is asked for once
ROOT = Path(__file__).resolve().parent.parent
PAGES = {"en": ROOT / "docs" / "security.md", "zh": ROOT / "docs" / "security.zh-CN.md"}
ITEMS = [*(f"A{n}" for n in range(1, 17)), *(f"C{n}" for n in range(1, 14)), *(f"G{n}" for n in range(1, 7))]
_ROW = re.compile(r"^\| ([A-Z]\d+) \| (.+) \| (.+) \| (.+) \|$", re.MULTILINE)
_TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
_POINTS = re.compile(r"<!-- crash points -->\n(.*?)<!-- /crash points -->", re.DOTALL)


def rows(language: str) -> dict[str, list[tuple[str, str]]]:
    """Item → (file, test) of its row."""
    return {found[1]: _TEST.findall(found[4]) for found in _ROW.finditer(PAGES[language].read_text("utf-8"))}


@cache
def collected() -> frozenset[tuple[str, str]]:
    """(file, test) of everything pytest finds in the files the page names; the tests of a contract count where it is signed."""
    files = sorted({file for tests in rows("en").values() for file, _ in tests if not _of_contract(file)})
    signed = ["tests/transports/test_folder.py", "tests/transports/sealing/test_cms.py"]
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", *files, *signed]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout
    names = [line.partition("[")[0].split("::") for line in found.splitlines() if "::" in line]
    return frozenset((parts[0], parts[-1]) for parts in names)


def test_every_item_has_its_row_once() -> None:
    for page in PAGES.values():
        assert ITEMS == [found[1] for found in _ROW.finditer(page.read_text("utf-8"))]


@pytest.mark.parametrize("item", ITEMS)
def test_an_item_names_tests_that_are_collected_and_carry_its_number(item: str) -> None:
    named = rows("en")[item]
    names = {name for _, name in collected()}

    assert named
    assert [name for _, name in named if f"_{item.lower()}_" not in name] == []
    assert [
        (file, name) for file, name in named if (file, name) not in collected() and not (_of_contract(file) and name in names)
    ] == []


def _of_contract(file: str) -> bool:
    """A contract is collected under the names of those who sign it."""
    return file.startswith("tests/contracts/")


def test_both_languages_name_the_same_tests() -> None:
    assert rows("en") == rows("zh")


# ---- crash points ---------------------------------------------------------------------------------------------------------------------


def points() -> Iterator[tuple[str, str]]:
    """(label, file) of every crash point in the code."""
    for path in sorted(ROOT.glob("[tc]*/**/*.py")):
        if path.relative_to(ROOT).parts[0] in ("transports", "connector"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "crashpoint":
                    assert isinstance(node.args[0], ast.Constant), path
                    yield str(node.args[0].value), str(path.relative_to(ROOT))


def test_the_crash_points_are_those_of_the_code() -> None:
    found: dict[str, set[str]] = {}
    for label, file in points():
        found.setdefault(label, set()).add(file)
    order = sorted(found, key=lambda label: (re.sub(r"\d", "", label), int(re.sub(r"\D", "", label))))
    lines = [f"| {label} | {' '.join(f'`{file}`' for file in sorted(found[label]))} |" for label in order]

    for page in PAGES.values():
        listed = _POINTS.search(page.read_text("utf-8"))
        assert listed
        assert lines == [line for line in listed[1].splitlines() if re.match(r"\| [A-Z]+\d+ ", line)]


# ---- A9 -------------------------------------------------------------------------------------------------------------------------------

# Calls that wait for somebody else, and the words by which each says for how long.
_OPENS = {
    "create_connection": {"timeout"},
    "open_session": {"timeout"},
    "connect_accepted_socket": {"ssl_handshake_timeout"},
    "ClientSession": {"timeout"},
    "HTTPSConnection": {"timeout"},
    "HTTPConnection": {"timeout"},
    "urlopen": {"timeout"},
    "create_unix_connection": {"ssl_handshake_timeout"},
    "open_connection": {"ssl_handshake_timeout"},
    "SSHClient": set[str](),  # its connect takes the word, and a new one could forget it: not used
    "psycopg.connect": {"connect_timeout"},
    "subprocess.run": {"timeout"},
    "subprocess.check_output": {"timeout"},
    "subprocess.check_call": {"timeout"},
    "subprocess.call": {"timeout"},
}
# Who makes a socket and connects it sets its timeout in the same function.
_CONNECTS = {"connect", "connect_ex", "sock_connect"}
_PLACES = ("transports", "connector", "config", "bank_profiles", "reconciliation")


def _calls() -> Iterator[tuple[str, ast.Call, ast.AST]]:
    """Every call of the source with its place and the function it stands in."""
    for place in _PLACES:
        for path in sorted((ROOT / place).rglob("*.py")):
            tree = ast.parse(path.read_text("utf-8"))
            around = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
            for node in ast.walk(tree):
                if isinstance(node, ast.Call):
                    inside: ast.AST = node
                    while inside in around and not isinstance(inside, ast.FunctionDef | ast.AsyncFunctionDef):
                        inside = around[inside]
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", node, inside


def test_a9_no_line_is_opened_without_a_deadline() -> None:
    """Whoever opens a line says how long it may take, in the same call; read from the source, so that none is forgotten."""
    open_ended = [
        place
        for place, node, _ in _calls()
        for called in (_name(node), f"{_whose(node)}.{_name(node)}")
        if called in _OPENS and not _OPENS[called] & {keyword.arg for keyword in node.keywords}
        if not (_name(node) == "create_connection" and len(node.args) > 1)
    ]

    assert open_ended == []


def test_a9_no_socket_connects_without_a_timeout() -> None:
    open_ended = [
        place
        for place, node, inside in _calls()
        if _name(node) in _CONNECTS
        for beside in [{f"{_whose(each)}.{_name(each)}" for each in ast.walk(inside) if isinstance(each, ast.Call)}]
        if "socket.socket" in beside and not any(each.endswith(".settimeout") for each in beside)
    ]

    assert open_ended == []


def _whose(call: ast.Call) -> str:
    return call.func.value.id if isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name) else ""


def _name(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else call.func.id if isinstance(call.func, ast.Name) else ""
