"""The second look at a profile's examples: they name its files and fields, and nobody real."""

import re

from bank_profiles.checks.notes import Notes
from bank_profiles.encodings import ENCODINGS, size
from bank_profiles.errors import Text
from bank_profiles.language.profile import Profile
from bank_profiles.language.service import Example
from bank_profiles.language.shape import did_you_mean, one_of
from bank_profiles.language.words import Path, SideName
from bank_profiles.values.targets import targets
from reconciliation.exchange import RECORDS
from reconciliation.identity import IdentityNumber, parse_identity

SAMPLES = "samples/"
INVENTED_REGION = "99"  # no province has this code: made-up people live here
_RESIDENT = re.compile(r"(?<![0-9])([0-9]{17}[0-9Xx])(?![0-9])")


def side_of(profile: Profile, example: Example) -> SideName | None:
    """The side whose files an example gives; None where its files are of no side or of both."""
    for name in ("inquiry", "response"):
        if example.given and set(example.given) <= set(profile.side(name).files):
            return name
    return None


def check_examples(profile: Profile, notes: Notes) -> None:
    for number, example in enumerate(profile.examples):
        at: Path = ("examples", number)
        _check_given(profile, example, at, notes)
        _check_expect(example, at, notes)


def _check_given(profile: Profile, example: Example, at: Path, notes: Notes) -> None:
    files = [*profile.inquiry.files, *profile.response.files]
    for name, text in example.given.items():
        here = (*at, "given", name)
        if name not in files:
            what = Text(f"there is no file “{name}” in this profile", f"本画像没有文件“{name}”")
            notes.error("unknown-file", here, what, one_of(files), did_you_mean(name, files), key=True)
        if text.startswith(SAMPLES) and (".." in text or "\\" in text):
            what = Text("a sample stands in the folder samples/ beside the profile", "样例文件在画像旁的 samples/ 目录中")
            notes.error("bad-name", here, what)
        _check_encodable(profile, name, text, here, notes)
        if any(_looks_real(found) for found in _RESIDENT.findall(text)):
            what = Text("this holds an identity number that could be a real person's", "其中有可能属于真人的身份证号")
            expected = Text(
                f"made-up people only: numbers that begin with {INVENTED_REGION}",
                f"只用虚构人员：以 {INVENTED_REGION} 开头的号码",
            )
            notes.error("real-looking-id", here, what, expected)
    if example.given and set(example.given) <= set(files) and side_of(profile, example) is None:
        what = Text("the files of an example are of one side", "一个样例的文件应属同一方向")
        notes.error("mixed-sides", (*at, "given"), what, key=True)


def _check_encodable(profile: Profile, name: str, text: str, here: Path, notes: Notes) -> None:
    side = next((side for side in (profile.inquiry, profile.response) if name in side.files), None)
    encoding = side.encoding(name) if side else ""
    if encoding in ENCODINGS and not text.startswith(SAMPLES) and text and not size(text, encoding):
        what = Text(f"there is a character that {encoding} does not have", f"其中有 {encoding} 没有的字符")
        notes.error("unencodable", here, what)


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
                    what = Text(f"“{target}” is not a field of {kind}", f"“{target}” 不是 {kind} 的字段")
                    here = (*at, "expect", kind, number, target)
                    notes.error("unknown-field", here, what, one_of(known), did_you_mean(target, known), key=True)
