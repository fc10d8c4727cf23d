"""Every code a message can have has one page, in both languages; no page speaks of a code that nobody can meet."""

import ast
import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import bank_profiles
from bank_profiles.encodings import ENCODINGS
from bank_profiles.errors import Lang
from bank_profiles.help.pages import PAGES

WING = Path(bank_profiles.__file__).parent
SLUG = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
MAKERS = {"error", "warning", "BadValue", "BadLine", "BadFile", "Wording", "PydanticCustomError"}  # the code is their first word
# Words with a hyphen that are no codes: encodings as XML names them, seals, message codes, calendars, a word of the schema.
FOREIGN = re.compile(
    r"utf-?(8|16|32).*|iso-.*|latin-.*|big5-.*|us-ascii|windows-.*|cms-.*|sm2-.*|hmac-.*|cn-bank-workday|x-mzt073"
)


def collected() -> dict[str, str]:
    """Code → the file it is emitted in: what is given as ``code=``, to a maker of problems, or looks like one."""
    found: dict[str, str] = {}
    for path in WING.rglob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        for code in [*_named(tree), *_hyphened(tree)]:
            if SLUG.fullmatch(code) and not FOREIGN.fullmatch(code) and code not in ENCODINGS:
                found[code] = str(path.relative_to(WING))
    return found


def _named(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr if isinstance(node.func, ast.Attribute) else ""
        values = [keyword.value for keyword in node.keywords if keyword.arg == "code"]
        values += node.args[:1] if name in MAKERS else []
        yield from (value.value for value in values if isinstance(value, ast.Constant) and isinstance(value.value, str))


def _hyphened(tree: ast.Module) -> Iterator[str]:
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "-" in node.value and id(node) not in told:
            yield node.value


# Emitted by a table: what is forgiven, and what the text of a YAML may not have.
IN_TABLES = {"bom", "frame", "anchor", "tag", "directive", "tab", "unnoticed", "unproved"}


def test_every_code_has_a_page() -> None:
    lacking = {code: file for code, file in collected().items() if code not in PAGES}

    assert {} == lacking


def test_no_page_is_orphaned() -> None:
    known = set(collected()) | IN_TABLES
    sources = "\n".join(path.read_text("utf-8") for path in WING.rglob("*.py"))

    assert set() == set(PAGES) - known
    assert all(f'"{code}"' in sources for code in IN_TABLES)


@pytest.mark.parametrize("code", PAGES)
def test_a_page_says_the_same_things_in_both_languages(code: str) -> None:
    page = PAGES[code]

    assert all((page.en.means, page.en.why, page.en.do, page.zh.means, page.zh.why, page.zh.do))
    assert not re.search("[\u4e00-\u9fff]", page.en.means + page.en.why) or "“" in page.en.means + page.en.why
    assert re.search("[\u4e00-\u9fff]", page.zh.means)
    assert bool(page.en.example) == bool(page.zh.example)
    assert code in page.en.example + code


def test_nearly_every_page_shows_a_message() -> None:
    assert {"bad-value", "package-entries", "package-ratio"} == {code for code, page in PAGES.items() if not page.en.example}


@pytest.mark.parametrize(("lang", "file"), [("en", "codes.md"), ("zh", "codes.zh-CN.md")])
def test_the_pages_that_are_published_are_those_of_the_command(lang: Lang, file: str) -> None:
    docs = WING.parent / "docs"
    spec = importlib.util.spec_from_file_location("make_docs", docs / "make_docs.py")
    assert spec is not None
    assert spec.loader is not None
    maker = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(maker)

    assert (docs / file).read_text("utf-8") == maker.codes(lang)


def test_a_page_is_read_as_one_piece() -> None:
    assert (
        PAGES["tab"]
        .render("en")
        .startswith("tab\n  means: A line begins with a tab.\n  why: A profile is read as plain text, so that 0102 stays 0102.")
    )
    assert "\n  处理：每级用两个空格" in PAGES["tab"].render("zh")
