"""What is made of files follows them while a service runs; what cannot be made of them leaves the last good one in force."""

from pathlib import Path

from config.yaml_file import BadSettings
from connector.watching import Watched


def made(folder: Path) -> list[str]:
    texts = [path.read_text() for path in sorted(folder.iterdir())]
    if "bad" in texts:
        raise BadSettings("bad", "错")
    return texts


def test_a_file_that_comes_changes_or_goes_is_seen(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("one")
    told: list[list[str]] = []
    watched = Watched(lambda: made(tmp_path), [tmp_path], renewed=told.append)
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
