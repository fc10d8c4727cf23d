"""Every bank's profile proves itself: by its own examples, by writing what it reads, and by carrying a whole city."""

import csv
import dataclasses
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from bank_profiles.catalogue import BANKS, load_profile, profiles_in
from bank_profiles.checks.examples import side_of
from bank_profiles.errors import UnwritableRoster
from bank_profiles.examples import read_example, run_example, run_examples
from bank_profiles.language.profile import Profile
from bank_profiles.language.service import Example
from bank_profiles.language.words import SideName
from bank_profiles.translation import PackageFacts, parcel_name, read_package, write_package
from reconciliation.exchange import RECORDS
from reconciliation.words import ASSET_CLASSES, ID_TYPES

PATHS = profiles_in()
PROFILES = {path.parent.name: load_profile(path) for path in PATHS}
FACTS = PackageFacts(
    bank="902307450222",
    batch_no="202601050000001",
    day=date(2026, 1, 5),
    seq=3,
    made_at=datetime(2026, 1, 5, 1, 30, tzinfo=UTC),
)
WHOLE = ("gdyz", "hxcb")  # these speak of every product, currency and identity document there is
each_bank = pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
each_whole_bank = pytest.mark.parametrize("profile", [PROFILES[name] for name in WHOLE], ids=WHOLE)

Tables = dict[str, pa.Table]


def _examples() -> list[Any]:
    return [
        pytest.param(path, number, id=f"{path.parent.name}: {example.name}")
        for path in PATHS
        for number, example in enumerate(load_profile(path).examples)
    ]


def _there_and_back(profile: Profile, side: SideName, tables: Tables) -> tuple[Tables, dict[str, Any]]:
    written = write_package(profile, side, FACTS, {kind: [table] for kind, table in tables.items()})
    reading = read_package(profile, side, written.name, written.blocks, masked=False, expected={"batch_no": FACTS.batch_no})
    read: dict[str, list[pa.Table]] = {kind: [RECORDS[kind].empty_table()] for kind in RECORDS}
    for piece in reading:
        read[piece.kind].append(piece.table)
    assert [] == reading.problems
    return {kind: pa.concat_tables(parts) for kind, parts in read.items() if kind in tables}, reading.facts


@pytest.mark.parametrize(("path", "number"), _examples())
def test_every_example_holds(path: Path, number: int) -> None:
    assert "" == "\n".join(problem.en for problem in run_example(load_profile(path), number, path.parent))


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.parent.name)
def test_every_bank_shows_found_none_refused_and_a_bad_total(path: Path) -> None:
    examples = load_profile(path).examples
    outcomes = {row.get("outcome") for example in examples for row in (example.expect or {}).get("outcome", [])}

    assert {"found", "no_record"} <= outcomes
    assert any(str(outcome).startswith("refused.") for outcome in outcomes)
    assert "total-differs" in {example.expect_error for example in examples}


@pytest.mark.parametrize(("path", "number"), _examples())
def test_what_an_example_gives_is_written_and_read_back_the_same(path: Path, number: int) -> None:
    profile = load_profile(path)
    example = profile.examples[number]
    side = side_of(profile, example)
    if example.expect_error or side is None:
        return
    rows, _ = read_example(profile, example, path.parent)
    tables = {kind: table for kind, table in rows.items() if (kind == "inquiry") == (side == "inquiry")}

    back, facts = _there_and_back(profile, side, tables)

    def said(tables: Tables) -> dict[str, list[dict[str, Any]]]:
        """Rows without the number of their batch: it is that of the package they are written into."""
        return {kind: [{**row, "batch_no": None} for row in table.to_pylist()] for kind, table in tables.items()}

    assert said(tables) == said(back)
    known = {"batch_no": FACTS.batch_no, "bank": FACTS.bank, "day": FACTS.day, "seq": FACTS.seq}
    assert {key: known[key] for key in known if key in facts} == {key: facts[key] for key in known if key in facts}
    assert FACTS.batch_no == facts["batch_no"]


def test_a_difference_is_told_with_example_row_and_field() -> None:
    profile = load_profile(BANKS / "hxcb" / "2026.1.yaml")
    number = next(n for n, example in enumerate(profile.examples) if example.name.startswith("two accounts"))
    changed = profile.examples[number].model_copy(update={"expect": _with_frozen(profile.examples[number], None)})
    altered = profile.model_copy(update={"examples": (*profile.examples[:number], changed)}).loaded_from(profile.origin)

    problems = run_examples(altered, BANKS / "hxcb")

    assert [
        ("“two accounts with a movement, and one person with no record” holding row 1, frozen: 0.00", "null"),
    ] == [(problem.what.en, problem.expected and problem.expected.en) for problem in problems]
    assert ["example-differs"] == [problem.code for problem in problems]


def _with_frozen(example: Example, value: str | None) -> dict[str, list[dict[str, str | None]]]:
    expect = {kind: [dict(row) for row in rows] for kind, rows in (example.expect or {}).items()}
    expect["holding"][0]["frozen"] = value
    return expect


# ---- a whole city -------------------------------------------------------------------------------------------------------------------


def _value(column: "pa.Field[pa.DataType]", text: str) -> Any:
    if text == "":
        return None
    if pa.types.is_date(column.type):
        return date.fromisoformat(text)
    if pa.types.is_time(column.type):
        return time.fromisoformat(text)
    if pa.types.is_decimal(column.type):
        return Decimal(text)
    return int(text) if pa.types.is_integer(column.type) else text.strip()  # outer blanks, full width too, are padding


def _city(folder: Path, institution: str) -> Tables:
    """What one bank of the city would answer if it were asked about every one of its holders."""
    lines: dict[str, str] = {}
    of_account: dict[str, str] = {}
    holdings, movements = [], []
    with (folder / "accounts.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["institution"] == institution:
                line_ref = lines.setdefault(row["id_no"], f"{len(lines) + 1:06d}")
                of_account[row["account_no"]] = line_ref
                holdings.append(row | {"line_ref": line_ref})
    with (folder / "movements.csv").open(encoding="utf-8", newline="") as file:
        movements += [
            row | {"line_ref": of_account[row["account_no"]]} for row in csv.DictReader(file) if row["institution"] == institution
        ]
    found = [
        {"line_ref": line, "outcome": "found", "declared_accounts": "1", "declared_movements": "0"} for line in lines.values()
    ]
    rows = {"outcome": found, "holding": holdings, "movement": movements}
    return {
        kind: pa.Table.from_pylist(
            [{column.name: _value(column, row.get(column.name, "")) for column in RECORDS[kind]} for row in of_kind],
            schema=RECORDS[kind],
        )
        for kind, of_kind in rows.items()
    }


@each_whole_bank
@pytest.mark.parametrize("institution", ["902307450222", "980329680080"])
def test_everything_a_city_holds_comes_back_unchanged(profile: Profile, institution: str, samples: Path) -> None:
    tables = _city(samples / "city" / "seed1", institution)
    assert all(len(table) > 0 for kind, table in tables.items() if kind != "movement")

    back, _ = _there_and_back(profile, "response", tables)

    for kind, table in tables.items():
        assert table.to_pylist() == back[kind].to_pylist()


@each_whole_bank
def test_every_currency_keeps_its_own_minor_unit(profile: Profile) -> None:
    amounts = {"CNY": -1, "JPY": 123456789, "KWD": 1234, "USD": 0, "HKD": 10**14, "EUR": -(10**12)}
    rows = [
        {"line_ref": "000001", "account_no": f"00{n}", "product": "loan", "currency": currency, "balance_minor": minor}
        for n, (currency, minor) in enumerate(amounts.items())
    ]
    tables = {
        kind: pa.Table.from_pylist(rows if kind == "holding" else [], schema=RECORDS[kind])
        for kind in ("outcome", "holding", "movement")
    }

    back, _ = _there_and_back(profile, "response", tables)

    assert amounts == dict(zip(*(back["holding"][name].to_pylist() for name in ("currency", "balance_minor")), strict=True))


# ---- what we ask --------------------------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Asked:
    name: str = "示例甲"
    id_type: str = "resident_id"
    scope: str = "deposit"
    purpose: str = "低保"


def _inquiry(*asked: Asked) -> Tables:
    row = {"as_of": date(2026, 1, 4), "window_from": date(2025, 7, 5), "window_to": date(2026, 1, 4), "authorization_no": "SQ1"}
    rows = [
        row | dataclasses.asdict(one) | {"line_ref": f"{n:06d}", "batch_no": FACTS.batch_no, "id_no": "990101199001010018"}
        for n, one in enumerate(asked, 1)
    ]
    return {"inquiry": pa.Table.from_pylist(rows, schema=RECORDS["inquiry"])}


@each_whole_bank
def test_rule_031_rare_characters_of_four_bytes_survive_the_road(profile: Profile) -> None:
    tables = _inquiry(Asked("𠮷田"), Asked("㐂示例"), Asked("阿卜杜·热合曼"), Asked("JOHN SMITH"), Asked("龦龧"))

    back, _ = _there_and_back(profile, "inquiry", tables)

    assert tables["inquiry"]["name"].to_pylist() == back["inquiry"]["name"].to_pylist()


@each_whole_bank
def test_rule_017_window_classes_authorization_and_purpose_stand_in_every_question(profile: Profile) -> None:
    classes = ",".join(sorted(set(profile.answers) & set(ASSET_CLASSES)))
    tables = _inquiry(*(Asked(id_type=id_type, scope=classes, purpose="低收入家庭") for id_type in ID_TYPES))

    back, _ = _there_and_back(profile, "inquiry", tables)

    assert tables["inquiry"].to_pylist() == back["inquiry"].to_pylist()


@each_whole_bank
def test_rule_019_a_name_too_long_for_the_bank_fails_and_is_never_cut(profile: Profile) -> None:
    written = write_package(profile, "inquiry", FACTS, {"inquiry": [_inquiry(Asked("长" * 51))["inquiry"]]})

    with pytest.raises(UnwritableRoster) as refused:
        list(written.blocks)

    assert "长" not in str(refused.value)


@each_bank
def test_the_wire_name_of_a_parcel_says_bank_day_and_sequence(profile: Profile) -> None:
    expected = {
        "hxcb": "CX_902307450222_20260105_0003.zip.p7m",
        "hxcb-papers": "CX_902307450222_20260105_0003.zip.p7m",
        "gdyz": "QRY90230745022220260105000003.dat.p7m",
        "dsnx": "查询名单_20260105_03.zip.p7m",
        "zjhb": "CX902307450222202601050003.DAT.p7m",
        "gyzb": FACTS.batch_no,  # a message on a line
        "xsyh": FACTS.batch_no,
    }

    assert expected[profile.profile] == parcel_name(profile, "inquiry", FACTS)


def test_a_separator_in_what_we_ask_is_refused_not_replaced() -> None:
    written = write_package(PROFILES["hxcb"], "inquiry", FACTS, {"inquiry": [_inquiry(Asked(purpose="低|保"))["inquiry"]]})

    with pytest.raises(UnwritableRoster) as refused:
        list(written.blocks)

    assert ["separator-in-value"] == [problem.code for problem in refused.value.problems]


@each_bank
def test_the_same_rows_give_the_same_bytes(profile: Profile) -> None:
    once, again = (write_package(profile, "inquiry", FACTS, {"inquiry": [_inquiry(Asked())["inquiry"]]}) for _ in range(2))

    assert b"".join(once.blocks) == b"".join(again.blocks)
