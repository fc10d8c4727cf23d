"""The same files give the same package; everything that comes back has a limit, and nothing of a bad package is kept."""

import gzip
import io
import struct
import subprocess
import tarfile
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bank_profiles.errors import UnreadableFile
from bank_profiles.language.packages import Gzip, Package, Step, Tar, Zip
from bank_profiles.packing import limits as packing
from bank_profiles.packing.steps import NamedFile, pack, unpack

Kind = Literal["zip", "tar", "gzip"]


def _package(*kinds: Kind) -> Package:
    steps: dict[str, Step] = {"zip": Zip(), "tar": Tar(), "gzip": Gzip()}
    return Package(name="x.zip", steps=tuple(steps[kind] for kind in kinds))


ZIP, TAR, GZIP, TAR_GZIP, ZIP_GZIP = (
    _package("zip"),
    _package("tar"),
    _package("gzip"),
    _package("tar", "gzip"),
    _package("zip", "gzip"),
)
BARE = Package(name="x.dat")
SEVERAL = [ZIP, TAR, TAR_GZIP, ZIP_GZIP]
FILES = [("查询.txt", "一|二\r\n".encode("gb18030") * 1000), ("b.txt", b"")]


def _packed(files: list[tuple[str, bytes]] = FILES, package: Package = ZIP) -> bytes:
    return b"".join(pack(package, [NamedFile(name, [content[:7], content[7:]]) for name, content in files]))


def _unpacked(raw: bytes, package: Package = ZIP) -> list[tuple[str, bytes]]:
    blocks = [raw[at : at + 1000] for at in range(0, len(raw), 1000)]
    return [(name, b"".join(content)) for name, content in unpack(package, "x.zip", blocks)]


def _made(*entries: tuple[zipfile.ZipInfo | str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", compression) as archive:
        for entry, content in entries:
            archive.writestr(entry, content, compression)
    return raw.getvalue()


def _code(raw: bytes, package: Package = ZIP) -> str:
    with pytest.raises(UnreadableFile) as refused:
        _unpacked(raw, package)
    assert all("nothing was stored" in problem.en and "未入库" in problem.zh for problem in refused.value.problems)
    return refused.value.problems[0].code


_NAMES = st.text("ab_.-12查询𠮷é ", min_size=1, max_size=60).filter(
    lambda name: name not in (".", "..") and len(name.encode()) < 255
)
_FILES = st.lists(st.tuples(_NAMES, st.binary(max_size=2000)), max_size=5, unique_by=lambda file: file[0].casefold())


@pytest.mark.parametrize("package", SEVERAL, ids=lambda package: "+".join(step.kind for step in package.steps))
@given(files=_FILES)
def test_what_is_packed_is_unpacked_and_the_same_files_give_the_same_bytes(
    package: Package, files: list[tuple[str, bytes]]
) -> None:
    packed = _packed(files, package)

    assert files == _unpacked(packed, package)
    assert packed == _packed(files, package)


@given(content=st.binary(max_size=5000), cut=st.integers(0, 5000))
def test_gzip_alone_is_its_one_file(content: bytes, cut: int) -> None:
    packed = b"".join(pack(GZIP, [NamedFile("x.txt", [content[:cut], content[cut:]])]))

    assert content == gzip.decompress(packed)
    assert [("x.txt", content)] == [(name, b"".join(blocks)) for name, blocks in unpack(GZIP, "x.txt.gz", [packed])]


@pytest.mark.parametrize("package", SEVERAL, ids=lambda package: "+".join(step.kind for step in package.steps))
@given(files=_FILES, where=st.floats(0, 1), bit=st.integers(0, 7))
def test_c_what_is_damaged_is_refused_or_still_the_same(
    package: Package, files: list[tuple[str, bytes]], where: float, bit: int
) -> None:
    """Within a plain tar nothing proves the contents; there the totals of the files themselves do."""
    packed = bytearray(_packed(files, package))
    packed[int(where * (len(packed) - 1))] ^= 1 << bit
    try:
        found = _unpacked(bytes(packed), package)
    except UnreadableFile:
        return
    assert package == TAR or found == files or {name for name, _ in found} != {name for name, _ in files}


@pytest.mark.parametrize(
    ("package", "command"),
    [(ZIP, ["unzip", "-t"]), (TAR, ["tar", "-tf"]), (TAR_GZIP, ["tar", "-tzf"]), (ZIP_GZIP, ["gzip", "-t"])],
)
def test_a_package_is_whole_for_everybody_else(tmp_path: Path, package: Package, command: list[str]) -> None:
    (tmp_path / "x.gz").write_bytes(_packed([("b.txt", b"hello\n" * 9)], package))

    tested = subprocess.run([*command, tmp_path / "x.gz"], capture_output=True, check=False)

    assert (0, b"") == (tested.returncode, tested.stderr)


def test_what_others_pack_is_unpacked(tmp_path: Path) -> None:
    for name, content in FILES:
        (tmp_path / name).write_bytes(content)
    for entries in (["."], [name for name, _ in FILES]):
        packed = subprocess.run(["tar", "-cf", "-", "-C", str(tmp_path), *entries], capture_output=True, check=True).stdout
        assert dict(FILES) == dict(_unpacked(packed, TAR))
        assert dict(FILES) == dict(_unpacked(gzip.compress(packed), TAR_GZIP))


def test_a_bare_package_is_its_file() -> None:
    assert b"abc" == b"".join(pack(BARE, [NamedFile("x.dat", [b"ab", b"c"])]))
    assert [("x.zip", b"abc")] == _unpacked(b"abc", BARE)


@pytest.mark.parametrize("package", [BARE, GZIP])
def test_a_package_without_zip_or_tar_never_holds_two_files(package: Package) -> None:
    with pytest.raises(ValueError, match="one file"):
        b"".join(pack(package, [NamedFile("a", [b""]), NamedFile("b", [b""])]))


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


def test_rule_032_b2_a_zip_of_zeros_is_stopped_by_its_ratio() -> None:
    assert "package-ratio" == _code(_made(("a.txt", bytes(50 << 20))))


def test_b2_a_lying_directory_does_not_help_a_bomb() -> None:
    raw = _made(("a.txt", bytes(50 << 20)))
    lied = raw.replace(struct.pack("<I", 50 << 20), struct.pack("<I", 10))

    assert _code(lied) in ("package-ratio", "broken-package")


def test_rule_032_b2_size_is_limited_before_and_while_it_flows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "UNPACKED_BYTES_MAX", 1000)

    for package in SEVERAL:
        assert "package-too-large" == _code(_packed([("a.txt", bytes(range(256)) * 4)], package), package)


def test_b2_the_packed_size_is_limited_while_it_arrives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "PACKED_BYTES_MAX", 100)

    assert "package-too-large" == _code(_packed())


def test_rule_032_b2_the_number_of_entries_is_limited() -> None:
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
def test_rule_032_b3_no_entry_brings_a_path(name: str) -> None:
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


# ---- tar and gzip -------------------------------------------------------------------------------------------------------------------


def _tarred(*entries: tarfile.TarInfo | str, format: int = tarfile.PAX_FORMAT) -> bytes:
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=format) as archive:
        for entry in entries:
            info = tarfile.TarInfo(entry) if isinstance(entry, str) else entry
            info.size = 0 if info.type in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE) else 1
            archive.addfile(info, io.BytesIO(b"x"))
    return raw.getvalue()


def _entry(name: str, kind: bytes) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, "/etc/passwd"
    return info


@pytest.mark.parametrize(
    "name", ["../a.txt", "/etc/passwd", "a/b.txt", "C:\\x.txt", "..\\a.txt", "..", ".//etc", "a\x01b", "长" * 100]
)
@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT])
def test_b3_no_entry_of_a_tar_brings_a_path(name: str, form: int) -> None:
    raw = _tarred(name, format=form) if form != tarfile.USTAR_FORMAT or len(name.encode()) < 100 else _tarred("a/b", format=form)

    assert "unsafe-entry" == _code(raw, TAR) == _code(gzip.compress(raw), TAR_GZIP)


@pytest.mark.parametrize(
    "kind",
    [
        tarfile.SYMTYPE,
        tarfile.LNKTYPE,
        tarfile.CHRTYPE,
        tarfile.BLKTYPE,
        tarfile.FIFOTYPE,
        tarfile.DIRTYPE,
        tarfile.CONTTYPE,
        b"Z",
    ],
)
def test_b3_a_tar_has_no_link_folder_or_device(kind: bytes) -> None:
    assert "unsafe-entry" == _code(_tarred(_entry("a.txt", kind)), TAR)


def _extended(words: dict[str, str]) -> bytes:
    info = tarfile.TarInfo("a.txt")
    info.pax_headers = words
    return _tarred(info)


@pytest.mark.parametrize(
    "words",
    [{"GNU.sparse.major": "1", "GNU.sparse.realsize": "99999999999"}, {"size": "99999999999"}, {"linkpath": "/etc/passwd"}],
)
def test_b2_an_extended_header_makes_no_other_file_of_an_entry(words: dict[str, str]) -> None:
    assert "packing-method" == _code(_extended(words), TAR)


def test_b2_a_sparse_file_is_refused() -> None:
    assert "packing-method" == _code(_tarred(_entry("a.txt", tarfile.GNUTYPE_SPARSE)), TAR)


def test_b2_a_header_that_promises_more_than_any_name_is_refused() -> None:
    info = tarfile.TarInfo("a.txt")
    info.pax_headers = {"comment": "x" * (1 << 20)}

    assert "broken-package" == _code(_tarred(info), TAR)


@pytest.mark.parametrize("package", [TAR, TAR_GZIP])
def test_b2_entries_of_a_tar_are_counted_as_they_come(package: Package) -> None:
    raw = _tarred(*(f"{number}.txt" for number in range(packing.ENTRIES_MAX + 1)))

    assert "package-entries" == _code(raw if package is TAR else gzip.compress(raw), package)


def test_b2_headers_that_no_file_follows_are_counted() -> None:
    header = tarfile.TarInfo("a").create_pax_global_header({"comment": "x"})

    assert "package-entries" == _code(header * 1000 + _tarred("a.txt"), TAR)


@pytest.mark.parametrize("twin", ["a.txt", "A.TXT", "ａ.txt"])
def test_b3_no_name_comes_twice_in_a_tar(twin: str) -> None:
    assert "doubled-entry" == _code(_tarred("a.txt", twin), TAR)


def test_b2_a_size_below_zero_is_refused() -> None:
    info = tarfile.TarInfo("a.txt")
    raw = bytearray(_tarred(info))
    raw[124:136] = b"\xff" * 12
    head = bytes(raw[:148]) + b" " * 8 + bytes(raw[156:512])
    raw[148:156] = b"%06o\0 " % sum(head)

    assert "broken-package" == _code(bytes(raw), TAR)


def _bomb() -> bytes:
    """A hundred megabytes of zeros in a tar, packed a thousandfold."""
    info = tarfile.TarInfo("a.txt")
    info.size = 100 << 20
    packer, made = zlib.compressobj(9, zlib.DEFLATED, 31), bytearray()
    made += packer.compress(info.tobuf())
    for _ in range(100):
        made += packer.compress(bytes(1 << 20))
    return bytes(made + packer.compress(bytes(1024)) + packer.flush())


@pytest.mark.parametrize("package", [GZIP, TAR_GZIP])
def test_b2_a_gzip_of_zeros_is_stopped_by_its_ratio_in_little_memory(package: Package) -> None:
    raw = _bomb()
    tracemalloc.start()

    assert "package-ratio" == _code(raw, package)

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 64 << 20


def test_b2_a_gzip_in_a_gzip_stays_a_file() -> None:
    inner = gzip.compress(b"x", mtime=0)

    assert [("x.zip", inner)] == _unpacked(gzip.compress(inner), GZIP)


_BEHIND: dict[str, tuple[Package, Callable[[], bytes]]] = {
    "second member": (GZIP, lambda: gzip.compress(b"a") + gzip.compress(b"b")),
    "behind gzip": (GZIP, lambda: gzip.compress(b"a") + b"\0"),
    "behind tar": (TAR, lambda: _tarred("a.txt") + b"MZ"),
    "second tar": (TAR, lambda: _tarred("a.txt") + _tarred("b.txt")),
    "behind zip": (ZIP, lambda: _packed() + b"MZ"),
    "behind tar in gzip": (TAR_GZIP, lambda: gzip.compress(_tarred("a.txt") + bytes(9999) + b"x")),
}


@pytest.mark.parametrize("case", _BEHIND)
def test_b4_nothing_stands_behind_the_end(case: str) -> None:
    package, made = _BEHIND[case]

    assert "package-trailing" == _code(made(), package)


@pytest.mark.parametrize("package", [TAR, GZIP, TAR_GZIP])
@pytest.mark.parametrize("damage", ["cut", "text", "other", "nothing", "head"])
def test_b4_what_is_not_a_whole_tar_or_gzip_is_refused(package: Package, damage: str) -> None:
    raw = _packed([("a.txt", b"x" * 3000)], package)
    damaged = {"cut": raw[: len(raw) // 8], "text": b"000001|00|x\n" * 99, "other": _packed(), "nothing": b"", "head": raw[:9]}

    assert "broken-package" == _code(damaged[damage], package)


def test_b2_members_that_share_bytes_are_refused() -> None:
    raw = bytearray(_made(("a.txt", b"x" * 999), ("b.txt", b"x" * 999)))
    second = raw.rindex(b"PK\x01\x02")
    raw[second + 42 : second + 46] = bytes(4)

    assert "broken-package" == _code(bytes(raw))


def test_a_long_name_in_a_tar_comes_whole_in_every_dialect() -> None:
    for form in (tarfile.PAX_FORMAT, tarfile.GNU_FORMAT):
        name = "查询" * 40 + ".txt"
        assert [(name, b"x")] == _unpacked(_tarred(name, format=form), TAR)


def test_names_in_a_tar_that_are_not_utf8_are_gb18030() -> None:
    info = tarfile.TarInfo("反馈文件.txt")
    info.size = 1
    raw = info.tobuf(tarfile.GNU_FORMAT, "gb18030") + b"x" + bytes(511 + 1024)

    assert [("反馈文件.txt", b"x")] == _unpacked(raw, TAR)


def test_rule_032_every_refusal_says_what_to_do_in_both_languages() -> None:
    with pytest.raises(UnreadableFile) as refused:
        _unpacked(b"no zip")

    assert "x.zip: error broken-package" in refused.value.render("en")
    assert "x.zip：错误 broken-package" in refused.value.render("zh")


def _summed(head: bytes) -> bytes:
    """A tar header whose check sum is right, whatever it says."""
    head = head.ljust(512, b"\0")[:512]
    return head[:148] + b"%06o\0 " % sum(head[:148] + b" " * 8 + head[156:]) + head[156:]


_KINDS = st.sampled_from([b"0", b"\0", b"x", b"g", b"L", b"K", b"S", b"5", b"7", b"V"])
_SIZES = st.sampled_from(
    [b"00000000000\0", b"00000000001\0", b"77777777777\0", b"\x80" + bytes(10) + b"\7", b"\xff" * 12, b"-0000000001\0"]
)
_HEADERS = st.builds(
    lambda name, size, kind, rest: _summed(name.ljust(100, b"\0")[:100] + b"0000644\0" * 3 + size + bytes(20) + kind + rest),
    st.binary(max_size=100), _SIZES, _KINDS, st.binary(max_size=355),
)  # fmt: skip
_STRANGE = st.lists(st.one_of(_HEADERS, st.binary(max_size=600), st.just(b"11 path=ab\n".ljust(512, b"\0"))), max_size=6).map(
    b"".join
)


@pytest.mark.parametrize(
    "package", [ZIP, TAR, GZIP, TAR_GZIP, ZIP_GZIP], ids=lambda package: "+".join(step.kind for step in package.steps)
)
@given(inner=_STRANGE, before=st.sampled_from([b"", b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b\x08"]))
def test_b2_whatever_bytes_come_there_are_plain_files_or_a_refusal(package: Package, inner: bytes, before: bytes) -> None:
    raw = gzip.compress(before + inner) if package in (TAR_GZIP, ZIP_GZIP) else before + inner
    try:
        names = [name for name, _ in _unpacked(raw, package)]
    except UnreadableFile:
        return
    assert all(packing.is_plain(name) for name in names)
