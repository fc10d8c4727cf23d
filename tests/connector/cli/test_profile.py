"""The language of a bank at the command: checked, proved, explained; read and written, without any deployment."""

import gzip
import io
import json
import re
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, get_args

import orjson
import pytest
from jsonschema import Draft202012Validator

from bank_profiles.catalogue import BANKS, find_profile, load_profile
from bank_profiles.effective import plan
from bank_profiles.examples import given_files
from bank_profiles.language import profile as language
from bank_profiles.language.words import Unit
from bank_profiles.layouts.layout import TotalKind
from bank_profiles.values.targets import FACTS, Kind, targets
from connector.cli import console
from connector.cli import profile_names as names
from connector.cli.profile_masks import ACCOUNTS, IDENTITIES, SHOWN, TEXTS, masked_value
from connector.cli.verbs import run
from reconciliation.exchange import RECORDS

ROWS = Draft202012Validator(
    json.loads((Path(__file__).resolve().parents[3] / "docs" / "schema" / "rows.v1.json").read_text("utf-8"))
)
BATCH = "202601050000001"


class Said(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def json(self) -> dict:  # type: ignore[type-arg]
        return orjson.loads(self.out or self.err)  # type: ignore[no-any-return]


Profile = Callable[..., Said]


@pytest.fixture
def profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Profile:
    """The command in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.setattr(console._Language, "chinese", True)  # and so it is again behind this test

    def said(*words: object, lang: str = "en") -> Said:
        monkeypatch.setattr(sys, "argv", ["connector", "--lang", lang, "profile", *map(str, words)])
        code = run()
        told = capsys.readouterr()
        return Said(code, told.out, told.err)

    return said


def copy(bank: str, *edits: tuple[str, str]) -> Path:
    source = next((BANKS / bank).glob("*.yaml"))
    text = source.read_text("utf-8")
    for old, new in edits:
        assert old in text
        text = text.replace(old, new, 1)
    path = Path("banks") / bank / source.name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def example_files(bank: str, number: int) -> list[tuple[str, bytes]]:
    loaded = load_profile(next((BANKS / bank).glob("*.yaml")))
    return [(name, b"".join(blocks)) for name, blocks in given_files(loaded, loaded.examples[number], BANKS / bank)]


# ---- check --------------------------------------------------------------------------------------------------------------------------


def test_all_profiles_of_the_product_pass_strictly(profile: Profile) -> None:
    said = profile("check", "--all", "--strict", "--json")

    assert (0, True, 7) == (said.code, said.json["ok"], len(said.json["profiles"]))


def test_a_guess_is_a_warning_and_strictly_a_refusal(profile: Profile) -> None:
    path = copy("hxcb", ("grade: invented", "grade: invented          # guess: nobody told us"))

    loose, strict = profile("check", path), profile("check", path, "--strict")

    assert (0, 8) == (loose.code, strict.code)
    assert f"{path}:7:26: warning guess-left" in loose.out
    assert f"{path}:7:26: error guess-left" in strict.out


_OLD_ZIP = ('name: "FK_{bank}_{date:yyyyMMdd}_{seq:4}.zip", steps: [{kind: zip', ", legacy_password: true")


def test_rule_032_an_old_password_is_told_and_hinders_no_approval(profile: Profile) -> None:
    path = copy("hxcb", (_OLD_ZIP[0], "".join(_OLD_ZIP)))

    strict = profile("check", path, "--strict")

    assert 0 == strict.code
    assert "warning legacy-password" in strict.out


def test_rule_032_a_package_under_an_old_password_is_written_and_read_with_it_alone(profile: Profile) -> None:
    path = copy("hxcb", (_OLD_ZIP[0], "".join(_OLD_ZIP)))
    Path("password").write_text("pw of 2009\n")
    Path("other").write_text("pw of 2010\n")
    rows = Path("rows.json")
    rows.write_text(profile("read", "gdyz", BANKS / "gdyz" / "samples" / "reply.dat", "--json").out, "utf-8")

    written = profile("write", path, rows, "--zip-password", "password", "--json").json["file"]
    right, wrong, none = (profile("read", path, written, *with_, "--json") for with_ in _PASSWORDS)

    assert [json.loads(rows.read_text("utf-8"))["rows"], 0] == [right.json["rows"], right.code]
    assert [(1, "zip-password"), (1, "zip-password-missing")] == [(each.code, each.json["code"]) for each in (wrong, none)]
    without = profile("write", path, rows, "--out", path.parent)
    assert (1, True, False) == (without.code, without.err.startswith("FK_"), "{" in without.err)
    assert 0o600 == Path(written).stat().st_mode & 0o777  # it holds persons


_PASSWORDS = (("--zip-password", "password"), ("--zip-password", "other"), ())


def test_a_newer_release_of_the_parent_is_told(profile: Profile) -> None:
    text = (BANKS / "hxcb" / "2026.1.yaml").read_text("utf-8")
    folder = Path("banks/families")
    folder.mkdir(parents=True)
    for release in ("2", "10"):
        (folder / f"city@{release}.yaml").write_text(text, "utf-8")
    child = Path("banks/lwcb/2026.1.yaml")
    child.parent.mkdir()
    child.write_text("schema: bank-profile/1\nextends: families/city@2\nprofile: lwcb\n", "utf-8")

    said = profile("check", child)

    assert (0, True) == (
        said.code,
        f"{child}:2:1: warning newer-parent\n  there is a newer release of this parent: families/city@10" in said.out,
    )


def test_a_child_may_be_looser_only_where_that_is_allowed(profile: Profile) -> None:
    text = (BANKS / "hxcb" / "2026.1.yaml").read_text("utf-8")
    Path("families").mkdir()
    Path("families/city@1.yaml").write_text(text, "utf-8")
    child = Path("lwcb/2026.1.yaml")
    child.parent.mkdir()
    child.write_text(
        "schema: bank-profile/1\nextends: families/city@1\nprofile: lwcb\nmaps: {status: {other: review}}\n", "utf-8"
    )

    assert "error looser" in profile("check", child).out
    assert 0 == profile("check", child, "--allow-looser").code


def test_a_mistake_on_an_inherited_line_names_the_parent_and_the_child(profile: Profile) -> None:
    text = (BANKS / "hxcb" / "2026.1.yaml").read_text("utf-8").replace("余额: {to: balance,", "余额: {to: balanse,")
    Path("families").mkdir()
    Path("families/city@1.yaml").write_text(text, "utf-8")
    line = 1 + text[: text.index("balanse")].count("\n")
    child = Path("lwcb/2026.1.yaml")
    child.parent.mkdir()
    child.write_text("schema: bank-profile/1\nextends: families/city@1\nprofile: lwcb\n", "utf-8")

    parent = (Path.cwd() / "families/city@1.yaml").resolve()
    assert f"{parent}:{line}:22 (inherited by {child}): error unknown-field" in profile("check", child).out
    assert f"{parent} 第{line}行 第22列（由 {child} 继承）：错误 unknown-field" in profile("check", child, lang="zh").out


def test_all_and_a_name_are_not_mixed(profile: Profile) -> None:
    said = profile("check", "--all", copy("hxcb"))

    assert (2, True) == (said.code, "--all means every profile" in said.err)


def test_a_folder_without_profiles_is_not_good(profile: Profile) -> None:
    Path("empty").mkdir()

    assert [(4, True), (4, True)] == [
        (said.code, "there is no profile in empty" in said.err) for said in (profile("check", "empty"), profile("test", "empty"))
    ]


@pytest.mark.parametrize("words", [("check",), ("test",), ("explain",), ("explain", "--plan"), ("read", "reply.dat")])
@pytest.mark.parametrize("name", ["none.yaml", "folder.yaml"])
def test_a_profile_that_cannot_be_read_is_told_with_its_name_and_no_line(
    words: tuple[str, ...], name: str, profile: Profile
) -> None:
    Path("folder.yaml").mkdir()
    Path("folder.yaml/x").mkdir()
    Path("reply.dat").touch()
    verb, *rest = words

    said = profile(verb, name, *rest)

    if (verb, name) in (("check", "folder.yaml"), ("test", "folder.yaml")):
        assert (4, True) == (said.code, "there is no profile in folder.yaml" in said.err)
    else:
        assert (8, True) == (said.code, f"{name}: error no-file\n" in said.out + said.err)


def test_a_profile_nobody_knows_has_no_line(profile: Profile) -> None:
    Path("mine.yml.txt").touch()

    assert profile("check", "nobody", lang="zh").err.startswith("nobody：错误 unknown-profile\n")
    assert "ends in .yaml" in profile("read", "mine.yml.txt", "x").err


def test_a_word_in_capitals_is_nearly_found(profile: Profile) -> None:
    path = copy("hxcb", ("encoding: gb18030", "encoding: GB18030"))

    assert "did you mean “gb18030”?" in profile("check", path).out


# ---- test ---------------------------------------------------------------------------------------------------------------------------


def test_a_proof_is_a_table_and_one_object_for_a_program(profile: Profile) -> None:
    table, told = profile("test", "zjhb"), profile("test", "zjhb", "--json")

    assert (0, 0) == (table.code, told.code)
    assert table.out.startswith("zjhb 2026.1: proved\n")
    assert ("profile-test/1", True) == (told.json["schema"], told.json["ok"])
    trials = {trial["what"]: trial for trial in told.json["profiles"][0]["trials"]}
    assert trials["total"]["tried"] == trials["total"]["good"] == trials["total"]["codes"]["total-differs"]
    assert {"example", "round trip", "cut", "byte", "encoding", "doubled", "left out", "total", "code"} == set(trials)


def test_what_is_not_proved_ends_in_a_refusal(profile: Profile) -> None:
    path = copy("hxcb", ("frozen: 0.00, units: null", "frozen: null, units: null"))

    said = profile("test", path, lang="zh")

    assert (8, True, True) == (said.code, "hxcb 2026.1: 未通过" in said.out, "example-differs" in said.out)


@pytest.mark.parametrize(("grade", "told"), [("invented", "no bank has agreed to this layout"), ("official", "official")])
def test_where_a_profile_comes_from_and_what_that_is_worth_is_told(grade: str, told: str, profile: Profile) -> None:
    path = copy("hxcb", ("grade: invented", f"grade: {grade}"))
    source = f"source: {load_profile(path).source} ("

    for words in (("check", path), ("explain", path), ("explain", path, "--plan"), ("explain", path, "response.files.detail")):
        (line,) = (line for line in profile(*words).out.split("\n") if source in line)
        assert line.endswith(f"{told})")
    assert grade == json.loads(profile("check", path, "--json").out)["profiles"][0]["grade"]


# ---- explain, help ------------------------------------------------------------------------------------------------------------------


def test_every_line_of_a_part_says_where_it_is_written(profile: Profile) -> None:
    path = copy("hxcb")
    child = Path("banks/lwcb/2026.1.yaml")
    child.parent.mkdir()
    child.write_text(
        "schema: bank-profile/1\nextends: hxcb/2026.1@1\nprofile: lwcb\n"
        "response: {files: {detail: {records: {account: {fields: {备用1: drop, 网点: {to: branch, after: 账号}}}}}}}\n",
        "utf-8",
    )
    path.rename(path.with_name("2026.1@1.yaml"))

    said = profile("explain", child, "response.files.detail.records.account.fields")

    lines = [line.split() for line in said.out.strip().split("\n")]
    fields = [line[0] for line in lines]
    assert fields.index("网点:") == fields.index("账号:") + 1
    assert "备用1:" not in fields
    assert {"网点:": f"{child}:4", "账号:": f"{(Path.cwd() / 'banks/hxcb/2026.1@1.yaml').resolve()}:99"} == {
        line[0]: line[-1] for line in lines if line[0] in ("网点:", "账号:")
    }


def test_the_effective_text_is_a_profile_again(profile: Profile) -> None:
    for bank in ("hxcb", "gdyz", "gyzb", "dsnx", "xsyh", "zjhb"):
        lines = profile("explain", bank, "--json").json["lines"]
        again = Path("again.yaml")
        again.write_text("\n".join(line["text"] for line in lines), "utf-8")
        source = load_profile(next((BANKS / bank).glob("*.yaml")))

        assert source.model_dump(exclude={"examples"}) == load_without_examples(again).model_dump(exclude={"examples"})


def load_without_examples(path: Path) -> language.Profile:
    text = path.read_text("utf-8")
    path.write_text(text[: text.index("\nexamples:")] + "\n", "utf-8")
    return load_profile(path)


def test_a_part_that_is_not_there_is_told_with_what_is(profile: Profile) -> None:
    said = profile("explain", "hxcb", "response.files.detial")

    assert (8, True) == (said.code, "there is no “detial” in response.files\n  expected: one of result, detail, flow" in said.err)
    assert "did you mean “detail”?" in said.err


def test_the_plan_names_place_type_unit_and_how_exact(profile: Profile) -> None:
    columns = profile("explain", "dsnx", "response", "--plan", "--json").json["columns"]
    balance = next(column for column in columns if column["target"] == "balance")

    assert ("money", "wan", "1 CNY") == (balance["kind"], balance["unit"], balance["resolution"])
    assert "bytes 23-30" in profile("explain", "zjhb", "--plan").out


def test_the_plan_speaks_chinese_with_the_word_of_each_field(profile: Profile) -> None:
    said = profile("explain", "dsnx", "response.files.book.records.account", "--plan", lang="zh").out

    assert "余额（万元） 按标题 余额 balance 金额 金额 万元（wan） 1 元 83" in re.sub(" +", " ", said)


@pytest.mark.parametrize("bank", ["hxcb", "gdyz", "gyzb", "dsnx", "xsyh", "zjhb"])
def test_no_word_of_a_plan_lacks_its_chinese_name(bank: str) -> None:
    for each in plan(load_profile(find_profile(bank))):
        told = [names.reads_zh(each.reads), names.KIND_OF_VALUE_ZH.get(each.kind, each.kind), names.unit_zh(each.unit)]
        told += [names.resolution_zh(each.resolution), "" if each.target.startswith("=") else names.target_zh(each.target)]
        told += [] if "made" in each.reads else [names.place_zh(each.place)]

        assert [] == [text for text in told if text and text.isascii()]


def test_every_way_of_reading_and_every_type_has_a_chinese_name() -> None:
    assert set(get_args(Kind)) | set(get_args(TotalKind)) <= set(names.KIND_OF_VALUE_ZH)
    assert set(get_args(Unit)) <= set(names.UNITS_ZH)
    assert [] == [fact for fact in FACTS if names.field_zh(fact) == fact]


def test_every_code_has_a_page_and_a_wrong_one_is_nearly_found(profile: Profile) -> None:
    assert profile("help", "total-differs").out.startswith("total-differs\n  means: A count or sum")
    assert "含义：" in profile("help", "total-differs", lang="zh").out
    assert len(profile("help", "--json").json["codes"]) > 200
    assert (4, True) == ((said := profile("help", "total-difers")).code, "did you mean total-differs" in said.err)


# ---- read, write --------------------------------------------------------------------------------------------------------------------


def wrapped(way: str, files: list[tuple[str, bytes]]) -> Path:
    """The files of an example in a package of this kind."""
    path = Path(f"FK_902307450222_20260105_0001.{way}")
    if way == "zip":
        with zipfile.ZipFile(path, "w") as package:
            for name, data in files:
                package.writestr(name, data)
    elif way == "tar.gz":
        raw = io.BytesIO()
        with tarfile.open(fileobj=raw, mode="w", format=tarfile.USTAR_FORMAT) as package:
            for name, data in files:
                entry = tarfile.TarInfo(name)
                entry.size = len(data)
                package.addfile(entry, io.BytesIO(data))
        path.write_bytes(gzip.compress(raw.getvalue()))
    return path


@pytest.mark.parametrize("way", ["zip", "tar.gz", "files"])
def test_a_package_of_any_kind_gives_the_same_rows(way: str, profile: Profile) -> None:
    files = example_files("hxcb", 1)
    named = [(name.replace("902307450222_20260102_0001", "902307450222_20260105_0001"), data) for name, data in files]
    steps = {"zip": "[{kind: zip}]", "tar.gz": "[{kind: tar}, {kind: gzip}]", "files": "[{kind: zip}]"}[way]
    path = copy(
        "hxcb",
        (
            'FK_{bank}_{date:yyyyMMdd}_{seq:4}.zip", steps: [{kind: zip}]',
            f'FK_{{bank}}_{{date:yyyyMMdd}}_{{seq:4}}.{way}", steps: {steps}',
        ),
    )
    if way == "files":
        for name, data in named:
            Path(name).write_bytes(data)
        given = [Path(name) for name, _ in named]
    else:
        given = [wrapped(way, named)]

    said = profile("read", path, *given, "--json")

    assert 0 == said.code, said.err
    assert {"outcome": 2, "holding": 2, "movement": 1} == said.json["counts"]
    assert [] == [error.message for error in ROWS.iter_errors(said.json)]


@pytest.mark.parametrize(("bank", "number"), [("dsnx", 1), ("gyzb", 1), ("xsyh", 0), ("zjhb", 1), ("gdyz", 1)])
def test_a_bare_message_or_workbook_is_read_as_it_is(bank: str, number: int, profile: Profile) -> None:
    [(name, data)] = example_files(bank, number)
    Path("given" + Path(name).suffix).write_bytes(data)

    said = profile("read", bank, "given" + Path(name).suffix, "--json")

    assert (0, True) == (said.code, said.json["counts"]["holding"] > 0)
    assert [] == [error.message for error in ROWS.iter_errors(said.json)]


def test_values_are_masked_until_somebody_asks_to_see_them(profile: Profile) -> None:
    files = example_files("hxcb", 1)
    for name, data in files:
        Path(name).write_bytes(data)
    names = [name for name, _ in files]

    masked, shown = profile("read", "hxcb", *names), profile("read", "hxcb", *names, "--show-values")

    assert (False, True) == ("6217000010001234567" in masked.out, "6217000010001234567" in shown.out)
    assert (False, True) == ("示例甲" in masked.out, "示例甲" in shown.out)


def test_every_field_of_the_normal_model_is_shown_or_hidden_on_purpose() -> None:
    classes = [SHOWN, IDENTITIES, ACCOUNTS, TEXTS]

    assert {name for kind in RECORDS for name in targets(kind)} == frozenset[str]().union(*classes)
    assert sum(map(len, classes)) == len(frozenset[str]().union(*classes))


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("account_no", "6217000010004567", "6217****4567"),
        ("account_no", "1234567890", "12****90"),
        ("counterparty_account", "12345678", "****"),
        ("id_no", "990101195503070021", "990101***********1"),
        ("counterparty_name", "甲", "*"),
        ("summary", "转给示例甲13800000000", "转" + "*" * 15),
        ("branch", "示例路1号", "示****"),
        ("balance", "12.00", "12.00"),
        ("some_new_field", "示例", "示*"),
    ],
)
def test_a_mask_leaves_nothing_of_a_person(field: str, value: str, told: str) -> None:
    assert told == masked_value(field, value)


def test_words_of_the_language_have_their_chinese_names(profile: Profile) -> None:
    said = profile("read", "gdyz", BANKS / "gdyz" / "samples" / "reply.dat", lang="zh").out

    assert "账户（holding）：3 行\n  查询序号 000001 · 户名 示** · 账号 6217****4567 · 产品种类 活期（demand_deposit）" in said
    assert not [word for word in ("holder_name", "declared_accounts", "扫码付", "授权书无法核实", "活期储蓄") if word in said]


def test_the_name_a_person_typed_is_told_as_typed(profile: Profile) -> None:
    Path("张三的回复.dat").write_bytes((BANKS / "gdyz" / "samples" / "reply_wrong_sum.dat").read_bytes())

    said = profile("read", "gdyz", "张三的回复.dat")

    assert ("张三的回复.dat:" in said.err, "bytes, #" in said.err) == (True, False)


def test_what_happened_to_the_rest_is_said(profile: Profile) -> None:
    [(name, data)] = example_files("hxcb", 3)
    Path(name).write_bytes(data)

    assert profile("read", "hxcb", name).out.endswith("1 row parked, 1 taken\n")
    assert profile("read", "hxcb", name, lang="zh").out.endswith("搁置 1 行，已取 1 行\n")


def test_rows_are_written_as_a_package_or_as_files(profile: Profile) -> None:
    files = example_files("hxcb", 1)
    for name, data in files:
        Path(name).write_bytes(data)
    rows = profile("read", "hxcb", *(name for name, _ in files), "--json").json
    rows["facts"] |= {"bank": "902307450222", "day": "2026-01-05", "seq": 1, "batch_no": BATCH}
    Path("rows.json").write_bytes(orjson.dumps(rows))
    Path("out").mkdir()

    package = profile("write", "hxcb", "rows.json", "--out", "out", "--json")
    singly = profile("write", "hxcb", "rows.json", "--out", "out", "--files", "--json")

    assert ["out/FK_902307450222_20260105_0001.zip"] == package.json["files"]
    assert [f"out/FK_902307450222_20260105_0001_{kind}.txt" for kind in ("JG", "ZH", "MX")] == singly.json["files"]
    inside = zipfile.ZipFile("out/FK_902307450222_20260105_0001.zip")
    assert all(inside.read(Path(name).name) == Path(name).read_bytes() for name in singly.json["files"])


def bare_rows(profile: Profile, **facts: object) -> Path:
    """The rows of a bank's files, with these facts alone."""
    rows = profile("read", "gdyz", BANKS / "gdyz" / "samples" / "reply.dat", "--json").json
    path = Path("rows.json")
    path.write_bytes(orjson.dumps(rows | {"facts": facts}))
    return path


def test_all_facts_that_are_missing_are_asked_for_at_once(profile: Profile) -> None:
    said = profile("write", "hxcb", bare_rows(profile))

    assert (1, ["bank", "batch_no", "day"]) == (said.code, re.findall("rows.json facts › (.*): error bad-rows", said.err))
    assert [] == [path.name for path in Path().glob("*.zip")]


def test_the_day_is_that_of_the_batch_where_nothing_else_says_it(profile: Profile) -> None:
    said = profile("write", "hxcb", bare_rows(profile, bank="902307450222", batch_no=BATCH), "--json")

    assert ["FK_902307450222_20260105_0001.zip"] == said.json["files"]


def test_a_fact_that_cannot_be_read_is_told(profile: Profile) -> None:
    facts = {"bank": "902307450222", "batch_no": BATCH, "day": "5/1/2026", "seq": "one"}

    said = profile("write", "hxcb", bare_rows(profile, **facts))

    assert (1, ["day", "seq, made_at"]) == (said.code, re.findall("rows.json facts › (.*): error bad-rows", said.err))


@pytest.mark.parametrize("out", ["nowhere", "rows.json", "rows.json/x"])
def test_a_folder_that_is_not_there_is_told(out: str, profile: Profile) -> None:
    said = profile("write", "gdyz", bare_rows(profile, batch_no=BATCH), "--out", out)

    assert (2, True) == (said.code, f"there is no folder {out}" in said.err)


def test_a_file_without_rows_worth_keeping_is_refused_in_the_language_spoken(profile: Profile) -> None:
    Path("reply.dat").write_bytes(b"junk")

    assert ("错误 " in profile("read", "gdyz", "reply.dat", lang="zh").err, 1) == (
        True,
        profile("read", "gdyz", "reply.dat").code,
    )


@pytest.mark.parametrize("verb", ["read", "write"])
def test_a_folder_is_no_file(verb: str, profile: Profile) -> None:
    Path("folder").mkdir()

    said = profile(verb, "hxcb", "folder")

    assert (2, "error no-file: folder is a folder; name a file\n") == (said.code, said.err)


# ---- papers -------------------------------------------------------------------------------------------------------------------------


def question(*numbers: str) -> Path:
    """Rows that ask about one person on each of these authorizations."""
    same = {"name": "示例甲", "id_type": "resident_id", "id_no": "99010119900101001X", "scope": "deposit", "purpose": "低保"}
    days = dict.fromkeys(("as_of", "window_from", "window_to"), "2026-01-05")
    lines = [same | days | {"line_ref": f"{at:06}", "authorization_no": number} for at, number in enumerate(numbers, 1)]
    facts = {"bank": "902307450222", "batch_no": BATCH}
    path = Path("rows.json")
    path.write_bytes(orjson.dumps({"schema": "rows/1", "side": "inquiry", "facts": facts, "rows": {"inquiry": lines}}))
    return path


def scans(*numbers: str) -> Path:
    folder = Path("scans")
    folder.mkdir(exist_ok=True)
    for number in numbers:
        (folder / f"{number}.pdf").write_bytes(f"%PDF-1.7 {number}".encode())
    return folder


def test_the_papers_of_a_question_go_into_its_package_and_are_read_back(profile: Profile) -> None:
    written = profile("write", "hxcb-papers", question("SQ1", "SQ2", "SQ1"), "--scans", scans("SQ1", "SQ2", "SQ3"), "--json")
    (package,) = written.json["files"]

    read = profile("read", "hxcb-papers", package, "--side", "inquiry", "--json")
    shown = profile("read", "hxcb-papers", package, "--side", "inquiry")

    assert 2 == sum(name.endswith(".scan") for name in zipfile.ZipFile(package).namelist())
    assert (0, {"letter": "核函〔2026〕0001号", "without": []}) == (read.code, read.json["papers"])
    assert [] == list(ROWS.iter_errors(read.json))
    assert "authorizations: letter 核函〔2026〕0001号; of every line" in shown.out


def test_a_line_whose_paper_did_not_come_is_found(profile: Profile) -> None:
    made = profile("write", "hxcb-papers", question("SQ1", "SQ2"), "--scans", scans("SQ1", "SQ2"), "--files", "--json")
    for path in (Path(name) for name in made.json["files"] if name.endswith(".scan")):
        if b"SQ2" in path.read_bytes():
            path.write_bytes(b"%PDF-1.7 another")
    files = [name for name in made.json["files"] if not Path(name).name.startswith("QD_")]

    read = profile("read", "hxcb-papers", *files, "--side", "inquiry", "--json")

    assert (1, ["000002"]) == (read.code, read.json["papers"]["without"])


def test_every_line_without_its_paper_is_named_and_nothing_is_written(profile: Profile) -> None:
    said = profile("write", "hxcb-papers", question("SQ1", "SQ2", ""), "--scans", scans("SQ1"))
    none = profile("write", "hxcb-papers", question("SQ1"))

    assert (1, ["2", "3"]) == (said.code, re.findall(r"rows.json inquiry (\d) authorization_no: error no-paper", said.err))
    assert (1, 1) == (none.code, none.err.count("no-paper"))
    assert [] == list(Path().glob("*.zip"))
