"""The figures of samples_xml.py again, by ElementTree, and one inquiry held against the published one."""

import xml.etree.ElementTree as ET
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

from bank_profiles.catalogue import load_profile
from bank_profiles.errors import UnreadableFile
from bank_profiles.translation import PackageFacts, read_files, write_files
from reconciliation.exchange import RECORDS
from tests.bank_profiles.sample import Sample
from tests.bank_profiles.samples_xml import SAMPLES

HERE = Path(__file__).parent
FACTS = PackageFacts("902", "r6/bz9dlT567HVr5RDi8Zw==", date(2026, 1, 5), 1, datetime(2026, 1, 5, 1, 30, tzinfo=UTC))


def named(tree: ET.Element, name: str) -> list[ET.Element]:
    """All elements of a name, whatever their namespace."""
    return [each for each in tree.iter() if each.tag.rpartition("}")[2] == name]


def text(tree: ET.Element, *names: str) -> str:
    for name in names:
        (tree,) = [each for each in tree if each.tag.rpartition("}")[2] == name]
    return tree.text or ""


def cents(amount: str) -> int:
    return int(Decimal(amount) * 100)


def balance(tree: ET.Element, code: str) -> int:
    (found,) = [each for each in named(tree, "Bal") if text(each, "Tp", "CdOrPrtry", "Cd") == code]
    return cents(text(found, "Amt")) * (-1 if text(found, "CdtDbtInd") == "DBIT" else 1)


def by_element_tree(sample: Sample, tree: ET.Element) -> tuple[dict[str, int], dict[str, int]]:
    """Rows and sums; entries without a booking date are no rows."""
    entries = [cents(text(each, "Amt")) for each in named(tree, "Ntry") if named(each, "BookgDt")]
    moved = {"movement": len(entries)} if entries else {}
    if sample.key in ("statement", "opening"):
        code = "CLBD" if sample.key == "statement" else "OPBD"
        sums = {"holding.balance_minor": balance(tree, code)}
        if sample.key == "opening":
            return {"holding": 1, "outcome": 1}, sums
        return {"holding": 1, "outcome": 1} | moved, sums | {"movement.amount_minor": sum(entries)}
    if sample.key == "report":
        return moved, {"movement.amount_minor": sum(entries)} if entries else {}
    if sample.key == "reply":
        roles = [role for account in named(tree, "AcctAndPties") for role in named(account, "Role")]
        none = [each for each in named(tree, "RtrInd") if [here.text for here in named(each, "InvstgtnSts")] == ["NFOU"]]
        asked = [text(each, "AuthrtyReqTp", "MsgNmId") for each in none]
        told = sum(kind in ("supl.027.001.01", "fin.002.001.03") for kind in asked)
        return {"outcome": len(roles) + len(named(tree, "ResultKey")) + told}, {}
    (summary,) = named(tree, "Summary")
    if sample.key == "term":
        return {"holding": 1, "outcome": 1}, {"holding.balance_minor": cents(summary.attrib["currentValue"])}
    lines = named(tree, "Transaction")
    return {"holding": 1, "outcome": 1, "movement": len(lines)}, {
        "holding.balance_minor": cents(summary.attrib["currentBalance"]),
        "movement.amount_minor": sum(cents(line.attrib["amount"]) for line in lines),
        "movement.balance_after_minor": sum(cents(line.attrib["currentBalance"]) for line in lines),
    }


@pytest.mark.parametrize("sample", [s for s in SAMPLES if s.refused is None], ids=lambda s: f"{s.key}:{s.file}")
def test_the_figures_are_those_of_another_program(sample: Sample, samples: Path) -> None:
    rows, sums = by_element_tree(sample, ET.parse(samples / "samples" / sample.file).getroot())

    assert (dict(sample.rows), dict(sample.sums)) == (rows, sums)


@pytest.mark.parametrize(
    ("summary", "refused"),
    [
        ("<TtlNtries><NbOfNtries>1</NbOfNtries></TtlNtries><TtlCdtNtries><Sum>8.85</Sum></TtlCdtNtries>", []),
        ("<TtlNtries><NbOfNtries>2</NbOfNtries></TtlNtries>", ["total-differs"]),
        ("<TtlCdtNtries><Sum>8.86</Sum></TtlCdtNtries>", ["total-differs"]),
        ("<TtlDbtNtries><Sum>0</Sum></TtlDbtNtries>", []),
        ("<TtlDbtNtries><Sum>8.85</Sum></TtlDbtNtries>", ["total-differs"]),
    ],
)
def test_challenge_c2_totals_of_a_statement_hold_where_they_are_given(samples: Path, summary: str, refused: list[str]) -> None:
    profile = load_profile(HERE / "samples" / "camt" / "camt.yaml")
    published = (samples / "samples" / "camt/test/data/camt053.v4.xml").read_text()
    text = published.replace("<Ntry>", f"<TxsSummry>{summary}</TxsSummry><Ntry>", 1)
    codes: list[str] = []

    try:
        assert 3 == sum(rows.table.num_rows for rows in read_files(profile, "response", [("CLBD_1.xml", [text.encode()])]))
    except UnreadableFile as caught:
        codes = [problem.code for problem in caught.problems]
    assert refused == codes


def test_challenge_e9_the_published_inquiry_is_read(samples: Path) -> None:
    profile = load_profile(HERE / "samples" / "fi-auth001-query" / "register.yaml")
    file = samples / "samples" / "fi-auth001-query/examples/queries/Query_example-Finnish_PIC.xml"

    theirs = file.read_bytes().replace(b"InvstgtnId>Customs_aggr<", b"InvstgtnId>000001<")  # we name lines by their place

    (rows,) = read_files(profile, "inquiry", [("Q_00000001.xml", [theirs])])

    person = rows.table.to_pylist()[0]
    assert ("201176-452Y", "resident_id", "Customs_aggr") == (person["id_no"], person["id_type"], person["authorization_no"])
    assert (date(2020, 9, 1), date(2021, 7, 28)) == (person["window_from"], person["window_to"])


def test_challenge_e9_what_we_write_is_part_of_the_published_inquiry(samples: Path) -> None:
    """Every element we write stands there at the same path with the same text; it also has the sender, the signature and more."""
    profile = load_profile(HERE / "samples" / "fi-auth001-query" / "register.yaml")
    published = samples / "samples" / "fi-auth001-query/examples/queries/Query_example-Finnish_PIC.xml"
    person = {
        "line_ref": "Customs_aggr", "name": "-", "id_type": "resident_id", "id_no": "201176-452Y",
        "authorization_no": "Customs_aggr", "window_from": date(2020, 9, 1), "window_to": date(2021, 7, 28),
    }  # fmt: skip

    ((_, blocks),) = write_files(profile, "inquiry", FACTS, {"inquiry": [pa.Table.from_pylist([person], RECORDS["inquiry"])]})

    ours, theirs = spots(ET.fromstring(b"".join(blocks))), spots(ET.parse(published).getroot())
    assert [] == [spot for spot in ours if spot not in theirs and not spot[0].endswith("InvstgtnId")]
    assert len(ours) == 36


def spots(tree: ET.Element, path: str = "") -> list[tuple[str, str]]:
    """Every element and attribute: its path with namespaces, and its text."""
    here = f"{path}/{tree.tag}"
    found = [(here, (tree.text or "").strip()), *((f"{here}/@{name}", value) for name, value in tree.attrib.items())]
    return found + [spot for child in tree for spot in spots(child, here)]
