"""What is made of files follows them while a service runs; what cannot be made of them leaves the last good one in force."""

import threading
from pathlib import Path

import pytest

from config.yaml_file import BadSettings
from connector import watching
from connector.watching import Watched


def made(folder: Path) -> list[str]:
    texts = [path.read_text() for path in sorted(folder.iterdir())]
    if "bad" in texts:
        raise BadSettings("bad", "错")
    return texts


def test_a_file_that_comes_changes_or_goes_is_seen(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("one")
    told: list[list[str]] = []
    watched = Watched(lambda: made(tmp_path), [tmp_path])
    watched.renewed = told.append
    watched.look()
    assert [] == told

    (tmp_path / "b").write_text("two")
    watched.look()
    (tmp_path / "new").write_text("three")
    (tmp_path / "new").replace(tmp_path / "a")
    watched.look()
    (tmp_path / "b").unlink()
    watched.look()

    assert [["one", "two"], ["three", "two"], ["three"]] == told
    assert ["three"] == watched.value


def test_what_cannot_be_made_leaves_the_last_good_one(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("one")
    watched = Watched(lambda: made(tmp_path), [tmp_path])
    (tmp_path / "a").write_text("bad")
    watched.look()
    assert ["one"] == watched.value

    (tmp_path / "a").write_text("mended")
    watched.look()
    assert ["mended"] == watched.value


@pytest.mark.parametrize(
    "stumble", [OSError("disk"), UnicodeDecodeError("utf-8", b"", 0, 1, "half a file"), RuntimeError("ours")], ids=repr
)
def test_a3_looking_goes_on_after_whatever_it_stumbled_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stumble: Exception
) -> None:
    monkeypatch.setattr(watching, "EVERY_S", 0.01)
    (tmp_path / "a").write_text("one")
    stumbles, seen = [stumble], threading.Event()

    def make() -> list[str]:
        found = made(tmp_path)
        if found == ["two"] and stumbles:
            raise stumbles.pop()
        return found

    watched = Watched(make, [tmp_path])
    watched.renewed = lambda _value: seen.set()
    with watched:
        (tmp_path / "a").write_text("two")
        assert seen.wait(10)

    assert ["two"] == watched.value
