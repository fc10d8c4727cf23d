"""``make lies``: omissions and lies planted in answers of a simulated bank; each knows whether it breaks something the bank declared.

python -m tests.lies                1,000 and more, by the profile that declares most (counts and sums of each line and of each file)
python -m tests.lies --each 3       three of each kind
python -m tests.lies --docs         writes docs/undetectable.md and its Chinese twin from the table of kinds
Exit 1 where a lie that breaks something declared is not caught with the right code, or one that breaks nothing is.
"""

import argparse
import random
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pyarrow as pa

from bank_profiles.catalogue import load_profile
from bank_profiles.errors import UnreadableFile, UnwritableRoster
from bank_profiles.language.profile import Profile
from bank_profiles.packing.steps import NamedFile
from bank_profiles.translation import package_name, packed, read_package, write_files
from connector.answers import editions
from connector.bankside.desk import SIMULATED
from connector.steps.reading import as_read
from reconciliation.exchange import OUTCOME_WORD, RECORDS
from tests.lying import (
    FACTS,
    LINES,
    Lie,
    another,
    cell,
    changed,
    found_without_rows,
    in_text,
    line_again,
    lost_line,
    off,
    outcome,
    silent,
    stranger,
    to_another,
    total_off,
    truth,
    twice,
    two_outcomes,
    without_account,
    without_flow,
)

EACH = 35
DOCS = Path(__file__).resolve().parent.parent / "docs"

_ALL = ("declared_accounts", "declared_movements", "declared_balance_minor")
_ONLY_BANK = ("只有向银行核实，或申诉时由当事人指出，才会发现", "only asking the bank, or an appeal of the person, would show it")
_BY_HOLDER = ("户名随账户印在报告上，由人核看", "the holder's name stands in the report beside the account, for a person to see")
_BY_PEER = (
    "对方银行也被查询时，本户内部转账可能对不上",
    "a transfer within the household may then lack its other leg at another bank",
)
KINDS: dict[str, Lie] = {
    "account-omitted": Lie("漏报账户，申报数未改", "an account left out, the counts kept", without_account(declared=()), ("count-gap",)),
    "account-omitted-count-mended": Lie(
        "漏报账户，只改申报数", "an account left out, its count mended", without_account(declared=_ALL[:2]), ("sum-gap",)
    ),
    "account-omitted-flows-kept": Lie(
        "漏报账户，流水仍在", "an account left out, its movements kept", without_account(declared=_ALL, keep_flows=True),
        ("movement-without-account",),
    ),
    "account-omitted-throughout": Lie(
        "漏报账户，申报数与合计一并改小", "an account left out with everything declared of it", without_account(declared=_ALL),
        why=_ONLY_BANK,
    ),
    "movement-omitted": Lie("漏报流水，申报数未改", "a movement left out, the count kept", without_flow(honest_count=False), ("count-gap",)),
    "movement-omitted-throughout": Lie(
        "漏报流水，申报数一并改小", "a movement left out, the count mended", without_flow(honest_count=True), why=_BY_PEER
    ),
    "accounts-miscounted": Lie("申报账户数有误", "a wrong count of accounts", off("declared_accounts"), ("count-gap",)),
    "movements-miscounted": Lie("申报流水数有误", "a wrong count of movements", off("declared_movements"), ("count-gap",)),
    "sum-wrong": Lie("申报余额合计有误", "a wrong sum of balances", off("declared_balance_minor"), ("sum-gap",)),
    "balance-changed": Lie(
        "改余额，合计未改", "a balance changed, the sum kept",
        changed("holding", lambda row, chance: {"balance_minor": row["balance_minor"] + chance.randrange(1, 999)}), ("sum-gap",),
    ),
    "balance-changed-throughout": Lie(
        "改余额，合计一并改", "a balance changed with the sum",
        changed("holding", lambda row, chance: {"balance_minor": row["balance_minor"] + chance.randrange(1, 999)}, declare=True),
        why=_ONLY_BANK,
    ),
    "currency-changed": Lie("改币种，合计未改", "another currency, the sum kept", changed("holding", lambda *_: {"currency": "JPY"}), ("sum-gap",)),
    "account-twice": Lie("账户重复", "an account twice", twice("holding", declare=False), ("rows-repeated",)),
    "account-twice-throughout": Lie("账户重复，申报数一并改大", "an account twice, declared so", twice("holding", declare=True), ("rows-repeated",)),
    "movement-twice": Lie("流水重复", "a movement twice", twice("movement", declare=False), ("rows-repeated",)),
    "movement-twice-throughout": Lie("流水重复，申报数一并改大", "a movement twice, declared so", twice("movement", declare=True), ("rows-repeated",)),
    "account-of-another": Lie("账户张冠李戴", "an account said of another person", to_another(whole=False), ("count-gap",)),
    "persons-swapped": Lie("两人的反馈整体互换", "two persons' answers exchanged whole", to_another(whole=True), why=_BY_HOLDER),
    "accounts-against-outcome": Lie("结果查无却附账户", "no record, and accounts", outcome("no_record", with_rows=True), ("accounts-against-outcome",)),
    "found-made-no-record": Lie("有账户改报查无", "no record said of one who has accounts", outcome("no_record", with_rows=False), why=_ONLY_BANK),
    "found-made-mismatch": Lie("有账户改报姓名不符", "name mismatch said of one who has accounts", outcome("name_mismatch", with_rows=False), why=_ONLY_BANK),
    "rows-omitted": Lie("结果有账户而无账户行", "found, and no account", found_without_rows, ("found-without-accounts", "count-gap")),
    "line-silent": Lie("漏报一行", "a line without any answer", silent(with_rows=False), ("not_answered",)),
    "outcome-omitted": Lie("有账户而无结果行", "accounts without an outcome", silent(with_rows=True), ("accounts-without-outcome",)),
    "two-outcomes": Lie("一行两个结果", "two outcomes of a line", two_outcomes, ("two-outcomes",)),
    "stranger": Lie("反馈未询问的行", "a line nobody asked about", stranger, ("rows-not-asked",)),
    "other-batch": Lie("批次号有误", "another batch number", another(batch_no="202601050000009"), ("batch-unknown",)),
    "other-bank": Lie("机构代码有误", "another institution's code", another(bank="902307450333"), ("answer-of-another",)),
    "line-lost": Lie("文件少一行，尾部未改", "a row of a file lost, its trailer kept", in_text(lost_line), ("total-differs",), late=True),
    "line-again": Lie("文件多一行，尾部未改", "a row of a file twice, its trailer kept", in_text(line_again), ("total-differs",), late=True),
    "trailer-count": Lie("尾部笔数有误", "a wrong count in a trailer", in_text(total_off(1)), ("total-differs",), late=True),
    "trailer-sum": Lie("尾部合计有误", "a wrong sum in a trailer", in_text(total_off(2)), ("total-differs",), late=True),
    "account-blank": Lie("账号留空", "an account without its number", in_text(cell(4, "")), ("missing-value",), late=True),
    "code-unknown": Lie("未约定的产品代码", "a code that was not agreed", in_text(cell(6, "999")), ("unknown-code",), late=True),
    "account-misnumbered": Lie(
        "改账号，流水未改", "another account number, its movements as they were",
        changed("holding", lambda row, _: {"account_no": row["account_no"][:-1] + "X"}), ("movement-without-account",),
    ),
    "amount-changed": Lie(
        "改流水金额", "another amount of a movement",
        changed("movement", lambda row, chance: {"amount_minor": row["amount_minor"] + chance.randrange(1, 999)}), why=_BY_PEER,
    ),
    "direction-changed": Lie("改收支方向", "another direction of a movement", changed("movement", lambda *_: {"direction": "out"}), why=_BY_PEER),
    "day-changed": Lie(
        "改开户日期", "another day of opening", changed("holding", lambda *_: {"opened_on": date(2019, 1, 1)}), why=_ONLY_BANK
    ),
    "product-changed": Lie("改产品种类", "another kind of product", changed("holding", lambda *_: {"product": "notice_deposit"}), why=_ONLY_BANK),
    "status-changed": Lie("改账户状态", "another status of an account", changed("holding", lambda *_: {"status": "dormant"}), why=_ONLY_BANK),
    "holder-changed": Lie("改户名", "another holder's name", changed("holding", lambda *_: {"holder_name": "示例某"}), why=_BY_HOLDER),
}  # fmt: skip


# ---------------------------------------------------------------- told, read, judged
def profile() -> Profile:
    """The simulated bank's language: it declares counts and a sum of each line, counts and sums of each file."""
    return load_profile(SIMULATED / "hxcb-receipts" / "2026.1.yaml")


def noticed(of: Profile, lie: Lie | None, seed: str) -> tuple[set[str], str]:
    """The codes told of an answer with this lie in it, and the line it concerns; without a lie none is told."""
    chance = random.Random(seed)
    told = truth(chance)
    ref = lie.plant(told, chance) if lie and not lie.late else ""
    tables = {kind: [pa.Table.from_pylist(getattr(told, kind), RECORDS[kind])] for kind in ("outcome", "holding", "movement")}
    files = [(file.name, b"".join(file.blocks)) for file in write_files(of, "response", told.facts, tables)]
    if lie and lie.late:
        told.files = {name: content.decode("gb18030").splitlines() for name, content in files}
        ref = lie.plant(told, chance)
        files = [(name, "".join(f"{line}\r\n" for line in lines).encode("gb18030")) for name, lines in told.files.items()]
    package = b"".join(packed(of, "response", told.facts, [NamedFile(name, [content]) for name, content in files]))
    return set(_codes(of, package_name(of, "response", told.facts), package, ref)), ref


def _codes(of: Profile, name: str, package: bytes, ref: str) -> Iterator[str]:
    """As settle tells it: refused whole, of another, or the findings of the line (of all lines, where it is about the whole file)."""
    reading = read_package(of, "response", name, [package])
    try:
        read = as_read(reading, [(piece.file, piece.kind, piece.table) for piece in reading])
    except UnreadableFile as refused:
        yield from (problem.code for problem in refused.problems)
        return
    if read.is_of_another(FACTS.bank):
        yield "answer-of-another"
    if read.batch_no != FACTS.batch_no:
        yield "batch-unknown"
        return
    edition = editions.lay(read, SimpleNamespace(lines=LINES, number=FACTS.batch_no))  # type: ignore[arg-type]
    yield from (problem.code for problem in read.problems)
    yield from (row["code"] for row in edition.matched.findings.to_pylist() if not ref or row["position"] == int(ref) - 1)
    if edition.not_asked:
        yield "rows-not-asked"
    if ref and OUTCOME_WORD[edition.matched.outcome[int(ref) - 1]] == "not_answered":
        yield "not_answered"


def wrong(of: Profile, name: str, number: int) -> str | None:
    """What is wrong with how a lie was met: not caught, caught under no code of its own, or told where nothing was declared."""
    lie = KINDS[name]
    try:
        codes, ref = noticed(of, lie, f"{name} {number}")
    except UnwritableRoster as unwritable:
        return f"{name} {number}: the bank cannot say it: {unwritable.problems[0].code}"
    if lie.codes and not codes & set(lie.codes):
        return f"{name} {number} (line {ref or 'all'}): expected one of {lie.codes}, told {sorted(codes)}"
    return f"{name} {number}: breaks nothing declared, and told {sorted(codes)}" if not lie.codes and codes else None


def page(lang: str) -> str:
    """docs/undetectable.md: what no answer shows by itself."""
    zh = lang == "zh"
    caught = sum(bool(lie.codes) for lie in KINDS.values())
    lines = ["# 仅凭反馈无法发现的错误" if zh else "# What an answer alone does not show", ""]
    lines += [
        f"`make lies` 在模拟银行的反馈中植入 {len(KINDS)} 类遗漏与谎报。银行自己申报的数目、合计被破坏的 {caught} 类，全部以各自的代码发现；"
        "其余各类不违背任何申报内容，仅凭反馈无法发现。由 tests/lies.py 生成。"
        if zh
        else f"`make lies` plants {len(KINDS)} kinds of omissions and lies in answers of a simulated bank. The {caught} kinds that break"
        " something the bank itself declares, a count or a sum, are all caught, each under its code; the others contradict nothing that is"
        " declared, and no reading of the answer shows them. Written by tests/lies.py.",
        "",
        "| 错误 | 何以发现 |" if zh else "| lie | what would show it |",
        "|---|---|",
    ]
    lines += [f"| {lie.zh if zh else lie.en} | {lie.why[0 if zh else 1]} |" for lie in KINDS.values() if not lie.codes]
    lines += [
        "",
        "发现的各类及其代码：" if zh else "What is caught, and the codes told of it:",
        "",
        "| 错误 | 代码 |" if zh else "| lie | codes |",
        "|---|---|",
    ]
    lines += [
        f"| {lie.zh if zh else lie.en} | {' '.join(f'`{code}`' for code in lie.codes)} |" for lie in KINDS.values() if lie.codes
    ]
    return "\n".join(lines) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--each", type=int, default=EACH)
    parser.add_argument("--docs", action="store_true")
    asked = parser.parse_args()
    if asked.docs:
        for lang, name in (("en", "undetectable.md"), ("zh", "undetectable.zh-CN.md")):
            (DOCS / name).write_text(page(lang), "utf-8")
        return 0
    of, met = profile(), Counter[str]()
    told = [said for name in KINDS for number in range(asked.each) if (said := wrong(of, name, number))]
    for lie in KINDS.values():
        met["caught" if lie.codes else "undetectable"] += asked.each
    print(*told, sep="\n")
    print(
        f"{met.total()} planted: {met['caught']} break something declared, {met['undetectable']} do not; {len(told)} met wrongly"
    )
    return 1 if told else 0


if __name__ == "__main__":
    sys.exit(main())
