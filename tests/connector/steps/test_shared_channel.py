"""One data centre answers for several legal entities on one connection: each keeps its own lines, limits and deadline (省联社)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from connector.bankside.invented import invent
from connector.moments import parse
from tests.replies import batches
from tests.town import Town


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    city = tmp_path / "city"
    invent(city, households=3, banks=6)
    with Town(tmp_path, city) as made:
        yield made


def share(town: Town, *limits: dict[str, Any]) -> list[str]:
    """The city banks of hxcb behind the server, the keys and the folders of the first of them."""
    members = [each for number, each in enumerate(town.institutions) if number % 2 == 0]
    host = members[0]["code"]
    path = town.dir / "connections" / f"{host}.yaml"
    said = yaml.safe_load(path.read_text("utf-8"))
    said["institution"] = {"code": "centre-of-data", "name": "省联社数据中心（示例）", "class": "data_centre"}
    said["entities"] = [
        {"code": each["code"], "name": each["name"], "class": "rural_bank", "limits": limit}
        for each, limit in zip(members, [*limits, {}, {}, {}], strict=False)
    ]
    path.write_text(yaml.safe_dump(said, allow_unicode=True), "utf-8")
    first = yaml.safe_load((town.bank_folder(host) / "bank.yaml").read_text("utf-8"))
    for each in members[1:]:
        (town.dir / "connections" / f"{each['code']}.yaml").unlink()
        own = town.bank_folder(each["code"]) / "bank.yaml"
        moved = {"root": first["root"], "ring": str(town.bank_folder(host) / "keys")}
        own.write_text(yaml.safe_dump(yaml.safe_load(own.read_text("utf-8")) | moved), "utf-8")
    return [each["code"] for each in members]


def test_every_entity_is_asked_under_its_own_code_and_answers_on_the_one_channel(town: Town) -> None:
    codes = share(town)
    town.intake()

    town.journey()

    assert {code: ["ANSWERED"] for code in codes} == {code: [batch.state for batch in batches(town, code)] for code in codes}
    assert all(report["asked"]["lines_not_answered"] == 0 for report in town.reports().values())
    assert [] == list((town.servers[codes[0]].root / "out" / "cx").glob("*.p7m"))


def test_lines_rate_and_deadline_are_each_entitys_own(town: Town) -> None:
    codes = share(town, {"lines_max": 2, "parcels_per_minute": 1}, {"workdays": 9})
    town.intake()
    town.step("gather", "dispatch")

    few, slow, usual = (batches(town, code) for code in codes)
    assert all(batch.lines <= 2 for batch in few)
    assert ["SENT"] + ["SEALED"] * (len(few) - 1) == [batch.state for batch in few]
    assert (1, 1) == (len(slow), len(usual))
    assert parse(slow[0].due_at) > parse(usual[0].due_at)


def test_a_file_that_names_none_of_them_is_left_and_told_and_the_others_are_taken(town: Town) -> None:
    codes = share(town)
    town.intake()
    town.step("gather", "dispatch")
    town.banks_respond()
    out = town.servers[codes[0]].root / "out" / "cx"
    (out / "FK_999999999999_20261121_0001.zip.p7m").write_bytes(b"x")
    (out / "FK_999999999999_20261121_0001.zip.p7m.ok").touch()

    ended = town.step("collect")["collect"]

    assert {codes[0]: "entity-unknown"} == {code: why["code"] for code, why in ended.problems.items()}
    assert 3 <= ended.counts["fetched"]
    assert (out / "FK_999999999999_20261121_0001.zip.p7m").exists()


def test_a_profile_whose_names_do_not_tell_the_entities_apart_is_refused(town: Town) -> None:
    codes = share(town)
    path = town.dir / "connections" / f"{codes[0]}.yaml"
    path.write_text(path.read_text("utf-8").replace("profile: hxcb", "profile: nameless"), "utf-8")
    source = Path("bank_profiles/banks/hxcb/2026.1.yaml").read_text("utf-8").partition("\nexamples:")[0]
    (town.dir / "profiles" / "nameless").mkdir(parents=True)
    note = source.replace("profile: hxcb", "profile: nameless").replace("CX_{bank}_", "CX_").replace("FK_{bank}_", "FK_")
    (town.dir / "profiles" / "nameless" / "2026.1.yaml").write_text(note + "\n", "utf-8")

    banks = town.deployment().parts.banks

    assert {"entities-indistinct"} == {why["code"] for why in banks.broken.values()}
    assert set(codes) <= banks.awaited
