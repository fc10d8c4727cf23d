"""The second look at the manners of a channel: names that name, folders that are folders, frames that hold."""

import re

from bank_profiles.checks.calls import check_calls
from bank_profiles.checks.names import check_name
from bank_profiles.checks.notes import Notes
from bank_profiles.checks.proofs import check_proofs
from bank_profiles.errors import Text
from bank_profiles.language.channel import Channel, DropBox, FlagFile, Folders, Media
from bank_profiles.language.lines import LineHttp, LineTcp
from bank_profiles.language.profile import Profile
from bank_profiles.language.words import Path


def check_channel(profile: Profile, notes: Notes) -> None:
    _check_one(profile, profile.channel, ("channel",), notes)
    for number, fallback in enumerate(profile.fallbacks):
        _check_one(profile, fallback, ("fallbacks", number), notes)
        _check_same_parcels(profile, fallback, ("fallbacks", number), notes)


def _check_same_parcels(profile: Profile, fallback: Channel, at: Path, notes: Notes) -> None:
    """What goes by another road is the same parcel: one seal, one name (domain rule 27). And two roads of a kind cannot be told apart."""
    kinds = [profile.channel.kind, *(each.kind for each in profile.fallbacks)]
    if kinds.count(fallback.kind) > 1:
        what = Text(f"two roads are of kind “{fallback.kind}”", f"有两条通道同为“{fallback.kind}”")
        notes.error("same-road", (*at, "kind"), what, Text("roads of different kinds", "种类各不相同的通道"))
    for key in ("seal", "sealed_as"):
        main, other = getattr(profile.channel, key), getattr(fallback, key)
        if main != other:
            what = Text(
                f"“{other}” is not the channel's own {key}, “{main}”: a fallback carries the same parcels under the same names",
                f"“{other}”与主通道的 {key}“{main}”不同；备用通道投递的须是同名同字节的包",
            )
            notes.error("other-parcel", (*at, key), what, Text(f"{main}", f"{main}"))


def _check_one(profile: Profile, channel: Channel, at: Path, notes: Notes) -> None:
    if isinstance(channel, Folders | Media | DropBox):
        _check_named(profile, notes)
    check_name((*at, "sealed_as"), channel.sealed_as, ("package",), "package", notes)
    if isinstance(channel, Folders):
        _check_folders(channel, at, notes)
    if isinstance(channel, Media):
        check_name((*at, "label"), channel.label, ("bank", "date", "seq", "batch"), None, notes)
        check_name((*at, "manifest", "name"), channel.manifest.name, ("bank", "date", "seq", "batch"), None, notes)
    if isinstance(channel, DropBox) and channel.sheet:
        _check_sheet(profile, channel, at, notes)
    if isinstance(channel, LineHttp):
        check_calls(channel, at, notes)
    if isinstance(channel, LineTcp):
        check_proofs(channel, at, notes)
    if isinstance(channel, LineTcp) and (channel.framing.digits is None) == (channel.framing.bytes is None):
        what = Text("a length prefix has digits or bytes, one of the two", "长度前缀为 digits 或 bytes，二选一")
        expected = Text("digits: 8, or bytes: 4", "digits: 8，或 bytes: 4")
        notes.error("bad-framing", (*at, "framing"), what, expected, key=True)


def _check_named(profile: Profile, notes: Notes) -> None:
    """What lies in a folder, on a disc or in a drop-box has a name; only a message on a line needs none."""
    for name in ("inquiry", "response"):
        side = profile.side(name)
        if "package" not in side.model_fields_set:
            _missing_name(
                (name,), "package", 'package: {name: "CX_{bank}_{date:yyyyMMdd}_{seq:4}.zip", steps: [{kind: zip}]}', notes
            )
        for key, file in side.files.items():
            if "name" not in file.model_fields_set:
                _missing_name((name, "files", key), "name", "name: CX_{bank}_{date:yyyyMMdd}_{seq:4}.txt", notes)


def _check_sheet(profile: Profile, channel: DropBox, at: Path, notes: Notes) -> None:
    """A sheet is the package itself: one workbook or one table of text, in no wrapping; and its name tells it from a sealed parcel."""
    for name in ("inquiry", "response"):
        side = profile.side(name)
        formats = [file.format for file in side.files.values()]
        if len(formats) != 1 or formats[0] not in SHEETS or side.package.steps or side.package.index:
            what = Text(f"the {name} is not one sheet", f"{_SIDES[name]}不是单独一张表")
            expected = Text(
                "on both sides one file, a workbook (excel) or a table of text (delimited), without steps and index",
                "两个方向各为一个文件：工作簿（excel）或文本表格（delimited），不含 steps 与 index",
            )
            notes.error("not-a-sheet", (*at, "sheet"), what, expected)
    if channel.sealed_as == "{package}":
        what = Text("a sealed parcel and a sheet would have the same name", "封装包与表格将同名，无法区分")
        notes.error("bad-name", (*at, "sealed_as"), what, Text("for example {package}.p7m", "例如 {package}.p7m"))


SHEETS = ("excel", "delimited")
_SIDES = {"inquiry": "查询方", "response": "反馈方"}


def _missing_name(at: Path, key: str, example: str, notes: Notes) -> None:
    where = " › ".join(str(step) for step in at)
    what = Text(f"{where} needs “{key}”", f"{where} 缺少“{key}”")
    notes.error("missing-key", at, what, hint=Text(f"add, for example:   {example}", f"请添加，例如：   {example}"), key=True)


def _check_folders(channel: Folders, at: Path, notes: Notes) -> None:
    if isinstance(channel.ready, FlagFile):
        check_name((*at, "ready", "name"), channel.ready.name, ("file",), "file", notes)
    check_name((*at, "tmp"), channel.tmp, ("file",), "file", notes)
    if channel.after_read == "move" and channel.done_dir is None:
        what = Text(
            "channel needs “done_dir”: after_read moves what was read there",
            "channel 缺少“done_dir”：after_read 要把读过的移到那里",
        )
        notes.error(
            "missing-key",
            at,
            what,
            hint=Text("add, for example:   done_dir: /out/done", "请添加，例如：   done_dir: /out/done"),
            key=True,
        )
    for key in ("send_dir", "take_dir", "done_dir"):
        folder = getattr(channel, key)
        if folder is not None and (not folder.startswith("/") or re.search(r"/\.{1,2}(/|$)|[\x00-\x1f\\]", folder)):
            what = Text(f"“{folder}” is not a folder we may use", f"“{folder}” 不是可用的目录")
            notes.error(
                "bad-folder",
                (*at, key),
                what,
                Text("a path from the root, without . and ..", "从根开始的路径，不含 . 和 .."),
            )
