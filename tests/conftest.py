"""What all tests share: where the sample collection is."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def samples() -> Path:
    """The sample collection and the city (SAMPLES, by default beside the repository)."""
    folder = Path(os.environ.get("SAMPLES", ROOT.parent / "shared")).resolve()
    if not (folder / "city").is_dir():
        pytest.skip("the sample collection is not here (set SAMPLES)")
    return folder
