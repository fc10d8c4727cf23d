"""Faults that take a centre's whole attention, one after another at the same four banks, each met by households of its own."""

import csv
import io
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from connector.assembly import clock
from connector.authorization import State as Paper
from connector.bankside.invented import invent
from connector.deciding import acts
from connector.intake import door, papers
from connector.ledger import answers, people, rosters
from connector.ledger.rows import AnyRow
from connector.lifecycle import State
from connector.status import survey
from tests.ports import hang_up
from tests.real_sshd import make_key
from tests.replies import batches, questions, reply
from tests.test_faults import assert_says_what_to_do, personal_data
from tests.town import PROFILES, Town
from transports import crashpoint

pytestmark = pytest.mark.xdist_group("faults in turn")

HOUSEHOLDS = 14
HOUR = timedelta(hours=1)
MONTH = timedelta(days=30)  # every deadline has passed


class Turn:
    """The town in which one fault after another happens, and the households nobody was asked about yet."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.codes = [institution["code"] for institution in town.institutions]
        self.sheet = _by_household(town.city / "requests.xlsx")
        self.left = list(self.sheet)[:HOUSEHOLDS]

    def take_in(self, count: int = 1, *, wanted: Callable[[str], bool] = lambda _: True) -> list[str]:
        """Bring the next households in; their numbers."""
        taken = [number for number in self.left if wanted(number)][:count]
        assert count == len(taken)
        self.left = [number for number in self.left if number not in taken]
        parts = self.town.deployment().parts
        rows = [row for number in taken for row in self.sheet[number]]
        door.take_in(parts, door.read_rows(_csv(rows), parts), "li", clock())
        return taken

    def asked(self, count: int = 1) -> dict[str, AnyRow]:
        """The next households, asked of every bank: bank → its newest batch, sealed."""
        self.take_in(count)
        self.town.step("gather")
        return self.newest()

    def newest(self) -> dict[str, AnyRow]:
        return {code: batches(self.town, code)[-1] for code in self.codes}

    def states(self) -> dict[str, str]:
        return {code: row.state for code, row in self.newest().items()}

    def bank(self, code: str) -> dict[str, Any]:
        found: dict[str, Any] = next(b for b in survey(self.town.deployment().parts)["banks"] if b["code"] == code)
        return found

    def why(self, code: str) -> dict[str, Any]:
        """What a person must look at at this bank about its newest batch or its road."""
        (why,) = self.bank(code)["problems"]
        assert_says_what_to_do(why)
        return dict(why)

    def release(self, code: str, number: str) -> None:
        """Two persons decide that a held batch goes on."""
        with self.town.ledger().begin() as tx:
            request = acts.ask_release_batch(tx, code, number, reason="the fingerprint was compared", by="zhang", now=clock())
        self._agree(request)

    def release_answer(self, inbound: int) -> None:
        """Two persons decide that a file set apart is a revision."""
        with self.town.ledger().begin() as tx:
            request = acts.ask_release_answer(tx, inbound, reason="the bank confirmed it", by="zhang", now=clock())
        self._agree(request)

    def _agree(self, request: int) -> None:
        with self.town.ledger().begin() as tx:
            acts.decide(tx, request, agree=True, by="wang", now=clock())

    def settle_all(self) -> None:
        """Let every bank answer, so that the next turn begins in quiet."""
        self.town.banks_respond()
        self.town.step("collect", "settle", "conclude")


@pytest.fixture(scope="module")
def turn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Turn]:
    folder = tmp_path_factory.mktemp("turn")
    city = invent(folder / "city", households=HOUSEHOLDS, banks=4)
    with Town(folder, city.folder) as town:
        with town.ledger().begin() as tx:
            for name, role in (("zhang", "operator"), ("wang", "approver")):
                people.add(tx, at=clock(), name=name, roles=[role], centre="C1", region="440106", by="li")
        yield Turn(town)


def _by_household(path: Path) -> dict[str, list[list[str]]]:
    rows = [[str(cell or "") for cell in row] for row in openpyxl.load_workbook(path).active.iter_rows(values_only=True)]
    titles, place = rows[0], rows[0].index("家庭编号")
    found: dict[str, list[list[str]]] = {}
    for row in rows[1:]:
        found.setdefault(row[place], [titles]).append(row)
    return found


def _csv(rows: list[list[str]]) -> bytes:
    """Rows of several households under one line of titles."""
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows([rows[0], *(row for row in rows if row != rows[0])])
    return buffer.getvalue().encode("utf-8-sig")


# ---------------------------------------------------------------- the road
def test_rule_024_a2_a_changed_host_key_gets_no_byte_until_two_persons_let_it_go_on(turn: Turn) -> None:
    town, code = turn.town, turn.codes[0]
    server, sent = town.servers[code], turn.asked()
    server.stop()
    make_key(server.folder / "host_ed25519", "ed25519")
    server.start()
    logins = server.log().count("Accepted publickey")
    town.step("dispatch", "collect")

    assert {code: "HELD"} | dict.fromkeys(turn.codes[1:], "SENT") == turn.states()
    assert "host-key-changed" == turn.why(code)["code"]
    assert {sent[code].number, "collect"} == set(turn.why(code)["about"])
    assert (logins, []) == (server.log().count("Accepted publickey"), list((server.root / "in" / "cx").iterdir()))

    town.write_connection(town.institutions[0], PROFILES[0], server)  # with the new pin
    town.step("collect")
    assert (["host-key-changed"], [sent[code].number]) == ([turn.why(code)["code"]], turn.why(code)["about"])
    turn.release(code, sent[code].number)
    town.step("dispatch")
    turn.settle_all()

    assert ("ANSWERED", []) == (turn.states()[code], turn.bank(code)["problems"])
    assert sent[code].parcel_digest == turn.newest()[code].parcel_digest


def test_s21_a_full_disk_at_the_bank_delays_the_same_bytes_under_the_same_name(turn: Turn) -> None:
    town, code = turn.town, turn.codes[1]
    server, sealed = town.servers[code], turn.asked()[code]
    with _room(town, code, 64):
        town.step("dispatch")
    waiting = turn.newest()[code]

    assert {code: "SEALED"} | {c: "SENT" for c in turn.codes if c != code} == turn.states()
    assert ("remote-full", [sealed.number]) == (turn.why(code)["code"], turn.why(code)["about"])
    assert waiting.retry_at > waiting.state_at
    assert [] == [path.name for path in (server.root / "upload").iterdir()]

    town.step("dispatch", now=clock() + HOUR)
    parcel = server.root / "upload" / sealed.parcel_name
    with town.ledger().read() as tx:
        attempts = rosters.attempts(tx, sealed.id)

    assert ("SENT", 2, []) == (turn.states()[code], attempts, turn.bank(code)["problems"])
    assert b"".join(town.deployment().parts.objects.get(sealed.parcel_digest)) == parcel.read_bytes()
    turn.settle_all()


@contextmanager
def _room(town: Town, code: str, bytes_max: int) -> Iterator[None]:
    """A bank's disk that takes no more than this for a while."""
    server = town.servers[code]
    for room in (bytes_max, None):
        server.stop()
        server.file_bytes_max = room
        server.start()
        if room is not None:
            yield


def test_rule_094_a_bank_that_falls_silent_delays_no_other(turn: Turn) -> None:
    town, code = turn.town, turn.codes[0]
    turn.asked()
    with _black_hole(town, until=lambda: {"SENT"} == {s for c, s in turn.states().items() if c != code}) as hole:
        connection = town.dir / "connections" / f"{code}.yaml"
        right = connection.read_text("utf-8")
        connection.write_text(re.sub(r"port: \d+", f"port: {hole.port}", right), "utf-8")
        town.step("dispatch")
        connection.write_text(right, "utf-8")

    assert hole.others_were_served  # while this one still kept us waiting
    assert ("SEALED", [turn.newest()[code].number]) == (turn.states()[code], turn.why(code)["about"])
    town.step("dispatch", now=clock() + HOUR)
    turn.settle_all()
    assert {"ANSWERED"} == set(turn.states().values())


class _BlackHole:
    """Takes a connection and says nothing until something has come true, then hangs up; then is gone."""

    def __init__(self, until: Callable[[], bool]) -> None:
        self._until, self._socket = until, socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.others_were_served = False

    def run(self) -> None:
        try:
            caller, _ = self._socket.accept()
        except OSError:  # the test ended without a call
            return
        pause = threading.Event()
        for _ in range(100):
            self.others_were_served = self._until()
            if self.others_were_served or pause.wait(0.1):
                break
        caller.close()
        self.close()

    def close(self) -> None:
        hang_up(self._socket)  # wakes accept()
        self._socket.close()


@contextmanager
def _black_hole(town: Town, until: Callable[[], bool]) -> Iterator[_BlackHole]:
    hole = _BlackHole(until)
    thread = threading.Thread(target=hole.run)
    thread.start()
    try:
        yield hole
    finally:
        hole.close()
        thread.join()


def test_f9_our_own_parcel_that_rotted_is_not_sent_and_says_so(turn: Turn) -> None:
    town, code = turn.town, turn.codes[1]
    digest = turn.asked()[code].parcel_digest
    kept = town.dir / "objects" / digest[:2] / digest[2:4] / digest
    right = kept.read_bytes()
    kept.write_bytes(right[:-1] + bytes([right[-1] ^ 1]))
    town.step("dispatch")

    assert {code: "HELD"} | {c: "SENT" for c in turn.codes if c != code} == turn.states()
    assert [] == [path.name for path in (town.servers[code].root / "upload").iterdir()]
    assert_says_what_to_do(turn.why(code))

    kept.write_bytes(right)
    turn.release(code, turn.newest()[code].number)
    town.step("dispatch")
    turn.settle_all()
    assert "ANSWERED" == turn.states()[code]


# ---------------------------------------------------------------- the paper
def test_rule_009_a_paper_withdrawn_before_dispatch_recalls_the_batch_and_the_others_go(turn: Turn) -> None:
    town = turn.town
    withdrawn, other = turn.take_in(2, wanted=lambda number: len(turn.sheet[number]) > 3)  # titles, and three persons or more
    town.step("gather")
    cut = turn.newest()
    _withdraw(turn, withdrawn)
    town.step("dispatch")

    assert {"RECALLED"} == set(turn.states().values())
    assert "authorization-withdrawn" == turn.newest()[turn.codes[0]].problem["code"]
    assert_says_what_to_do(turn.newest()[turn.codes[0]].problem)

    town.step("gather", "dispatch")
    assert {"SENT"} == set(turn.states().values())
    for code, row in turn.newest().items():
        asked = set(questions(town, row).column("id_no").to_pylist())
        assert _numbers(turn, other) == asked  # the whole household is left out, not only who withdrew
        assert not (town.servers[code].root / "done" / cut[code].parcel_name).exists()
    turn.settle_all()
    assert town.reports()[other]["complete"]


def _withdraw(turn: Turn, household: str) -> None:
    """The last member takes the consent back; every member has a paper of one's own."""
    titles, *rows = turn.sheet[household]
    number = rows[-1][titles.index("授权书编号")]
    papers.close(turn.town.deployment().parts, number, household, Paper.REVOKED, "withdrawn at the counter", "zhang", clock())


def _numbers(turn: Turn, household: str) -> set[str]:
    titles, *rows = turn.sheet[household]
    return {row[titles.index("证件号码")] for row in rows}


# ---------------------------------------------------------------- the answer
def test_fault_c17_rule_041_a_different_answer_released_by_two_persons_is_a_further_edition(turn: Turn) -> None:
    town, code = turn.town, turn.codes[0]
    batch = turn.asked()[code]
    town.step("dispatch")
    turn.settle_all()
    before = turn.newest()[code]
    reply(town, batch, again=1, rows=_refused)
    town.step("collect", "settle")
    assert (before.counts, "answer-differs") == (turn.newest()[code].counts, turn.why(code)["code"])

    turn.release_answer(turn.bank(code)["files"][-1]["id"])
    town.step("settle", "conclude")
    with town.ledger().read() as tx:
        editions = answers.editions(tx, batch.id)

    assert [before.counts, {"refused.other": batch.lines}] == [edition.counts for edition in editions]
    assert ({"refused.other": batch.lines}, []) == (turn.newest()[code].counts, turn.bank(code)["problems"])


def _refused(answer: Any) -> Any:
    from connector.bankside.lookup import Answer

    rows = [
        {**row, "outcome": "refused.other", "declared_accounts": 0, "declared_movements": 0} for row in answer.outcome.to_pylist()
    ]
    table = answer.outcome.from_pylist(rows, answer.outcome.schema)
    return Answer(table, answer.holding.slice(0, 0), answer.movement.slice(0, 0))


def test_rule_037_040_silence_is_not_answered_and_a_late_answer_makes_a_further_report(turn: Turn) -> None:
    town, code = turn.town, turn.codes[2]
    (household,) = turn.take_in()
    town.step("gather", "dispatch")
    town.banks_respond(*(c for c in turn.codes if c != code))
    town.step("collect", "settle", "conclude", now=clock() + MONTH)
    silent, report = turn.newest()[code], town.reports()[household]

    assert ("EXPIRED", {"not_answered": silent.lines}) == (silent.state, silent.counts)
    assert ("deadline-passed", [silent.number]) == (turn.why(code)["code"], turn.why(code)["about"])
    assert [code] == [bank["institution"] for bank in report["not_answered"]]
    assert {"not_answered"} == {line[3] for line in town.lines() if line[:2] == (code, household)}
    assert (1, False) == (report["version"], report["complete"])

    town.banks_respond(code)
    town.step("collect", "settle", "conclude", now=clock() + MONTH + HOUR)
    late, report = turn.newest()[code], town.reports()[household]

    assert ("ANSWERED", True, []) == (late.state, late.late, turn.bank(code)["problems"])
    assert (2, True, []) == (report["version"], report["complete"], report["not_answered"])


def test_rule_048_a_missing_rate_stops_only_the_households_that_need_it(turn: Turn) -> None:
    town = turn.town
    foreign = lambda number: _holds_foreign(turn, number)  # noqa: E731
    (needs,) = turn.take_in(wanted=foreign)
    (needs_none,) = turn.take_in(wanted=lambda number: not foreign(number))
    rates = town.dir / "rates.csv"
    right = rates.read_text("utf-8")
    rates.write_text("".join(line for line in right.splitlines(keepends=True) if not re.match("USD|JPY|KWD", line)), "utf-8")
    town.step("gather", "dispatch")
    turn.settle_all()
    (why,) = survey(town.deployment().parts)["steps"]

    assert {needs_none} == {needs, needs_none} & set(town.reports())
    assert ("conclude", "rate-missing") == (why["step"], why["code"])
    assert re.search(r"(USD|JPY|KWD).*2026-11-20", why["en"])
    assert_says_what_to_do(why)

    rates.write_text(right, "utf-8")
    town.step("conclude")
    assert ({needs, needs_none}, []) == ({needs, needs_none} & set(town.reports()), survey(town.deployment().parts)["steps"])


def _holds_foreign(turn: Turn, household: str) -> bool:
    wanted = {number[:17] for number in _numbers(turn, household)}
    with (turn.town.city / "accounts.csv").open(encoding="utf-8") as file:
        return any(row["currency"] != "CNY" and row["id_no"][:17] in wanted for row in csv.DictReader(file))


# ---------------------------------------------------------------- what stays
def test_rule_009_what_may_have_arrived_is_not_sent_again_once_the_paper_is_withdrawn(turn: Turn) -> None:
    town = turn.town
    (household,) = turn.take_in()
    town.step("gather")
    crashpoint.arm("O12:raise")  # the intent is written, the line not opened: nobody knows
    with pytest.raises(crashpoint.Crash):
        town.step("dispatch")
    crashpoint.arm("")
    _withdraw(turn, household)
    town.step("dispatch")
    (held,) = (code for code, state in turn.states().items() if state == "HELD")

    assert {"HELD", "RECALLED", "SENT"} >= set(turn.states().values())
    assert "authorization-withdrawn" == turn.why(held)["code"]
    assert turn.newest()[held].parcel_name not in {path.name for path in town.servers[held].root.rglob("*")}


# ---------------------------------------------------------------- of all of it
def test_rule_078_status_holds_no_persons_data(turn: Turn) -> None:
    told = str(survey(turn.town.deployment().parts))

    assert [] == [each for each in personal_data(turn.town.city) if each in told]
    assert set(turn.states().values()) <= set(State)
