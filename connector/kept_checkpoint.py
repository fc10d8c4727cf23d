"""The newest checkpoint of the audit, kept outside the database too: a tail that was cut, or an older database, is seen against it.

Written after the checkpoint was committed, so it is never ahead of an honest database, and only ever forward: a checkpoint
the database no longer holds is evidence, which no later one replaces. Whoever may write the deployment's folder may take the file away;
against that, keep what ``audit checkpoint`` prints on another machine.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from connector.ledger import audit
from connector.ledger.errors import ChainBroken
from connector.ledger.ledger import Ledger
from transports import shelf

NAME = "audit-checkpoint.json"
_FIELDS = {"seq": int, "at": str, "digest": str, "key": str, "signature": str}


def keep(folder: Path, ledger: Ledger) -> None:
    """Bring the file up to the newest committed checkpoint; nothing where there is none. May be repeated.

    Raises ChainBroken when the database does not hold the checkpoint kept before; the file stays as it is.
    """
    with shelf.alone(folder / f"{NAME}.lock"):  # an older checkpoint never takes the place of a newer
        with ledger.read() as tx:
            newest, before = audit.last_checkpoint(tx), read(folder)
            if before is not None and audit.digest_at(tx, before["seq"]) != before["digest"]:
                raise _lost(folder, before)
        if newest is not None and (before is None or before["seq"] < newest["seq"]):
            shelf.write(folder / NAME, orjson.dumps(newest))


def read(folder: Path) -> dict[str, Any] | None:
    """The checkpoint kept; none before the first. Raises ChainBroken when the file is not one: it is ours alone to write."""
    try:
        found = orjson.loads((folder / NAME).read_bytes())
    except FileNotFoundError:
        return None
    except orjson.JSONDecodeError:
        found = None
    if not is_checkpoint(found):
        raise ChainBroken(
            f"{folder / NAME} is not the checkpoint this program kept there; stop, touch nothing, and find out who changed it",
            f"{folder / NAME} 不是本程序留存的检查点；请停止操作、保留现场，并查明何人改动",
        )
    return dict(found)


def is_checkpoint(found: object) -> bool:
    """Whether this is a checkpoint as ``audit checkpoint`` prints it."""
    return isinstance(found, dict) and all(isinstance(found.get(name), kind) for name, kind in _FIELDS.items())


def what_to_do(folder: Path) -> tuple[str, str]:
    """(English, Chinese): what a person does when the database and the checkpoint kept do not agree."""
    return (
        f"the database was cut, changed or put back from an older copy: stop, keep the database and {folder / NAME} as they are, and "
        f"look for the newest database. If an older one was restored on purpose, put it on record, move {NAME} away and verify again",
        f"数据库曾被删减、改动或恢复为较旧的副本：请停止操作，原样保留数据库与 {folder / NAME}，并查找最新的数据库。"
        f"如确系经批准恢复旧副本，请登记在案，移走 {NAME} 后再次验证",
    )


def _lost(folder: Path, before: Mapping[str, Any]) -> ChainBroken:
    en, zh = what_to_do(folder)
    return ChainBroken(
        f"record {before['seq']} of the audit is not the one the kept checkpoint names; {en}",
        f"审计第 {before['seq']} 条与留存的检查点不符；{zh}",
    )
