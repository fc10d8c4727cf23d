"""docs/cryptography.md tells the truth: it is what the code's own tables say, and says of each whether it is of China's own."""

import dataclasses
import re
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, Literal, get_args

import pytest

from bank_profiles.language.seal import SuiteName
from connector import audit_verifier, inventory
from transports import measured, tls
from transports.sealing import at_rest, certificates, checkpoints, cms, journal_key
from transports.sealing.ber import oid
from transports.sealing.cms import suite_aes, suite_sm
from transports.sealing.cms.suite import Agreed, Suite
from transports.sealing.pgp import envelope, session
from transports.sealing.pgp import keys as pgp_keys
from transports.sftp import line

PAGES: dict[Literal["en", "zh"], str] = {"en": "cryptography.md", "zh": "cryptography.zh-CN.md"}
DOCS = Path(__file__).resolve().parent.parent / "docs"


@pytest.mark.parametrize("lang", PAGES)
def test_c13_the_inventory_is_written_from_the_code(lang: Literal["en", "zh"]) -> None:
    assert inventory.page(lang) == (DOCS / PAGES[lang]).read_text("utf-8"), "run docs/make_docs.py"


def test_c13_every_suite_and_kind_of_key_there_is_stands_in_it() -> None:
    named = {row.name for row in inventory.rows()}
    kinds = {*certificates.KINDS, *pgp_keys.KINDS, *checkpoints.KINDS}
    there = {*get_args(SuiteName), *at_rest.SUITES, *audit_verifier.SUITES, *kinds}

    assert there - named == set()


def test_c13_a_suite_without_a_line_stops_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(at_rest, "SUITES", (*at_rest.SUITES, "rot13"))
    with pytest.raises(KeyError):
        list(inventory.rows())


def suites_that_read_more() -> Callable[[Agreed | str], Suite]:
    """cms.suite_of, with one cipher more on the list of every family."""
    as_it_is = cms.suite_of

    def more(agreed: Agreed | str) -> Suite:
        suite = as_it_is(agreed)
        fresh = dataclasses.replace(suite.family.ciphers[0], oid=oid("1.2.3.4"))
        return dataclasses.replace(suite, family=dataclasses.replace(suite.family, ciphers=(*suite.family.ciphers, fresh)))

    return more


@pytest.mark.parametrize(
    ("room", "table", "more"),
    [
        (suite_aes, "SIGNATURES", (oid("1.2.3.4"),)),
        (suite_aes, "WRAPS", (oid("1.2.3.4"),)),
        (suite_aes, "KDF_DIGESTS", (oid("1.2.3.4"),)),
        (suite_sm, "SIGNATURES", (oid("1.2.3.4"),)),
        (cms, "suite_of", None),
        (envelope, "MODES", {1: None}),
        (envelope, "MDC_DIGEST", "md5"),
        (session, "CIPHER_KEY_BYTES", {2: 24}),
        (session, "HASHES", {1: "md5"}),
        (pgp_keys, "CURVES", {"00": "secp256k1"}),
        (tls, "CIPHERS", ":3DES"),
        (journal_key, "KIND", "dsa"),
        (measured, "DIGEST", "crc32"),
    ],
)
def test_c13_an_algorithm_more_stops_the_inventory_until_it_is_named(
    monkeypatch: pytest.MonkeyPatch, room: ModuleType, table: str, more: Any
) -> None:
    there = getattr(room, table)
    longer = suites_that_read_more() if table == "suite_of" else there | more if isinstance(there, dict) else there + more
    monkeypatch.setattr(room, table, longer)
    with pytest.raises(KeyError):
        list(inventory.rows())


def test_c13_a_name_more_on_ssh_s_lists_changes_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    before = inventory.page("en")
    monkeypatch.setattr(line, "CIPHERS", (*line.CIPHERS, "3des-cbc"))

    assert "3des-cbc" not in before
    assert "3des-cbc" in inventory.page("en")


def test_c13_what_is_weak_by_itself_and_tolerated_stands_in_it() -> None:
    read = {row.name: row.made_of for row in inventory.rows()}

    assert "SHA-1" in read["cms"]
    assert "SHA-1 MDC" in read["openpgp"]
    assert "hmac-sha1" in read["excused"]


def test_rule_087_national_is_what_is_made_of_sm_algorithms_alone() -> None:
    for row in inventory.rows():
        parts = re.split(r"[;,] ", row.made_of)
        assert row.national == all("SM" in part or part == "HKDF-Expand" for part in parts), row.name
