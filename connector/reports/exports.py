"""A household report as a workbook: Chinese first, English under it, what is missing before what was found."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from connector.reports.workbook import AMBER, Amount, Book, Column, Row, Sheet, Value
from reconciliation.identity import mask
from reconciliation.money import CNY, format_minor
from reconciliation.words import (
    ASSET_CLASSES,
    DIRECTIONS,
    HANDLINGS,
    LINE_MARKS,
    MARKS,
    OUTCOMES,
    PRODUCTS,
    STANDINGS,
    STATUSES,
    Word,
)

Report = Mapping[str, Any]
SHANGHAI = ZoneInfo("Asia/Shanghai")


def household_workbook(report: Report, *, masked: bool = True, zone: ZoneInfo = SHANGHAI) -> bytes:
    """The XLSX of a ``report/1``. ``masked`` shortens identity and account numbers as papers show them; names stand in full.

    Times are shown in ``zone``.
    """
    book = Book(
        f"核对报告 {report['household_key']}",
        f"{report['household_key']} · 只核对不认定 Facts, not a decision",
        datetime.fromisoformat(report["made_at"]),
    )
    people = _People(report, masked, zone)
    _summary(_titled(book, report, "概要", "Summary", [32, 30, 24, 12, 8, 20, 20], landscape=False), report, people)
    _holdings(
        _titled(book, report, "资产明细", "Holdings", [24, 14, 24, 24, 14, 7, 18, 18, 11, 12, 12, 12, 30, 18, 24]), report, people
    )
    _missing(_titled(book, report, "未反馈", "Not answered", [18, 26, 14, 24, 28, 28, 14, 28, 40]), report, people)
    _movements(_titled(book, report, "变动汇总", "Movements", [26, 24, 14, 24, 12, 8, 10, 20, 20]), report, people)
    return book.bytes()


class _People:
    """How members, institutions, accounts and times are written."""

    def __init__(self, report: Report, masked: bool, zone: ZoneInfo) -> None:
        self._masked, self._zone = masked, zone
        self._names = {person["person_key"]: person["name"] for person in report["persons"]}
        self._banks = {line["institution"]: line["name"] for line in report["answers"]}

    def name(self, row: Row) -> str:
        return str(self._names.get(row["person_key"], ""))

    def number(self, row: Row) -> str:
        number = row["person_key"].partition(":")[2]
        return mask(number) if self._masked else number

    def bank(self, row: Row) -> str:
        return str(self._banks.get(row["institution"], row["institution"]))

    def moment(self, text: str | None) -> str:
        return f"{datetime.fromisoformat(text).astimezone(self._zone):%Y-%m-%d %H:%M}" if text else ""

    def account(self, number: str | None) -> str:
        """The first and the last four characters (domain rule 71)."""
        text = number or ""
        hidden = len(text) - 8
        return f"{text[:4]}{'*' * hidden}{text[-4:]}" if self._masked and hidden > 0 else text


def _titled(book: Book, report: Report, zh: str, en: str, widths: Sequence[int], *, landscape: bool = True) -> Sheet:
    sheet = book.sheet(zh, widths, landscape=landscape)
    about = f"家庭 Household {report['household_key']} · {report['programme']} · 基准日 As of {report['as_of']}"
    sheet.title(f"核对报告（金融资产部分） · {zh} {en}", f"{about} · 只核对不认定 Facts, not a decision")
    return sheet


def _word(words: Mapping[str, Word], word: str | None) -> str:
    found = words.get(word or "")
    return f"{found.zh} {found.en}" if found else word or ""


# ---------------------------------------------------------------- 概要
def _summary(sheet: Sheet, report: Report, people: _People) -> None:
    _missing_first(sheet, report, people)
    sheet.heading("事实摘要", "Facts")
    sheet.facts(_figures(report))
    sheet.heading("分类汇总", "By member, class and currency")
    cells = [
        {"person_key": person["person_key"], "class": kind, "currency": currency, **cell}
        for person in report["persons"]
        for kind, by_currency in person["assets"].items()
        for currency, cell in by_currency.items()
    ]
    columns = [
        Column("姓名", "Name", people.name),
        Column("证件号码", "Number", people.number),
        Column("类别", "Class", lambda row: _word(ASSET_CLASSES, row["class"])),
        Column("账户数", "Accounts", lambda row: int(row["accounts"])),
        Column("币种", "Cur.", lambda row: row["currency"]),
        Column("原币金额", "Original amount", lambda row: Amount(row["original_minor"], row["currency"])),
        Column("折人民币（元）", "CNY", lambda row: Amount(row["cny_fen"], CNY)),
    ]
    sheet.table(columns, cells)
    sheet.heading("核对依据与范围", "Basis")
    sheet.facts(_basis(report, people))


def _missing_first(sheet: Sheet, report: Report, people: _People) -> None:
    """What must be read before any figure: the institutions that did not answer, by name; the authorizations that are over."""
    if report["complete"]:
        sheet.line("✔ 应询机构均已反馈。 Every institution asked has answered.")
    for bank in report["not_answered"]:
        outcomes = "、".join(dict.fromkeys(_word(OUTCOMES, line["outcome"]) for line in bank["lines"]))
        line = f"▲ 未反馈 Not answered: {bank['name']} ({bank['institution']}), {len(bank['lines'])} 行 lines: {outcomes}"
        sheet.line(line, bold=True, bg_color=AMBER)
    for bank in report.get("refused_all", ()):
        sheet.line(f"▲ 全部拒答 Refused every line: {bank['name']} ({bank['institution']})", bold=True, bg_color=AMBER)
    for bank in report.get("stopped", ()):
        why = "、".join(dict.fromkeys(_word(STANDINGS, line.get("why")) for line in bank["lines"]))
        sheet.line(f"▲ 已停止 Taken back: {bank['name']} ({bank['institution']}): {why}", bold=True, bg_color=AMBER)
    for gap in report["incomplete"]:
        sheet.line(f"※ {_sentence(gap)}", bg_color=AMBER)
    for paper in report["authorizations_over"]:
        signed = "、".join(people.name({"person_key": key}) for key in paper["persons"])
        sheet.line(f"▲ {signed} {_sentence(paper)}", bg_color=AMBER)
    for dispute in report.get("appeals", ()):
        sheet.line(f"※ {_sentence(dispute)}")
    if own := report.get("appeal_of"):
        zh, en = (
            f"第 {own['number']} 号申诉的复核，不是该户的全部",
            f"The re-check of appeal {own['number']}, not the whole household",
        )
        sheet.line(f"※ {zh} {en}", bold=True, bg_color=AMBER)
    if newer := report.get("superseded_by"):
        sheet.line(f"※ 本版已被第 {newer} 版取代 Superseded by version {newer}", bold=True, bg_color=AMBER)


def _sentence(said: Row) -> str:
    return f"{said['zh']}。 {said['en'][:1].upper()}{said['en'][1:]}."


def _figures(report: Report) -> list[tuple[str, str, Value]]:
    outside, netted = report["outflow_outside"], report["own_transfers_netted"]
    return [
        ("家庭金融资产合计（元）", "Total, CNY", Amount(report["total_cny_fen"], CNY)),
        ("人数", "Persons", int(report["persons_counted"])),
        ("人均（元）", "Per capita, CNY", Amount(report["per_capita_cny_fen"], CNY)),
        ("申报合计（元）", "Declared, CNY", _declared(report["declared_cny_fen"])),
        ("查得高于申报（元）", "Found beyond declared, CNY", _declared(report["undeclared_cny_fen"])),
        *_comparison(report),
        ("流出家庭（笔）", "Outflows from the household", int(outside["count"])),
        ("流出家庭（元）", "Outflows from the household, CNY", Amount(outside["cny_fen"], CNY)),
        ("家庭内互转已对冲（笔）", "Own transfers netted", int(netted["count"])),
        ("家庭内互转已对冲（元）", "Own transfers netted, CNY", Amount(netted["cny_fen"], CNY)),
        (
            "优抚等款项，单独列示（元）",
            "Exempt benefits, shown apart, CNY",
            Amount(report["exempt_benefit_credits_cny_fen"], CNY),
        ),
    ]


def _declared(fen: int | None) -> Value:
    return "未申报 Not declared" if fen is None else Amount(fen, CNY)


def _comparison(report: Report) -> list[tuple[str, str, Value]]:
    ceiling = report["ceiling"]
    if not ceiling:
        return [("限额", "Ceiling", "规则中无此限额，未比较 Not in the rules, nothing compared")]
    made_of = f"{ceiling['monthly_standard']} × {ceiling['multiplier']} × {report['persons_counted']}"
    difference = report["total_cny_fen"] - ceiling["cny_fen"]
    zh, en = ("高于", "above") if difference > 0 else ("等于", "equal to") if difference == 0 else ("低于", "below")
    word = f"{zh} {en.capitalize()}" if report["complete"] else f"已反馈部分{zh} What came so far is {en}"
    return [
        ("限额（元）", "Ceiling, CNY", Amount(ceiling["cny_fen"], CNY)),
        ("限额的构成", "Monthly standard × multiplier × persons", made_of),
        ("合计与限额比较", "The total compared with the ceiling", f"{word} {format_minor(abs(difference), CNY)}"),
    ]


def _basis(report: Report, people: _People) -> list[tuple[str, str, Value]]:
    rates, spread, asked = report["rates"], report["as_of_spread"], report["asked"]
    used = "；".join(f"1 {currency} = {rate} CNY" for currency, rate in rates["cny_per_unit"].items())
    answered = asked["lines"] - asked["lines_not_answered"]
    return [
        ("救助项目与地区", "Programme and region", f"{report['programme']} · {report['region']}"),
        ("申请日期", "Application date", report["application_date"]),
        ("回溯期", "Window", f"{report['window_start']} — {report['as_of']}"),
        ("余额日", "Days of the balances", f"{spread['from'] or '—'} — {spread['to'] or '—'} ({spread['days']} 日 days)"),
        ("已反馈", "Answered", f"{answered} / {asked['lines']} 行 lines · {asked['institutions']} 家机构 institutions"),
        ("规则版本", "Rule set", str(report["policy"])),
        *_thresholds(report),
        ("汇率", "Exchange rates", f"{used} ({rates['date']}, {rates['source']})" if used else "未使用 None used"),
        ("出具时间", "Made at", people.moment(report["made_at"])),
    ]


def _thresholds(report: Report) -> list[tuple[str, str, Value]]:
    """The large-sum thresholds applied (domain rule 18)."""
    if not (large := report.get("thresholds")):
        return []
    return [
        ("大额标准，单笔（元）", "Large sum at once, CNY", Amount(large["single_outflow_cny_fen"], CNY)),
        ("大额标准，累计（元）", "Large sums together, CNY", Amount(large["cumulative_outflow_cny_fen"], CNY)),
    ]


# ---------------------------------------------------------------- 资产明细
def _holdings(sheet: Sheet, report: Report, people: _People) -> None:
    columns = [
        Column("机构", "Institution", people.bank),
        Column("姓名", "Name", people.name),
        Column("账号", "Account", lambda row: people.account(row["account_no"])),
        Column("产品", "Product", lambda row: _word(PRODUCTS, row["product"])),
        Column("状态", "Status", lambda row: _word(STATUSES, row["status"])),
        Column("币种", "Cur.", lambda row: row["currency"]),
        Column("余额", "Balance", lambda row: Amount(row["balance_minor"], row["currency"])),
        Column("折人民币（元）", "CNY", lambda row: Amount(row["cny_fen"], CNY)),
        Column("汇率", "Rate", lambda row: row["rate"]),
        Column("余额日", "As of", lambda row: row["as_of"]),
        Column("开户日", "Opened", lambda row: row["opened_on"]),
        Column("销户日", "Closed", lambda row: row["closed_on"]),
        Column("处理", "Handling", lambda row: _word(HANDLINGS, row["handling"])),
        Column("标注", "Marks", lambda row: "、".join(_word(MARKS, mark) for mark in row["marks"])),
        Column("主账户", "Main account", lambda row: people.account(row["parent_account_no"])),
    ]
    sheet.table(columns, report["holdings"], freeze=True)


# ---------------------------------------------------------------- 未反馈
def _missing(sheet: Sheet, report: Report, people: _People) -> None:
    silent, incomplete = (
        {(bank["institution"], line["person_key"]) for bank in report[part] for line in bank["lines"]}
        for part in ("not_answered", "answered_incompletely")
    )
    parts: dict[str, list[Row]] = {"silent": [], "incomplete": [], "rest": []}
    for line in report["answers"]:
        whose = line["institution"], line["person_key"]
        parts["silent" if whose in silent else "incomplete" if whose in incomplete else "rest"].append(line)
    columns = [
        Column("机构代码", "Code", lambda row: row["institution"]),
        Column("机构", "Institution", people.bank),
        Column("姓名", "Name", people.name),
        Column("证件号码", "Number", people.number),
        Column("结果", "Outcome", lambda row: _word(OUTCOMES, row["outcome"])),
        Column("收到时间", "Received at", lambda row: people.moment(row["received_at"])),
        Column("标注", "Marks", lambda row: "、".join(_word(LINE_MARKS, mark) for mark in row.get("marks", ()))),
        Column("批次与行", "Batch and line", lambda row: row["batch"]),
        Column("申诉", "Appeal", _corrected),
    ]
    sheet.heading("未反馈", "Not answered")
    sheet.table(columns, parts["silent"], bg_color=AMBER)
    sheet.heading("答复不完整或不能计入", "Answered incompletely or without a usable result")
    sheet.table(columns, parts["incomplete"], bg_color=AMBER)
    sheet.heading("已反馈", "Answered")
    sheet.table(columns, parts["rest"])


def _corrected(row: Row) -> str:
    """Which appeal corrected a line, and the answer files before and after by their digests."""
    if not (said := row.get("appeal")):
        return ""
    before, after = said["was"]["digest"] or "—", said["is"]["digest"] or "—"
    return f"第 {said['number']} 号 No. {said['number']}: {before[:16]}… → {after[:16]}…"


# ---------------------------------------------------------------- 变动汇总
def _movements(sheet: Sheet, report: Report, people: _People) -> None:
    sheet.line(f"回溯期 Window {report['window_start']} — {report['as_of']}")
    columns = [
        Column("机构", "Institution", people.bank),
        Column("账号", "Account", lambda row: people.account(row["account_no"])),
        Column("姓名", "Name", people.name),
        Column("证件号码", "Number", people.number),
        Column("方向", "Direction", lambda row: _word(DIRECTIONS, row["direction"])),
        Column("币种", "Cur.", lambda row: row["currency"]),
        Column("笔数", "Count", lambda row: int(row["count"])),
        Column("金额", "Amount", lambda row: Amount(row["amount_minor"], row["currency"])),
        Column("折人民币（元）", "CNY", lambda row: Amount(row["cny_fen"], CNY)),
    ]
    sheet.table(columns, report["movements"], freeze=True)
