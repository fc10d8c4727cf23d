"""The words of keys in both languages: their states and uses; what is said where nothing is done to one, by stable codes."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connector.ledger.errors import LedgerError

UNKNOWN = (
    "key-unknown",
    "the ring has no key {said}; connector keys list shows what there is",
    "密钥环中没有 {said}；connector keys list 可列出全部",
)
SEVERAL = (
    "key-ambiguous",
    "several keys are {said}: {found}; name one by its id",
    "有多个密钥名为 {said}：{found}；请以编号指明其一",
)
WHOLE_RING = (
    "key-of-the-ring",
    "{said} belongs to the ring itself and lasts as long; connector keys renew puts a new one in its place (see docs/keys.md)",
    "{said} 属于密钥环本身，与其同在；可用 connector keys renew 更换（见 docs/keys.zh-CN.md）",
)
NOT_SO = (
    "key-state",
    "{said} is {state}: this cannot be asked of it; connector keys list shows what may be",
    "{said} 当前为{state}，不可作此申请；请先查看 connector keys list",
)
DIFFERS = (
    "fingerprint-differs",
    "the fingerprint is not that of the letter; nothing imported. Do not use it; call the bank by a number on file.",
    "证书指纹与指纹函不符，未导入。请勿使用此证书，按已登记的电话联系对方。",
)
KEY_ALONE = (
    "fingerprint-of-key",
    "an OpenPGP fingerprint is of the primary key alone and says nothing of dates and revocations; give the letter's SHA-256 over the "
    "whole certificate (gpg --dearmor < CERT.asc | openssl dgst -sha256)",
    "OpenPGP 指纹只对主密钥计算，不涵盖到期日与吊销；请给出指纹函上整份证书的 SHA-256（gpg --dearmor < CERT.asc | openssl dgst -sha256）",
)
NO_LETTER = (
    "letter-missing",
    "a bank's key counts by its returned fingerprint letter: give its number (--evidence) and its fingerprint (--fingerprint)",
    "银行密钥以指纹函回执为凭：请给出回执编号（--evidence）与函上指纹（--fingerprint）",
)
KIND_OPEN = (
    "key-kind-open",
    "of which kind is the key for {said} to be ({found})? Say it with --kind: sm2 for banks that seal by SM, another for the others",
    "{said} 的密钥应为哪一种（{found}）？请以 --kind 指明：对方用国密封装的为 sm2，其他银行另选",
)
OTHER_USE = (
    "key-use-differs",
    "{said} is for keys that {wanted}, and this one is to {use}; nothing was changed. Perhaps two certificates were exchanged: see their letters",
    "{said} 下应为{wanted}密钥，而此密钥用于{use}，未作改动。请对照指纹函，两张证书可能互换",
)
NOT_OURS = (
    "key-not-handed",
    "{said} is a bank's certificate: only our own are handed over",
    "{said} 是对方证书；只有我方证书才需登记交付",
)
NO_SLIP = (
    "slip-missing",
    "that a bank has our certificate counts by the number of its returned slip (--evidence)",
    "银行已登记我方证书，以其指纹函回执为凭：请给出回执编号（--evidence）",
)
FIRST_DAY_PAST = (
    "first-day-past",
    "{said} is past: a key begins today (without --from) or on a later day, before which the banks have its letter",
    "{said} 已过：密钥自今日（不给出 --from）或以后某日启用，其间须将指纹函交给银行",
)
RENEWED = (
    "key-renewed",
    "{said} was renewed by another request since this one was asked; nothing was changed. Return this one (connector approve --return)",
    "{said} 在本申请提出之后已由另一申请更换，未作改动。请退回本申请（connector approve --return）",
)
NO_BANK = (
    "institution-unknown",
    "no connection is to an institution {said}; nothing was noted. Its code is in connections/*.yaml (connector status)",
    "没有任何连接的机构代码为 {said}，未登记。代码见 connections/*.yaml（connector status）",
)
STATES = {"active": "在用", "retired": "已停用", "blocked": "已封锁", "destroyed": "已销毁"}
USES = {"sign": "签名", "encrypt": "加密", "any": "签名与加密", "master": "主密钥", "audit": "审计"}  # what a key is for
USED = {"sign": "签名", "encrypt": "加密", "verify": "验证", "decrypt": "解密"}  # what one was used to do


def say(words: tuple[str, str, str], **facts: str) -> "LedgerError":
    """The error, to be raised by whoever found it."""
    from connector.ledger.errors import LedgerError  # not before: a carrier's command has these words and no ledger

    code, en, zh = words
    chinese = {name: (STATES | USES).get(said, said) for name, said in facts.items() if name in ("state", "use", "wanted")}
    return LedgerError(en.format(**facts), zh.format(**facts | chinese), code=code)
