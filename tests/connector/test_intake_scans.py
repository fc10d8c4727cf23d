"""What is attached to an authorization is a scan, and of no other paper; a wrong one is replaced by two persons while no bank has it."""

import io
import zipfile
from pathlib import Path

import pytest

from connector.authorization import AuthorizationError, State
from connector.deciding import acts
from connector.intake import papers, scans
from connector.ledger import authorizations, people
from connector.ledger.ledger import Ledger
from connector.ledger.rows import AnyRow
from tests.connector.desk import NOW, TestDesk, desk, row, sheet

PDF = b"%PDF-1.7 "
SHEET = sheet(row("H1", 1), row("H2", 2))


@pytest.fixture
def at(ledger: Ledger, tmp_path: Path) -> TestDesk:
    """Two households came in; a clerk and a second person are there."""
    at = desk(ledger, tmp_path)
    at.take_in(SHEET)
    with at.ledger.begin() as tx:
        for name, role in (("clerk", "operator"), ("second", "approver")):
            people.add(tx, at=NOW, name=name, roles=[role], centre=at.centre, region="320507", by="admin")
    return at


def paper(at: TestDesk, number: str) -> AnyRow:
    with at.ledger.read() as tx:
        return papers.find_one(tx, at.centre, number, None)


def attach(at: TestDesk, number: str, scan: bytes) -> bool:
    return scans.attach(at, paper(at, number).id, scan, "clerk", NOW)


def ask(at: TestDesk, number: str, scan: bytes) -> int:
    return scans.ask_replace(at, paper(at, number).id, scan, harmless=(), reason="the wrong file", by="clerk", now=NOW)


def refused(at: TestDesk, number: str, scan: bytes) -> str:
    with pytest.raises(AuthorizationError) as why:
        attach(at, number, scan)
    return why.value.code


def ofd() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as file:
        file.writestr("OFD.xml", "<ofd:OFD/>")
    return made.getvalue()


@pytest.mark.parametrize("begins", ["%PDF-1.7", "\xff\xd8\xff", "\x89PNG\r\n\x1a\n", "II*\0", "MM\0*", "OFD"])
def test_files_as_scanners_make_them_are_scans(at: TestDesk, begins: str) -> None:
    assert attach(at, "SQ-H1", ofd() if begins == "OFD" else begins.encode("latin-1") + b" and so on")


@pytest.mark.parametrize("other", [b"", b"a letter in plain text", b"PK\x03\x04 a workbook", b"%PD", b" %PDF-1.7"])
def test_rule_001_what_is_no_scan_is_not_attached(at: TestDesk, other: bytes, tmp_path: Path) -> None:
    assert "scan-kind-unknown" == refused(at, "SQ-H1", other)
    (tmp_path / "SQ-H1.pdf").write_bytes(other)
    assert ("SQ-H1",) == scans.attach_folder(at, tmp_path, at.rows(SHEET), "clerk", NOW).not_scans
    assert paper(at, "SQ-H1").scan_digest is None


def test_rule_001_the_scan_of_one_paper_is_not_that_of_another_until_that_is_withdrawn(at: TestDesk) -> None:
    assert attach(at, "SQ-H1", PDF)
    assert "scan-of-another" == refused(at, "SQ-H2", PDF)
    papers.close(at, "SQ-H1", None, State.REVOKED, "it was the wrong file", "clerk", NOW)
    assert attach(at, "SQ-H2", PDF)


def test_households_under_one_number_have_one_scan(at: TestDesk) -> None:
    at.take_in(sheet(row("H3", 3, authorization_no="X"), row("H4", 4, authorization_no="X")))
    with at.ledger.read() as tx:
        both = authorizations.find(tx, at.centre, "X")
    assert [True, True] == [scans.attach(at, each.id, PDF, "clerk", NOW) for each in both]


def test_two_persons_put_another_scan_in_its_place(at: TestDesk) -> None:
    attach(at, "SQ-H1", PDF + b"of another family")
    request = ask(at, "SQ-H1", PDF + b"the right one")
    before = paper(at, "SQ-H1").scan_digest
    assert request == ask(at, "SQ-H1", PDF + b"the right one")  # asked again while it waits
    with at.ledger.begin() as tx:
        acts.decide(tx, request, agree=True, by="second", now=NOW)

    found = paper(at, "SQ-H1")
    with at.ledger.read() as tx:
        kept = at.vault.open(tx, found.scan_key, b"".join(at.objects.get(found.scan_object)), f"scan {found.id}")
        told = [record for record in authorizations.history(tx, found.id) if record.what == "scan-replaced"]
    assert PDF + b"the right one" == kept
    assert [(before, found.scan_digest, "clerk", "second")] == [
        (each.detail["before"], each.detail["digest"], each.detail["asked_by"], each.who) for each in told
    ]
    assert attach(at, "SQ-H2", PDF + b"of another family")


def test_one_person_alone_replaces_none_and_what_changed_meanwhile_is_not_overwritten(at: TestDesk) -> None:
    attach(at, "SQ-H1", PDF)
    first, second = ask(at, "SQ-H1", PDF + b"1"), ask(at, "SQ-H1", PDF + b"2")
    with at.ledger.begin() as tx:
        acts.decide(tx, first, agree=True, by="second", now=NOW)
    with pytest.raises(AuthorizationError, match="Another scan"), at.ledger.begin() as tx:
        acts.decide(tx, second, agree=True, by="second", now=NOW)
    for nothing in (PDF + b"1", PDF):  # the very scan; and a paper without one
        with pytest.raises(AuthorizationError) as why:
            ask(at, "SQ-H1" if nothing == PDF + b"1" else "SQ-H2", nothing)
        assert "scan-not-replaced" == why.value.code
