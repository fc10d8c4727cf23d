"""The second look at the papers that go with a question: in an inquiry only, under names of their own, and every line says its paper."""

from collections.abc import Iterator

from bank_profiles.checks.names import PARCEL_TOKENS, check_name
from bank_profiles.checks.notes import Notes
from bank_profiles.checks.overlap import could_collide
from bank_profiles.errors import Text
from bank_profiles.language.packages import Papers
from bank_profiles.language.sides import Side
from bank_profiles.language.words import SideName


def check_papers(name: SideName, side: Side, notes: Notes) -> None:
    """All of them, where the profile asks for any; the names of the other files are readable."""
    agreed = side.authorization
    if agreed is None:
        return
    at = (name, "authorization")
    if name != "inquiry":
        what = Text("authorizations go with the question, not with the answer", "授权书随查询送出，不随反馈送回")
        notes.error("wrong-word", at, what, hint=Text("remove it", "请删除"), key=True)
        return
    readable = [
        check_name((*at, "name"), agreed.name, PARCEL_TOKENS, None, notes),
        check_name((*at, "letter"), agreed.letter, PARCEL_TOKENS, None, notes),
        check_name((*at, "scans"), agreed.scans, ("digest",), "digest", notes),
    ]
    if all(readable):
        _check_told_apart(name, side, agreed, notes)
    rules = [rule for file in side.files.values() for record in file.records.values() for rule in record.fields.values()]
    if not any("authorization_no" in rule.targets for rule in rules):
        what = Text("no line says on which authorization it is asked", "没有一列写明各行依据的授权书")
        notes.error(
            "target-not-reached", at, what, Text("a column   {to: authorization_no}", "一列   {to: authorization_no}"), key=True
        )


def _check_told_apart(name: SideName, side: Side, agreed: Papers, notes: Notes) -> None:
    for key, papers in (("name", agreed.name), ("scans", agreed.scans)):
        if any(could_collide(papers, other) for other in _others(side, agreed, key)):
            what = Text("another file of the package could have this name", "包内另有文件可能同名")
            notes.error("names-collide", (name, "authorization", key), what)


def _others(side: Side, agreed: Papers, key: str) -> Iterator[str]:
    yield from (file.name for file in side.files.values())
    yield from side.package.ignore
    if side.package.index is not None:
        yield side.package.index.name
    if key == "scans":
        yield agreed.name
