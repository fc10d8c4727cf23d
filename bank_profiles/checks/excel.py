"""The second look at a workbook: sheets that can have their names, records of one sheet that agree and can be told apart."""

from collections.abc import Mapping

from bank_profiles.checks.notes import Notes
from bank_profiles.checks.tables import alike, check_table
from bank_profiles.errors import Text
from bank_profiles.language.formats.excel import Excel, ExcelField, ExcelRecord
from bank_profiles.language.sides import Side
from bank_profiles.language.words import Path
from bank_profiles.layouts.layout import LINES
from bank_profiles.values.identifying import NUMBERS

_NAME_MAX = 31  # characters of the name of a sheet
_NOT_IN_A_NAME = frozenset("[]:*?/\\")
_AGREE = ("title_row", "stop_at", "title")  # said by one record of a sheet they hold for all; said by several they are the same


def check_excel(file: Excel, path: Path, notes: Notes) -> None:
    """``path`` leads to the file."""
    sheets: dict[str | None, dict[str, ExcelRecord]] = {}
    for name, record in file.records.items():
        sheets.setdefault(record.sheet, {})[name] = record
        _check_totals(record, (*path, "records", name), notes)
    for sheet, records in sheets.items():
        _check_name(sheet, (*path, "records", next(iter(records)), "sheet"), notes)
        _check_agreement(records, path, notes)
        _check_rows(records, path, notes)
        titled = [(name, record) for name, record in records.items() if record.place != "preamble"]
        name, spec = titled[0] if titled else next(iter(records.items()))
        check_table(spec, records, (*path, "records", name), notes)
        _check_title(spec, (*path, "records", name), notes)


def check_cell(inquiry: Side, rule: ExcelField, at: Path, notes: Notes) -> None:
    """Digits that are a name must be typed as text. A line's number in its batch is short: as a number cell it is the same line."""
    digits = [target for target in rule.targets if target in NUMBERS and (target != "line_ref" or not inquiry.names_batch)]
    if digits and rule.cell is None and not rule.is_virtual:
        what = Text(
            f"“{at[-1]}” may be typed as numbers; Excel then drops leading zeros and all digits behind the fifteenth",
            f"“{at[-1]}”可能按数字录入；Excel 会丢失前导零与第15位之后的数字",
        )
        hint = Text(f"{{to: {digits[0]}, cell: text}}", f"{{to: {digits[0]}, cell: text}}")
        notes.warning("cell-text", at, what, hint)


def _check_name(sheet: str | None, at: Path, notes: Notes) -> None:
    if sheet is not None and (not sheet or len(sheet) > _NAME_MAX or _NOT_IN_A_NAME & set(sheet) or sheet != sheet.strip("' ")):
        what = Text(f"no sheet can be called “{sheet}”", f"工作表不能命名为“{sheet}”")
        notes.error(
            "bad-sheet",
            at,
            what,
            Text(f"at most {_NAME_MAX} characters, none of []:*?/\\", f"最多 {_NAME_MAX} 个字符，不含 []:*?/\\"),
        )


def _check_agreement(records: Mapping[str, ExcelRecord], path: Path, notes: Notes) -> None:
    for word in _AGREE:
        said = [(name, getattr(record, word)) for name, record in records.items() if getattr(record, word) is not None]
        for name, value in said[1:]:
            if value != said[0][1]:
                what = Text(
                    f"“{name}” and “{said[0][0]}” stand on one sheet and say different {word}",
                    f"“{name}”与“{said[0][0]}”在同一工作表，但 {word} 不同",
                )
                hint = Text("say it at one of them", "只在其中一处写明")
                notes.error("records-differ", (*path, "records", name, word), what, hint=hint, key=True)


def _check_rows(records: Mapping[str, ExcelRecord], path: Path, notes: Notes) -> None:
    for place in ("first", "last"):
        placed = [name for name, record in records.items() if record.place == place]
        for name in placed[1:]:
            what = Text(
                f"“{name}” and “{placed[0]}” both stand {place} on their sheet", f"“{name}”与“{placed[0]}”的 place 都是 {place}"
            )
            notes.error("records-alike", (*path, "records", name), what, key=True)
    for one, other in alike(records, [name for name, record in records.items() if record.place is None]):
        what = Text(f"nothing tells a row of “{other}” from one of “{one}”", f"无法区分“{other}”行与“{one}”行")
        expected = Text(
            "other sheets, or both with when on the same column, with different values",
            "不同工作表，或两者都用 when，同一列、不同取值",
        )
        notes.error("records-alike", (*path, "records", other), what, expected, key=True)


def _check_title(spec: ExcelRecord, at: Path, notes: Notes) -> None:
    if spec.title and not (isinstance(spec.title_row, int) and spec.title_row > 1):
        what = Text("there is no row for the title above the titles", "标题行之上没有放大标题的行")
        notes.error("no-room", (*at, "title"), what, Text("title_row: 2 or deeper", "title_row: 2 或更靠后"), key=True)


def _check_totals(record: ExcelRecord, at: Path, notes: Notes) -> None:
    for column, rule in record.fields.items():
        if rule.equals and (rule.equals.digest or LINES in (rule.equals.count or ())):
            what = Text("a workbook has no lines to count, nor bytes to digest", "工作簿没有可计数的行或可摘要的字节")
            notes.error(
                "not-spoken",
                (*at, "fields", column, "equals"),
                what,
                hint=Text("ask the bank for a count of rows", "请银行提供笔数"),
            )
