"""A whole city by one carrier: no bank is reached by the centre itself, and the households' results are what the truth says."""

from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from connector.assembly import clock
from connector.carrier.joining import found, opened
from connector.ledger import audit
from tests.real_sshd import program
from tests.town import Town, differences

PASSES = 12


@pytest.mark.skipif(program() is None, reason="OpenSSH's server is not installed")
def test_rule_27_a_city_by_a_carrier_ends_as_by_the_direct_road(tmp_path: Path, samples: Path) -> None:
    city = samples / "city" / "seed1"
    with Town(tmp_path, city) as town:
        dmz = tmp_path / "dmz"
        _carried(town, dmz)
        town.intake()
        now = clock()
        town.step("gather")
        with opened(dmz) as carrier:
            for _ in range(PASSES):
                now += timedelta(minutes=20)
                town.step("dispatch", now=now)
                carrier.once()
                town.step("dispatch", now=now + timedelta(minutes=10))
                town.banks_respond()
                carrier.once()
                town.step("collect", "settle", "conclude", now=now + timedelta(minutes=11))
                if _all_reported(town):
                    break

        assert [] == differences(town, city)
        with town.deployment().parts.ledger.read() as tx:
            assert "carrier-journal" in {record.what for record in audit.newest(tx, 10_000)}


def _all_reported(town: Town) -> bool:
    from connector.ledger import figures

    with town.deployment().parts.ledger.read() as tx:
        progress = figures.inquiries(tx)
    return bool(progress["concluded"]) and not progress["waiting"] and not progress["asking"]


def _carried(town: Town, dmz: Path) -> None:
    """Every connection of the town names the carrier; its road moves into carrier.yaml, keys and all."""
    public = found(dmz)
    banks = []
    for path in sorted((town.dir / "connections").glob("*.yaml")):
        connection = yaml.safe_load(path.read_text("utf-8"))
        code = connection["institution"]["code"]
        road = {name: connection.pop(name) for name in ("address", "account", "pins")}
        banks.append({"code": code, "profile": connection["profile"], **road})
        key = dmz / "secrets" / code / "sftp-key"
        key.parent.mkdir()
        (town.dir / "secrets" / code / "sftp-key").rename(key)
        connection["carrier"] = {"bank": code, "out": str(dmz / "out"), "back": str(dmz / "back"), "key": public}
        path.write_text(yaml.safe_dump(connection, allow_unicode=True), "utf-8")
        for folder in ("out", "back"):
            (dmz / folder / code).mkdir()
    settings = yaml.safe_load((dmz / "carrier.yaml").read_text("utf-8"))
    (dmz / "carrier.yaml").write_text(yaml.safe_dump(settings | {"banks": banks}), "utf-8")
