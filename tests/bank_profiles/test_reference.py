"""The reference of the language names every word there is, in both languages alike, and every example in it is good."""

import re
import typing
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from pydantic import TypeAdapter

from bank_profiles.catalogue import check_profile, load_profile
from bank_profiles.examples import run_examples
from bank_profiles.language.channel import Channel
from bank_profiles.language.formats import FORMATS
from bank_profiles.language.packages import Package, Papers
from bank_profiles.language.profile import Profile
from bank_profiles.language.service import CodeMap, Example
from bank_profiles.language.sides import Layout
from bank_profiles.language.words import Block, SideName
from bank_profiles.language.yaml_text import load
from bank_profiles.proving.proving import prove
from bank_profiles.rows_json import from_json
from bank_profiles.translation import PackageFacts, read_package, write_package
from bank_profiles.values.targets import FACTS, SKIP, targets
from reconciliation.exchange import RECORDS

ROOT = Path(__file__).parent.parent.parent
ENGLISH, CHINESE = ROOT / "docs" / "profile-language.md", ROOT / "docs" / "profile-language.zh-CN.md"
PAGES = pytest.mark.parametrize("page", [ENGLISH, CHINESE], ids=["en", "zh"])
INHERITED = {"after", "drop"}  # gone once a profile and its parents are one text


# ---- the pages ----------------------------------------------------------------------------------------------------------------------


class Fence(typing.NamedTuple):
    """One fenced block: what stands behind the fence, and its text."""

    mark: str
    text: str


def _fences(page: Path) -> list[Fence]:
    return [Fence(*found) for found in re.findall(r"^```(\S[^\n]*)\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL)]


def _prose(page: Path) -> str:
    return re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)


def _headings(page: Path) -> list[str]:
    return re.findall(r"^#+ .*$", _prose(page), re.MULTILINE)


def _sections(page: Path) -> dict[str, str]:
    """Number of a section → its prose."""
    parts = re.split(r"^## (\d+)\. .*$", _prose(page), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def _code(text: str) -> set[str]:
    """What stands in backticks, names in Chinese and pages of one language aside."""
    spans = re.findall(r"`([^`]+)`", text)
    return {span for span in spans if span.isascii()}


def _anchor(heading: str) -> str:
    plain = heading.lstrip("# ").lower()
    return "#" + re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")


# ---- every word ---------------------------------------------------------------------------------------------------------------------


def _blocks(hint: Any, seen: dict[type[Block], None]) -> dict[type[Block], None]:
    if isinstance(hint, type) and issubclass(hint, Block) and hint not in seen:
        seen[hint] = None
        for field in hint.model_fields.values():
            _blocks(field.annotation, seen)
    for inner in typing.get_args(hint):
        _blocks(inner, seen)
    return seen


def _choices(hint: Any) -> set[str]:
    if typing.get_origin(hint) is typing.Literal:
        return {str(choice) for choice in typing.get_args(hint)}
    return {choice for inner in typing.get_args(hint) for choice in _choices(inner)}


@PAGES
@pytest.mark.parametrize("block", _blocks(Profile, {}), ids=lambda block: block.__name__)
def test_every_key_and_every_choice_stands_in_the_reference(block: type[Block], page: Path) -> None:
    keys = {field.alias or name for name, field in block.model_fields.items()}
    choices = {choice for field in block.model_fields.values() for choice in _choices(field.annotation)} - {"in", "out", " "}
    spans = re.findall(r"`([^`]+)`", _prose(page))

    assert set() == {word for word in keys | choices if not any(_stands(word, span) for span in spans)}


def _stands(word: str, span: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])" if word[0].isalnum() else re.escape(word), span) is not None


@PAGES
def test_every_word_of_inheriting_stands_in_its_section(page: Path) -> None:
    assert set() == INHERITED - _code(_sections(page)["23"])


@PAGES
@pytest.mark.parametrize("kind", RECORDS)
def test_every_field_of_a_row_stands_in_the_reference(kind: str, page: Path) -> None:
    row = next(line for line in page.read_text().splitlines() if line.startswith(f"| {kind} |"))

    assert list(targets(kind)) == re.findall(r"[a-z_]+", row.split("|")[2])


@PAGES
def test_every_fact_of_a_file_stands_in_the_reference(page: Path) -> None:
    assert ", ".join(FACTS) in page.read_text()


# ---- every example ------------------------------------------------------------------------------------------------------------------


def _hint(mark: str) -> Any:
    """What a fragment is: ``channel``, ``records delimited``, ``fields fixed`` …"""
    plain: Mapping[str, Any] = {
        "channel": Channel,
        "package": Package,
        "authorization": Papers,
        "layout": Layout,
        "maps": dict[str, CodeMap],
        "examples": list[Example],
    }
    word, _, name = mark.partition(" ")
    if not name:
        return plain[word]
    spec = next(each for each in FORMATS if _choices(each.model_fields["format"].annotation) == {name})
    records = get_type_hints(spec, include_extras=True)["records"]
    record = typing.get_args(records)[1]
    return records if word == "records" else get_type_hints(record, include_extras=True)["fields"]


FRAGMENTS = [
    fence
    for fence in _fences(ENGLISH)
    if fence.mark.startswith("yaml") and fence.mark not in ("yaml profile", "yaml titled", "yaml child")
]


@pytest.mark.parametrize("fence", FRAGMENTS, ids=lambda fence: fence.mark)
def test_every_fragment_is_read_by_the_model(fence: Fence) -> None:
    data = load(fence.text.encode(), "docs").data
    mark = fence.mark.removeprefix("yaml ")

    TypeAdapter(_hint(mark)).validate_python(data)

    rows = data.values() if mark.startswith("records") else [{"fields": data}] if mark.startswith("fields") else []
    known = {SKIP, *FACTS, *(target for kind in RECORDS for target in targets(kind))}
    assert set() == {target for row in rows for target in _filled(row["fields"])} - known


def _filled(fields: Mapping[str, Any]) -> Iterator[str]:
    for rule in fields.values():
        to = rule if isinstance(rule, str) else rule.get("to", [])
        yield from [to] if isinstance(to, str) else to


def _written(mark: str, path: Path) -> Path:
    (text,) = [fence.text for fence in _fences(ENGLISH) if fence.mark == mark]
    path.write_text(text)
    return path


@pytest.mark.parametrize("mark", ["yaml profile", "yaml titled"])
def test_a_whole_profile_is_good_and_shows_what_it_says(mark: str, tmp_path: Path) -> None:
    profile, problems = check_profile(_written(mark, tmp_path / "whole.yaml"))

    assert [] == problems
    assert profile is not None
    assert [] == run_examples(profile, tmp_path)
    assert prove(profile, tmp_path).holds


@pytest.mark.parametrize("side", ["inquiry", "response"])
def test_the_rows_to_write_are_written_by_the_first_profile(side: SideName, tmp_path: Path) -> None:
    profile = load_profile(_written("yaml profile", tmp_path / "first.yaml"))
    given = from_json(_written(f"json rows {side}", tmp_path / "rows.json").read_bytes(), "rows.json")
    facts = PackageFacts("", str(given.facts["batch_no"]), given.day(), 1, given.made_at())

    written = write_package(profile, given.side, facts, given.tables)
    reading = read_package(profile, side, written.name, written.blocks)

    assert side == given.side
    assert {kind: len(rows[0]) for kind, rows in given.tables.items()} == Counter(
        part.kind for part in reading for _ in range(part.table.num_rows)
    )


def test_the_child_is_one_of_a_bank_of_ours(tmp_path: Path) -> None:
    (text,) = [fence.text for fence in _fences(ENGLISH) if fence.mark == "yaml child"]
    (tmp_path / "families").mkdir()
    parent = (ROOT / "bank_profiles" / "banks" / "hxcb" / "2026.1.yaml").read_text()
    (tmp_path / "families" / "city-sftp@2.yaml").write_text(
        parent.partition("\nexamples:")[0].replace("103: notice_deposit, ", "")
    )
    path = tmp_path / "lwcb.yaml"
    path.write_text(text)

    profile, problems = check_profile(path)

    assert [] == problems
    assert profile is not None
    columns = list(profile.response.files["detail"].records["account"].fields)
    assert "开户网点" == columns[columns.index("开户日期") + 1]
    assert "备用1" not in columns


# ---- both languages -----------------------------------------------------------------------------------------------------------------


def test_both_pages_have_the_same_sections() -> None:
    def shape(page: Path) -> list[str]:
        return [re.sub(r"^(#+ (\d+\.)?).*$", r"\1", heading) for heading in _headings(page)]

    assert shape(ENGLISH) == shape(CHINESE)


def test_both_pages_name_the_same_words_in_each_section() -> None:
    english, chinese = _sections(ENGLISH), _sections(CHINESE)

    assert {} == {
        number: _code(text) ^ _code(chinese[number]) for number, text in english.items() if _code(text) != _code(chinese[number])
    }


def test_both_pages_show_the_same_examples() -> None:
    def shown(page: Path) -> list[tuple[str, Any]]:
        fences = [fence for fence in _fences(page) if fence.mark.startswith("yaml")]
        return [(fence.mark, load(fence.text.encode(), "docs").data) for fence in fences]

    assert shown(ENGLISH) == shown(CHINESE)


@PAGES
def test_every_link_within_a_page_leads_somewhere(page: Path) -> None:
    anchors = {_anchor(heading) for heading in _headings(page)}

    assert set() == set(re.findall(r"\]\((#[^)]+)\)", page.read_text())) - anchors


@PAGES
def test_every_section_stands_in_the_table_of_contents(page: Path) -> None:
    first = page.read_text().partition("\n## ")[0]

    assert [] == [heading for heading in _headings(page) if heading.startswith("## ") and f"]({_anchor(heading)})" not in first]


@PAGES
def test_every_page_linked_to_is_there(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text())

    assert [] == [link for link in links if not (page.parent / link).exists()]
