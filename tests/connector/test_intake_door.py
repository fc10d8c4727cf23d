"""What came in before is known: the same file, the same household, a correction, a person asked about elsewhere."""

import hashlib
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import func, select

from config.policy import read_policy
from connector.intake import door, papers, scans
from connector.ledger import audit, authorizations, rosters
from connector.ledger.ledger import Ledger
from connector.ledger.proof_tables import audit as audit_table
from connector.ledger.schema import metadata
from connector.ledger.tables import authorization, inquiry, member
from connector.persons import opened, place_of_inquiry
from tests.connector.desk import NOW, TestDesk, desk, number, row, sheet

LATER = NOW + timedelta(days=1)


@pytest.fixture
def at(ledger: Ledger, tmp_path: Path) -> TestDesk:
    return desk(ledger, tmp_path)


def refused(taken: door.Taken) -> dict[str, list[int]]:
    return dict(taken.refused)


def count(at: TestDesk) -> dict[str, int]:
    """Rows of every table."""
    with at.ledger.read() as tx:
        return {t.name: tx.execute(select(func.count()).select_from(t)).scalar_one() for t in metadata.sorted_tables}


def standing(at: TestDesk) -> list[str]:
    with at.ledger.read() as tx:
        return list(
            tx.execute(select(inquiry.c.household_key).where(inquiry.c.withdrawn_at.is_(None)).order_by(inquiry.c.id)).scalars()
        )


def gather(at: TestDesk) -> None:
    """As the step does: all that waits has its places."""
    with at.ledger.begin() as tx:
        rosters.mark_gathered(tx, [r.inquiry for r in rosters.waiting(tx)], NOW)


def conclude(at: TestDesk) -> None:
    with at.ledger.begin() as tx:
        tx.execute(inquiry.update().values(concluded_at="2026-11-30T00:00:00.000000+00:00"))


def states(at: TestDesk) -> dict[str, str]:
    with at.ledger.read() as tx:
        return {r.number: r.state for r in tx.execute(select(authorization))}


def close(at: TestDesk, no: str, to: Any) -> papers.Effect:
    return papers.close(at, no, None, to, "asked by the family", "clerk", NOW)


# ---------------------------------------------------------------- what is written
def test_a_sheet_is_written_whole_in_one_transaction(at: TestDesk) -> None:
    taken = at.take_in(sheet(row("H1", 1, declared="8000"), row("H1", 2), row("H2", 3, name="")))

    assert (taken.rows, taken.accepted, refused(taken)) == (3, 2, {"name-missing": [4]})
    assert taken.households == {"new": 1, "replaced": 0, "unchanged": 0, "refused": 1}
    assert {name: n for name, n in count(at).items() if n and name != "data_key"} == {
        "intake": 1,
        "inquiry": 1,
        "member": 2,
        "authorization": 1,
        "audit": 2,
    }


def test_what_is_kept_of_a_person_opens_again_as_it_was_read(at: TestDesk) -> None:
    at.take_in(
        sheet(row(name="王　芳", sign_mode="监护人", guardian_name="监 护", guardian_id="ab1", relation="女", declared="12.5"))
    )

    with at.ledger.read() as tx:
        (found,) = rosters.waiting(tx)
        kept = opened(tx, at.vault, found)
        home = tx.execute(select(inquiry)).one()
        about = orjson.loads(at.vault.open(tx, home.data_key, home.sealed, place_of_inquiry(home.intake, home.household_key)))
        index = tx.execute(select(member.c.person_index)).scalar_one()
        expected_index = at.vault.index(tx, f"R:{number(1)}")

    assert (kept.person.name, kept.person.id_no, kept.person.id_type) == ("王芳", number(1), "resident_id")
    assert (kept.signature.guardian_name, kept.signature.guardian_id, kept.relation) == ("监护", "AB1", "女")
    assert kept.original == {"name": "王　芳", "id_type": "居民身份证", "id_no": number(1)}
    assert about == {"declared_cny_fen": 1250, "entrust_no": "", "entrust_office": ""}
    assert (found.urgent, found.window_from.isoformat(), found.authorization_no) == (False, "2026-05-20", "SQ-H1")
    assert bytes(index) == expected_index


def test_every_household_and_person_carries_centre_and_region(at: TestDesk) -> None:
    at.take_in(sheet(row(region="440106001000")))

    with at.ledger.read() as tx:
        found = [tuple(tx.execute(select(t.c.centre, t.c.region)).one()) for t in (inquiry, member, authorization)]
        assert found == [("C1", "440106001000")] * 3


def test_the_city_taken_in_equals_the_city_judged(at: TestDesk, samples: Path) -> None:
    city = samples / "city/seed1"
    at = TestDesk(at.ledger, at.vault, at.objects, read_policy(city / "policy.json"))
    expected = json.loads((city / "expected_intake.json").read_text("utf-8"))

    taken = at.take_in((city / "requests.xlsx").read_bytes())

    by_row = {str(n): slug for slug, numbers in taken.refused.items() for n in numbers}
    assert by_row == {n: v["code"] for n, v in expected["rows"].items() if v["status"] == "refused"}
    assert standing(at) == [home["household_key"] for home in expected["households"]]
    assert count(at)["member"] == taken.accepted


# ---------------------------------------------------------------- again
def test_rule_028_the_same_file_again_changes_nothing_and_gives_the_same_result(at: TestDesk) -> None:
    content = sheet(row("H1", 1), row("H2", 2, name=""))
    first = at.take_in(content)
    before = count(at)

    again = at.take_in(content, LATER)

    assert count(at) == before
    assert (again.again, again.received_at) == (True, first.received_at)
    assert (refused(again), again.households, again.accepted) == (refused(first), first.households, first.accepted)
    assert again.codes(at.rows(content)) == [None, "name-missing"]


def test_rule_015_the_same_sheet_in_other_files_changes_nothing_and_gives_the_same_verdicts(at: TestDesk, samples: Path) -> None:
    city = samples / "city/seed1"
    at = TestDesk(at.ledger, at.vault, at.objects, read_policy(city / "policy.json"))
    first = at.take_in((city / "requests.xlsx").read_bytes())

    for twin in ("requests.gb18030.csv", "requests.csv"):
        taken = at.take_in((city / twin).read_bytes())

        assert refused(taken) == refused(first)
        expected = {"new": 0, "replaced": 0, "unchanged": first.households["new"], "refused": first.households["refused"]}
        assert taken.households == expected


def test_a_household_that_is_in_the_ledger_just_so_is_unchanged(at: TestDesk) -> None:
    at.take_in(sheet(row("H1", 1), row("H1", 2)))
    before = count(at)

    taken = at.take_in(sheet(row("H1", 2), row("H1", 1, id_no=f" {number(1)}"), row("H2", 3, name="")))

    assert taken.households == {"new": 0, "replaced": 0, "unchanged": 1, "refused": 1}
    assert count(at) == before | {"intake": before["intake"] + 1, "audit": before["audit"] + 1}


def test_a_row_that_repeats_an_unchanged_one_is_refused_even_after_its_report(at: TestDesk) -> None:
    at.take_in(sheet(row("H1", 1)))
    gather(at)
    conclude(at)

    taken = at.take_in(sheet(row("H1", 1), row("H2", 1)))

    assert taken.households == {"new": 0, "replaced": 0, "unchanged": 1, "refused": 1}
    assert refused(taken) == {"duplicate-member": [3]}


@pytest.mark.parametrize("advance", [gather, lambda at: (gather(at), conclude(at))], ids=["gathered", "concluded"])
def test_a_household_asked_about_already_is_unchanged_too(at: TestDesk, advance: Any) -> None:
    at.take_in(sheet(row()))
    advance(at)

    assert at.take_in(sheet(row(), row("H2", 2))).households == {"new": 1, "replaced": 0, "unchanged": 1, "refused": 0}


def test_a_refused_household_goes_in_once_corrected(at: TestDesk) -> None:
    at.take_in(sheet(row("H1", 1), row("H1", 2, name="")))

    taken = at.take_in(sheet(row("H1", 1), row("H1", 2)))

    assert (taken.households["new"], standing(at)) == (1, ["H1"])


# ---------------------------------------------------------------- corrections
def test_a_household_not_asked_about_yet_is_replaced_by_its_correction(at: TestDesk) -> None:
    at.take_in(sheet(row("H1", 1)))

    taken = at.take_in(sheet(row("H1", 2)))

    assert taken.households == {"new": 0, "replaced": 1, "unchanged": 0, "refused": 0}
    assert standing(at) == ["H1"]
    assert states(at) == {"SQ-H1": "valid"}


def test_back_and_forth_the_last_correction_stands(at: TestDesk) -> None:
    first, second = sheet(row("H1", 1)), sheet(row("H1", 2))
    at.take_in(first)
    at.take_in(second)

    taken = at.take_in(first + b"\r\n")  # another file with the first content

    assert taken.households["replaced"] == 1
    with at.ledger.read() as tx:
        assert opened(tx, at.vault, rosters.waiting(tx)[0]).person.id_no == number(1)


def test_rule_002_a_correction_under_a_new_number_supersedes_the_old_paper(at: TestDesk) -> None:
    at.take_in(sheet(row("H1", 1, authorization_no="OLD")))
    at.take_in(sheet(row("H1", 1, authorization_no="NEW")))

    assert states(at) == {"OLD": "superseded", "NEW": "valid"}
    assert refused(at.take_in(sheet(row("H1", 1, authorization_no="OLD", declared="1")))) == {"authorization-ended": [2]}


def test_a_correction_after_gathering_is_refused_for_the_same_application(at: TestDesk) -> None:
    at.take_in(sheet(row("H1", 1)))
    gather(at)

    taken = at.take_in(sheet(row("H1", 1, declared="5"), row("H1", 2)))

    assert refused(taken) == {"person-not-authorized": [3], "duplicate-member": [2]}
    assert standing(at) == ["H1"]
    assert refused(at.take_in(sheet(row("H1", 1, declared="6")))) == {"duplicate-member": [2]}


def test_a_new_application_of_a_household_goes_in_beside_the_open_one(at: TestDesk) -> None:
    at.take_in(sheet(row("H1", 1)))
    gather(at)

    taken = at.take_in(sheet(row("H1", 1, application_date="2026-11-16")))

    assert (taken.households["new"], standing(at)) == (1, ["H1", "H1"])


# ---------------------------------------------------------------- persons elsewhere
def test_rule_015_a_person_stands_in_one_open_inquiry_of_a_centre(at: TestDesk) -> None:
    at.take_in(sheet(row("H1", 1)))

    taken = at.take_in(sheet(row("H2", 1), row("H2", 2), row("H3", 3)))

    assert refused(taken) == {"duplicate-member": [2], "household-incomplete": [3]}
    assert standing(at) == ["H1", "H3"]


def test_rule_015_an_appeal_goes_in_beside_the_open_inquiry_it_disputes(at: TestDesk) -> None:
    at.take_in(sheet(row("H1", 1)))

    assert at.take_in(sheet(row("H1", 1, check_type="申诉"))).households["new"] == 1
    assert refused(at.take_in(sheet(row("H2", 1, check_type="申诉")))) == {"duplicate-member": [2]}


def test_a_person_is_free_again_once_the_inquiry_is_concluded(at: TestDesk) -> None:
    at.take_in(sheet(row("H1", 1)))
    gather(at)
    conclude(at)

    assert refused(at.take_in(sheet(row("H2", 1)))) == {}


def test_another_centre_is_another_matter(at: TestDesk) -> None:
    at.take_in(sheet(row("H1", 1)))
    other = TestDesk(at.ledger, at.vault, at.objects, centre="C2")

    assert refused(other.take_in(sheet(row("H2", 1)))) == {}


def test_a_member_moves_from_one_household_to_another_in_one_sheet(at: TestDesk) -> None:
    at.take_in(sheet(row("H1", 1), row("H1", 2)))

    taken = at.take_in(sheet(row("H1", 1), row("H2", 2)))

    assert taken.households == {"new": 1, "replaced": 1, "unchanged": 0, "refused": 0}


def test_a_replacement_that_is_refused_frees_nobody(at: TestDesk) -> None:
    at.take_in(sheet(row("H1", 1), row("H1", 2)))

    taken = at.take_in(sheet(row("H1", 1, name=""), row("H2", 2)))

    assert refused(taken) == {"name-missing": [2], "duplicate-member": [3]}
    assert standing(at) == ["H1"]


# ---------------------------------------------------------------- papers
def test_rule_009_withdrawal_stops_what_was_not_sent_at_once(at: TestDesk) -> None:
    at.take_in(sheet(row("H1", 1), row("H2", 2)))

    stopped = close(at, "SQ-H1", papers.State.REVOKED)

    assert (stopped.households_stopped, stopped.households_asked) == (1, 0)
    assert (standing(at), states(at)["SQ-H1"]) == (["H2"], "revoked")


def test_rule_009_withdrawal_after_gathering_marks_the_places(at: TestDesk) -> None:
    at.take_in(sheet(row("H1", 1, authorization_no="A"), row("H1", 2, authorization_no="B"), row("H2", 3)))
    with at.ledger.begin() as tx:
        members = [r.id for r in rosters.waiting(tx)]
        roster = rosters.make_roster(tx, "C1", "321283", ["902"], False, members, NOW)
    gather(at)

    stopped = close(at, "A", papers.State.REVOKED)

    assert (stopped.households_stopped, stopped.households_asked, stopped.persons_asked) == (0, 1, 1)
    with at.ledger.read() as tx:
        assert authorizations.not_askable_positions(tx, roster) == [0, 1]  # the household is asked whole or not at all


@pytest.mark.parametrize("to", [papers.State.ENDED, papers.State.REVOKED])
def test_rule_003_nothing_more_is_asked_under_a_paper_that_is_over(at: TestDesk, to: papers.State) -> None:
    at.take_in(sheet(row("H1", 1)))
    gather(at)
    conclude(at)
    close(at, "SQ-H1", to)

    taken = at.take_in(sheet(row("H1", 1, application_date="2026-11-16"), row("H2", 2)))

    assert refused(taken) == {"authorization-ended": [2]}


def test_rule_005_a_new_member_needs_a_new_paper(at: TestDesk) -> None:
    at.take_in(sheet(row("H1", 1)))
    gather(at)
    conclude(at)
    again = {"application_date": "2026-11-16"}

    assert refused(at.take_in(sheet(row("H1", 1, **again), row("H1", 2, **again)))) == {
        "person-not-authorized": [3],
        "household-incomplete": [2],
    }
    new = {**again, "authorization_no": "SQ-NEW"}
    assert refused(at.take_in(sheet(row("H1", 1, **new), row("H1", 2, **new)))) == {}
    assert states(at) == {"SQ-H1": "superseded", "SQ-NEW": "valid"}


def test_an_appeal_leaves_the_paper_it_disputes_alone(at: TestDesk) -> None:
    at.take_in(sheet(row("H1", 1)))
    gather(at)
    conclude(at)

    at.take_in(sheet(row("H1", 1, check_type="申诉", authorization_no="APPEAL")))

    assert states(at) == {"SQ-H1": "valid", "APPEAL": "valid"}


def test_rule_002_every_change_is_dated_attributed_and_audited(at: TestDesk) -> None:
    content = sheet(row("H1", 1), row("H2", 2))
    papers.register(at, at.rows(content), "clerk", NOW)
    assert states(at) == {"SQ-H1": "draft", "SQ-H2": "draft"}
    at.take_in(content, LATER)
    close(at, "SQ-H1", papers.State.ENDED)

    with at.ledger.read() as tx:
        (found,) = authorizations.find(tx, "C1", "SQ-H1")
        told = [(r.what, r.who) for r in authorizations.history(tx, found.id)]
    assert told == [("authorization-draft", "clerk"), ("authorization-valid", "clerk"), ("authorization-ended", "clerk")]
    assert (found.state_by, found.state_why) == ("clerk", "asked by the family")


def test_registering_again_changes_nothing(at: TestDesk) -> None:
    content = sheet(row("H1", 1))

    assert [papers.register(at, at.rows(content), "clerk", NOW) for _ in range(2)] == [(1, 0), (0, 1)]


def test_rule_002_papers_whose_last_day_has_passed_expire(at: TestDesk) -> None:
    at.take_in(sheet(row("H1", 1, valid_to="2026-12-01"), row("H2", 2, valid_to=""), row("H3", 3, valid_to="2026-12-02")))

    with at.ledger.begin() as tx:
        expired = authorizations.expire(tx, "C1", NOW.replace(month=12, day=2).date(), now=LATER, who="connector")

    assert expired == 1
    assert states(at) == {"SQ-H1": "expired", "SQ-H2": "valid", "SQ-H3": "valid"}


def test_a_paper_that_is_over_stays_over(at: TestDesk) -> None:
    at.take_in(sheet(row("H1", 1)))
    close(at, "SQ-H1", papers.State.REVOKED)

    with pytest.raises(papers.AuthorizationError) as stopped:
        close(at, "SQ-H1", papers.State.ENDED)
    assert stopped.value.code == "authorization-move"
    assert states(at)["SQ-H1"] == "revoked"


def test_a_number_is_unknown_or_of_several_households(at: TestDesk) -> None:
    at.take_in(sheet(row("H1", 1, authorization_no="X"), row("H2", 2, authorization_no="X")))

    for no, code in (("Y", "authorization-unknown"), ("X", "authorization-ambiguous")):
        with pytest.raises(papers.UnknownAuthorization) as stopped:
            close(at, no, papers.State.ENDED)
        assert stopped.value.code == code
    assert papers.close(at, "X", "H2", papers.State.ENDED, "w", "clerk", NOW).households_stopped == 1


# ---------------------------------------------------------------- scans
def test_rule_008_a_scan_is_kept_sealed_with_its_digest(at: TestDesk, tmp_path: Path) -> None:
    content = sheet(row("H1", 1), row("H2", 2))
    at.take_in(content)
    folder = tmp_path / "scans"
    folder.mkdir()
    scan = b"%PDF-1.7 the paper of a family"
    (folder / "SQ-H1.pdf").write_bytes(scan)
    (folder / "other.pdf").write_bytes(b"x")

    first = scans.attach_folder(at, folder, at.rows(content), "clerk", NOW)
    again = scans.attach_folder(at, folder, at.rows(content), "clerk", NOW)

    assert (first.attached, first.unmatched, first.missing) == (1, 1, 1)
    assert (again.attached, again.known, again.missing) == (0, 1, 1)
    with at.ledger.read() as tx:
        (found,) = authorizations.find(tx, "C1", "SQ-H1")
        sealed = b"".join(at.objects.get(found.scan_object))
        assert at.vault.open(tx, found.scan_key, sealed, f"scan {found.id}") == scan
    assert found.scan_digest == hashlib.sha256(scan).hexdigest()
    assert scan not in sealed


def test_another_scan_of_the_same_paper_is_refused(at: TestDesk, tmp_path: Path) -> None:
    content = sheet(row("H1", 1))
    at.take_in(content)
    (tmp_path / "s").mkdir()
    path = tmp_path / "s" / "SQ-H1.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\none")
    scans.attach_folder(at, tmp_path / "s", at.rows(content), "clerk", NOW)
    path.write_bytes(b"\x89PNG\r\n\x1a\ntwo")

    assert scans.attach_folder(at, tmp_path / "s", at.rows(content), "clerk", NOW).differ == ("SQ-H1",)


def test_a_scan_above_the_limit_is_not_kept(at: TestDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = sheet(row("H1", 1))
    at.take_in(content)
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "SQ-H1.png").write_bytes(b"12345")
    monkeypatch.setattr(scans, "SCAN_BYTES_MAX", 4)

    kept = scans.attach_folder(at, tmp_path / "s", at.rows(content), "clerk", NOW)

    assert (kept.too_large, kept.missing) == (("SQ-H1",), 1)


# ---------------------------------------------------------------- a trial, a crash, confidentiality
def test_a_trial_writes_nothing_and_says_what_would_be(at: TestDesk) -> None:
    content = sheet(row("H1", 1), row("H2", 2, name=""))

    tried = door.try_out(at, at.rows(content))

    assert {name for name, n in count(at).items() if n} <= {"data_key"}
    taken = at.take_in(content)
    assert (refused(tried), tried.households) == (refused(taken), taken.households)


def test_rule_093_a_sheet_interrupted_leaves_nothing_and_is_brought_again(at: TestDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    content = sheet(row("H1", 1))
    before = count(at)

    def killed(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(audit, "record", killed)
        with pytest.raises(KeyboardInterrupt):
            at.take_in(content)

    assert count(at) == before
    assert at.take_in(content).households["new"] == 1


def test_nothing_of_a_refused_row_is_stored_and_the_rest_is_sealed(tmp_path: Path) -> None:
    ledger = Ledger.open(f"sqlite:///{tmp_path / 'ledger.db'}")
    ledger.migrate()
    at = desk(ledger, tmp_path)
    secrets = [
        "张可见",
        "李可见",
        number(1),
        number(2),
        number(3)[:6] + number(3)[8:17],
        "GUARD77",
        "监护可见",
        "民政可见",
        "123456789.12",
    ]
    at.take_in(
        sheet(
            row(
                "H1",
                1,
                name="张可见",
                guardian_id="GUARD77",
                guardian_name="监护可见",
                entrust_office="民政可见",
                declared="123456789.12",
            ),
            row("H2", 2, name="李可见", programme="五保"),
            row("H3", 3, id_no=number(3)[:6] + number(3)[8:17]),
        )
    )
    ledger.close()

    content = b"".join(path.read_bytes() for path in sorted(tmp_path.rglob("*")) if path.is_file())
    found = [s for s in secrets for encoding in ("utf-8", "gb18030", "utf-16-le") if s.encode(encoding) in content]
    assert b"SQ-H1" in content  # the search finds what is there
    assert found == []


def test_the_audit_tells_counts_and_codes_and_nothing_of_a_person(at: TestDesk) -> None:
    at.take_in(sheet(row("H1", 1, name="张可见"), row("H2", 2, name="")))

    with at.ledger.read() as tx:
        last = tx.execute(select(audit_table).order_by(audit_table.c.seq.desc())).first()
    assert last is not None
    assert (last.what, last.who) == ("intake", "clerk")
    assert (last.detail["members"], last.detail["refused"]) == (1, {"name-missing": 1})
    assert "张可见" not in json.dumps(last.detail, ensure_ascii=False)
