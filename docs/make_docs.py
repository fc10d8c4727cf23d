"""Writes what the documents say about the code: the tree in ARCHITECTURE.md, the diagram of states, docs/coverage.md, the normal model,
the household sheet, the cryptographic inventory and the crash points in both languages, the pages of the codes, the published schemas.

Run it after a file or a test came, went or changed its first line: ``python docs/make_docs.py``.
"""

import ast
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from bank_profiles.errors import Lang
from bank_profiles.help.pages import PAGES
from bank_profiles.language.editor_schema import editor_schema
from bank_profiles.rows_schema import rows_schema
from bank_profiles.values.targets import WORDS
from connector import inventory
from connector.conform.schema import conformance_schema
from connector.intake.columns import COLUMNS, Cell
from connector.lifecycle import diagram
from connector.proof.schema import proof_schema
from reconciliation.elements import FIELDS, LISTS, NOT_AT_HAND, NOT_AT_HAND_ZH
from reconciliation.exchange import RECORDS
from reconciliation.words import ID_TYPES

ROOT = Path(__file__).resolve().parent.parent
SCHEMAS: dict[str, Callable[[], dict[str, Any]]] = {
    "bank-profile.v1.json": editor_schema,
    "rows.v1.json": rows_schema,
    "conformance.v1.json": conformance_schema,
    "proof.v1.json": proof_schema,
}
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


_IDS = re.compile(
    r"test_(?:fault_c\d+_|challenge_[a-z]\d+_|rule_(?:\d{3}_)+|[a-z]\d{1,2}_)*"
)  # a name begins with the ids of what it holds


def rules_of(name: str) -> list[int]:
    """The rules a test's name says it holds: ``rule_088_089`` are two."""
    return [int(number) for found in re.findall(r"rule((?:_\d{3}(?!\d))+)", name) for number in found.split("_") if number]


def coverage() -> str:
    """Which test holds which numbered rule of the field and which item of the security list."""
    rules: dict[int, list[str]] = {}
    items: dict[str, list[str]] = {}
    faults: dict[int, list[str]] = {}
    challenges: dict[str, list[str]] = {}
    for path, names in tests().items():
        for name in names:
            for number in rules_of(name):
                rules.setdefault(number, []).append(f"{path}::{name}")
            ids = _IDS.match(name)
            for letter, number in re.findall(r"(?<!fault)(?<!challenge)_([a-h])(\d{1,2})(?=_)", ids[0] if ids else ""):
                items.setdefault(f"{letter.upper()}{int(number)}", []).append(f"{path}::{name}")
            for number in re.findall(r"^test_fault_c(\d{1,2})_", name):
                faults.setdefault(int(number), []).append(f"{path}::{name}")
            for letter, number in re.findall(r"^test_challenge_([a-z])(\d{1,2})_", name):
                challenges.setdefault(f"{letter.upper()}{int(number)}", []).append(f"{path}::{name}")
    lines = ["# What holds what", "", "Written by docs/make_docs.py from the names of the tests.", ""]
    lines += [f"## Rules of the field: {len(rules)} of 98 have a test", ""]
    lines += [f"- {number:03d}: " + ", ".join(f"`{t}`" for t in rules[number]) for number in sorted(rules)]
    lines += ["", f"## Faults of content: {len(faults)} of 24 have a test", ""]
    lines += [f"- C{number}: " + ", ".join(f"`{t}`" for t in faults[number]) for number in sorted(faults)]
    lines += ["", f"## Challenges of the formats: {len(challenges)} have a test of their own", ""]
    lines += [f"- {key}: " + ", ".join(f"`{t}`" for t in challenges[key]) for key in sorted(challenges, key=_numbered)]
    lines += ["", f"## Security items: {len(items)} have a test", ""]
    lines += [f"- {key}: " + ", ".join(f"`{t}`" for t in items[key]) for key in sorted(items, key=_numbered)]
    return "\n".join(lines) + "\n"


def _numbered(key: str) -> tuple[str, int]:
    return key[0], int(key[1:])


_MODEL: dict[Lang, dict[str, str]] = {
    "en": {
        "title": "The normal model",
        "intro": "What every bank's file becomes: the rows that `profile read --json` prints ([rows/1](schema/rows.v1.json)), the ledger keeps and "
        "reports are made of. Money is a whole number of minor units beside its currency; dates and times are ISO; null means "
        "“not given”, never zero. Written by docs/make_docs.py.",
        "head": "| field | type | must be there | meaning | 中文 | MZ/T 073-2024 |",
        "list": "| word | 中文 | meaning |",
        "yes": "yes",
        "annex": f"{NOT_AT_HAND}: no element number is given until somebody has read it there (reconciliation/elements.py).",
    },
    "zh": {
        "title": "标准数据模型",
        "intro": "每家银行的文件最终都成为这些数据行：`profile read --json` 输出它们（[rows/1](schema/rows.v1.json)），账簿保存它们，报告由它们生成。"
        "金额为币种最小单位的整数；日期与时间为 ISO 格式；null 表示“未给出”，绝不是零。由 docs/make_docs.py 生成。",
        "head": "| 字段 | 类型 | 必有 | 中文 | 含义 | MZ/T 073-2024 |",
        "list": "| 用词 | 中文 | 英文 |",
        "yes": "是",
        "annex": f"{NOT_AT_HAND_ZH}：在有人查阅附录之前不填写数据元编号（reconciliation/elements.py）。",
    },
}


def normal_model(lang: Lang) -> str:
    """Every field and code list of the normal model, with its element or the word that the annex is not at hand."""
    words = _MODEL[lang]
    lines = [f"# {words['title']}", "", words["intro"], "", words["annex"], ""]
    for kind, schema in RECORDS.items():
        lines += [f"## {kind}", "", words["head"], "|---|---|---|---|---|---|"]
        for column in schema:
            said = FIELDS[column.name]
            meaning = (said.en, said.zh) if lang == "en" else (said.zh, said.en)
            must = "" if column.nullable else words["yes"]
            lines.append(f"| `{column.name}` | {column.type} | {must} | {meaning[0]} | {meaning[1]} | {said.element or '—'} |")
        lines.append("")
    for name, rows in WORDS.items():
        said = LISTS[name]
        lines += [
            f"## {name}: {said.zh if lang == 'zh' else said.en} ({said.element or '—'})",
            "",
            words["list"],
            "|---|---|---|",
        ]
        lines += [f"| `{word}` | {row.zh} | {row.en} |" for word, row in rows.items()] + [""]
    return "\n".join(lines)


_SHEET: dict[Lang, dict[str, str]] = {
    "en": {
        "title": "The household sheet",
        "intro": "What `connector intake` takes: an Excel workbook (the sheet 核对申请, else the first) or a csv in UTF-8 or GB18030, one row a"
        " member. Columns are found by their titles, in any order; other columns are passed over. A household is asked about whole or not at"
        " all. What is refused comes back with `--refused`, each row with its cell, the reason and what to do. To copy:"
        " [config/examples/households.csv](../config/examples/households.csv). Written by docs/make_docs.py.",
        "head": "| title | what stands there | cell |",
        Cell.FILLED: "filled",
        Cell.MAY_BE_BLANK: "may be blank",
        Cell.NO_COLUMN: "the column may be missing",
        "and": ", ",
    },
    "zh": {
        "title": "申请名单",
        "intro": "`connector intake` 接收的表：Excel 工作簿（名为“核对申请”的工作表，没有则取第一张），或 UTF-8、GB18030 编码的 csv；一行一名成员。"
        "按标题识别各列，顺序不限，其他列略过。一户要么整户查询，要么不查。拒绝的行用 `--refused` 取回，逐行注明单元格、原因与处理。可照抄："
        "[config/examples/households.csv](../config/examples/households.csv)。由 docs/make_docs.py 生成。",
        "head": "| 标题 | 内容 | 单元格 |",
        Cell.FILLED: "必填",
        Cell.MAY_BE_BLANK: "可空",
        Cell.NO_COLUMN: "可无此列",
        "and": "、",
    },
}


def household_sheet(lang: Lang) -> str:
    """Every column of the sheet that brings households in."""
    words = _SHEET[lang]
    kinds = words["and"].join(word.zh if lang == "zh" else f"{word.zh} ({word.en})" for word in ID_TYPES.values())
    lines = [f"# {words['title']}", "", words["intro"], "", words["head"], "|---|---|---|"]
    for column in COLUMNS.values():
        said = (column.zh if lang == "zh" else column.en).format(id_types=kinds)
        lines.append(f"| {column.title} | {said} | {words[column.cell]} |")
    return "\n".join(lines) + "\n"


_CODES: dict[Lang, tuple[str, str, str, str]] = {
    "en": (
        "Codes of messages",
        "Every code a message can have, as `connector profile help CODE` shows it. Written by docs/make_docs.py.",
        "What to do",
        "For example",
    ),
    "zh": (
        "消息代码",
        "消息可能有的每个代码，与 `connector profile help CODE` 所示相同。由 docs/make_docs.py 生成。",
        "处理",
        "示例",
    ),
}


def codes(lang: Lang) -> str:
    """Every code with its meaning, its reason, its remedy and an example."""
    title, intro, remedy, example = _CODES[lang]
    lines = [f"# {title}", "", intro, ""]
    told: set[str] = set()
    for page in PAGES.values():
        said = page.get(lang)
        if page.group not in told:
            told.add(page.group)
            lines += [f"*{said.why}*", ""]
        lines += [f"### {page.code}", "", f"{said.means} **{remedy}**: {said.do}", ""]
        if said.example:
            lines += [
                f"{example}:" if lang == "en" else f"{example}：",
                "",
                *(f"    {line}" for line in said.example.split("\n")),
                "",
            ]
    return "\n".join(lines)


def crash_points() -> str:
    """Where a test may kill: every label with its files."""
    found: dict[str, set[str]] = {}
    for wing in WINGS:
        for path in (ROOT / wing).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "crashpoint":
                    found.setdefault(str(ast.literal_eval(node.args[0])), set()).add(str(path.relative_to(ROOT)))
    ordered = sorted(found, key=lambda label: (label.rstrip("0123456789"), int(re.sub(r"\D", "", label))))
    return "\n".join(f"| {label} | {' '.join(f'`{file}`' for file in sorted(found[label]))} |" for label in ordered)


_CRASH_HEADS: dict[Lang, str] = {"en": "| point | where |\n|---|---|", "zh": "| 点 | 位置 |\n|---|---|"}


def _between(text: str, mark: str, inside: str) -> str:
    head, _, rest = text.partition(f"<!-- {mark} -->")
    return f"{head}<!-- {mark} -->\n{inside}\n<!-- /{mark} -->{rest.partition(f'<!-- /{mark} -->')[2]}"


def main() -> None:
    """Write them all."""
    path = ROOT / "ARCHITECTURE.md"
    text = _between(path.read_text("utf-8"), "tree", tree())
    path.write_text(_between(text, "states", f"```mermaid\n{diagram()}\n```"), "utf-8")
    docs = ROOT / "docs"
    (docs / "normal-model.md").write_text(normal_model("en"), "utf-8")
    (docs / "normal-model.zh-CN.md").write_text(normal_model("zh"), "utf-8")
    (docs / "household-sheet.md").write_text(household_sheet("en"), "utf-8")
    (docs / "household-sheet.zh-CN.md").write_text(household_sheet("zh"), "utf-8")
    (docs / "cryptography.md").write_text(inventory.page("en"), "utf-8")
    (docs / "cryptography.zh-CN.md").write_text(inventory.page("zh"), "utf-8")
    (docs / "codes.md").write_text(codes("en"), "utf-8")
    (docs / "codes.zh-CN.md").write_text(codes("zh"), "utf-8")
    for lang, name in (("en", "security.md"), ("zh", "security.zh-CN.md")):
        page = (docs / name).read_text("utf-8")
        (docs / name).write_text(_between(page, "crash points", f"{_CRASH_HEADS[lang]}\n{crash_points()}"), "utf-8")
    for name, made in SCHEMAS.items():
        (docs / "schema" / name).write_text(json.dumps(made(), ensure_ascii=False, indent=1) + "\n", "utf-8")
    (ROOT / "docs" / "coverage.md").write_text(coverage(), "utf-8")


if __name__ == "__main__":
    main()
