"""Heavy steps in other processes: only ids are sent, what stopped a piece is met as if it had been done here, a dead worker costs a pass."""

import dataclasses
import os
import pickle
import shutil
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from config.running import Heavy as HeavySettings
from connector import executors
from connector.executors import Elsewhere, Piece, heavy_of, work_on
from connector.founding import keep_secret
from connector.ledger import data_keys
from connector.ledger.errors import LedgerBusy
from connector.objects.store import ObjectBroken, broken
from connector.parts import Parts
from connector.steps.elsewhere import FaultElsewhere, WorkerDied, begun, done
from reconciliation.errors import MissingRate
from tests.dask_cluster import guarded_cluster
from tests.staffed import found_with
from transports.errors import UnknownKey
from transports.scanner import NotScanned, ScannerDown

NOW = datetime(2026, 11, 21, 8, 30, tzinfo=UTC)


class Wire(Executor):
    """An executor that sends everything through bytes, as one of other processes does, and keeps them for us to look at."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.came: list[bytes] = []
        self._pool = ThreadPoolExecutor(2)

    def submit(self, work: Any, /, *args: Any, **more: Any) -> "Future[Any]":
        sent = pickle.dumps((work, args))
        self.sent.append(sent)
        return self._pool.submit(self._do, sent)

    def _do(self, sent: bytes) -> Any:
        work, args = pickle.loads(sent)
        came = pickle.dumps(work(*args))
        self.came.append(came)
        return pickle.loads(came)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self._pool.shutdown(wait=False)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return found_with(tmp_path_factory.mktemp("centre"), {}, NOW)


def tried(monkeypatch: pytest.MonkeyPatch, home: Path, work: Any) -> Elsewhere:
    monkeypatch.setitem(executors.WORK, "tried", work)
    return Elsewhere(home, Wire)


class TestWhatIsSent:
    """Names and ids."""

    def test_a_piece_is_its_name_ids_and_time(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        wire = Wire()
        monkeypatch.setitem(executors.WORK, "tried", lambda parts, code, key, now: (parts.centre, code, key, now.isoformat()))
        came = Elsewhere(home, lambda: wire).begin("tried", ("BANK1", 7), NOW).result()

        assert ("C1", "BANK1", 7, NOW.isoformat()) == came
        (sent,) = wire.sent
        work, (piece,) = pickle.loads(sent)
        assert (work_on, Piece) == (work, type(piece))
        assert {"folder": str(home.resolve()), "work": "tried", "ids": ("BANK1", 7), "at": NOW.isoformat()} == {
            key: value for key, value in dataclasses.asdict(piece).items() if key != "joined"
        }

    def test_the_deployment_is_opened_once_until_something_of_it_changed(
        self, home: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        elsewhere = tried(monkeypatch, home, lambda parts, now: id(parts))
        other = elsewhere.anew()
        seen = [each.begin("tried", (), NOW).result() for each in (elsewhere, elsewhere, other, elsewhere)]

        assert seen[0] == seen[1] == seen[3] != seen[2]

    def test_each_piece_has_the_time_of_whoever_handed_it_out(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def dated(parts: Parts, now: datetime) -> str:
            with parts.ledger.begin() as tx:
                parts.vault.seal(tx, f"tried {now.day}", "2026-11", b"x", "x")
                return str(data_keys.find(tx, f"tried {now.day}", "2026-11").made_at)[:10]  # type: ignore[union-attr]

        elsewhere = tried(monkeypatch, home, dated)

        for day in (3, 9):
            assert f"2026-11-{day:02d}" == elsewhere.begin("tried", (), NOW.replace(day=day)).result()

    def test_nothing_is_sent_where_heavy_steps_stay(self) -> None:
        parts = Without()

        assert "here" == done(parts, "settle", ("B", 1), NOW, lambda: "here")
        assert [1, 2] == [came() for came in begun(parts, "report", [((1,), lambda: 1), ((2,), lambda: 2)], NOW)]


@dataclasses.dataclass(frozen=True)
class Without:
    """Parts whose heavy steps run here."""

    heavy: None = None


def raising(error: Exception) -> Any:
    def work(parts: Parts, now: datetime) -> None:
        raise error

    return work


class TestWhatStopsAPiece:
    """The same class and words as here; a fault of ours by its kind and place."""

    @pytest.mark.parametrize(
        "error",
        [
            LedgerBusy("busy", "忙"),
            broken("0" * 64),
            UnknownKey("no key", "没有密钥", code="seal-not-for-us"),
            NotScanned("no verdict", "无结论"),
            ScannerDown("nobody", "无应答"),
            MissingRate("no rate", "无汇率"),
        ],
    )
    def test_an_error_of_ours_is_met_as_if_it_had_been_here(
        self, error: Any, home: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with pytest.raises(type(error)) as met:
            tried(monkeypatch, home, raising(error)).begin("tried", (), NOW).result()

        assert (error.en, error.zh, error.code, str(error)) == (met.value.en, met.value.zh, met.value.code, str(met.value))
        assert type(error) is type(met.value)

    def test_a_fault_is_told_without_its_words(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        wire = Wire()
        monkeypatch.setitem(executors.WORK, "tried", raising(KeyError("张三 110101199003077758")))
        with pytest.raises(FaultElsewhere, match=r"^KeyError, test_executors.py:\d+$"):
            Elsewhere(home, lambda: wire).begin("tried", (), NOW).result()

        assert not any(hit in wire.came[0] for hit in ("张三".encode(), b"110101199003077758"))

    def test_a_settled_integrity_error_keeps_its_class(self) -> None:
        assert isinstance(broken("0" * 64), ObjectBroken)


class Mortal(Executor):
    """Breaks at the first piece."""

    made = 0

    def __init__(self) -> None:
        type(self).made += 1

    def submit(self, work: Any, /, *args: Any, **more: Any) -> "Future[Any]":
        future: Future[Any] = Future()
        threading.Timer(0.01, lambda: future.set_exception(BrokenPipeError("gone"))).start()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        pass


class TestAWorkerThatDies:
    """The piece is stopped for now, and the next pass has new processes."""

    def test_it_is_for_later_and_another_pool_is_begun(self, home: Path) -> None:
        Mortal.made = 0
        elsewhere = Elsewhere(home, Mortal)
        for _ in range(2):
            pieces = [elsewhere.begin("tried", (), NOW) for _ in range(3)]
            for piece in pieces:
                with pytest.raises(WorkerDied) as met:
                    piece.result()
                assert "worker-died" == met.value.code

        assert 2 == Mortal.made

    def test_a_cluster_that_does_not_answer_is_for_later(self, home: Path) -> None:
        tried = list[int]()

        def away() -> Executor:
            tried.append(1)
            raise OSError("Timed out trying to connect")

        elsewhere = Elsewhere(home, away)
        for _ in range(200):  # the lanes of so many banks do not wait for it in turn
            with pytest.raises(WorkerDied):
                elsewhere.begin("tried", (), NOW).result()

        assert 1 == len(tried)

    def test_a_real_process_killed_while_it_works(self, home: Path) -> None:
        pool = executors._processes(1)
        elsewhere = Elsewhere(home, lambda: pool)
        piece = elsewhere.begin("no such work", (), NOW)
        with pytest.raises(FaultElsewhere, match="KeyError"):
            piece.result()
        (worker,) = pool._processes  # type: ignore[attr-defined]
        os.kill(worker, signal.SIGSTOP)
        piece = elsewhere.begin("no such work", (), NOW)
        os.kill(worker, signal.SIGKILL)
        with pytest.raises(WorkerDied):
            piece.result()
        elsewhere.close()


class TestACluster:
    """Reached by TLS of both sides."""

    @pytest.mark.real
    def test_a_cluster_over_tls_opens_the_deployment_itself(self, home: Path, tmp_path: Path) -> None:
        centre = Path(shutil.copytree(home, tmp_path / "centre"))
        with guarded_cluster(tmp_path) as (address, files):
            for word in ("authority", "certificate"):
                shutil.copy(files[word], centre / files[word].name)
            keep_secret(centre, "dask/key", files["key"].read_bytes())
            said = {word: files[word].name for word in ("authority", "certificate")}
            elsewhere = heavy_of(centre, HeavySettings(dask=address, key="secret:dask/key", **said))
            assert elsewhere is not None
            try:
                assert 0 == elsewhere.begin("report", ((1, 2),), NOW).result(60)
                with pytest.raises(FaultElsewhere, match="KeyError"):
                    elsewhere.begin("no such work", (), NOW).result(60)
            finally:
                elsewhere.close()


class TestTheSetting:
    """One word of service.yaml."""

    def test_threads_are_this_process(self, home: Path) -> None:
        assert [None, None] == [heavy_of(home, HeavySettings.model_validate(said)) for said in ("threads", {})]

    @pytest.mark.parametrize(
        "said",
        [
            {"processes": 2, "dask": "tcp://127.0.0.1:8786"},
            {"dask": "tcp://10.0.0.7:8786"},
            {"dask": "tls://10.0.0.7:8786"},
            {"dask": "http://127.0.0.1:8786"},
            {"processes": 0},
            "many",
        ],
    )
    def test_what_is_not_safe_or_not_meant_is_refused(self, said: Any) -> None:
        with pytest.raises(ValueError, match=r"dask|processes|Heavy|tls"):
            HeavySettings.model_validate(said)


@pytest.fixture(autouse=True)
def _nothing_stays_open() -> Iterator[None]:
    yield
    executors._open.clear()
