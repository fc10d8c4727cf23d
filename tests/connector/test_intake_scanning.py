"""Sheets and scans go by the virus scanner before anything of them is read or kept (B5): infected or unscanned, nothing is taken."""

import dataclasses
import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from connector.intake import papers, scans
from connector.intake.errors import SheetError
from connector.ledger import authorizations, inquiries
from connector.ledger.ledger import Ledger
from tests.connector.desk import NOW, TestDesk, desk, row, sheet
from tests.scripted_scanner import EICAR, HANGS_UP, NAME, ScriptedScanner
from transports.scanner import NotScanned, ScannerDown

SHEET = sheet(row("H1", 1), row("H2", 2))


@pytest.fixture
def script() -> Iterator[ScriptedScanner]:
    """A scanner on a loopback port."""
    with ScriptedScanner() as made:
        yield made


@pytest.fixture
def at(ledger: Ledger, tmp_path: Path, script: ScriptedScanner) -> TestDesk:
    """A desk whose sheets and scans are scanned."""
    return dataclasses.replace(desk(ledger, tmp_path), scanner=script.scanner)


def intakes(at: TestDesk) -> int:
    with at.ledger.read() as tx:
        return int(inquiries.intake_of(tx, at.centre, hashlib.sha256(SHEET).hexdigest()) is not None)


def scanned_paper(at: TestDesk) -> bool:
    with at.ledger.read() as tx:
        (found,) = authorizations.find(tx, at.centre, "SQ-H1")
    return found.scan_digest is not None


def test_b5_an_infected_sheet_is_refused_before_it_is_read(at: TestDesk) -> None:
    with pytest.raises(SheetError) as refused:
        at.take_in(b"no sheet at all" + EICAR)

    assert "infected" == refused.value.code
    assert NAME in refused.value.en
    assert NAME in refused.value.zh


def test_b5_a_sheet_is_not_taken_while_the_scanner_is_down_and_is_when_it_is_back(at: TestDesk, script: ScriptedScanner) -> None:
    script.stop()
    with pytest.raises(ScannerDown):
        at.take_in(SHEET)
    script.start()

    assert 0 == intakes(at)
    assert not at.take_in(SHEET).again
    assert 1 == intakes(at)


def test_b5_an_infected_scan_is_not_kept(at: TestDesk, tmp_path: Path) -> None:
    at.take_in(SHEET)
    folder = tmp_path / "scans"
    folder.mkdir()
    (folder / "SQ-H1.pdf").write_bytes(b"%PDF-1.7" + EICAR)
    (folder / "SQ-H2.pdf").write_bytes(b"%PDF-1.7 of a paper")

    kept = scans.attach_folder(at, folder, at.rows(SHEET), "clerk", NOW)

    assert (("SQ-H1",), 1, 1) == (kept.infected, kept.attached, kept.missing)
    assert not scanned_paper(at)


def test_b5_a_scan_without_a_verdict_is_not_kept_and_may_be_brought_again(at: TestDesk, script: ScriptedScanner) -> None:
    at.take_in(SHEET)
    with at.ledger.read() as tx:
        paper = papers.find_one(tx, at.centre, "SQ-H1", None).id
    script.manners = [HANGS_UP]
    with pytest.raises(NotScanned):
        scans.attach(at, paper, b"%PDF-1.7 of a paper", "clerk", NOW)

    assert not scanned_paper(at)
    assert scans.attach(at, paper, b"%PDF-1.7 of a paper", "clerk", NOW)
    assert scanned_paper(at)


def test_b5_a_paper_is_not_registered_from_an_unscanned_sheet(at: TestDesk, script: ScriptedScanner) -> None:
    script.stop()
    with pytest.raises(NotScanned):
        papers.register(at, at.rows(SHEET), "clerk", NOW)

    with at.ledger.read() as tx:
        assert [] == list(authorizations.find(tx, at.centre, "SQ-H1", None))
