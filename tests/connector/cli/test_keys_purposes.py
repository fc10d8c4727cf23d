"""``connector keys``: what comes under an alias is for what the alias is for."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from connector.cli import keys
from connector.cli.console import REFUSED, WRONG_USE
from connector.keys.purposes import expect_purpose
from connector.ledger.errors import LedgerError
from tests.connector.cli.test_keys import SIGN, bank, folder, founded, letter_of, listed, run
from tests.contracts.cms_contract import party

__all__ = ["bank", "folder", "founded"]
BOTH = ("--by", "officer", "--with", "second")
CONNECTION = "\n".join(
    (
        "institution: {code: '902', name: Bank, class: bank}",
        "profile: hxcb-folder",
        "folder: /tmp/902",
        "keys: {bank_encrypt: cert:b/one, bank_sign: cert:b/two, our_sign: secret:us/sign, our_decrypt: secret:us/decrypt}",
    )
)


@pytest.mark.parametrize(("alias", "encrypts"), [("902/encrypt", False), ("902/sign", True)])
def test_c4_a_banks_two_certificates_exchanged_are_not_taken_in(folder: Path, tmp_path: Path, alias: str, encrypts: bool) -> None:
    before, file = listed(folder), tmp_path / "one.pem"
    file.write_bytes(party("ec-p256", "bank", encrypts=encrypts).certificate.pem)

    assert WRONG_USE == run(folder, "import", alias, str(file), *letter_of(file), *BOTH)[0]
    assert before == listed(folder)


def test_c4_a_certificate_exchanged_is_told_with_both_uses(folder: Path, bank: Path) -> None:
    words = ("import", "902/encrypt", str(bank), *letter_of(bank), *BOTH, "--dir", str(folder))
    said = CliRunner().invoke(keys.app, words).exception
    assert isinstance(said, LedgerError)
    assert ("key-use-differs", True, True) == (said.code, "应为加密密钥" in said.zh, "this one is to sign" in said.en)


def test_c4_what_the_connections_say_of_an_alias_counts_before_its_name(folder: Path) -> None:
    (folder / "connections").mkdir(exist_ok=True)
    (folder / "connections" / "902.yaml").write_text(CONNECTION, "utf-8")
    for alias, use in (("b/one", "encrypt"), ("b/two", "sign"), ("b/one", "any"), ("b/three", "sign")):
        expect_purpose(folder, alias, use)
    for alias, use in (("b/one", "sign"), ("b/two", "encrypt"), ("us/sign", "encrypt")):
        with pytest.raises(LedgerError, match=alias):
            expect_purpose(folder, alias, use)


def test_no_key_to_encrypt_is_made_under_an_alias_that_signs(folder: Path) -> None:
    before = listed(folder)
    wrong = ["encrypt" if word == "sign" else word for word in SIGN]

    assert WRONG_USE == run(folder, *wrong, "--kind", "ec-p256", *BOTH)[0]
    assert REFUSED == run(folder, *SIGN, "--kind", "pgp-rsa3072", *BOTH)[0]
    assert before == listed(folder)
