"""The city in SM: founded nationally, sealed by SM2, SM3 and SM4 on every road, one bank played in Java by BouncyCastle."""

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from connector import inventory
from connector.founding import NATIONAL
from connector.ledger import key_use
from tests.java_peer import peer as java
from tests.road_town import Founded, Road, RoadTown
from tests.roads import PROVED, RECEIPTS, TCP, ByLanguage, OverLine, OverProvedLine, OverSftp
from tests.town import differences

pytestmark = [
    pytest.mark.real,
    pytest.mark.xdist_group("sm city"),
    pytest.mark.skipif(bool(java.missing()), reason=java.missing() or "there"),
]


@dataclasses.dataclass(frozen=True)
class Agreement:
    """``seal`` as the banks' notes say it, ``spelling`` the same for the bank in Java; ``line`` carries the banks that speak hxcb."""

    seal: str
    spelling: str
    line: Road


STANDARD = Agreement("sm2-sm4gcm-sm3", "gcm gm issuer c1c3c2 asn1 8", OverLine(RECEIPTS))
OLD = Agreement(
    "{suite: sm2-sm4cbc-sm3, types: pkcs7, recipient: key_id, order: c1c2c3, form: raw}",
    "cbc pkcs7 key_id c1c2c3 raw 8",
    OverProvedLine(f"{TCP}{PROVED}  connection: kept\n  answer: later"),
)


@pytest.fixture(scope="module")
def founded(samples: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Founded]:
    city = samples / "city" / "seed1"
    in_java = json.loads((city / "institutions.json").read_text("utf-8"))["institutions"][1]["code"]  # the second speaks gdyz
    seal = [*java.compiled(tmp_path_factory.mktemp("java")), "House"]
    with Founded(tmp_path_factory.mktemp("founded"), city, suite=NATIONAL, shell_banks=[in_java], shell_seal=seal) as made:
        yield made


@pytest.fixture(
    scope="module",
    params=[STANDARD, OLD],
    ids=["GB/T 35275; every receipt of a line signed by SM2", "as tools of 2010; every message of a line proved by SM3"],
)
def town(request: pytest.FixtureRequest, founded: Founded, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RoadTown]:
    """The city after its journey."""
    agreed, road = request.param, ByLanguage({"hxcb": request.param.line, "gdyz": OverSftp()})
    with RoadTown(tmp_path_factory.mktemp("town"), founded, road, seal=agreed.seal) as made:
        with (made.bank_folder(*made.shell_banks) / "bank.conf").open("a") as conf:
            conf.write(f"export SPELLING='{agreed.spelling}'\n")
        made.journey()
        yield made


def test_rule_088_the_city_in_sm_comes_out_as_the_truth_says(town: RoadTown) -> None:
    assert [] == differences(town, town.city)


def test_rule_087_what_is_sealed_kept_and_chained_in_it_is_sm_alone(town: RoadTown) -> None:
    opened = town.deployment()
    parts, entries = opened.parts, opened.ring.list()
    with parts.ledger.read() as tx:
        strange = inventory.not_national(parts, tx, parts.day(town.at))
        used = {entry.kind for entry in entries if key_use.batches(tx, entry.id) or key_use.files(tx, entry.id)}

    assert {} == strange  # EC keys stand beside SM2 for banks that are not there yet …
    assert {"sm2"} == used  # … and nothing here is sealed, opened or proved by one
