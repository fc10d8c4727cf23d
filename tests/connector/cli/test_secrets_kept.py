"""What the command keeps to itself when it fails: no memory on a disk, and no word of a person, not even for those who mend it."""

import subprocess
import sys

import pytest

from connector.cli import console, verbs

PERSON = "王小明" + "110101199003077715"  # in two parts, so that no line of this file could be mistaken for it


def command(body: str) -> subprocess.CompletedProcess[str]:
    """The command as installed, in a process of its own, with ``body`` in the place of its verbs."""
    line = f"from connector.cli import main, verbs\n{body}\nmain.main()"
    return subprocess.run([sys.executable, "-c", line], capture_output=True, text=True, timeout=60, check=False)


def test_e5_no_core_is_dumped_by_the_command() -> None:
    ended = command("import resource; verbs.run = lambda: print(resource.getrlimit(resource.RLIMIT_CORE)) or 0")

    assert (0, "(0, 0)\n") == (ended.returncode, ended.stdout)


def test_e5_debug_tells_kinds_and_places_and_nothing_an_error_says(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def inner() -> None:
        raise KeyError(PERSON)

    def outer(**_: object) -> None:
        try:
            inner()
        except KeyError as first:
            raise ValueError(f"no such person: {PERSON}") from first

    monkeypatch.setattr(verbs, "app", outer)
    monkeypatch.setenv("CONNECTOR_DEBUG", "1")
    code = verbs.run()
    told = "".join(capsys.readouterr())

    assert console.OUR_FAULT == code
    assert "王小明" not in told
    assert "110101" not in told
    assert told.index("builtins.KeyError") < told.index("builtins.ValueError")
    assert f"{__file__}:{inner.__code__.co_firstlineno + 1} inner" in told


def test_e5_debug_ends_even_where_errors_caused_each_other() -> None:
    one, other = ValueError(PERSON), KeyError(PERSON)
    one.__cause__, other.__cause__ = other, one

    assert "builtins.KeyError\nbuiltins.ValueError\n" == verbs._places(one)
