"""What all tests share: where the sample collection is, and that nothing is skipped where everything is there."""

import gc
import os
from pathlib import Path

import pytest

from connector.cli import console

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def samples() -> Path:
    """The sample collection and the city (SAMPLES, by default beside the repository)."""
    folder = Path(os.environ.get("SAMPLES", ROOT.parent / "shared")).resolve()
    if not (folder / "city").is_dir():
        pytest.skip("the sample collection is not here (set SAMPLES)")
    return folder


@pytest.fixture(autouse=True)
def _chinese_first() -> None:
    """No test inherits the language of the one before it: the choice belongs to a process, and tests share theirs."""
    console.speak("zh")


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """What was collected stays to the end: it is not looked through again each time a test makes garbage."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """With CI=true every real part is there: a skipped test is a failure."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") == "true" and reporter is not None and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
