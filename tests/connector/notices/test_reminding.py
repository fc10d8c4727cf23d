"""Each bank is reminded step by step, once; what goes out is batches, counts and days; whoever cannot be told is told of."""

import json
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml

from config.notices import Notices, read_notices
from config.yaml_file import BadSettings
from connector.assembly import Deployment
from connector.bankside.invented import invent
from connector.cli import remind as verb
from connector.cli.console import speak
from connector.clock.reminding import remind
from connector.founding import keep_secret
from connector.ledger import reminders
from connector.notices import sending
from connector.status import survey
from tests.connector.notices.receivers import KEY, Hook, MailServer
from tests.town import Town

ZONE = ZoneInfo("Asia/Shanghai")
SENT_AT = datetime(
    2026, 12, 16, 10, tzinfo=ZONE
)  # a Wednesday: the first bank promises Friday the 18th, the second Monday the 21st


def on(day: int, hour: int = 10) -> datetime:
    return datetime(2026, 12, day, hour, tzinfo=ZONE)


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder = tmp_path_factory.mktemp("reminded")
    invent(folder / "city", households=2, banks=2)
    with Town(folder, folder / "city") as made:
        made.intake()
        made.step("gather", "dispatch", now=SENT_AT)
        yield made


@pytest.fixture
def home(asked: Town, tmp_path: Path) -> Path:
    """The deployment as it was when all was sent."""
    return Path(shutil.copytree(asked.dir, tmp_path / "centre"))


@pytest.fixture
def codes(asked: Town) -> list[str]:
    return [institution["code"] for institution in asked.institutions]


def at(home: Path, now: datetime) -> Deployment:
    return Deployment.open(home, lambda: now)


def reminded(home: Path, now: datetime) -> dict[str, int]:
    return remind(at(home, now).parts, now)


def records(home: Path) -> list[tuple[str, str, str]]:
    """(institution, step, day), oldest first."""
    with at(home, SENT_AT).ledger.read() as tx:
        return [(row.institution, row.step, row.day) for row in reversed(reminders.listing(tx))]


def tell_by(home: Path, **settings: Any) -> None:
    (home / "notices.yaml").write_text(yaml.safe_dump(settings, allow_unicode=True), "utf-8")


def by_mail(home: Path, server: MailServer, code: str) -> None:
    keep_secret(home, "mail/word", b"word")
    mail = {"host": "localhost", "port": server.port, "sender": "centre@example.invalid", "authority": str(server.authority)}
    tell_by(
        home,
        mail=mail | {"user": "connector", "password": "secret:mail/word"},
        contacts={code: {"mail": ["desk@example.invalid"]}},
        supervisor={"mail": ["supervisor@example.invalid"]},
    )


class TestTheLadder:
    """Due next, due today, overdue 1, 3, 5 working days; each once."""

    def test_rule_066_escalation_climbs_step_by_step_over_working_days(self, home: Path, codes: list[str]) -> None:
        first, second = codes
        for day in range(16, 32):
            for hour in (9, 15):
                reminded(home, on(day, hour))

        assert [
            (first, "due-next", "2026-12-17"),
            (first, "due-today", "2026-12-18"),
            (second, "due-next", "2026-12-18"),
            (first, "overdue-1", "2026-12-21"),
            (second, "due-today", "2026-12-21"),
            (second, "overdue-1", "2026-12-22"),
            (first, "overdue-3", "2026-12-23"),
            (second, "overdue-3", "2026-12-24"),
            (first, "overdue-5", "2026-12-25"),
            (second, "overdue-5", "2026-12-28"),
        ] == sorted(records(home), key=lambda row: (row[2], row[0] != first))

    def test_rule_066_escalation_missed_days_are_made_up_by_the_highest_step(self, home: Path, codes: list[str]) -> None:
        reminded(home, on(28))
        reminded(home, on(29))

        assert {(codes[0], "overdue-5", "2026-12-28"), (codes[1], "overdue-5", "2026-12-28")} == set(records(home))

    def test_an_answered_batch_is_not_reminded_of(self, home: Path, asked: Town, codes: list[str]) -> None:
        with at(home, SENT_AT).ledger.begin() as tx:
            from connector.ledger import rosters
            from connector.lifecycle import Move

            (row,) = [row for row in rosters.batches(tx) if row.institution == codes[0]]
            rosters.move(tx, row.id, Move.HOLD, SENT_AT)  # our turn: a person must look, the bank is left alone
        reminded(home, on(28))

        assert [codes[1]] == [institution for institution, _, _ in records(home)]

    def test_the_ladder_is_the_sites(self, home: Path, codes: list[str]) -> None:
        tell_by(home, steps=[{"when": "overdue", "workdays": 2, "to": ["supervisor"]}])
        for day in range(17, 24):
            reminded(home, on(day))

        assert [(codes[0], "overdue-2", "2026-12-22"), (codes[1], "overdue-2", "2026-12-23")] == records(home)

    def test_without_a_channel_there_is_the_record_alone(self, home: Path) -> None:
        assert {"reminders": 1} == reminded(home, on(17))
        with at(home, SENT_AT).ledger.read() as tx:
            assert {} == reminders.notices(tx)
        assert "reminder-untold" not in {each["code"] for each in survey(at(home, on(28)).parts, on(28))["rooms"]}


class TestLetters:
    """A real mail server that takes nothing without TLS and a login."""

    def test_rule_066_escalation_goes_to_the_bank_and_in_counts_to_the_supervisor(
        self, home: Path, codes: list[str], tmp_path: Path, asked: Town
    ) -> None:
        with MailServer(tmp_path) as server:
            by_mail(home, server, codes[0])
            remind(at(home, on(23)).parts, on(23), codes[0])
            letters = {letter["To"]: letter for letter in server.letters}
        bank, supervisor = letters["desk@example.invalid"], letters["supervisor@example.invalid"]
        with at(home, SENT_AT).ledger.read() as tx:
            number = reminders.listing(tx, codes[0])[0].batches[0]["number"]

        assert number in bank.get_content()
        assert "逾期 3 个工作日" in bank.get_content()
        assert "3 working days overdue" in bank.get_content()
        assert "2026-12-18" in bank.get_content()
        assert number not in supervisor.get_content()
        assert "Copy to the supervisor" in supervisor.get_content()

    def test_no_letter_names_a_person_or_a_household(self, home: Path, codes: list[str], tmp_path: Path, asked: Town) -> None:
        with MailServer(tmp_path) as server:
            by_mail(home, server, codes[0])
            for day in range(17, 29):
                reminded(home, on(day))
            sent = "\n".join(letter.as_string() + letter.get_content() for letter in server.letters)
        table = [line.split(",") for line in (asked.city / "accounts.csv").read_text("utf-8").splitlines()[1:]]
        telling = {cell for row in table for cell in row[:4] if len(cell) > 1 and not cell.startswith("99")} - set(codes)

        assert 5 < len(server.letters)
        assert {cell for cell in telling if cell in sent and not cell.isascii()} == set()
        assert "JT0000" not in sent

    def test_a_banks_name_is_no_header_of_its_own(self, home: Path, codes: list[str], tmp_path: Path) -> None:
        path = home / "connections" / f"{codes[0]}.yaml"
        said = yaml.safe_load(path.read_text("utf-8"))
        said["institution"]["name"] = "村行\r\nBcc: thief@example.invalid\r\n\r\nopened"
        path.write_text(yaml.safe_dump(said, allow_unicode=True), "utf-8")
        with MailServer(tmp_path) as server:
            by_mail(home, server, codes[0])
            reminded(home, on(17))
            (letter,) = server.letters

        assert (None, 1) == (letter["Bcc"], str(letter["Subject"]).count("村行 Bcc: thief"))
        assert ["desk@example.invalid"] == letter.get_all("To")

    def test_what_the_server_does_not_take_is_tried_again_later(self, home: Path, codes: list[str], tmp_path: Path) -> None:
        with MailServer(tmp_path) as server:
            by_mail(home, server, codes[0])
            server.answers = ["451 later", "451 later"]
            counts = [reminded(home, on(17) + timedelta(minutes=after)) for after in (0, 0.5, 2, 3, 10)]
            keys = [letter["Message-ID"] for letter in server.letters]

        assert [{"reminders": 1, "retry": 1}, {"reminders": 0}, {"reminders": 0, "retry": 1}, {"reminders": 0}] == counts[:4]
        assert {"reminders": 0, "told": 1} == counts[4]
        assert 1 == len(keys)

    def test_a_server_of_another_authority_is_not_believed(self, home: Path, codes: list[str], tmp_path: Path) -> None:
        (tmp_path / "other").mkdir()
        with MailServer(tmp_path) as server, MailServer(tmp_path / "other") as other:
            server.authority = other.authority
            by_mail(home, server, codes[0])

            assert {"reminders": 1, "retry": 1} == reminded(home, on(17))
            assert [] == server.letters

    def test_what_nobody_was_told_for_three_days_is_an_alarm(self, home: Path, codes: list[str], tmp_path: Path) -> None:
        with MailServer(tmp_path) as server:
            by_mail(home, server, codes[0])
        reminded(home, on(17))

        assert [[], ["reminder-untold"]] == [
            [each["code"] for each in survey(at(home, on(day)).parts, on(day))["rooms"] if each["code"] == "reminder-untold"]
            for day in (18, 21)
        ]
        reminded(home, on(31, 12))
        with at(home, SENT_AT).ledger.read() as tx:
            assert "given_up" == reminders.notices(tx)[1][0].state


class TestMessages:
    """A real HTTP server that takes nothing unsigned."""

    @pytest.fixture
    def hook(self, home: Path, codes: list[str]) -> Iterator[Hook]:
        with Hook() as hook:
            keep_secret(home, "hook", KEY)
            tell_by(home, webhook={"key": "secret:hook"}, contacts={codes[0]: {"webhook": hook.url}})
            yield hook

    def test_a_signed_message_is_taken(self, home: Path, hook: Hook, codes: list[str]) -> None:
        assert {"reminders": 1, "told": 1} == reminded(home, on(17))
        ((key, body),) = hook.messages

        assert ("reminder/1", codes[0], "due-next", "2026-12-17", 1) == (
            *(body[word] for word in ("schema", "institution", "step", "day")),
            len(body["items"]),
        )
        assert key == body["id"]

    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    def test_a_redirect_is_not_followed(self, home: Path, hook: Hook, status: int) -> None:
        hook.statuses = [status]
        assert {"reminders": 1, "retry": 1} == reminded(home, on(17))

        assert ([], 0) == (hook.messages, hook.followed)

    def test_another_key_is_refused_and_said(self, home: Path, hook: Hook) -> None:
        (home / "secrets" / "hook").write_bytes(b"another")
        assert {"reminders": 1, "retry": 1} == reminded(home, on(17))
        with at(home, SENT_AT).ledger.read() as tx:
            assert "webhook-not-taken" == reminders.notices(tx)[1][0].problem["code"]

    def test_a_crash_before_the_note_tells_again_under_the_same_key(
        self, home: Path, hook: Hook, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def dies(label: str) -> None:
            raise SystemExit(label)

        with monkeypatch.context() as patch:
            patch.setattr(sending, "crashpoint", dies)
            with pytest.raises(SystemExit):
                reminded(home, on(17))
        reminded(home, on(17))

        assert 2 == len(hook.messages)
        assert 1 == len({key for key, _ in hook.messages})


class TestTheVerb:
    """``connector remind`` and ``connector remind list``."""

    @pytest.fixture
    def on_friday(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        opened = Deployment.open
        monkeypatch.setattr(Deployment, "open", lambda folder: opened(folder, lambda: on(18)))
        return home

    def said(self, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
        verb.app([*arguments], standalone_mode=False)
        return capsys.readouterr().out

    def test_a_dry_run_records_nothing(self, on_friday: Path, codes: list[str], capsys: pytest.CaptureFixture[str]) -> None:
        found = json.loads(self.said(capsys, "--dry-run", "--json", "--dir", str(on_friday)))

        assert ("remind/1", True, {}) == (found["schema"], found["dry_run"], found["counts"])
        assert {(codes[0], "due-today"), (codes[1], "due-next")} == {
            (each["institution"], each["step"]) for each in found["reminders"]
        }

    @pytest.mark.parametrize(
        ("language", "words"),
        [("zh", ("今日到期", "未配置渠道，仅留记录", "催办记录 1")), ("en", ("due today", "the record alone", "reminders 1"))],
    )
    def test_one_bank_is_reminded_and_who_could_not_be_told_is_said(
        self, language: str, words: tuple[str, ...], on_friday: Path, codes: list[str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        speak(language)
        told = self.said(capsys, "--bank", codes[0], "--dir", str(on_friday))
        listed = self.said(capsys, "list", "--dir", str(on_friday))
        as_json = json.loads(self.said(capsys, "list", "--json", "--dir", str(on_friday)))

        assert all(word in told for word in words)
        assert words[0] in listed
        assert ("reminders/1", 1, codes[0]) == (
            as_json["schema"],
            len(as_json["reminders"]),
            as_json["reminders"][0]["institution"],
        )

    def test_the_real_command_ends_well_where_nothing_is_due(self, asked: Town) -> None:
        ended = asked.command("--lang", "en", "remind", "list")
        unknown = asked.command("--lang", "en", "remind", "--bank", "nobody")

        assert (0, "no reminders yet") == (ended.returncode, ended.stdout.strip())
        assert (4, True) == (unknown.returncode, "nobody" in unknown.stderr)


class TestTheFile:
    """A file that cannot be meant is refused by line; without one there is the usual ladder."""

    def test_without_a_file(self, tmp_path: Path) -> None:
        assert Notices() == read_notices(tmp_path)
        assert ["due-next", "due-today", "overdue-1", "overdue-3", "overdue-5"] == [step.name for step in Notices().steps]

    @pytest.mark.parametrize(
        ("said", "what"),
        [
            ({"contacts": {"B1": {"mail": ["desk@example.invalid"]}}}, "mail"),
            ({"contacts": {"B1": {"webhook": "http://bank.example/x"}}, "webhook": {"key": "secret:x"}}, "https"),
            ({"contacts": {"B1": {"webhook": "https://bank.example/x"}}}, "webhook"),
            ({"steps": [{"when": "overdue"}]}, "workdays"),
            ({"steps": [{"when": "due-today"}, {"when": "due-today"}]}, "twice"),
            ({"contacts": {"B1": {"mail": ["desk@x\r\nBcc: y@z"]}}}, "mail"),
            ({"mail": {"host": "h", "sender": "a@b", "user": "u"}}, "password"),
        ],
    )
    def test_what_cannot_be_meant_is_refused(self, said: dict[str, Any], what: str, tmp_path: Path) -> None:
        tell_by(tmp_path, **said)
        with pytest.raises(BadSettings, match=what):
            read_notices(tmp_path)
