"""What the command keeps to itself when it fails: no memory on a disk, and no word of a person, not even for those who mend it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from connector.cli import console, verbs

PERSON = "王小明" + "110101199003077715"  # in two parts, so that no line of this file could be mistaken for it

ENV = os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parents[3])}


def command(body: str) -> subprocess.CompletedProcess[str]:
    """The command as installed, in a process of its own, with ``body`` in the place of its verbs."""
    line = f"from connector.cli import main, verbs\n{body}\nmain.main()"
    return subprocess.run([sys.executable, "-c", line], capture_output=True, text=True, timeout=60, check=False)


DUMPABLE = "ctypes.CDLL(None).prctl(3, 0, 0, 0, 0) if sys.platform == 'linux' else 0"  # PR_GET_DUMPABLE, prctl(2)


def test_c12_e5_no_core_is_dumped_by_the_command() -> None:
    asked = f"verbs.run = lambda: print(resource.getrlimit(resource.RLIMIT_CORE), {DUMPABLE}) or 0"
    ended = command(f"import ctypes, resource, sys; {asked}")

    assert (0, "(0, 0) 0\n") == (ended.returncode, ended.stdout)


UP = "import os, resource; hard = resource.getrlimit(resource.RLIMIT_CORE)[1]; resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))"
OURS = "from connector.cli import main, verbs; resource.setrlimit = lambda *_: None; verbs.run = os.abort; main.main()"


def dumps(line: str, folder: Path) -> bool:
    """Does a process that aborts so, in ``folder``, leave a core?"""
    started = subprocess.Popen([sys.executable, "-c", f"{UP}; {line}"], cwd=folder, stderr=subprocess.DEVNULL, env=ENV)
    _, status = os.waitpid(started.pid, 0)
    started.returncode = 0  # it was waited for
    assert os.WTERMSIG(status) == signal.SIGABRT
    return os.WCOREDUMP(status)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is the limit alone")
def test_c12_a_crash_leaves_no_core_even_where_the_limit_is_not_asked(tmp_path: Path) -> None:
    """As where core_pattern is a pipe: the limit is up and stays up. Any other program that aborts so is dumped."""
    assert not dumps(OURS, tmp_path)


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
