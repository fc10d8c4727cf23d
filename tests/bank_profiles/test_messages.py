"""Eighteen messages, each from a real bad profile, connection or file of a bank, as the command says it: word for word in both languages.

eighteen_messages.txt holds them: "## number: name (language)", then what is said.
"""

import contextlib
import io
import re
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from bank_profiles.catalogue import BANKS
from bank_profiles.codecs.excel.given import workbook
from bank_profiles.language.service import NumberCell
from config.connection import read_connection
from config.yaml_file import BadSettings
from connector.cli.verbs import run

GOLDEN = Path(__file__).with_name("eighteen_messages.txt")
CONNECTION = Path(__file__).resolve().parents[2] / "config" / "examples" / "connection.yaml"
BATCH = "202601050000001"
PACKAGE = "FK_902307450222_20260105_0001"


def edited(bank: str, *edits: tuple[str, str]) -> str:
    """The profile of a bank with mistakes in it, in a folder of its own."""
    source = next((BANKS / bank).glob("*.yaml"))
    text = source.read_text("utf-8")
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new, 1)
    path = Path("banks") / bank / source.name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return str(path)


def packed(name: str, files: dict[str, bytes]) -> str:
    with zipfile.ZipFile(name, "w") as package:
        for inner, data in files.items():
            package.writestr(inner, data)
    return name


def answer(detail: bytes = b"", flow: bytes = b"") -> str:
    """A package of hxcb with one person found."""
    result = f"H|{BATCH}\nD|000001|00|成功|2|1\nT|1\n".encode("gb18030")
    empty = f"H|{BATCH}\nT|0|0\n".encode()
    files = {f"{PACKAGE}_JG.txt": result, f"{PACKAGE}_ZH.txt": detail or empty}
    return packed(f"{PACKAGE}.zip", files | ({f"{PACKAGE}_MX.txt": flow} if flow else {}))


def accounts(amounts: list[str], total: str, codes: dict[int, str] | None = None) -> str:
    lines = [f"H|{BATCH}"]
    for number, amount in enumerate(amounts):
        product = (codes or {}).get(number, "101")
        lines.append(f"D|000001|示例甲||62170000{number:011d}||{product}|活期储蓄|156|{amount}|||||20180315|||0|20260104||")
    return "\n".join([*lines, f"T|{len(amounts)}|{total}", ""])


# ---- what is wrong, and the command that says so ------------------------------------------------------------------------------------


def misspelt_key() -> list[str]:
    return ["check", edited("hxcb", ('      separator: "|"', '      seperator: "|"'))]


def field_we_do_not_have() -> list[str]:
    return ["check", edited("hxcb", ("账号: {to: account_no, required: true}", "账号: {to: acount_no, required: true}"))]


def not_one_of_the_choices() -> list[str]:
    return ["check", edited("hxcb", ("response:\n  defaults: {encoding: gb18030", "response:\n  defaults: {encoding: gbk18030"))]


def wrong_kind() -> list[str]:
    return ["check", edited("hxcb", ("kind: sftp", "kind: sfpt"))]


def map_that_is_not_there() -> list[str]:
    return ["check", edited("hxcb", ("map: product, required", "map: products, required"))]


def column_written_twice() -> list[str]:
    return ["check", edited("hxcb", ("            产品代码:", "            账号: skip\n            产品代码:"))]


def tab() -> list[str]:
    return ["check", edited("hxcb", ("  kind: sftp", "\tkind: sftp"))]


def map_that_cannot_be_turned_round() -> list[str]:
    return ["check", edited("gyzb", ("{RIC: resident_id, ", "{RIC: resident_id, RID: resident_id, "))]


def editions_overlap() -> list[str]:
    later = Path(edited("gyzb"))
    text = (
        later.read_text("utf-8")
        .replace("version: 2026.2", "version: 2026.1")
        .replace("{from: 2026-03-01, to: 2026-12-31}", "{from: 2026-01-01}")
    )
    later.with_name("2026.1.yaml").write_text(text, "utf-8")
    return ["check", "banks"]


def total_differs() -> list[str]:
    return ["read", "hxcb", answer(accounts(["123456", "5000000"], "51234560").encode("gb18030")), "--show-values"]


def code_we_do_not_know() -> list[str]:
    return ["read", "hxcb", answer(accounts(["100"] * 5000, "500000", {810: "305"}).encode("gb18030"))]


def number_in_the_wrong_unit() -> list[str]:
    return ["read", "hxcb", answer(accounts(["1234.56"] * 4998 + ["100", "200"], "300").encode("gb18030"))]


def account_typed_as_a_number() -> list[str]:
    book = workbook(
        {
            "查询结果": [["批次号：", BATCH], ["序号", "结果", "账户数"], ["000001", "有", "1"]],
            "账户信息": [
                ["账户信息表"],
                ["序号", "账号", "业务种类", "余额（万元）", "状态", "开户日"],
                ["000001", NumberCell(number="6228480402564890000"), "活期", "1.0000", "正常", "2018-03-15"],
                ["合计", "1", None, "1.0000"],
            ],
        }
    )
    return ["read", "dsnx", packed("反馈20260105.zip", {"反馈.xlsx": book})]


def encoding() -> list[str]:
    return ["read", "hxcb", answer(accounts(["100"] * 60, "6000").encode())]


def too_many_columns() -> list[str]:
    rows = [
        f"D|000001|62170000{n:011d}|20260102|073000|1|156|1200|123456|示例商户|6057592523558519170|904314850444|扫码付"
        for n in range(5000)
    ]
    rows[4019] += "|尾"
    flow = "\n".join([f"H|{BATCH}", *rows, "T|5000|6000000", ""])
    return ["read", "hxcb", answer(flow=flow.encode("gb18030"))]


def example_that_fails() -> list[str]:
    return ["check", edited("hxcb", ("frozen: 0.00, units: null", "frozen: null, units: null"))]


CASES: dict[int, Callable[[], list[str]]] = {
    1: misspelt_key,
    2: field_we_do_not_have,
    3: not_one_of_the_choices,
    4: wrong_kind,
    6: map_that_is_not_there,
    7: column_written_twice,
    9: tab,
    10: map_that_cannot_be_turned_round,
    11: editions_overlap,
    12: total_differs,
    13: code_we_do_not_know,
    14: number_in_the_wrong_unit,
    15: account_typed_as_a_number,
    16: encoding,
    17: too_many_columns,
    18: example_that_fails,
}


def connection_with_a_secret(text: str) -> str:
    return text.replace("secret:bank-a/sftp-key", "S3cr3t-P4ssw0rd")


def connection_without_pins(text: str) -> str:
    return "\n".join(line for line in text.split("\n") if not line.startswith("pins"))


CONNECTIONS = {5: connection_with_a_secret, 8: connection_without_pins}


# ---- word for word ------------------------------------------------------------------------------------------------------------------


def golden() -> dict[str, str]:
    blocks = GOLDEN.read_text("utf-8").split("\n## ")[1:]
    return {title: said.strip("\n") for title, _, said in (block.partition("\n") for block in blocks)}


def say(lang: str, *words: str) -> str:
    """What the command says."""
    told = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(told), contextlib.redirect_stderr(told):
        patch.setattr(sys, "argv", ["connector", "--lang", lang, "profile", *words])
        assert run() not in (0, 70)
    return shortened(told.getvalue())


def shortened(said: str) -> str:
    """Without rows, and of many messages of one code and line of the profile only the first."""
    kept: list[str] = []
    told: set[str] = set()
    for message in re.split(r"\n(?=\S)", said.strip("\n")):
        code = message.partition("\n")[0].rpartition(" ")[2]
        if not message.startswith("hxcb 2026") and ("\n" not in message or code not in told):
            kept.append(re.sub(r"\n  (line_ref|查询序号) .*", "", message))
        told.add(code)
    return "\n".join(kept)


def title(number: int, name: str, lang: str) -> str:
    return f"{number}: {name.replace('_', ' ')} ({lang})"


def refused(number: int, lang: str) -> str:
    """What is said of a connection."""
    path = Path("connections") / "hxcb.yaml"
    path.parent.mkdir()
    path.write_text(CONNECTIONS[number](CONNECTION.read_text("utf-8")), "utf-8")
    with pytest.raises(BadSettings) as bad:
        read_connection(path)
    return str(getattr(bad.value, lang))


def told(number: int, lang: str, folder: Path) -> tuple[str, str]:
    """The title and the message of a number, made in a folder of its own."""
    with contextlib.chdir(folder):
        if number in CONNECTIONS:
            return title(number, CONNECTIONS[number].__name__, lang), refused(number, lang)
        return title(number, CASES[number].__name__, lang), say(lang, *CASES[number]())


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("number", [*CASES, *CONNECTIONS])
def test_a_message_word_for_word(number: int, lang: str, tmp_path: Path) -> None:
    name, said = told(number, lang, tmp_path)

    assert golden()[name] == said
    assert "S3cr3t" not in said


if __name__ == "__main__":  # after a bank's profile changed: write them anew, and look at what differs
    blocks = [GOLDEN.read_text("utf-8").partition("\n## ")[0]]
    for each in sorted([*CASES, *CONNECTIONS]):
        for language in ("en", "zh"):
            with tempfile.TemporaryDirectory() as empty:
                blocks.append("## {}\n{}\n".format(*told(each, language, Path(empty))))
    GOLDEN.write_text("\n".join(blocks), "utf-8")
