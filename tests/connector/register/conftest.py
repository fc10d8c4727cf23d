"""A centre without banks, with its staff, for each test."""

import shutil
from pathlib import Path

import pytest

from tests.connector.register.office import FOUNDED, STAFF, Office
from tests.staffed import found_with


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return found_with(tmp_path_factory.mktemp("register") / "centre", STAFF, FOUNDED)


@pytest.fixture
def office(founded: Path, tmp_path: Path) -> Office:
    return Office(Path(shutil.copytree(founded, tmp_path / "centre")))
