"""A proof held against what is kept: its own digest, every parcel and answer in the object store, the ledger's word, and its sums.

What the proof names and the store no longer has, or has otherwise, is told by name; that the household has moved on since is no fault.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import orjson

from connector.ledger import evidence
from connector.ledger.errors import LedgerError
from connector.objects.store import ObjectBroken, ObjectMissing
from connector.parts import Parts
from connector.proof.accounting import SCHEMA, digest_of, prove
from connector.proof.cells import CLASSES


def read(content: bytes) -> dict[str, Any]:
    """A proof as it was given out. Raises LedgerError proof-unreadable."""
    try:
        proof = orjson.loads(content)
    except orjson.JSONDecodeError:
        proof = None
    if not isinstance(proof, dict) or proof.get("schema") != SCHEMA or not {"batches", "lines", "digest"} <= proof.keys():
        raise LedgerError(
            "this file is no proof: it is made with connector proof HOUSEHOLD --json",
            "该文件不是完整性证明；证明由 connector proof 家庭编号 --json 生成",
            code="proof-unreadable",
        )
    return proof


def check(parts: Parts, proof: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """``proof-check/1``: what was checked, what is wrong (code, about), and whether the household stands otherwise by now."""
    wrong = [{"code": code, "about": about} for code, about in _wrong(parts, proof)]
    today = prove(parts, str(proof["household_key"]), now)
    return {
        "schema": "proof-check/1",
        "household_key": proof["household_key"],
        "made_at": proof["made_at"],
        "ok": not wrong,
        "digests": len(_digests(proof)),
        "wrong": wrong,
        "moved_on": _cells(today) != _cells(proof),
    }


def _wrong(parts: Parts, proof: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if digest_of(proof) != proof["digest"]:
        yield "proof-changed", "digest"
    cells = proof["coverage"]
    if not cells["cells"] == sum(cells["by_status"].values()) == cells["persons"] * cells["institutions"] * len(CLASSES):
        yield "sums-differ", "coverage"
    with parts.ledger.read() as tx:
        for number, batch in proof["batches"].items():
            if evidence.parcel_digest(tx, number) != batch["parcel"]["digest"]:
                yield "ledger-differs", number
    for digest, about in sorted(_digests(proof).items()):
        try:
            for _ in parts.objects.get(digest):
                pass  # the store compares the bytes with their digest as they stream
        except ObjectMissing:
            yield "object-missing", about
        except ObjectBroken:
            yield "object-broken", about


def _digests(proof: Mapping[str, Any]) -> dict[str, str]:
    """Every digest a proof names → where."""
    found = {batch["parcel"]["digest"]: f"{number} {batch['parcel']['name']}" for number, batch in proof["batches"].items()}
    files = [(number, file) for number, batch in proof["batches"].items() for file in [*batch["files"], *batch["strays"]]]
    return found | {file["digest"]: f"{number} {file['name']}" for number, file in files}


def _cells(proof: Mapping[str, Any]) -> list[Any]:
    return [(line["person"], line["institution"], line["cells"]) for line in proof["lines"]]
