"""What all tests share: where the sample collection is, and that nothing is skipped where everything is there."""

import functools
import gc
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from connector.cli import console

ROOT = Path(__file__).resolve().parent.parent
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # the commands that tests start are compiled once, not a thousand times
for theirs in ("CONNECTOR_DIR", "CONNECTOR_LANG", "CONNECTOR_USER"):  # of whoever runs the tests
    os.environ.pop(theirs, None)


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


@pytest.fixture(scope="session", autouse=True)
def _a_secret_is_stretched_once() -> Iterator[None]:
    """A tenth of a second each time a ring is opened (transports/sealing/keyring/index.py); the same secret and salt give the same."""
    with pytest.MonkeyPatch.context() as patch:
        for stretch in ("scrypt", "pbkdf2_hmac"):
            patch.setattr(hashlib, stretch, functools.lru_cache(1024)(getattr(hashlib, stretch)))
        yield


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
