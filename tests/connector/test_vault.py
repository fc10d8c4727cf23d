"""The vault promises: nothing about a person is readable without its key, and a destroyed key ends what stood under it."""

import contextlib
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from connector.ledger import data_keys
from connector.ledger.errors import KeyDestroyed, LedgerError
from connector.ledger.ledger import Ledger
from connector.ledger.proof_tables import data_key
from connector.vault import Vault
from transports.errors import BrokenSeal
from transports.sealing import at_rest

NOW = datetime(2026, 11, 21, tzinfo=UTC)
MASTER = at_rest.new_key()
SECRET = "张三丰 320507195001011234".encode()


def vault(master: bytes = MASTER, suite: str = "aes256gcm") -> Vault:
    return Vault(master, suite, lambda: NOW)


def sealed(ledger: Ledger, period: str = "2026-11") -> tuple[int, bytes]:
    with ledger.begin() as tx:
        return vault().seal(tx, "member", period, SECRET, "member")


class TestSealing:
    """A key for each purpose and period, made when it is first needed."""

    def test_what_was_sealed_opens_again_in_another_process(self, ledger: Ledger) -> None:
        key, bytes_ = sealed(ledger)
        with ledger.read() as tx:
            assert SECRET == vault().open(tx, key, bytes_, "member")

    def test_f2_no_plaintext_and_no_plain_key_is_kept(self, ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
        plain_keys: list[bytes] = []
        new_key = at_rest.new_key
        monkeypatch.setattr(at_rest, "new_key", lambda: plain_keys.append(new_key()) or plain_keys[-1])
        _, bytes_ = sealed(ledger)
        with ledger.read() as tx:
            rows = repr(tx.execute(select(data_key)).all())

        assert SECRET not in bytes_
        assert 1 == len(plain_keys)
        assert repr(plain_keys[0])[2:-1] not in rows

    def test_each_purpose_and_period_has_a_key_of_its_own_and_only_one(self, ledger: Ledger) -> None:
        pairs = [("member", "2026-11"), ("member", "2026-12"), ("inquiry", "2026-11")]
        with ledger.begin() as tx:
            first = [vault().seal(tx, *pair, SECRET, "c")[0] for pair in pairs]
            again = [vault().seal(tx, *pair, SECRET, "c")[0] for pair in pairs]

        assert 3 == len(set(first))
        assert first == again

    def test_another_master_key_or_context_opens_nothing(self, ledger: Ledger) -> None:
        key, bytes_ = sealed(ledger)
        with ledger.read() as tx:
            for other, context in [(vault(at_rest.new_key()), "member"), (vault(), "inquiry")]:
                with pytest.raises(BrokenSeal):
                    other.open(tx, key, bytes_, context)

    def test_writers_who_come_together_make_one_key(self, ledger: Ledger) -> None:
        shared, keys = vault(), []

        def work() -> None:
            with ledger.begin() as tx:
                keys.append(shared.seal(tx, "member", "2026-11", SECRET, "c")[0])

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert 8 == len(keys)
        assert 1 == len(set(keys))

    def test_a_key_whose_transaction_was_undone_is_never_used_again(self, ledger: Ledger) -> None:
        """The next key may get the same number: it must not be taken for the lost one."""
        shared = vault()
        with contextlib.suppress(ZeroDivisionError), ledger.begin() as tx:
            shared.seal(tx, "member", "2026-11", SECRET, "member")
            raise ZeroDivisionError
        with ledger.begin() as tx:
            key, bytes_ = shared.seal(tx, "segment", "2026-11", SECRET, "member")
        with ledger.read() as tx:
            assert SECRET == vault().open(tx, key, bytes_, "member")


class TestIndex:
    """A person is found again by a keyed index, never by a column in clear."""

    def test_f6_the_same_text_has_the_same_index_under_the_same_key_only(self, ledger: Ledger) -> None:
        with ledger.begin() as tx:
            index = vault().index(tx, "R:320507195001011234")
        with ledger.read() as tx:
            assert index == vault().index(tx, "R:320507195001011234")
            assert index != vault().index(tx, "R:320507195001011235")
            assert index != at_rest.blind_index(MASTER, "R:320507195001011234")
        assert 32 == len(index)

    def test_a_prepared_vault_can_be_searched_before_anything_was_kept(self, ledger: Ledger) -> None:
        with ledger.begin() as tx:
            vault().prepare(tx)
        with ledger.read() as tx:
            assert vault().index(tx, "x") == vault().index(tx, "x")

    def test_the_key_of_the_index_is_not_destroyed(self, ledger: Ledger) -> None:
        with ledger.begin() as tx, pytest.raises(LedgerError) as refused:
            data_keys.destroy(tx, data_keys.ALWAYS, NOW)

        assert "data-key-always" == refused.value.code


class TestChangeOfSuite:
    """The suite is a setting: what is kept from now on follows it, what was kept before is found and opened as before."""

    @pytest.mark.parametrize(("before", "after"), [("aes256gcm", "sm4gcm"), ("sm4gcm", "aes256gcm")])
    def test_c9_a_living_deployment_changes_over_and_back(self, ledger: Ledger, before: str, after: str) -> None:
        marks = {"aes256gcm": 1, "sm4gcm": 2}
        old, new = vault(suite=before), vault(suite=after)
        with ledger.begin() as tx:
            first, found_by = old.seal(tx, "member", "2026-11", SECRET, "member"), old.index(tx, "R:1")
        with ledger.begin() as tx:
            second, third = (new.seal(tx, "member", period, SECRET, "member") for period in ("2026-11", "2026-12"))
            assert found_by == new.index(tx, "R:1")  # whoever is in the ledger is found again
            assert {SECRET} == {new.open(tx, *each, "member") for each in (first, second, third)}
            assert marks[after] == data_keys.wrapped(tx, third[0])[0]

        assert [marks[before], marks[after], marks[after]] == [sealed[0] for _, sealed in (first, second, third)]

    def test_rule_087_a_deployment_that_begins_with_it_has_an_index_by_sm3(self, ledger: Ledger) -> None:
        begun = vault(suite="sm4gcm")
        with ledger.begin() as tx:
            index, key = begun.index(tx, "R:1"), data_keys.find(tx, "index", data_keys.ALWAYS)
        assert key is not None
        plain = at_rest.unwrap(MASTER, key.wrapped)

        assert at_rest.blind_index(plain, "R:1", "sm4gcm") == index


class TestDestroying:
    """Destroying a period's keys ends its data, at once, in every process, in the files too."""

    def test_c11_a_destroyed_period_cannot_be_read_and_others_can(self, ledger: Ledger) -> None:
        using = vault()
        ended, alive = sealed(ledger, "2026-10"), sealed(ledger, "2026-11")
        with ledger.read() as tx:
            assert SECRET == using.open(tx, *ended, "member")
        with ledger.begin() as tx:
            assert [ended[0]] == data_keys.destroy(tx, "2026-10", NOW)
            assert [] == data_keys.destroy(tx, "2026-10", NOW)
        with ledger.read() as tx:
            with pytest.raises(KeyDestroyed) as refused:
                using.open(tx, *ended, "member")
            assert SECRET == using.open(tx, *alive, "member")

        assert "2026-10" in refused.value.zh

    def test_nothing_is_sealed_under_a_period_that_has_ended(self, ledger: Ledger) -> None:
        sealed(ledger)
        with ledger.begin() as tx:
            data_keys.destroy(tx, "2026-11", NOW)
        with pytest.raises(KeyDestroyed):
            sealed(ledger)

    def test_f5_no_byte_of_a_destroyed_key_stays_in_the_files(self, tmp_path: Path) -> None:
        ledger = Ledger.open(f"sqlite:///{tmp_path / 'ledger.db'}")
        ledger.migrate()
        key, _ = sealed(ledger)
        with ledger.read() as tx:
            wrapped = data_keys.wrapped(tx, key)
        files = sorted(tmp_path.glob("ledger.db*"))
        assert any(wrapped in file.read_bytes() for file in files)
        with ledger.begin() as tx:
            data_keys.destroy(tx, "2026-11", NOW)
        ledger.scrub()

        assert [False] * len(files) == [wrapped in file.read_bytes() for file in files]

    def test_a_ledger_can_be_scrubbed_and_used_on(self, ledger: Ledger) -> None:
        sealed(ledger)
        ledger.scrub()

        assert sealed(ledger)
