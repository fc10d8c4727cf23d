"""A town whose banks have a browser and no sealing software: their profile says ``sheet``; and the filled sheets they hand in."""

import hashlib
from pathlib import Path
from typing import Any

import yaml

from bank_profiles.catalogue import load_profile
from bank_profiles.language.profile import Profile
from bank_profiles.translation import PackageFacts, write_package
from connector.assembly import clock
from connector.bankside.clerk import Asked
from connector.bankside.clerk import Clerk as Counter
from connector.ledger.rows import AnyRow
from tests.dropbox.town import BoxTown
from tests.replies import questions
from transports.sealing.keyring import KeyRing

WITNESS = "us/witness"
_FILES = """inquiry:
  defaults: {format: yyyy-MM-dd}
  one_per_file: [as_of, window_from, window_to, scope]
  package: {name: "CX_{bank}_{batch}.xlsx"}
  files:
    ask:
      name: CX_{bank}_{batch}.xlsx
      format: excel
      records:
        cover:
          place: first
          sheet: 说明
          title_row: 1
          fields:
            批次号: batch_no
            基准日: as_of
            起始日: window_from
            截止日: window_to
            查询范围: {to: scope, map: scope, list: 、}
            人数: {equals: {count: person}}
        person:
          gives: inquiry
          sheet: 查询名单
          title_row: 1
          fields:
            序号: line_ref
            姓名: name
            证件类型: {to: id_type, map: id_type}
            证件号码: {to: id_no, cell: text}

response:
  defaults: {format: yyyy-MM-dd, unit: yuan, missing: [""]}
  package: {name: "FK_{bank}_{batch}_{seq:4}.xlsx"}
  files:
    book:
      name: "FK_{bank}_{batch}_{seq:4}.xlsx"
      format: excel
      records:
        about:
          place: preamble
          sheet: 查询结果
          title_row: 2
          fields:
            批次号: {to: batch_no, same_as: inquiry.batch_no}
        result:
          gives: outcome
          sheet: 查询结果
          title_row: 2
          stop_at: blank_row
          fields:
            序号: line_ref
            结果: {to: outcome, map: outcome}
        account:
          gives: holding
          sheet: 账户信息
          title_row: 1
          stop_at: blank_row
          fields:
            序号: line_ref
            账号: {to: account_no, cell: text}
            业务种类: {to: product, map: product}
            币种: currency
            余额: {to: balance, decimals: 3}

maps:
  id_type: {codes: {居民身份证: resident_id, 户口簿: household_book, 护照: passport}}
  scope: {codes: {存款: deposit, 理财: wealth}}
  outcome: {codes: {有: found, 无: no_record, 信息不符: name_mismatch, 证件不明: id_unknown, 不予协助: refused.other}}
  product:
    codes: {活期: demand_deposit, 定期: time_deposit, 通知: notice_deposit, 大额存单: large_cd, 结构性: structured_deposit, 理财: wealth_product}
    other: review

service:
  calendar: cn-bank-workday
  reply_within: 3 workdays
  limits: {lines_max: 2000}
"""
_HEAD = """schema: bank-profile/1
profile: {name}
version: 2026.1
effective: {{from: 2026-01-01}}
source: 示例表格约定
grade: invented
answers: [deposit, wealth]

channel:
{channel}
"""


def profile_text(name: str, channel: str) -> str:
    """A bank of one workbook each way, over any channel."""
    return _HEAD.format(name=name, channel=channel) + "\n" + _FILES


BOX = "  kind: dropbox\n  sheet: {sheet}\n  seal: cms-aes256gcm\n"
HOUSE = "  kind: folder\n  send_dir: /in/cx\n  take_dir: /out/cx\n  ready: {kind: flag_file, name: '{file}.ok'}\n  seal: cms-aes256gcm\n"

FALLBACK = """
fallbacks:
  - kind: folder
    send_dir: /in/cx
    take_dir: /out/cx
    ready: {kind: renamed}
    seal: cms-aes256gcm
"""


class SheetTown(BoxTown):
    """``sheet``: what the profile says; ``folder_too``: the first bank's other road; the centre has a witness key of its own."""

    def __init__(self, folder: Path, *, sheet: str = "true", folder_too: Path | None = None, **more: Any) -> None:
        super().__init__(folder, **more)
        self.sheet, self.folder_too = sheet, folder_too

    def __enter__(self) -> "SheetTown":
        super().__enter__()
        ring = KeyRing.open(self.dir / "keys", (self.dir / "secrets" / "ring").read_bytes())
        ring.new(WITNESS, "sign", "ec-p256", 365, clock())
        settings = self.dir / "service.yaml"
        said = yaml.safe_load(settings.read_text("utf-8"))
        said["serve"]["witness"] = f"secret:{WITNESS}"
        settings.write_text(yaml.safe_dump(said, allow_unicode=True), "utf-8")
        return self

    def _becomes_a_box(self, code: str) -> None:
        super()._becomes_a_box(code)
        if self.folder_too is not None and code == self.code:
            self.folder_too.mkdir(exist_ok=True)
            connection = self.dir / "connections" / f"{code}.yaml"
            said = yaml.safe_load(connection.read_text("utf-8"))
            said["fallbacks"] = [{"kind": "folder", "folder": str(self.folder_too)}]
            connection.write_text(yaml.safe_dump(said, allow_unicode=True), "utf-8")
        ours = BOX.format(sheet=self.sheet) + (FALLBACK if self.folder_too else "")
        for home, channel in ((self.dir, ours), (self.bank_folder(code), HOUSE)):
            (home / "profiles" / "hxbox" / "2026.1.yaml").write_text(profile_text("hxbox", channel), "utf-8")

    def asked(self, sheet: str = "requests.xlsx") -> "SheetTown":
        super().asked(sheet)
        return self

    def profile(self, code: str | None = None) -> Profile:
        """As the bank's own house reads it."""
        return load_profile(self.bank_folder(code or self.code) / "profiles" / "hxbox" / "2026.1.yaml")

    def filled(self, row: AnyRow, *, again: int = 0, number: str = "") -> tuple[str, bytes]:
        """What a clerk hands in: the bank's answer to a batch, as the workbook it is. ``number``: the batch it says it answers."""
        desk = self.desk(row.institution)
        profile = desk.profile(clock())
        facts = PackageFacts(row.institution, number or row.number, row.sequence_day, row.sequence + 100 * again, clock())
        answer = Counter(desk, profile, clock()).say(Asked(facts, questions(self, row)))
        tables = {kind: rows for kind, rows in answer.tables().items() if kind != "movement"}
        written = write_package(profile, "response", facts, tables)
        return written.name, b"".join(written.blocks)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
