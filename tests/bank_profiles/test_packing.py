"""The same files give the same package; everything that comes back has a limit, and nothing of a bad package is kept."""

import io
import struct
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from bank_profiles.errors import UnreadableFile
from bank_profiles.language.sides import Package, Zip
from bank_profiles.packing import zipped as packing
from bank_profiles.packing.zipped import NamedFile, pack, unpack

ZIP = Package(name="x.zip", steps=(Zip(kind="zip"),))
BARE = Package(name="x.dat")
FILES = [("查询.txt", "一|二\r\n".encode("gb18030") * 1000), ("b.txt", b"")]


def _packed(files: list[tuple[str, bytes]] = FILES) -> bytes:
    return b"".join(pack(ZIP, [NamedFile(name, [content[:7], content[7:]]) for name, content in files]))


def _unpacked(raw: bytes, package: Package = ZIP) -> list[tuple[str, bytes]]:
    blocks = [raw[at : at + 1000] for at in range(0, len(raw), 1000)]
    return [(name, b"".join(content)) for name, content in unpack(package, "x.zip", blocks)]


def _made(*entries: tuple[zipfile.ZipInfo | str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", compression) as archive:
        for entry, content in entries:
            archive.writestr(entry, content, compression)
    return raw.getvalue()


def _code(raw: bytes) -> str:
    with pytest.raises(UnreadableFile) as refused:
        _unpacked(raw)
    assert all("nothing was stored" in problem.en and "未入库" in problem.zh for problem in refused.value.problems)
    return refused.value.problems[0].code


def test_what_is_packed_is_unpacked() -> None:
    assert _unpacked(_packed()) == FILES


def test_the_same_files_give_the_same_bytes() -> None:
    assert _packed() == _packed()


def test_a_package_is_a_zip_for_everybody_else(tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(_packed([("b.txt", b"hello\n" * 9)]))

    tested = subprocess.run(["unzip", "-t", tmp_path / "x.zip"], capture_output=True, check=False)

    assert (0, True) == (tested.returncode, b"No errors" in tested.stdout)


def test_a_bare_package_is_its_file() -> None:
    assert b"abc" == b"".join(pack(BARE, [NamedFile("x.dat", [b"ab", b"c"])]))
    assert [("x.zip", b"abc")] == _unpacked(b"abc", BARE)


def test_a_bare_package_never_holds_two_files() -> None:
    with pytest.raises(ValueError, match="one file"):
        b"".join(pack(BARE, [NamedFile("a", [b""]), NamedFile("b", [b""])]))


def test_packing_asks_for_a_block_only_when_it_is_needed() -> None:
    asked = []

    def blocks() -> Iterator[bytes]:
        for number in range(100):
            asked.append(number)
            yield bytes(range(256)) * 64

    next(flow := pack(ZIP, [NamedFile("a.txt", blocks())]))

    assert len(asked) < 100
    assert sum(len(block) for block in flow) > 0


def test_names_without_the_utf8_mark_are_gb18030() -> None:
    entry = zipfile.ZipInfo("placeholder1.txt")
    raw = _made((entry, b"x")).replace(b"placeholder1.txt", "反馈文件一二三.t".encode("gb18030"))

    assert [("反馈文件一二三.t", b"x")] == _unpacked(raw)


# ---- security B2, B3 ----------------------------------------------------------------------------------------------------------------


def test_b2_a_zip_of_zeros_is_stopped_by_its_ratio() -> None:
    assert "package-ratio" == _code(_made(("a.txt", bytes(50 << 20))))


def test_b2_a_lying_directory_does_not_help_a_bomb() -> None:
    raw = _made(("a.txt", bytes(50 << 20)))
    lied = raw.replace(struct.pack("<I", 50 << 20), struct.pack("<I", 10))

    assert _code(lied) in ("package-ratio", "broken-package")


def test_b2_size_is_limited_before_and_while_it_flows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "UNPACKED_BYTES_MAX", 1000)

    assert "package-too-large" == _code(_packed([("a.txt", bytes(range(256)) * 4)]))


def test_b2_the_packed_size_is_limited_while_it_arrives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "PACKED_BYTES_MAX", 100)

    assert "package-too-large" == _code(_packed())


def test_b2_the_number_of_entries_is_limited() -> None:
    assert "package-entries" == _code(_made(*((f"{number}.txt", b"") for number in range(packing.ENTRIES_MAX + 1))))


def test_b2_a_directory_that_lies_about_its_count_is_counted() -> None:
    entry = b"PK\x01\x02" + struct.pack("<HHHHHHIIIHHHHHII", 20, 20, 0, 0, 0, 33, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0) + b"a"
    first, directory = b"PK\x03\x04" + bytes(26), entry * 1000
    end = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(directory), len(first), 0)

    assert "package-entries" == _code(first + directory + end)


def test_b2_a_zip_in_a_zip_stays_a_file() -> None:
    inner = _made(("b.txt", b"x"))

    assert [("inner.zip", inner)] == _unpacked(_made(("inner.zip", inner)))


@pytest.mark.parametrize(
    "name",
    ["../a.txt", "/etc/passwd", "a/b.txt", "C:\\x.txt", "..\\a.txt", "..", ".", "folder/", "c:x", "a\x01b", "a\x7fb", "长" * 100],
)
def test_b3_no_entry_brings_a_path(name: str) -> None:
    assert "unsafe-entry" == _code(_made((zipfile.ZipInfo(name), b"x")))


@pytest.mark.parametrize("kind", [0o120000, 0o040000, 0o020000, 0o060000, 0o010000, 0o140000], ids=oct)
def test_b3_no_link_folder_or_device(kind: int) -> None:
    entry = zipfile.ZipInfo("a.txt")
    entry.external_attr = (kind | 0o777) << 16

    assert "unsafe-entry" == _code(_made((entry, b"/etc/passwd")))


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("twin", ["a.txt", "A.TXT"])
def test_b3_no_name_comes_twice(twin: str) -> None:
    assert "doubled-entry" == _code(_made(("a.txt", b"1"), (twin, b"2")))


@pytest.mark.parametrize("unseen", ["\x9b31m", "\u202e", "\u200b", "\ufeff", "\x1b[31m"])
def test_e6_no_name_changes_how_a_message_is_shown(unseen: str) -> None:
    assert "unsafe-entry" == _code(_made((f"a{unseen}.txt", b"x")))


def test_b3_a_name_hidden_behind_a_null_is_refused() -> None:
    raw = _made(("aXtxt.sh", b"x")).replace(b"aXtxt.sh", b"a\0txt.sh")

    assert "unsafe-entry" == _code(raw)


def test_an_entry_with_a_password_is_refused() -> None:
    raw = bytearray(_made(("a.txt", b"x")))
    raw[raw.index(b"PK\x01\x02") + 8] |= 1

    assert "encrypted-entry" == _code(bytes(raw))


def test_an_uncommon_way_of_packing_is_refused() -> None:
    assert "packing-method" == _code(_made(("a.txt", b"x" * 100), compression=zipfile.ZIP_LZMA))


@pytest.mark.parametrize("damage", ["cut", "flipped", "text", "hidden", "nothing"])
def test_b4_what_is_not_a_whole_zip_is_refused(damage: str) -> None:
    raw = _packed()
    middle = raw.index(b"PK\x07\x08") - 3  # within the packed text
    damaged = {
        "cut": raw[:-30],
        "flipped": raw[:middle] + bytes([raw[middle] ^ 0xFF]) + raw[middle + 1 :],
        "text": b"000001|00|x\n",
        "hidden": b"MZ program" + raw,
        "nothing": b"",
    }

    assert "broken-package" == _code(damaged[damage])


def test_rule_032_every_refusal_says_what_to_do_in_both_languages() -> None:
    with pytest.raises(UnreadableFile) as refused:
        _unpacked(b"no zip")

    assert "x.zip: error broken-package" in refused.value.render("en")
    assert "x.zip：错误 broken-package" in refused.value.render("zh")
