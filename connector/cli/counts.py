"""What a step counts, in words: Chinese and English. tests/connector/cli/test_counts.py holds that no step counts what has none here."""

from collections.abc import Mapping

from connector.cli.console import tr

COUNTS = {
    "inquiries": ("户", "inquiries"),
    "batches": ("批次", "batches"),
    "unscanned": ("行待授权书扫描件", "lines waiting for the scan of their authorization"),
    "delivered": ("已送达", "delivered"),
    "carried": ("在前置机", "with the carrier"),
    "given_back": ("前置机已退回", "given back by the carrier"),
    "retry": ("稍后再试", "tried again later"),
    "in_doubt": ("存疑", "in doubt"),
    "unknown": ("仍存疑", "still in doubt"),
    "refused": ("拒收", "refused"),
    "held": ("待处置", "held"),
    "fetched": ("取回", "fetched"),
    "known": ("已取过", "fetched before"),
    "left": ("留在原处", "left where it lies"),
    "opened": ("已读入", "opened"),
    "receipts": ("回执", "receipts"),
    "waits": ("待查毒", "waiting for the scanner"),
    "duplicate": ("重复", "duplicate"),
    "quarantined": ("隔离", "set apart"),
    "expired": ("过期", "expired"),
    "reports": ("报告", "reports"),
    "asked": ("待两人同意", "waiting for two persons"),
    "erased": ("已销毁", "erased"),
    "reminders": ("催办记录", "reminders"),
    "told": ("已通知", "told"),
    "given_up": ("不再通知", "told no more"),
    "stopped": ("受阻", "stopped"),
    "held by another": ("由另一进程处理", "held by another process"),
    "closed": ("不在其时段", "outside its hours"),
    "gave way": ("让位于加急", "gave way to an urgent question"),
    "lane-lost": ("已由另一进程接手", "taken over by another process"),
    "households": ("户", "households"),
    "papers": ("授权书终止", "authorizations ended"),
    "lists": ("死亡名单", "lists of deaths"),
    "left_out": ("未列入", "left out"),
    "lasting doubts": ("久疑未决", "doubts that last"),
    "looked": ("核对期限", "deadlines looked at"),
    "moved": ("期限变动", "deadlines moved"),
}
_OF_DUTIES = {
    ("close month", "closed"): ("关账月份", "months closed"),
    ("make rounds", "asked"): ("列入查询的户", "households asked about"),
}


def counted(step: str, counts: Mapping[str, int]) -> str:
    """What a step or a duty of the clock did, in the language spoken; empty where that is nothing."""
    words = ((tr(*_OF_DUTIES.get((step, key), COUNTS.get(key, (key, key)))), number) for key, number in counts.items() if number)
    return tr("，", ", ").join(f"{word} {number}" for word, number in words)
