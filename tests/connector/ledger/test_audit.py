"""The audit promises: nothing changes without a trace, and no trace changes without being found."""

import hashlib
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import orjson
import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from connector import audit_verifier
from connector.ledger import audit
from connector.ledger.ledger import Ledger
from transports.sealing.keyring import KeyRing
from transports.sealing.keyring.lasting_keys import AUDIT_KINDS


class Ring:
    """A stand-in for the key ring where only the chain is looked at: it signs with a keyed digest."""

    def sign_checkpoint(self, message: bytes) -> tuple[str, bytes]:
        return "key-1", hashlib.sha256(b"secret" + message).digest()


def holds(key: str, message: bytes, signature: bytes) -> bool:
    return (key, signature) == Ring().sign_checkpoint(message)


def fill(ledger: Ledger, now: datetime, records: int) -> None:
    with ledger.begin() as tx:
        for number in range(records):
            audit.record(tx, at=now, who="王", what="looked", centre="C1", subject=f"batch {number}", detail={"行数": number})


def exported(ledger: Ledger, now: datetime) -> list[bytes]:
    with ledger.begin() as tx:
        audit.checkpoint_now(tx, Ring(), now)
        return list(audit.export(tx))


class TestRecording:
    """Records follow each other without a gap, in the transaction of what they tell of."""

    def test_records_are_numbered_and_chained(self, ledger: Ledger, now: datetime) -> None:
        fill(ledger, now, 3)
        with ledger.read() as tx:
            rows = audit.newest(tx, 3)

        assert [3, 2, 1] == [row.seq for row in rows]
        assert [rows[1].digest, rows[2].digest, "0" * 64] == [row.previous for row in rows]

    def test_an_undone_transaction_leaves_no_record_and_no_gap(self, ledger: Ledger, now: datetime) -> None:
        fill(ledger, now, 1)
        with pytest.raises(ZeroDivisionError), ledger.begin() as tx:
            audit.record(tx, at=now, who="a", what="b", centre="c", detail={"n": 1 // 0})
        fill(ledger, now, 1)

        assert audit_verifier.verify(exported(ledger, now), holds).holds

    def test_records_of_many_writers_make_one_chain(self, ledger: Ledger, now: datetime) -> None:
        threads = [threading.Thread(target=lambda: [fill(ledger, now, 5) for _ in range(5)]) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        verdict = audit_verifier.verify(exported(ledger, now), holds)

        assert (100, []) == (verdict.records, verdict.broken)

    @pytest.mark.parametrize("detail", [{"amount": 1.5}, {"deep": [{"rate": 0.1}]}])
    def test_a_float_is_refused_because_it_is_not_the_same_everywhere(
        self, ledger: Ledger, now: datetime, detail: dict[str, object]
    ) -> None:
        with pytest.raises(TypeError), ledger.begin() as tx:
            audit.record(tx, at=now, who="a", what="b", centre="c", detail=detail)

    def test_what_was_written_is_what_is_exported(self, ledger: Ledger, now: datetime) -> None:
        detail = {"b": [1, None, True, "𠮷\n\u0007\u2028"], "a": {"z": -(2**62), "y": ""}}
        with ledger.begin() as tx:
            audit.record(tx, at=now, who="李", what="x", centre="c", subject="s", detail=detail)
        line = orjson.loads(exported(ledger, now)[0])

        assert detail == line["detail"]
        assert audit_verifier.verify(exported(ledger, now), holds).holds

    def test_the_suite_is_data_and_may_change_on_the_way(self, ledger: Ledger, now: datetime) -> None:
        with ledger.begin() as tx:
            audit.record(tx, at=now, who="a", what="b", centre="c")
            audit.record(tx, at=now, who="a", what="suite", centre="c", suite="sm3")
            audit.record(tx, at=now, who="a", what="b", centre="c")
        lines = exported(ledger, now)

        assert ["sha256", "sm3", "sm3"] == [orjson.loads(line)["suite"] for line in lines[:3]]
        assert audit_verifier.verify(lines, holds).holds

    def test_rule_087_a_deployment_is_set_to_sm3_and_its_chain_goes_on(self, ledger: Ledger, now: datetime) -> None:
        fill(ledger, now, 1)
        audit.chain_by(ledger.engine, "sm3")
        fill(ledger, now, 1)
        audit.chain_by(ledger.engine, None)  # whoever is told nothing goes on as it was
        fill(ledger, now, 1)
        lines = exported(ledger, now)

        assert ["sha256", "sm3", "sm3"] == [orjson.loads(line)["suite"] for line in lines[:3]]
        assert audit_verifier.verify(lines, holds).holds

    @pytest.mark.parametrize("table", ["audit", "checkpoint"])
    @pytest.mark.parametrize("change", ["UPDATE {} SET at = 'x'", "DELETE FROM {}"])
    def test_rule_077_the_database_refuses_to_change_or_remove_a_record(
        self, ledger: Ledger, now: datetime, table: str, change: str
    ) -> None:
        fill(ledger, now, 2)
        before = exported(ledger, now)
        with pytest.raises(SQLAlchemyError, match="append-only"), ledger.begin() as tx:
            tx.execute(text(change.format(table)))

        assert before == exported(ledger, now)

    def test_no_record_is_replaced_by_another_of_its_number(self, ledger: Ledger, now: datetime) -> None:
        fill(ledger, now, 1)
        columns = "seq, at, who, what, centre, subject, detail, suite, previous, digest"
        copy = f"INTO audit SELECT {columns} FROM audit"
        statement = f"INSERT OR REPLACE {copy}" if ledger.on_sqlite else f"INSERT {copy}"
        with pytest.raises(SQLAlchemyError), ledger.begin() as tx:
            tx.execute(text(statement))

    def test_postgresql_refuses_to_empty_the_audit(self, ledger: Ledger, now: datetime) -> None:
        if ledger.on_sqlite:
            return
        with pytest.raises(SQLAlchemyError, match="append-only"), ledger.begin() as tx:
            tx.execute(text("TRUNCATE audit"))


class TestCheckpoints:
    """The last record is signed now and then, and once only."""

    def test_a_checkpoint_is_made_when_enough_records_stand_unsigned(self, ledger: Ledger, now: datetime) -> None:
        for records, signed_to in [(2, None), (1, 3), (2, 3), (1, 6)]:
            fill(ledger, now, records)
            with ledger.begin() as tx:
                audit.checkpoint_if_due(tx, Ring(), now, every=3)
                last = audit.last_checkpoint(tx)

            assert signed_to == (last and last["seq"])

    def test_e2_a_record_stands_unsigned_for_ten_minutes_at_most(self, ledger: Ledger, now: datetime) -> None:
        fill(ledger, now, 2)
        for minutes, signed_to in [(9, None), (10, 2)]:
            with ledger.begin() as tx:
                audit.checkpoint_if_due(tx, Ring(), now + timedelta(minutes=minutes))
                last = audit.last_checkpoint(tx)

            assert signed_to == (last and last["seq"])

    def test_e4_a_chain_that_was_emptied_does_not_hold(self, ledger: Ledger) -> None:
        with ledger.read() as tx:
            assert not audit.verify(tx, holds).holds

    def test_nothing_new_is_not_signed_again(self, ledger: Ledger, now: datetime) -> None:
        with ledger.begin() as tx:
            assert audit.checkpoint_now(tx, Ring(), now) is None
        fill(ledger, now, 1)

        assert exported(ledger, now) == exported(ledger, now)

    def test_a_living_chain_may_have_an_unsigned_tail_an_export_may_not(self, ledger: Ledger, now: datetime) -> None:
        fill(ledger, now, 2)
        with ledger.read() as tx:
            assert audit.verify(tx, holds).holds
            assert not audit_verifier.verify(audit.export(tx), holds).holds


def changed_bit(lines: list[bytes]) -> list[bytes]:
    return [*lines[:3], lines[3].replace(b'"batch 3"', b'"batch 2"'), *lines[4:]]


def changed_bit_with_its_digest_made_anew(lines: list[bytes]) -> list[bytes]:
    record = orjson.loads(lines[3])
    record.pop("digest")
    record["who"] = "nobody"
    return [*lines[:3], audit_verifier.canonical(record | {"digest": audit_verifier.digest(record)}) + b"\n", *lines[4:]]


def forged_from_the_beginning(lines: list[bytes]) -> list[bytes]:
    """Every digest made anew: only the signature can tell."""
    forged, previous = [], audit_verifier.BEGINNING
    for line in lines:
        record = orjson.loads(line)
        if "checkpoint" in record:
            record["checkpoint"]["digest"] = previous
        else:
            record.pop("digest")
            record |= {"who": "nobody", "previous": previous}
            previous = audit_verifier.digest(record)
            record["digest"] = previous
        forged.append(audit_verifier.canonical(record) + b"\n")
    return forged


TAMPERINGS: list[Callable[[list[bytes]], list[bytes]]] = [
    changed_bit,
    changed_bit_with_its_digest_made_anew,
    forged_from_the_beginning,
    lambda lines: [*lines[:3], *lines[4:]],  # one dropped
    lambda lines: lines[1:],  # the first dropped
    lambda lines: [*lines[:2], lines[3], lines[2], *lines[4:]],  # two swapped
    lambda lines: lines[:-1],  # the tail cut: the checkpoint is gone
    lambda lines: lines[:4],
    lambda lines: [*lines[:3], lines[2], *lines[3:]],  # one twice
    lambda lines: [*lines[:3], b"not a record\n", *lines[3:]],
    lambda lines: [*lines[:3], b"[1]\n", *lines[3:]],
    lambda lines: [*lines[:3], lines[3].replace(b'"sha256"', b'"md5"'), *lines[4:]],
    lambda lines: [*lines[:-1], lines[-1].replace(b'"signature":"', b'"signature":"00')],
    lambda lines: [*lines[:-1], lines[-1].replace(b'"key-1"', b'"key-2"')],
    lambda lines: [],
]


@pytest.fixture
def on_sqlite(tmp_path: Path) -> Ledger:
    """The verifier reads an export, whatever database it came from: one will do."""
    ledger = Ledger.open(f"sqlite:///{tmp_path / 'ledger.db'}")
    ledger.migrate()
    return ledger


class TestVerifying:
    """The verifier needs the export alone; whatever is done to it is found."""

    def test_an_untouched_export_holds(self, on_sqlite: Ledger, now: datetime) -> None:
        fill(on_sqlite, now, 6)
        verdict = audit_verifier.verify(exported(on_sqlite, now), holds)

        assert (6, 1, 6, []) == (verdict.records, verdict.checkpoints, verdict.signed_to, verdict.broken)

    @pytest.mark.parametrize("tamper", TAMPERINGS)
    def test_rule_077_e2_every_tampering_is_found(
        self, on_sqlite: Ledger, now: datetime, tamper: Callable[[list[bytes]], list[bytes]]
    ) -> None:
        fill(on_sqlite, now, 6)
        lines = exported(on_sqlite, now)

        assert not audit_verifier.verify(tamper(lines), holds).holds

    def test_e2_each_single_bit_counts(self, on_sqlite: Ledger, now: datetime) -> None:
        fill(on_sqlite, now, 1)
        whole = b"".join(exported(on_sqlite, now))
        silent = []
        for place in range(len(whole) * 8 - 8):  # the last byte is the end of the last line
            flipped = bytearray(whole)
            flipped[place // 8] ^= 1 << place % 8
            if audit_verifier.verify(bytes(flipped).splitlines(keepends=True), holds).holds:
                silent.append(place)

        assert [] == silent

    def test_e2_e4_a_tail_cut_at_a_checkpoint_is_found_by_the_checkpoint_kept_elsewhere(
        self, on_sqlite: Ledger, now: datetime
    ) -> None:
        fill(on_sqlite, now, 3)
        older = exported(on_sqlite, now)
        fill(on_sqlite, now, 3)
        exported(on_sqlite, now)
        with on_sqlite.read() as tx:
            kept = audit.last_checkpoint(tx)

        assert audit_verifier.verify(older, holds).holds
        assert not audit_verifier.verify(older, holds, kept).holds

    def test_e4_another_history_up_to_the_kept_checkpoint_is_found(self, on_sqlite: Ledger, now: datetime) -> None:
        fill(on_sqlite, now, 3)
        lines = exported(on_sqlite, now)
        kept = orjson.loads(lines[-1])["checkpoint"] | {"digest": "f" * 64}

        assert not audit_verifier.verify(lines, holds, kept).holds


class TestKeys:
    """An export and a file of public keys are all it takes."""

    @pytest.mark.parametrize("suite", AUDIT_KINDS)
    def test_e3_rule_087_an_export_verifies_with_the_public_key_alone(
        self, on_sqlite: Ledger, now: datetime, tmp_path: Path, suite: str
    ) -> None:
        ring = KeyRing.create(tmp_path / "keys", b"a secret of the ring", suite)
        fill(on_sqlite, now, 3)
        with on_sqlite.begin() as tx:
            audit.checkpoint_now(tx, ring, now)
            (tmp_path / "export").write_bytes(b"".join(audit.export(tx)))
        (tmp_path / "public.pem").write_bytes(ring.audit_public_key())
        stranger = KeyRing.create(tmp_path / "other", b"another secret", suite)
        (tmp_path / "stranger.pem").write_bytes(stranger.audit_public_key())

        assert [0, 7] == [self.verified(tmp_path, name) for name in ("public.pem", "stranger.pem")]

    def verified(self, folder: Path, key: str) -> int:
        command = [sys.executable, "-m", "connector.audit_verifier", str(folder / "export"), str(folder / key)]
        return subprocess.run(command, check=False, stdout=subprocess.DEVNULL).returncode
