"""The completeness proof as a workbook: coverage first, then every line, then the evidence of each batch."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from connector.proof.cells import STANDINGS, STATUSES, why_in_words
from connector.reports.workbook import AMBER, Book, Column, Row, Sheet
from reconciliation.words import ASSET_CLASSES


def proof_workbook(proof: Mapping[str, Any]) -> bytes:
    """The XLSX of a ``proof/1``; persons stand masked in it as they do there."""
    book = Book(f"完整性证明 {proof['household_key']}", f"{proof['household_key']} · {proof['digest']}", _at(proof["made_at"]))
    _coverage(_sheet(book, proof, "反馈情况", "Coverage", [20, 30, 26, 60, 60]), proof)
    _lines(_sheet(book, proof, "逐行", "Lines", [14, 22, 20, 20, 30, 24, 9, 66]), proof)
    _batches(_sheet(book, proof, "凭据", "Evidence", [22, 16, 12, 40, 66, 28, 28, 28, 40]), proof)
    return book.bytes()


def _sheet(book: Book, proof: Mapping[str, Any], zh: str, en: str, widths: Sequence[int]) -> Sheet:
    sheet = book.sheet(zh, widths)
    sheet.title(f"完整性证明 · {zh} {en}", f"家庭 Household {proof['household_key']} · {proof['programme']} · {proof['made_at']}")
    return sheet


def _coverage(sheet: Sheet, proof: Mapping[str, Any]) -> None:
    coverage = proof["coverage"]
    for status, number in coverage["by_status"].items():
        sheet.line(f"{_said(STATUSES, status)}: {number}")
    columns = [
        Column("机构代码", "Code", lambda row: row["institution"]),
        Column("机构", "Institution", lambda row: row["name"]),
        Column("状态", "Standing", lambda row: _said(STANDINGS, row["standing"])),
        Column("原因", "Why", lambda row: "；".join(" ".join(why_in_words(code, proof["lines"])) for code in row["why"])),
        Column("各状态", "By status", lambda row: "；".join(f"{_said(STATUSES, s)} {n}" for s, n in row["by_status"].items())),
    ]
    missing = [row for row in coverage["banks"] if row["standing"] not in ("answered", "not_applicable")]
    sheet.heading("未完整反馈的机构", "Institutions that did not answer in full")
    sheet.table(columns, missing, bg_color=AMBER)
    sheet.heading("其余机构", "The others")
    sheet.table(columns, [row for row in coverage["banks"] if row not in missing])


def _lines(sheet: Sheet, proof: Mapping[str, Any]) -> None:
    names = {person["person"]: f"{person['name']} {person['number']}" for person in proof["persons"]}
    rows = [{**line, "kind": kind, **said} for line in proof["lines"] for kind, said in line["cells"].items()]
    columns = [
        Column("机构代码", "Code", lambda row: row["institution"]),
        Column("人员", "Person", lambda row: names[row["person"]]),
        Column("类别", "Class", lambda row: _named(ASSET_CLASSES[row["kind"]])),
        Column("状态", "Status", lambda row: _said(STATUSES, row["status"])),
        Column("原因", "Why", lambda row: " ".join(why_in_words(row["why"], [row])) if row["why"] else ""),
        Column("批次与行", "Batch and line", lambda row: row["batch"]),
        Column("版次", "Edition", lambda row: row["edition"]),
        Column("反馈文件 SHA-256", "Answer file", lambda row: row["answer"]["digest"] if row["answer"] else ""),
    ]
    sheet.table(columns, rows, freeze=True)


def _batches(sheet: Sheet, proof: Mapping[str, Any]) -> None:
    rows = [{"number": number, **batch} for number, batch in proof["batches"].items()]
    columns = [
        Column("批次", "Batch", lambda row: row["number"]),
        Column("机构代码", "Code", lambda row: row["institution"]),
        Column("状态", "State", lambda row: row["state"]),
        Column("包名", "Parcel", lambda row: row["parcel"]["name"]),
        Column("包 SHA-256", "Parcel SHA-256", lambda row: row["parcel"]["digest"]),
        Column("送达", "Delivered", lambda row: row["delivered_at"] or ""),
        Column("回执", "Receipts", _receipts),
        Column("投递", "Attempts", _attempts),
        Column(
            "密钥", "Keys", lambda row: ", ".join(f"{one['use']} {one['key']}" for part in row["keys"].values() for one in part)
        ),
    ]
    sheet.table(columns, rows, freeze=True)


def _receipts(row: Row) -> str:
    return "；".join(f"{one['code']} {one['said_at'] or one['arrived_at']}" for one in row["receipts"])


def _attempts(row: Row) -> str:
    return "；".join(f"{one['number']} {one['delivery'] or 'in doubt'} {one['road'] or ''}".rstrip() for one in row["attempts"])


def _said(words: Mapping[str, tuple[str, str]], word: str) -> str:
    zh, en = words[word]
    return f"{zh} {en}"


def _named(word: Any) -> str:
    return f"{word.zh} {word.en}"


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)
