"""The second look at a profile's examples: they name its files and fields, and nobody real."""

import re

from bank_profiles.checks.notes import Notes
from bank_profiles.encodings import ENCODINGS, size
from bank_profiles.errors import Problem, Text
from bank_profiles.given import IN_HEX, SAMPLES, record_bytes, texts
from bank_profiles.language.formats.fixed import Fixed
from bank_profiles.language.profile import Profile
from bank_profiles.language.service import Example, Given
from bank_profiles.language.shape import did_you_mean, one_of
from bank_profiles.language.words import Path, SideName
from bank_profiles.values.targets import in_chinese, targets
from reconciliation.exchange import RECORDS
from reconciliation.identity import IdentityNumber, parse_identity

INVENTED_REGION = "99"  # no province has this code: made-up people live here
_RESIDENT = re.compile(r"(?<![0-9])([0-9]{17}[0-9Xx])(?![0-9])")


def side_of(profile: Profile, example: Example) -> SideName | None:
    """The side whose files an example gives; None where its files are of no side or of both."""
    for name in profile.sides:
        if example.given and set(example.given) <= set(profile.side(name).files):
            return name
    return None


def check_examples(profile: Profile, notes: Notes) -> None:
    for number, example in enumerate(profile.examples):
        at: Path = ("examples", number)
        _check_given(profile, example, at, notes)
        _check_expect(example, at, notes)


def _check_given(profile: Profile, example: Example, at: Path, notes: Notes) -> None:
    files = [key for name in profile.sides for key in profile.side(name).files]
    for name, given in example.given.items():
        here = (*at, "given", name)
        if name not in files:
            what = Text(f"there is no file “{name}” in this profile", f"本画像没有文件“{name}”")
            notes.error("unknown-file", here, what, one_of(files), did_you_mean(name, files), key=True)
        elif isinstance(given, Given):
            _check_block(profile, name, given, here, notes)
        else:
            _check_text(profile, name, given, here, notes)
        if any(_looks_real(found) for text in texts(given) for found in _RESIDENT.findall(text)):
            what = Text("this holds an identity number that could be a real person's", "其中有可能属于真人的身份证号")
            expected = Text(
                f"made-up people only: numbers that begin with {INVENTED_REGION}",
                f"只用虚构人员：以 {INVENTED_REGION} 开头的号码",
            )
            notes.error("real-looking-id", here, what, expected)
    if example.given and set(example.given) <= set(files) and side_of(profile, example) is None:
        what = Text("the files of an example are of one side", "一个样例的文件应属同一方向")
        notes.error("mixed-sides", (*at, "given"), what, key=True)


def _check_text(profile: Profile, name: str, text: str, here: Path, notes: Notes) -> None:
    if text.startswith(SAMPLES) and (".." in text or "\\" in text):
        what = Text("a sample stands in the folder samples/ beside the profile", "样例文件在画像旁的 samples/ 目录中")
        notes.error("bad-name", here, what)
    encoding = _encoding(profile, name)
    if encoding in ENCODINGS and not text.startswith(SAMPLES) and text and not size(text, encoding):
        what = Text(f"there is a character that {encoding} does not have", f"其中有 {encoding} 没有的字符")
        notes.error("unencodable", here, what)


def _encoding(profile: Profile, name: str) -> str:
    side = next((side for side in map(profile.side, profile.sides) if name in side.files), None)
    return side.encoding(name) if side else ""


def _check_block(profile: Profile, name: str, given: Given, here: Path, notes: Notes) -> None:
    """A file written down as a block: in one of the three ways, of the file's own format, so that bytes can be made of it."""
    said = [way for way in ("book", "records", "hex") if getattr(given, way) is not None]
    if len(said) != 1:
        what = Text("a file is given as book, records or hex, one of the three", "文件以 book、records、hex 三者之一给出")
        notes.error("bad-given", here, what, _GIVEN, key=True)
        return
    spec = next(side.files[name] for side in map(profile.side, profile.sides) if name in side.files)
    wanted = {"book": "excel", "records": "fixed"}.get(said[0], spec.format)
    if spec.format != wanted:
        what = Text(
            f"{said[0]} is for files of format {wanted}, this one is {spec.format}",
            f"{said[0]} 用于 {wanted} 文件，而此文件为 {spec.format}",
        )
        notes.error("bad-given", (*here, said[0]), what, _GIVEN, key=True)
    elif given.hex is not None and not _is_hex(given.hex):
        notes.error("bad-given", (*here, "hex"), _NOT_HEX, _HEX)
    for number, text in enumerate(given.records or ()):
        if isinstance(spec, Fixed):
            _check_record(spec, _encoding(profile, name), text, (*here, "records", number), notes)
    for sheet, rows in (given.book or {}).items():
        for row, cells in enumerate(rows):
            for column, cell in enumerate(cells):
                if cell is not None and not isinstance(cell, str) and not _NUMBER.fullmatch(cell.number):
                    what = Text(f"“{cell.number}” is not a number that a cell holds", f"“{cell.number}” 不是单元格能存的数")
                    notes.error("bad-number", (*here, "book", sheet, row, column, "number"), what, _CELL)


_GIVEN = Text(
    "book (sheets of cells) for excel, records (one a line) for fixed, hex for any file",
    "excel 用 book（工作表单元格），fixed 用 records（每行一条记录），任何文件可用 hex",
)
_NOT_HEX = Text("these are not bytes in hex", "此处不是十六进制字节")
_HEX = Text("two digits a byte, for example 00 12 3C", "每字节两位，例如 00 12 3C")
_CELL = Text(
    "at most 15 digits, for example 12.5: a workbook keeps no more; a longer number is a text, in quotes without “number”",
    "至多15位数字，例如 12.5：工作簿只保留15位；更长的号码应写成文本，不用 number",
)
_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,15})?")


def _is_hex(text: str) -> bool:
    digits = re.sub(r"\s", "", text)
    return len(digits) % 2 == 0 and re.fullmatch("[0-9A-Fa-f]*", digits) is not None


def _check_record(spec: Fixed, encoding: str, text: str, here: Path, notes: Notes) -> None:
    if not all(_is_hex(found) for found in IN_HEX.findall(text)):
        notes.error("bad-given", here, _NOT_HEX, _HEX)
        return
    try:
        data = record_bytes(spec, encoding, text)
    except UnicodeError:
        what = Text(f"there is a character that {encoding} does not have", f"其中有 {encoding} 没有的字符")
        notes.error("unencodable", here, what)
        return
    if spec.record_bytes and len(data) > spec.record_bytes:
        what = Text(f"this record has {len(data)} bytes", f"该记录有 {len(data)} 字节")
        notes.error("bad-given", here, what, Text(f"at most {spec.record_bytes}", f"最多 {spec.record_bytes}"))


def _looks_real(number: str) -> bool:
    """A valid number of a region that could be one."""
    could_be = not number.startswith(INVENTED_REGION) and "11" <= number[:2] <= "83"
    return could_be and isinstance(parse_identity("resident_id", number), IdentityNumber)


def _check_expect(example: Example, at: Path, notes: Notes) -> None:
    if (example.expect is None and not example.parked) == (example.expect_error is None):
        what = Text("an example expects rows or an error, one of the two", "样例期望数据行或错误，二选一")
        notes.error(
            "bad-example",
            at,
            what,
            Text("expect: … or expect_error: total-differs", "expect: … 或 expect_error: total-differs"),
            key=True,
        )
    for kind, rows in (example.expect or {}).items():
        if kind not in RECORDS:
            what = Text(f"“{kind}” is not a kind of row", f"“{kind}” 不是数据行的种类")
            notes.error("unknown-record", (*at, "expect", kind), what, one_of(RECORDS), did_you_mean(kind, RECORDS), key=True)
            continue
        for number, row in enumerate(rows):
            known = targets(kind)
            for target in row:
                if target not in known:
                    what = Text(f"“{target}” is not a field of {kind}", f"“{target}” 不是{in_chinese(kind)}的字段")
                    here = (*at, "expect", kind, number, target)
                    notes.error("unknown-field", here, what, one_of(known), did_you_mean(target, known), key=True)


# ---- before approval ----------------------------------------------------------------------------------------------------------------


def lacking_examples(profile: Profile) -> list[Problem]:
    """Warnings for what must be shown before approval: a person found, one with no record, one refused, a total that differs."""
    shown = {
        str(row.get("outcome")).partition(".")[0] for each in profile.examples for row in (each.expect or {}).get("outcome", [])
    }
    shown |= {"total" for each in profile.examples if each.expect_error in ("total-differs", "digest-differs")}
    sayable = _sayable(profile)
    lacking = [word for word in _NEEDED if word in sayable and word not in shown]
    if not lacking:
        return []
    what = Text(
        f"no example shows {', '.join(_NEEDED[word].en for word in lacking)}",
        f"没有样例展示{'、'.join(_NEEDED[word].zh for word in lacking)}",
    )
    hint = Text("write it with made-up people, as the bank would send it", "请用虚构人员按银行的写法补充")
    return [Problem(code="examples-lacking", place=profile.origin.key("examples"), what=what, hint=hint, severity="warning")]


_NEEDED = {
    "found": Text("a person who was found", "有账户的人员"),
    "no_record": Text("a person with no record", "无记录的人员"),
    "refused": Text("a question that is refused", "被拒绝的查询"),
    "total": Text("a total that differs", "合计不符"),
}


def _sayable(profile: Profile) -> set[str]:
    """What this bank's answer has words for."""
    records = [record for file in profile.response.files.values() for record in file.records.values()]
    rules = [rule for record in records for rule in record.fields.values()]
    words = {
        word
        for rule in rules
        if "outcome" in rule.targets and rule.map in profile.maps
        for word in profile.maps[rule.map].to_word.values()
    }
    words |= {record.implies for record in records if record.implies} | {
        w for r in records for said in r.says_outcome.values() for w in said.values()
    }
    return {word.partition(".")[0] for word in words} | ({"total"} if any(rule.equals for rule in rules) else set())
