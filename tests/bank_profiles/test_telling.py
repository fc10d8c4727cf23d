"""Which layout a file has is told by its first bytes alone: titles, constants, lengths, the document element. Never two, never a guess."""

from pathlib import Path

import pytest

from bank_profiles.catalogue import load_profile
from bank_profiles.checks.second_look import check
from bank_profiles.codecs.telling import HEAD_BYTES, fits
from bank_profiles.language.profile import Profile
from bank_profiles.language.yaml_text import load
from bank_profiles.layouts.making import layout

HERE = Path(__file__).parent
LINED = (HERE / "profiles" / "lined.yaml").read_text().partition("\nexamples:")[0] + "\n"
DETAIL = "      name: FK_{bank}_{seq:4}_ZH.txt\n"
ACCOUNT = DETAIL + LINED.partition(DETAIL)[2].partition("\nmaps:")[0]


def _profile(*details: str) -> Profile:
    """lined.yaml whose detail file has these layouts: detail_0, detail_1 …"""
    layouts = "".join(f"    detail_{number}:\n{DETAIL}{words}" for number, words in enumerate(details))
    text = LINED.replace("    detail:\n" + ACCOUNT, layouts.rstrip("\n"))
    profile, problems = check(load(text.encode(), "lined.yaml"), "lined.yaml")
    assert profile is not None, "\n".join(problem.en for problem in problems)
    return profile


def _fitting(profile: Profile, head: bytes, *keys: str) -> list[str]:
    return [
        key
        for key in keys or [key for key in profile.response.files if key != "result"]
        if fits(layout(profile, "response", key), head)
    ]


# ---- XML ----------------------------------------------------------------------------------------------------------------------------


def _camt(version: int) -> str:
    return (
        f"      format: xml\n      encoding: utf-8\n"
        f'      root: Document/BkToCstmrStmt\n      namespaces: {{default: "urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version:02}"}}\n'
        "      records:\n        account:\n          gives: holding\n"
        "          each: Stmt\n          always: {product: demand_deposit, line_ref: 000001}\n"
        "          fields:\n            Acct/Id/IBAN: account_no\n            Bal/Amt: balance\n            Bal/Amt/@Ccy: currency\n"
    )


CAMT = [_camt(version) for version in (2, 3, 4, 8)]


@pytest.mark.parametrize(
    ("file", "key"), [("v2.minimal", "detail_0"), ("v3", "detail_1"), ("v4", "detail_2"), ("v8", "detail_3")]
)
def test_challenge_r10_editions_of_a_standard_are_told_by_their_namespace(samples: Path, file: str, key: str) -> None:
    head = (samples / f"samples/camt/test/data/camt053.{file}.xml").read_bytes()[:HEAD_BYTES]

    assert [key] == _fitting(_profile(*CAMT), head)


@pytest.mark.parametrize(
    "head",
    [
        b"", b"<", b"no xml", b"<Document>", b"<Document xmlns='urn:other'><BkToCstmrStmt>", b"\xff\xfe<", b"<a>" * 9999,
        b"<!DOCTYPE x [<!ENTITY a 'b'>]><Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.053.001.02'><BkToCstmrStmt>",
    ],
)  # fmt: skip
def test_b7_what_is_no_document_of_ours_is_of_no_layout(head: bytes) -> None:
    assert [] == _fitting(_profile(*CAMT), head)


def test_a_prefix_says_nothing() -> None:
    head = b"<x:Document xmlns:x='urn:iso:std:iso:20022:tech:xsd:camt.053.001.03'>\n<x:BkToCstmrStmt><x:Stmt>"

    assert ["detail_1"] == _fitting(_profile(*CAMT), head)


# ---- titles -------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_challenge_r10_two_editions_of_an_export_are_told_by_their_titles(samples: Path, version: str) -> None:
    profile = load_profile(HERE / "samples" / "cn-bank-exports" / "icbc.yaml")
    folder = samples / "samples/cn-bank-exports/icbc" / f"debit-{version}"
    heads = [file.read_bytes()[:HEAD_BYTES] for file in folder.iterdir() if file.suffix == ".csv"]

    assert [[f"debit_{version}"]] * len(heads) == [_fitting(profile, head, "debit_v1", "debit_v2") for head in heads] != []


# ---- lines --------------------------------------------------------------------------------------------------------------------------


def _fixed(mark: str, record_bytes: int) -> str:
    return (
        f"      format: fixed\n      record_bytes: {record_bytes}\n      records:\n"
        f"        account:\n          gives: holding\n          when: {{类型: {mark}}}\n"
        "          always: {currency: CNY, product: fund}\n          fields:\n"
        "            类型: {at: 1, width: 2}\n            序号: {at: 3, width: 6, to: line_ref}\n"
        '            账号: {at: 9, width: 4, to: account_no}\n            余额: {at: 13, width: 8, to: balance, pad: "0"}\n'
    )


@pytest.mark.parametrize(
    ("head", "fitting"),
    [
        (b"D100000100070000000512345\n", ["detail_0"]),
        (b"D2000001000700000005\r\nD2", ["detail_1"]),
        (b"D1000001000700000005     12345\n", ["detail_2"]),
        (b"D3000001000700000005\n", []),
        (b"", []),
        ("D1张张张".encode("gb18030"), []),
    ],
)
def test_fixed_lines_are_told_by_their_length_and_marks(head: bytes, fitting: list[str]) -> None:
    assert fitting == _fitting(_profile(_fixed("D1", 25), _fixed("D2", 20), _fixed("D1", 30)), head)


def test_a_character_cut_where_the_head_ends_hides_nothing() -> None:
    titled = (
        '      format: delimited\n      separator: "|"\n      title_row: 1\n      records:\n        account:\n          gives: holding\n'
        "          always: {currency: CNY, product: fund}\n          fields:\n            序号: line_ref\n"
        "            账号: account_no\n            余额: balance\n"
    )
    head = "序号|账号|余额\n000001|张".encode("gb18030")

    assert ["detail_0"] == _fitting(_profile(titled), head[:-1]) == _fitting(_profile(titled), head)
