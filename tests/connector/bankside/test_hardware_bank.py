"""A bank whose private keys are in a token (bank.yaml ``hardware``) answers as any other; while the token is away it answers nobody."""

import dataclasses
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from connector.bankside.respond import respond
from connector.founding import keep_secret
from tests.connector.bankside.centre import Centre, City
from tests.connector.bankside.conftest import NOW, OpenedBank, Opens
from tests.softhsm import PIN, new_token
from transports.sealing.keyring import hardware
from transports.sealing.keyring.entries import HARDWARE

KEYS = (("us/sign", "sign", "ec-p256"), ("us/decrypt", "encrypt", "rsa3072"))


@pytest.fixture
def bank(open_a_bank: Opens, tmp_path: Path) -> Iterator[OpenedBank]:
    """Its two keys are made in the token, and handed over; those it began with are retired."""
    before = os.environ.get("SOFTHSM2_CONF")
    opened, token = open_a_bank("hxcb"), new_token(tmp_path / "softhsm", "bank")
    with opened.handed.bank.open("a", encoding="utf-8") as file:
        file.write(f"hardware:\n  library: {token.library}\n  token: {token.label}\n  pin: secret:token-pin\n")
    keep_secret(opened.handed.bank.parent, "token-pin", PIN)
    ring = opened.desk().ring
    for entry in ring.list():
        if entry.own and entry.dated:
            ring.set_state(entry.id, "retired")
    for alias, use, kind in KEYS:
        ring.new(alias, use, kind, 365, NOW - timedelta(minutes=1), HARDWARE)
    sign, encrypt = (ring.certificate(alias).pem for alias, _, _ in KEYS)
    yield dataclasses.replace(opened, handed=dataclasses.replace(opened.handed, sign=sign, encrypt=encrypt))
    hardware.forget()
    if before is None:
        os.environ.pop("SOFTHSM2_CONF", None)


def ask(centre: Centre, bank: OpenedBank, city: City) -> None:
    bank.receive(*centre.ask(bank.profile, bank.code, bank.handed.encrypt, city.lines))


def test_c1_a_bank_with_its_keys_in_hardware_answers_the_truth(bank: OpenedBank, centre: Centre, city: City) -> None:
    ask(centre, bank, city)
    assert ["answered"] == [each.ended for each in respond(bank.desk(), NOW)]
    ((name, content),) = bank.sent().items()
    read = centre.read(bank.profile, name, content, bank.handed.sign, expected={"batch_no": "202611210000001"})
    assert city.truth[bank.code] == read.outcomes()


def test_c2_while_its_token_is_away_nobody_is_answered_and_no_key_is_made(
    bank: OpenedBank, centre: Centre, city: City, tmp_path: Path
) -> None:
    ask(centre, bank, city)
    before = bank.desk().ring.list()
    hardware.forget()
    tokens = tmp_path / "softhsm" / "tokens"
    tokens.rename(tmp_path / "pulled out")
    assert [("waiting", "key-store-away")] == [(each.ended, each.code) for each in respond(bank.desk(), NOW)]
    assert before == bank.desk().ring.list()
    assert {} == bank.sent()

    (tmp_path / "pulled out").rename(tokens)
    assert ["answered"] == [each.ended for each in respond(bank.desk(), NOW)]
