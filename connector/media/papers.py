"""A medium's papers out of the register: what the slip and the certificate of destruction say, in both languages."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from connector.bank import Bank
from connector.ledger import media
from connector.ledger.rows import AnyRow, Tx
from connector.media import register, remarks, words
from connector.media.ending import METHODS
from connector.moments import parse
from connector.papers import slip as printed
from connector.parts import Parts
from connector.roads.agreed_seals import agreed_seal


def slip(tx: Tx, parts: Parts, bank: Bank, row: AnyRow, now: datetime, centre_name: str) -> bytes:
    """The hand-over slip as PDF."""
    profile, agreed = register.agreed(bank, parts.day(parse(row.registered_at)))
    centre, house = f"{centre_name} {parts.centre}", f"{bank.name} {bank.code}"
    files = [{"name": f.name, "size": f"{f.size:,}", "digest": f.digest} for f in media.files(tx, row.id)]
    batches, events = media.batches_on(tx, row.id), media.events(tx, row.id)
    known = remarks.known(events)
    said = {
        **_head(row),
        "serial": known.get("serial", ""),
        "purposes": list(media.purposes_on(tx, row.id)),
        "lines": f"{sum(each.lines for each in batches):,}" if batches else "",
        "sm3": known.get("sm3", ""),
        "giver": centre if row.direction == "out" else house,
        "taker": house if row.direction == "out" else centre,
        "set": row.set_name if row.volumes > 1 else "",
        "read_back": _local(parts, row.written_at if row.direction == "out" else row.imported_at),
        "proved": ("写入并回读", "read back") if row.direction == "out" else ("核验导入", "proved, imported"),
        "suite": agreed_seal(profile.channel.seal).suite,
        "signer": ("centre_sign.crt", "核对中心", "the centre")
        if row.direction == "out"
        else ("bank_sign.crt", "机构", "the bank"),
        "back_by": _local(parts, row.due_at)[:10],
        "bytes": f"{row.bytes:,}",
        "batches": [each.number for each in batches],
        "files": files,
        "digest_name": agreed.manifest.digest.upper().replace("SHA256", "SHA-256"),
        "given_by": _hands(events),
        "footer": f"{_local(parts, now.isoformat())} · 介质上无姓名，内容已加密 · two copies, one for each house; the contents are encrypted",
    }
    return printed.slip(said, register.code_of(row))


def certificate(tx: Tx, parts: Parts, bank: Bank, row: AnyRow, now: datetime) -> bytes:
    """The certificate of destruction as PDF. Raises Refused media-wrong-state for a medium that is not destroyed."""
    events = media.events(tx, row.id)
    last = next((event for event in reversed(events) if event.what == "destroyed"), None)
    if last is None:
        raise words.say(words.WRONG_STATE)
    method, _, reason = last.note.partition("; ")
    said = {
        **_head(row),
        "bank": f"{bank.name} {bank.code}",
        "method": " ".join(METHODS.get(method, (method,))),
        "reason": reason,
        "at": _local(parts, last.at),
        "by": last.who,
        "second": last.second,
        "events": [_event(parts, event) for event in events],
        "footer": f"{_local(parts, now.isoformat())} · 一式两份 · two copies, one for each house",
    }
    return printed.certificate(said)


def _head(row: AnyRow) -> dict[str, Any]:
    return {
        "number": f"M-{row.id:04d}",
        "direction": words.DIRECTIONS[row.direction],
        "label": row.label,
        "kind": " ".join(words.KINDS[row.kind]),
        "volume": row.volume,
        "volumes": row.volumes,
        "seal": row.seal_number,
        "manifest_digest": row.manifest_digest,
    }


def _hands(events: Sequence[AnyRow]) -> tuple[str, str]:
    """Who gives it away, where that is on record already; else the boxes are filled by hand."""
    for event in reversed(events):
        if event.what == "handed-over" and event.second:
            return event.who, event.second
    return "", ""


def _event(parts: Parts, event: AnyRow) -> dict[str, str]:
    hands = " · ".join(name for name in (event.who, event.second) if name)
    return {
        "at": _local(parts, event.at),
        "what": " ".join(words.EVENTS.get(event.what, (event.what,))),
        "who": hands or "银行 bank",
        "seal": event.seal_number,
    }


def _local(parts: Parts, moment: str | None) -> str:
    return f"{parse(moment).astimezone(parts.zone):%Y-%m-%d %H:%M}" if moment else ""
