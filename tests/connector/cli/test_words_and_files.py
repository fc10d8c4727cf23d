"""What a newcomer meets at the command: wrong words, files that cannot be written, what to do next. Never a trace, never exit 70."""

import shutil
import socket
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from config.connection import read_connection
from connector.cli import console
from connector.cli.console import Failed
from connector.cli.report import keep
from connector.founding import EXAMPLES


def run(*words: object, lang: str = "zh") -> tuple[int, str, str]:
    """(exit code, stdout, stderr) of the command as it is installed."""
    command = [sys.executable, "-c", "from connector.cli.main import main; main()", "--lang", lang, *map(str, words)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return ended.returncode, ended.stdout, ended.stderr


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("founded") / "D"
    code, told, _ = run("init", "--centre", "440100", "--region", "440100", "--user", "li", "--dir", folder)
    assert code == 0
    assert f"connector users add 用户名 --role operator --by li --dir {folder}" in told  # a clerk is the next thing
    return folder


@pytest.fixture
def home(founded: Path, tmp_path: Path) -> Path:
    """A deployment as ``init`` leaves it."""
    return shutil.copytree(founded, tmp_path / "D")


def test_a_refused_value_leaves_no_half_of_a_deployment(tmp_path: Path) -> None:
    for wrong in (["--region", "44"], ["--region", "440100", "--policy", tmp_path / "none.yaml"]):
        code, _, said = run("init", "--centre", "440100", *wrong, "--user", "li", "--dir", tmp_path / "D")
        assert (2, False) == (code, "internal" in said)
        assert not (tmp_path / "D").exists()


def test_what_was_typed_wrongly_is_said_in_the_language_spoken(home: Path) -> None:
    assert "缺少选项" in run("intake", EXAMPLES / "rates.csv", "--dir", home)[2]
    assert "没有这个命令" in run("stat")[2]
    code, _, said = run("stat", lang="en")
    assert (2, True) == (code, "No such command" in said)
    assert 2 == run("status", lang="fr")[0]


def test_a_file_that_cannot_be_written_is_wrong_use(home: Path, tmp_path: Path) -> None:
    there = tmp_path / "chain"
    assert run("users", "add", "wang", "--role", "operator", "--by", "li", "--dir", home)[0] == 0
    assert run("audit", "export", there, "--dir", home)[0] == 0
    before = there.read_bytes()

    assert "file-exists" in run("audit", "export", there, "--dir", home)[2]
    assert before == there.read_bytes()
    nowhere = tmp_path / "no-folder" / "file"
    for words in (("audit", "export", nowhere), ("keys", "letter", "us/sign", "--kind", "sm2", "--certificate", nowhere)):
        code, _, said = run(*words, "--dir", home)
        assert (2, True) == (code, "cannot-write" in said)


def test_a_checkpoint_is_told_from_anything_else(home: Path, tmp_path: Path) -> None:
    for wrong in (b"junk", b"[]", b'{"seq": 1}'):
        (tmp_path / "kept").write_bytes(wrong)
        code, _, said = run("audit", "verify", "--checkpoint", tmp_path / "kept", "--dir", home)
        assert (2, True) == (code, "not-a-checkpoint" in said)


def test_what_is_not_there_ends_in_nothing_found(home: Path) -> None:
    assert run("users", "add", "chen", "--role", "approver", "--by", "li", "--dir", home)[0] == 0
    assert run("approve", "99", "--by", "chen", "--dir", home)[0] == 4


def test_a_step_names_the_banks_it_cannot_go_to(home: Path) -> None:
    (home / "connections" / "bank-a.yaml").write_text('institution: {code: "900100000001"}\n', "utf-8")

    assert "未接入 bank-a" in run("step", "collect", "--dir", home)[1]
    assert ["bank-a"] == list(orjson.loads(run("step", "collect", "--dir", home, "--json")[1])["broken"])


@pytest.fixture
def simulate(tmp_path: Path, home: Path) -> list[object]:
    """The words that make one bank of a tiny city and serve it for a moment."""
    city, kept = tmp_path / "city", [tmp_path / "sign.pem", tmp_path / "encrypt.pem"]
    city.mkdir()
    bank = {"code": "990100000001", "name": "青禾银行（示例）", "kind": "city"}
    (city / "institutions.json").write_bytes(orjson.dumps({"institutions": [bank]}))
    for alias, file in zip(("us/sign", "us/decrypt"), kept, strict=True):
        assert run("keys", "letter", alias, "--kind", "ec-p256", "--certificate", file, "--dir", home)[0] == 0
    for name in ("accounts.csv", "movements.csv"):
        (city / name).write_text("\n", "utf-8")
    made = ["--city", city, "--into", tmp_path / "banks", "--centre-sign", kept[0], "--centre-encrypt", kept[1]]
    return ["bank", "simulate", *made, "--seconds", "0.1"]


def test_a_port_that_is_taken_is_said(simulate: list[object]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        code, _, said = run(*simulate, "--port", other.getsockname()[1])

    assert (2, True) == (code, "port-taken" in said)


def test_a_simulated_bank_is_joined_by_the_commands_it_prints(simulate: list[object], home: Path) -> None:
    code, _, said = run(*simulate)
    assert 0 == code
    commands = said[said.index("connector keys import") : said.index("done\n") + 5]
    assert 2 == commands.count("--fingerprint ")
    assert run("users", "add", "wang", "--role", "key_officer", "--by", "li", "--dir", home)[0] == 0
    shell = f'connector() {{ {sys.executable} -m connector "$@"; }}; D={home} BY=li WITH=wang; {commands}'
    subprocess.run(["/bin/sh", "-ec", shell], check=True, capture_output=True, timeout=60)

    joined = read_connection(home / "connections" / "990100000001.yaml")
    assert ("hxcb", "city", 1) == (joined.profile, joined.institution.kind, len(joined.pins))
    assert 0o600 == (home / "secrets" / "990100000001" / "sftp-key").stat().st_mode & 0o777
    assert not run("status", "--dir", home, "--json")[2]  # it loads, nothing is amiss
    assert {} == orjson.loads(run("status", "--dir", home, "--json")[1])["broken"]


def test_the_connection_to_copy_loads() -> None:
    assert read_connection(EXAMPLES / "connection.yaml").profile == "hxcb"


def test_a_report_is_kept_for_its_owner_only_and_outside_the_deployment(tmp_path: Path) -> None:
    keep(b"{}", tmp_path / "H.json", tmp_path / "D", as_json=False)
    assert 0o600 == (tmp_path / "H.json").stat().st_mode & 0o777

    for wrong in (tmp_path / "no-folder" / "H.json", tmp_path / "D" / "H.json"):
        with pytest.raises(Failed) as said:
            keep(b"{}", wrong, tmp_path / "D", as_json=False)
        assert 2 == said.value.exit_code


def test_what_was_typed_wrongly_is_json_where_json_is_spoken() -> None:
    code, told, said = run("stat", "--json")
    problem = orjson.loads(said)

    assert (2, "", "problem/1", "wrong-use") == (code, told, problem["schema"], problem["code"])
    assert ("没有这个命令" in problem["zh"], "No such command" in problem["en"]) == (True, True)


def test_an_early_interruption_leaves_no_trace() -> None:
    stopped = "import sys\nclass Stop:\n def find_spec(self, name, *_):\n  if name == 'typer': raise KeyboardInterrupt\n"
    script = stopped + "sys.meta_path.insert(0, Stop())\nfrom connector.cli.main import main\nmain()\n"
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)

    assert (130, "已中断；可安全重试 / interrupted; safe to repeat\n") == (ended.returncode, ended.stderr)


def test_the_verbs_are_there_without_the_heavy_wings() -> None:
    script = "import sys, connector.cli.verbs; print({'pyarrow', 'pandas', 'sqlalchemy', 'paramiko'} & set(sys.modules))"
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)

    assert "set()\n" == ended.stdout


def test_a_connection_that_names_no_profile_is_told_by_its_file_and_line(home: Path) -> None:
    text = (EXAMPLES / "connection.yaml").read_text("utf-8").replace("profile: hxcb", "profile: nosuch")
    path = home / "connections" / "bank-a.yaml"
    path.write_text(text, "utf-8")
    line = 1 + text[: text.index("\nprofile:") + 1].count("\n")

    said = run("status", "--dir", home)[1]
    assert (True, True) == (f"{path} 第{line}行" in said, "nosuch" in said)


def test_steps_that_go_on_outlive_a_setting_that_is_just_being_written(home: Path) -> None:
    settings, whole = home / "service.yaml", (home / "service.yaml").read_text("utf-8")
    command = [sys.executable, "-m", "connector", "--lang", "en", "step", "collect", "--every", "1", "--dir", str(home)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            assert process.stdout.readline().startswith("collect")
            settings.write_text(whole + "halfwritten", "utf-8")
            assert "bad-settings" in process.stderr.readline()
            settings.write_text(whole, "utf-8")
            while not process.stdout.readline().startswith("collect"):
                assert process.poll() is None
        finally:
            process.kill()


def test_an_empty_status_says_what_comes_next(home: Path) -> None:
    assert "尚未接入银行。下一步" in run("status", "--dir", home)[1]
    assert "no bank yet" in run("status", "--dir", home, lang="en")[1]


def test_chinese_is_spoken_throughout(home: Path) -> None:
    keys = run("keys", "list", "--dir", home)[1]
    assert (True, True, False) == ("在用" in keys, "剩 364 天" in keys or "剩 365 天" in keys, "active" in keys)
    assert run("step", "collect", "--dir", home)[1].startswith("取回 无事可做")
    code, _, said = run("intake", EXAMPLES / "rates.csv", "--by", "li", "--dir", home)
    assert (3, True) == (code, "经办人（operator）" in said)


def test_a_state_no_paper_can_have_is_wrong_use(home: Path) -> None:
    assert 2 == run("authorization", "list", "--state", "nonsense", "--dir", home)[0]


def test_a_file_that_is_not_there_is_told_in_one_language(home: Path, tmp_path: Path) -> None:
    line = ("intake", tmp_path / "名单.xlsx", "--by", "li", "--dir", home)

    assert "取值有误： 'files'：文件 '" in (zh := run(*line)[2])
    assert ("不存在。" in zh, "file '" in zh) == (True, False)
    assert "file '" in (en := run(*line, lang="en")[2])
    assert en.isascii() or "文件" not in en


def test_one_chinese_word_for_one_thing() -> None:
    root = Path(__file__).resolve().parents[3]
    told = [
        *root.glob("docs/*.zh-CN.md"),
        root / "README.zh-CN.md",
        *root.glob("connector/**/*.py"),
        *root.glob("transports/**/*.py"),
    ]
    other = {"账本": "台账", "底账": "台账", "载运": "转运", "搬运": "转运", "代走": "转运"}

    assert [] == [(path.name, word) for path in told for word in other if word in path.read_text("utf-8")]


def test_no_word_of_others_is_a_command_to_the_screen(capsys: pytest.CaptureFixture[str]) -> None:
    """A household number, a reason, a bank's name: as typed by whoever wrote the sheet."""
    hostile = "H1\x1b[2J\x9b31m\u202e倒\x07\x00\r张\u2066"
    screen = console.Screen(width=80, markup=False, emoji=False, highlight=False)
    screen.print(hostile)
    screen.print(console.table([("户", "household")], [[hostile]]))
    said = capsys.readouterr().out

    assert not [sign for sign in said if sign != "\n" and not sign.isprintable()]
    assert ("H1", 2) == (said[:2], said.count("张"))
