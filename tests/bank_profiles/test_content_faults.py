"""The faults of whole answers that the test plan names (C1–C7, C23): each refused by name, and nothing of the file counts."""

import hashlib
from pathlib import Path

import pyarrow as pa
import pytest

from bank_profiles.catalogue import load_profile
from bank_profiles.errors import UnreadableFile
from bank_profiles.language.profile import Profile
from bank_profiles.packing.steps import NamedFile, pack
from bank_profiles.translation import read_files, read_package, write_files
from reconciliation.exchange import RECORDS
from tests.bank_profiles.answers import BANKS, GB, HOST, changed, good, read, refused
from tests.bank_profiles.generated import BATCH, FACTS
from tests.specimens import FULL, PROFILES


# ---- C1, C2: what the trailer says ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("bank", "old", "new"),
    [
        ("hxcb/result", "T|2", "T|3"),
        ("hxcb/detail", "T|2|", "T|1|"),
        ("hxcb/flow", "T|1|", "T|0|"),
        ("gyzb/reply", 'Cnt="1"', 'Cnt="2"'),
        ("xsyh/reply", '"total": 2', '"total": 1'),
        ("dsnx/book", "2", "3"),
        ("zjhb/reply", "T000000005", "T000000006"),
    ],
)
def test_fault_c01_a_count_that_is_wrong_refuses_the_answer(bank: str, old: str, new: str) -> None:
    assert ["total-differs"] == refused(bank, changed(bank, old, new))


@pytest.mark.parametrize("example", ["the trailer counts one account too many", "the sum in the trailer does not match"])
def test_fault_c01_a_count_or_sum_of_fixed_lines_that_is_wrong_refuses_the_answer(example: str) -> None:
    assert ["total-differs"] == refused("gdyz/reply", good("gdyz/reply", example))


@pytest.mark.parametrize("bank", ["hxcb/result", "gdyz/reply", "zjhb/reply"])
def test_fault_c01_a_line_lost_or_doubled_is_missed_by_the_count(bank: str) -> None:
    data = good(bank)
    lines = data.splitlines(keepends=True) if bank != "zjhb/reply" else [data[at : at + 80] for at in range(0, len(data), 80)]
    last_answer = max(at for at, line in enumerate(lines) if line[:1] in (b"D", "R".encode("cp037")) or line[:2] == b"10")

    for kept in (lines[:last_answer] + lines[last_answer + 1 :], [*lines[:last_answer], *lines[last_answer - 1 :]]):
        assert "total-differs" in refused(bank, b"".join(kept))


@pytest.fixture
def with_sm3(tmp_path: Path) -> Profile:
    """A bank whose trailer carries the SM3 digest of all lines before it, and counts and adds them up."""
    (tmp_path / "p.yaml").write_text(
        (PROFILES / "nested.yaml").read_text("utf-8").replace("digest: sha256", "digest: sm3"), "utf-8"
    )
    page = (tmp_path / "p.yaml").read_text("utf-8")
    (tmp_path / "p.yaml").write_text(page[: page.index("examples:")], "utf-8")  # their digests are of another kind
    return load_profile(tmp_path / "p.yaml")


def _answer(profile: Profile) -> bytes:
    rows = FULL | {"movement": []}  # entries of this bank have numbers of their own, which are added up too
    rows = rows | {"outcome": [row | {"message": None} for row in rows["outcome"]]}
    tables = {kind: [pa.Table.from_pylist(of_kind, schema=RECORDS[kind])] for kind, of_kind in rows.items()}
    (file,) = write_files(profile, "response", FACTS, tables)
    return b"".join(file.blocks)


def _read(profile: Profile, data: bytes) -> dict[str, int]:
    rows: dict[str, int] = {}
    for part in read_files(profile, "response", [("FK_902307450222_0001.txt", [data])], expected=BATCH):
        rows[part.kind] = rows.get(part.kind, 0) + part.table.num_rows
    return rows


def test_rule_021_counts_and_sums_are_those_of_the_lines_and_the_sm3_digest_that_of_the_body(with_sm3: Profile) -> None:
    data = _answer(with_sm3)
    body, trailer = data[: data.rindex(b"T|")], data[data.rindex(b"T|") :].decode().split("|")

    assert [str(data.count(b"\n")), "123456.00"] == trailer[1:3]
    assert hashlib.new("sm3", body).hexdigest() == trailer[3].strip()
    assert {"outcome": 2, "holding": 1} == _read(with_sm3, data)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"6217", b"6218"),  # one digit of an account
        (b"P|000002|01", b"P|000002|00"),  # another outcome, everything else as counted
        (b"\n", b"\r\n"),  # other line ends
    ],
)
def test_fault_c02_rule_021_one_byte_changed_before_the_trailer_refuses_the_answer(
    with_sm3: Profile, old: bytes, new: bytes
) -> None:
    with pytest.raises(UnreadableFile) as caught:
        _read(with_sm3, _answer(with_sm3).replace(old, new))

    assert ["digest-differs"] == [problem.code for problem in caught.value.problems]
    assert "摘要值" == caught.value.problems[0].place.field  # type: ignore[union-attr]


def test_fault_c02_a_digest_that_is_no_digest_refuses_the_answer(with_sm3: Profile) -> None:
    data = _answer(with_sm3)
    with pytest.raises(UnreadableFile):
        _read(with_sm3, data[: data.rindex(b"|") + 1] + b"0" * 64 + b"\r\n")


# ---- C3–C5: whose answer, to what, in which edition ---------------------------------------------------------------------------------
def test_fault_c03_a_header_of_another_bank_refuses_the_package() -> None:
    profile = BANKS["gdyz/reply"].profile()
    name = f"RSP{FACTS.bank}20260105000001.dat"
    header = good("gdyz/reply")[:450].decode(GB)
    assert FACTS.bank in header
    other = good("gdyz/reply").replace(FACTS.bank.encode(), b"980329680080", 1)

    with pytest.raises(UnreadableFile) as caught:
        list(read_package(profile, "response", name, pack(profile.response.package, [NamedFile(name, [other])])))

    assert ["facts-differ"] == [problem.code for problem in caught.value.problems]


@pytest.mark.parametrize("bank", sorted(BANKS))
def test_fault_c04_an_answer_to_another_batch_is_refused_where_the_batch_is_known(bank: str) -> None:
    with pytest.raises(UnreadableFile) as caught:
        list(
            read_files(BANKS[bank].profile(), "response", [(BANKS[bank].file(), [good(bank)])], expected={"batch_no": "another"})
        )

    assert {"other-batch"} == {problem.code for problem in caught.value.problems}


def test_fault_c05_a_version_nobody_agreed_on_refuses_the_answer() -> None:
    profile = load_profile(PROFILES / "described.yaml")
    accounts = [row | {"account_no": "62170001", "product": "fund"} for row in FULL["holding"]]
    rows = {"holding": [pa.Table.from_pylist(accounts, schema=RECORDS["holding"])]}
    data = next(b"".join(blocks) for name, blocks in write_files(profile, "response", FACTS, rows) if name.startswith("S_"))
    assert b"\n20" in data

    with pytest.raises(UnreadableFile) as caught:
        list(read_files(profile, "response", [(f"S_{FACTS.bank}_{FACTS.batch_no}.txt", [data.replace(b"\n20", b"\n99", 1)])]))

    assert ["unknown-version"] == [problem.code for problem in caught.value.problems]


def test_fault_c05_a_document_in_the_namespace_of_another_version_is_refused() -> None:
    assert ["wrong-root"] == refused("gyzb/reply", changed("gyzb/reply", "<Doc>", '<Doc xmlns="urn:another:v6">'))


# ---- C6, C7: another encoding, other columns ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("bank", "as_it_is", "as_it_comes"),
    [
        ("hxcb/detail", GB, "utf-8"),
        ("hxcb/detail", GB, "utf-16"),
        ("gdyz/reply", GB, "utf-8"),
        ("xsyh/reply", "utf-8", GB),
        ("xsyh/reply", "utf-8", "utf-16"),
        ("zjhb/reply", "cp037", "ascii"),
    ],
)
def test_fault_c06_b8_another_encoding_is_named_and_never_guessed(bank: str, as_it_is: str, as_it_comes: str) -> None:
    data = good(bank).decode(as_it_is, "replace").encode(as_it_comes, "replace")

    assert "wrong-encoding" == refused(bank, data)[0]


def test_fault_c06_a_document_whose_bytes_are_not_what_it_says_is_refused() -> None:
    assert ["wrong-encoding"] == refused("gyzb/reply", changed("gyzb/reply", "OK", "成功").decode().encode(GB))


@pytest.mark.parametrize("columns", ["|", "|20180315||"])
def test_fault_c07_a_row_with_a_column_less_or_more_refuses_an_answer_whose_sum_needs_it(columns: str) -> None:
    assert ["column-count", "total-unreadable"] == refused("hxcb/detail", changed("hxcb/detail", "|20180315|", columns))


def test_fault_c07_a_row_with_a_column_less_is_set_aside_and_the_others_are_read() -> None:
    came = read("hxcb/result", changed("hxcb/result", "D|000002|01|无记录|", "D|000002|01|"))

    assert ["000001"] == came.column("outcome", "line_ref")
    assert ["column-count"] == [code for code, _ in came.parked]


def test_fault_c07_a_line_that_is_a_byte_short_refuses_fixed_lines() -> None:
    assert ["record-length"] == refused("gdyz/reply", good("gdyz/reply", "one line is a byte short"))
    assert "record-length" in refused("zjhb/reply", good("zjhb/reply")[:-1])


def test_fault_c07_a_title_that_is_missing_refuses_the_book() -> None:
    assert ["column-missing"] == refused("dsnx/book", changed("dsnx/book", "业务种类", "种类"))


@pytest.mark.parametrize(
    ("bank", "without", "more", "own"),
    [
        ("gyzb/reply", "<AcctNo>0200001</AcctNo>", "<New>1</New><Sts>", "<Sts>"),
        ("xsyh/reply", '"acctNo": "0300001", ', '"new": 1, "acctNo"', '"acctNo"'),
    ],
)
def test_fault_c07_what_must_stand_in_a_tree_is_missed_and_what_nobody_asked_for_is_passed_by(
    bank: str, without: str, more: str, own: str
) -> None:
    came = read(bank, changed(bank, without, ""))

    assert {"missing-value"} == {code for code, _ in came.parked}
    assert ["found"] == came.column("outcome", "outcome")
    assert read(bank, good(bank)) == read(bank, changed(bank, own, more))


# ---- C23 ----------------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE Doc [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE Doc [<!ENTITY a "示例"><!ENTITY b "&a;&a;">]>',
        '<!DOCTYPE Doc SYSTEM "http://192.0.2.1/x.dtd">',
        '<!DOCTYPE Doc [<!ENTITY % p SYSTEM "file:///etc/passwd">%p;]>',
    ],
)
def test_fault_c23_rule_033_b7_a_document_that_declares_anything_is_refused_unread(doctype: str) -> None:
    assert ["xml-doctype"] == refused("gyzb/reply", doctype.encode() + good("gyzb/reply"))


@pytest.mark.parametrize("entity", ["&x;", "&#0;", "&#xD800;"])
def test_fault_c23_rule_033_an_entity_nobody_declared_is_no_text(entity: str) -> None:
    assert ["xml-broken"] == refused("gyzb/reply", changed("gyzb/reply", "OK", entity))


def test_fault_c23_rule_033_a_schema_or_an_include_it_names_is_never_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*arguments: object, **words: object) -> None:
        raise AssertionError("something was asked for")

    monkeypatch.setattr("socket.socket.connect", never)
    named = (
        '<Doc xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xi="http://www.w3.org/2001/XInclude"'
        ' xsi:noNamespaceSchemaLocation="http://192.0.2.1/x.xsd"><xi:include href="file:///etc/passwd" parse="text"/>'
    )

    assert read("gyzb/reply", good("gyzb/reply")) == read("gyzb/reply", changed("gyzb/reply", "<Doc>", named))
    assert HOST == BANKS["zjhb/reply"].profile().response.encoding("reply")
