"""The second look at what comes beside answers: receipts that say of which package they are, packages that say which of how many they are."""

from bank_profiles.checks.notes import Notes
from bank_profiles.checks.overlap import could_collide
from bank_profiles.errors import Text
from bank_profiles.filenames import tokens
from bank_profiles.language.profile import Profile
from bank_profiles.language.sides import Side


def check_receipts(profile: Profile, notes: Notes) -> None:
    """Receipts and several packages of one answer, where the profile speaks of them."""
    _check_packages(profile, notes)
    if profile.receipt is None:
        return
    if not profile.receipt.names_batch and not _gives(profile.receipt, "package"):
        what = Text("the receipt does not say of which package it is", "回执未说明针对哪个包")
        expected = Text(
            "{batch} in the name, a column   {to: batch_no}, or one   {to: package}",
            "名称含 {batch}，或一列 {to: batch_no}，或一列 {to: package}",
        )
        notes.error("batch-not-echoed", ("receipt",), what, expected, key=True)
    if could_collide(profile.receipt.package.name, profile.response.package.name):
        what = Text("a receipt and an answer could have the same name", "回执与反馈可能同名")
        expected = Text("a name that no answer can have", "任何反馈都不会有的名称")
        notes.error("names-collide", ("receipt", "package", "name"), what, expected)


def _check_packages(profile: Profile, notes: Notes) -> None:
    """How many there are is worth nothing where nobody says which one this is."""
    for name in profile.sides:
        side = profile.side(name)
        kinds = {piece.kind for piece in tokens(side.package.name)} if name == "response" else set()
        said = {word for word in ("package_no", "packages") if _gives(side, word)}
        if name != "response" and said:
            what = Text("only an answer comes in several packages", "只有反馈会分成多个包")
            notes.error(
                "wrong-word", (name, "files"), what, hint=Text("remove package_no and packages", "请删除 package_no 与 packages")
            )
        elif ("parts" in kinds or "packages" in said) and not ("part" in kinds or "package_no" in said):
            what = Text("how many packages there are is said, and not which one this is", "说明了包的总数，却未说明这是第几个")
            expected = Text("{part:3} in the name, or a column   {to: package_no}", "名称含 {part:3}，或一列 {to: package_no}")
            notes.error("bad-parts", (name, "package", "name"), what, expected)


def _gives(side: Side, target: str) -> bool:
    return any(
        target in rule.targets
        for file in side.files.values()
        for record in file.records.values()
        for rule in record.fields.values()
    )
