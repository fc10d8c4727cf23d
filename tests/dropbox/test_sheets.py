"""A bank with a browser and no sealing software: the inquiry as a sheet, the filled sheet handed in; what no bank's key signed is witnessed."""

import io
import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from bank_profiles.translation import read_package
from connector.assembly import clock
from connector.dropbox import sheet_calls
from connector.ledger import answers, audit
from connector.ledger.rows import AnyRow
from connector.objects.folder import FolderStore
from tests.canaries import make_city, seen_below, seen_in
from tests.dropbox.sheet_town import SheetTown, sha256
from tests.dropbox.town import BASE, Clerk, digest_of
from transports.https import CallServer


@pytest.fixture
def town(tmp_path: Path) -> Iterator[SheetTown]:
    with SheetTown(tmp_path) as made:
        yield made.asked()


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SheetTown]:
    """Two banks with sheets, for what leaves no trace on the other tests."""
    with SheetTown(tmp_path_factory.mktemp("pair"), households=4, banks=2, lines_max=2) as made:
        yield made.asked()


@pytest.fixture(scope="module")
def server(pair: SheetTown) -> Iterator[CallServer]:
    with pair.serving() as opened:
        yield opened


def handed_in(clerk: Clerk, number: str, name: str, content: bytes) -> str:
    """Brought and submitted: where it is followed."""
    assert 201 == clerk.put(number, name, content).status
    submitted = clerk.post(f"/batches/{number}/submission", {"files": [name]})
    assert 202 == submitted.status, submitted.said
    return submitted.headers["location"]


def fetched(town: SheetTown, row: AnyRow) -> bytes:
    """What the bank's own key opens in the parcel."""
    desk = town.desk(row.institution)
    parcel = (town.dir / "dropbox" / row.institution / "out" / row.parcel_name).read_bytes()
    return b"".join(desk.channel(desk.profile(clock())).open(lambda: iter([parcel]), clock()))


def problems_of(town: SheetTown) -> list[str]:
    """The codes the arrived files were refused with."""
    with town.ledger().read() as tx:
        return [row.problem["code"] for row in answers.inbounds(tx) if row.problem]


# ---- the journey --------------------------------------------------------------------------------------------------------------------


@pytest.mark.real
def test_rule_027_a_bank_with_curl_and_no_sealing_software_takes_a_sheet_and_hands_in_a_sheet(town: SheetTown) -> None:
    (row,) = town.batches()
    desk = town.folder / "desk"
    desk.mkdir()
    name, content = town.filled(row)
    with town.serving() as server:
        clerk = town.clerk(server)
        curl = ["curl", "-sS", "--cert", clerk.certificate, "--key", clerk.key, "--cacert", _authority(town)]
        base = f"https://localhost:{server.port}{BASE}"
        subprocess.run([*curl, "-OJ", f"{base}/batches/{row.number}/sheet"], cwd=desk, check=True, capture_output=True)
        (sheet,) = desk.iterdir()
        (desk / name).write_bytes(content)
        upload = [*curl, "-T", name, "-H", f"Content-Digest: {digest_of(content)}", f"{base}/batches/{row.number}/answers/{name}"]
        brought = subprocess.run(upload, cwd=desk, check=True, capture_output=True, text=True)
        submitted = clerk.post(f"/batches/{row.number}/submission", {"files": [name]})
        town.step("collect", "settle")
        told = clerk.call("GET", submitted.headers["location"]).said
        taken = clerk.get(f"/batches/{row.number}").said["taken_at"]

    assert fetched(town, row) == sheet.read_bytes()  # the same business content as in the sealed parcel, byte for byte
    assert f"CX_{town.code}_{row.number}.xlsx" == sheet.name
    assert sha256(content) in brought.stdout
    assert ("accepted", [name], []) == (told["state"], [file["name"] for file in told["files"]], told["problems"])
    assert town.staff[town.code].pin.rstrip("=") == told["slip"][0]["handed_in"]["pin"]
    assert taken is not None
    with town.ledger().read() as tx:
        (edition,) = answers.editions(tx, row.id)
        acts = [each.what for each in reversed(audit.newest(tx, 50)) if each.who == f"bank:{town.code}"]
    assert {"pin", "at"} == set(edition.handed_in)
    assert ["dropbox-sheet-read", "dropbox-parcel-taken", "dropbox-sheet-handed-in", "dropbox-submitted"] == acts
    assert ["ANSWERED"] == [each.state for each in town.batches()]


def _authority(town: SheetTown) -> str:
    path = town.folder / "centre.pem"
    path.write_text(town.issuer.pem)
    return str(path)


def test_every_fetch_is_a_look_that_stands_in_the_audit_and_is_never_stored_on_the_way(
    pair: SheetTown, server: CallServer
) -> None:
    row, clerk = pair.batches()[0], pair.clerk(server)

    first, second = (clerk.get(f"/batches/{row.number}/sheet") for _ in range(2))

    assert first.body == second.body == fetched(pair, row)
    assert ("no-store", "nosniff") == (first.headers["cache-control"], first.headers["x-content-type-options"])
    assert first.headers["content-disposition"].startswith("attachment")
    with pair.ledger().read() as tx:
        looks = [
            each.detail for each in audit.newest(tx, 50) if each.what == "dropbox-sheet-read" and row.number in str(each.detail)
        ]
    assert 2 == len(looks)


def test_a_filled_sheet_is_tried_and_what_is_wrong_is_told_by_sheet_and_cell(pair: SheetTown, server: CallServer) -> None:
    row, clerk = pair.batches()[0], pair.clerk(server)
    name, content = pair.filled(row)
    other = pair.filled(row, number="202601010000009")[1]

    good = clerk.post(f"/answer-checks?name={name}&batch={row.number}", content).said
    strange = clerk.post(f"/answer-checks?name={name}&batch={row.number}", other).said

    assert ("good", []) == (good["result"], good["problems"])
    assert "refused" == strange["result"]


def test_the_same_sheet_again_is_the_same_and_another_under_its_name_is_a_collision(pair: SheetTown, server: CallServer) -> None:
    row, clerk = pair.batches()[1], pair.clerk(server)
    name, content = pair.filled(row)

    told = [clerk.put(row.number, name, each) for each in (content, content, content + b"x")]
    sealed = clerk.put(row.number, f"{name}.p7m", b"\x30\x80\x06" + content)
    here = clerk.call("HEAD", f"{BASE}/batches/{row.number}/answers/{name}")
    gone = clerk.call("DELETE", f"{BASE}/batches/{row.number}/answers/{name}")

    assert [201, 200, 409, 409] == [each.status for each in (*told, sealed)]
    assert str(len(content)) == here.headers["upload-offset"]
    assert 204 == gone.status
    assert 201 == clerk.put(row.number, name, content + b"x").status
    clerk.call("DELETE", f"{BASE}/batches/{row.number}/answers/{name}")


def test_a_sheet_comes_whole_with_its_digest_and_within_memory(
    pair: SheetTown, server: CallServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    row, clerk = pair.batches()[1], pair.clerk(server)
    name, content = pair.filled(row)
    monkeypatch.setattr(sheet_calls, "SHEET_BYTES_MAX", len(content) - 1)

    told = [
        clerk.put(row.number, name, content, (0, 100)),
        clerk.put(row.number, name, content[:-2], Content_Digest=digest_of(b"else")),
        clerk.put(row.number, name, content),
    ]

    assert [(400, "whole-only"), (422, "digest-differs"), (413, "too-large")] == [(r.status, r.said["code"]) for r in told]
    assert [] == list((pair.dir / "dropbox" / pair.code / "uploads" / str(row.id)).rglob("*"))


# ---- attacks ------------------------------------------------------------------------------------------------------------------------


def test_another_banks_sheet_is_not_there(pair: SheetTown, server: CallServer) -> None:
    row, stranger = pair.batches()[0], pair.clerk(server, pair.codes[1])
    name, content = pair.filled(row)

    told = [stranger.get(f"/batches/{row.number}/sheet"), stranger.put(row.number, name, content)]
    told.append(stranger.put(pair.batches(pair.codes[1])[0].number, name, content))  # its own batch, the other's name on it

    assert [(404, "not-yours"), (404, "not-yours"), (422, "answer-of-another")] == [(r.status, r.said["code"]) for r in told]


def test_a13_a_bank_without_the_word_is_offered_no_sheet_and_nothing_in_clear_lies_on_a_disk(tmp_path: Path) -> None:
    with SheetTown(tmp_path, sheet="false", city=make_city(tmp_path / "canaries")) as town:
        (row,) = town.asked("requests.csv").batches()
        name, content = town.filled(row)
        with town.serving() as server:
            clerk = town.clerk(server)
            sheet = clerk.get(f"/batches/{row.number}/sheet")
            told = [clerk.put(row.number, each, content) for each in (name, f"{name}.p7m")]
            part = clerk.put(row.number, "part.p7m", content, (100, 200))

        assert (404, "not-offered") == (sheet.status, sheet.said["code"])
        assert [(422, "not-sealed")] * 2 == [(each.status, each.said["code"]) for each in told]
        assert (409, "gap") == (part.status, part.said["code"])
        assert seen_in(content)
        assert {} == seen_below(town.dir / "dropbox")
        assert [] == [path for path in (town.dir / "dropbox").rglob("*.xlsx*") if path.parent.name != "out" and path.is_file()]


def test_a_crash_between_upload_and_submission_leaves_nothing_readable(tmp_path: Path) -> None:
    with SheetTown(tmp_path, city=make_city(tmp_path / "canaries")) as town:
        (row,) = town.asked("requests.csv").batches()
        name, content = town.filled(row)
        with town.serving() as server:
            clerk = town.clerk(server)
            sheet = clerk.get(f"/batches/{row.number}/sheet").body
            assert 201 == clerk.put(row.number, name, content).status
        kept = list((town.dir / "dropbox").rglob("whole-*"))

        assert seen_in(sheet)
        assert seen_in(content)
        assert 1 == len(kept)
        assert {} == seen_below(town.dir)

        with town.serving() as server:  # and the next day it goes on where it stopped
            location = town.clerk(server).post(f"/batches/{row.number}/submission", {"files": [name]}).headers["location"]
            town.step("collect", "settle")
            assert "accepted" == town.clerk(server).call("GET", location).said["state"]
        assert {} == seen_below(town.dir)


@pytest.mark.parametrize("hostile", ["bomb", "entities", "torn"])
def test_b5_a_hostile_workbook_is_refused_by_name_and_lies_nowhere_in_clear(
    pair: SheetTown, server: CallServer, hostile: str
) -> None:
    row, clerk = pair.batches()[2], pair.clerk(server)
    name, content = pair.filled(row, again=1 + list(_HOSTILE).index(hostile))
    content = _HOSTILE[hostile](content)

    told = clerk.post(f"/answer-checks?name={name}&batch={row.number}", content).said
    location = handed_in(clerk, row.number, name, content)
    pair.step("collect", "settle")
    became = clerk.call("GET", location).said

    assert ("refused", True) == (told["result"], all(each["zh"] and each["en"] for each in told["problems"])), told
    assert ("refused", told["problems"][0]["code"]) == (became["state"], became["problems"][0]["code"])
    held = [path for path in (pair.dir / "dropbox").rglob("*") if path.is_file() and path.read_bytes()[:2] == b"PK"]
    assert [] == held


def test_b5_a_workbook_with_a_program_in_it_is_refused_before_it_is_kept(pair: SheetTown, server: CallServer) -> None:
    row, clerk = pair.batches()[1], pair.clerk(server)
    name, content = pair.filled(row, again=9)
    book = _changed(content, "[Content_Types]", {b"sheet.main+xml": b"sheet.macroEnabled.main+xml"}, b"\xd0\xcf\x11\xe0")

    told = clerk.post(f"/answer-checks?name={name}&batch={row.number}", book).said
    brought = clerk.put(row.number, name, book)

    assert ("refused", ["macros"]) == (told["result"], [each["code"] for each in told["problems"]])
    assert (422, ["macros"]) == (brought.status, brought.codes)


def test_b5_a_formula_is_never_computed(pair: SheetTown, server: CallServer) -> None:
    row, clerk = pair.batches()[1], pair.clerk(server)
    name, content = pair.filled(row)
    with_value, without = (
        _changed(content, "sheet1.xml", {}, cell=b'<f>WEBSERVICE("http://127.0.0.1/")</f>' + value)
        for value in ("<v>不予协助</v>".encode(), b"")
    )

    kept, none = (clerk.post(f"/answer-checks?name={name}&batch={row.number}", each).said for each in (with_value, without))

    assert ("good", 1) == (kept["result"], kept["counts"]["outcomes"]["refused.other"])
    assert ("incomplete", ["missing-value", "rows-parked"]) == (none["result"], [each["code"] for each in none["problems"]])


def _changed(content: bytes, wanted: str, change: dict[bytes, bytes], program: bytes = b"", cell: bytes = b"") -> bytes:
    """A workbook with a part made anew, with a program, or with another first result."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            part = old.read(name)
            for before, after in change.items() if wanted in name else ():
                part = part.replace(before, after, 1)
            if cell and wanted in name:
                part = re.sub(rb'<c r="B3"[^>]*>.*?</c>', b'<c r="B3" t="str">' + cell + b"</c>", part)
            new.writestr(name, part)
        if program:
            new.writestr("xl/vbaProject.bin", program)
    return buffer.getvalue()


_ENTITIES = b'<!DOCTYPE x [<!ENTITY a "b"><!ENTITY c SYSTEM "file:///etc/passwd">]><worksheet'
_HOSTILE: dict[str, Callable[[bytes], bytes]] = {
    "bomb": lambda book: _changed(book, "sheet1.xml", {b"<sheetData>": b"<sheetData>" + b" " * (300 << 20)}),
    "entities": lambda book: _changed(book, "sheet1.xml", {b"<worksheet": _ENTITIES}),
    "torn": lambda book: book[:200],
}


def test_a13_a_witnessed_sheet_that_comes_by_another_road_or_another_bank_is_refused(tmp_path: Path) -> None:
    gap = tmp_path / "gap"
    with SheetTown(tmp_path, banks=2, folder_too=gap) as town:
        row = town.asked().batches()[0]
        name, content = town.filled(row)
        with town.serving() as server:
            town.clerk(server).put(row.number, name, content)
        (parcel,) = (town.dir / "dropbox" / town.code / "uploads").rglob("whole-*")
        _drop(gap / "out" / "cx" / f"{name}.p7m", parcel)
        shutil.copy(parcel, town.dir / "dropbox" / town.codes[1] / "in" / f"{name}.p7m")
        town.step("collect", "settle")

        assert ["witness-elsewhere", "witness-of-another"] == sorted(problems_of(town))
        assert "SENT" == town.batches()[0].state


def _drop(path: Path, parcel: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(parcel, path)


def test_a_sheet_handed_in_for_one_batch_never_answers_another(pair: SheetTown, server: CallServer) -> None:
    clerk, (first, second) = pair.clerk(server, pair.codes[1]), pair.batches(pair.codes[1])[:2]
    name, content = pair.filled(first, number=second.number)

    location = handed_in(clerk, first.number, name, content)
    pair.step("collect", "settle")
    told = clerk.call("GET", location).said

    assert ("refused", ["sheet-not-agreed"]) == (told["state"], [each["code"] for each in told["problems"]])


def test_what_is_no_longer_agreed_when_it_is_read_does_not_count(town: SheetTown) -> None:
    (row,) = town.batches()
    name, content = town.filled(row)
    with town.serving() as server:
        handed_in(town.clerk(server), row.number, name, content)
    profile = town.dir / "profiles" / "hxbox" / "2026.1.yaml"
    profile.write_text(profile.read_text("utf-8").replace("sheet: true", "sheet: false"), "utf-8")
    town.step("collect", "settle")

    assert ["sheet-not-agreed"] == problems_of(town)


def test_without_the_witness_key_sheets_are_read_and_not_taken(town: SheetTown) -> None:
    settings = town.dir / "service.yaml"
    said = yaml.safe_load(settings.read_text("utf-8"))
    del said["serve"]["witness"]
    settings.write_text(yaml.safe_dump(said, allow_unicode=True), "utf-8")
    (row,) = town.batches()
    name, content = town.filled(row)
    with town.serving() as server:
        clerk = town.clerk(server)
        assert 200 == clerk.get(f"/batches/{row.number}/sheet").status
        told = clerk.put(row.number, name, content)

    assert (503, "witness-missing") == (told.status, told.said["code"])


def test_an_answer_the_bank_sealed_itself_is_nobodys_witness(town: SheetTown) -> None:
    (row,) = town.batches()
    desk = town.desk(row.institution)
    name, content = town.filled(row)
    sealed = b"".join(desk.channel(desk.profile(clock())).seal([content], clock(), len(content)))
    with town.serving() as server:
        handed_in(town.clerk(server), row.number, f"{name}.p7m", sealed)
    town.step("collect", "settle")

    with town.ledger().read() as tx:
        (edition,) = answers.editions(tx, row.id)
    assert edition.handed_in is None


def test_what_we_kept_is_evidence_the_statement_and_the_sheet_in_one_signed_parcel(town: SheetTown) -> None:
    (row,) = town.batches()
    name, content = town.filled(row)
    with town.serving() as server:
        handed_in(town.clerk(server), row.number, name, content)
    town.step("collect", "settle")
    with town.ledger().read() as tx:
        (arrived,) = answers.inbounds(tx)
    parts = town.deployment().parts
    channel = parts.banks.working[town.code].channel(town.profile())
    objects = FolderStore(town.dir / "objects")
    head, _, rest = b"".join(channel.open(lambda: objects.get(arrived.digest), clock(), witness=parts.witness)).partition(b"\n")

    assert content == rest
    assert yaml.safe_load(head) | {"at": "", "pin": ""} == {
        "schema": "witness/1", "institution": town.code, "batch": row.number, "name": name, "pin": "", "sha256": sha256(content),
        "size": len(content), "at": "",
    }  # fmt: skip
    reading = read_package(town.profile(), "response", name, iter([rest]))
    assert {"outcome", "holding"} == {rows.kind for rows in reading}
