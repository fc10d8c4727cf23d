"""The old password of a zip is spoken with old programs, both ways and within every limit, and is nowhere taken for protection (rule 32)."""

import io
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bank_profiles.catalogue import BANKS, check_profile
from bank_profiles.errors import Problems, UnreadableFile, UnwritableRoster
from bank_profiles.language.packages import Gzip, Package, Zip
from bank_profiles.packing.steps import NamedFile, legacy_password, pack, unpack
from bank_profiles.proving.proving import prove

PASSWORD = b"pw123"
LOCKED = Package(name="x.zip", steps=(Zip(legacy_password="connection"),))
NAMED = Package(name="{batch}.zip", steps=(Zip(legacy_password="package_name"),))
OPEN = Package(name="x.zip", steps=(Zip(),))
FILES = [("查询.txt", "一|二\r\n".encode("gb18030") * 300), ("b.txt", b"")]

# Written by libarchive 3.6.2 with the password above (zip:encryption=aes256 and =zipcrypt): a.txt, one line. AES is not the old kind.
AES = bytes.fromhex(
    "504b03041400090063000000210000000000000000000a00000005001f00612e747874555401000075780b0001040000000004000000000199070002004145030800"
    "47e7c96386a500e3b413287c1c14e515860df4cdfe7d0c69ac9f3336401b4edc07608314d03e504b070800000000260000000a000000504b01021403140009006300"
    "0000210000000000260000000a00000005001f000000000000000000b48100000000612e747874555401000075780b00010400000000040000000001990700020041"
    "45030800504b0506000000000100010052000000780000000000"
)
OLD = bytes.fromhex(
    "504b03041400090008000000210000000000000000000a00000005001400612e747874555401000075780b00010400000000040000000023c2f24dab807e10c4ddac"
    "37e82c74684669cfbf4cde504b0708716fcc2a160000000a000000504b0102140314000900080000002100716fcc2a160000000a0000000500140000000000000000"
    "00b48100000000612e747874555401000075780b000104000000000400000000504b05060000000001000100470000005d0000000000"
)


def _packed(files: list[tuple[str, bytes]] = FILES, package: Package = LOCKED, password: bytes | None = PASSWORD) -> bytes:
    return b"".join(pack(package, [NamedFile(name, [content[:7], content[7:]]) for name, content in files], password))


def _unpacked(raw: bytes, password: bytes | None = PASSWORD, package: Package = LOCKED) -> list[tuple[str, bytes]]:
    return [(name, b"".join(content)) for name, content in unpack(package, "x.zip", [raw], password=password)]


def _code(raw: bytes, password: bytes | None = PASSWORD, package: Package = LOCKED) -> str:
    with pytest.raises(UnreadableFile) as refused:
        _unpacked(raw, password, package)
    assert all("nothing was stored" in problem.en and "未入库" in problem.zh for problem in refused.value.problems)
    return refused.value.problems[0].code


def _locked_by_zip(folder: Path, *options: str) -> bytes:
    """As the program ``zip`` of the system locks."""
    (folder / "a.txt").write_bytes(FILES[0][1])
    subprocess.run(["zip", "-q", *options, "-P", "pw123", "z.zip", "a.txt"], cwd=folder, check=True)
    return (folder / "z.zip").read_bytes()


# ---- both ways ----------------------------------------------------------------------------------------------------------------------

_NAMES = st.text("ab_-12查询𠮷é", min_size=1, max_size=30)
_FILES = st.lists(st.tuples(_NAMES, st.binary(max_size=300)), max_size=4, unique_by=lambda file: file[0].casefold())


@given(files=_FILES, password=st.binary(min_size=1, max_size=40))
def test_what_is_locked_is_unlocked_and_the_same_files_give_the_same_bytes(
    files: list[tuple[str, bytes]], password: bytes
) -> None:
    locked = _packed(files, password=password)

    assert files == _unpacked(locked, password)
    assert locked == _packed(files, password=password)


def test_rule_032_what_we_lock_the_program_unzip_opens_with_the_password_and_not_without(tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(_packed())
    opened = {
        password: subprocess.run(["unzip", "-qq", "-P", password, "-p", "x.zip"], cwd=tmp_path, capture_output=True, check=False)
        for password in ("pw123", "other")
    }
    listed = subprocess.run(["unzip", "-Z1", "x.zip"], cwd=tmp_path, capture_output=True, check=True)

    assert (0, FILES[0][1]) == (opened["pw123"].returncode, opened["pw123"].stdout)
    assert (82, b"") == (
        opened["other"].returncode,
        opened["other"].stdout,
    )  # "No files were found due to bad decryption password"
    assert [name for name, _ in FILES] == listed.stdout.decode().splitlines()


@pytest.mark.parametrize("options", [("-0",), ("-9",)], ids=["stored", "deflated"])
def test_rule_032_what_the_program_zip_locks_we_open(tmp_path: Path, options: tuple[str, ...]) -> None:
    locked = _locked_by_zip(tmp_path, *options)

    assert [("a.txt", FILES[0][1])] == _unpacked(locked)
    assert "zip-password" == _code(locked, b"other")


def test_what_another_house_locks_we_open() -> None:
    assert [("a.txt", b"000001|00\n")] == _unpacked(OLD)


def test_a_package_that_came_without_its_password_is_read_all_the_same() -> None:
    assert FILES == _unpacked(_packed(package=OPEN, password=None))


# ---- whose password -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("steps", "name", "password"),
    [
        ((Zip(legacy_password="package_name"),), "110000102100099996202601050001.zip", b"110000102100099996202601050001"),
        ((Zip(legacy_password="package_name"), Gzip()), "a.b.zip.gz", b"a.b"),
        ((Zip(legacy_password="package_name"),), "查询.zip", "查询".encode("gb18030")),
        ((Zip(legacy_password="connection"),), "a.zip", PASSWORD),
        ((Zip(),), "a.zip", None),
    ],
)
def test_the_password_is_the_packages_own_name_or_the_connections(
    steps: tuple[Zip | Gzip, ...], name: str, password: bytes | None
) -> None:
    assert password == legacy_password(Package(name="x", steps=steps), name, PASSWORD)


def test_no_package_is_written_without_the_password_it_is_to_be_under() -> None:
    for given_ in (None, b""):
        with pytest.raises(UnwritableRoster) as refused:
            _packed(password=given_)
        assert "zip-password-missing" == refused.value.problems[0].code
        assert "zip-password-missing" == _code(_packed(), given_)


# ---- what is refused ----------------------------------------------------------------------------------------------------------------


def _passes_the_first_look(raw: bytes) -> Iterator[bytes]:
    """Wrong passwords that the one byte of the cipher's own check lets pass: one in 256."""
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        for number in range(3000):
            try:
                archive.open(archive.infolist()[0], pwd=b"%d" % number).close()
            except RuntimeError:
                continue
            yield b"%d" % number


@pytest.mark.parametrize("options", [("-0",), ("-9",)], ids=["stored", "deflated"])
def test_a_wrong_password_has_one_code_however_late_it_shows(tmp_path: Path, options: tuple[str, ...]) -> None:
    locked = _locked_by_zip(tmp_path, *options)
    unlucky = list(_passes_the_first_look(locked))

    assert len(unlucky) > 2
    assert {"zip-password"} == {_code(locked, password) for password in [b"other", *unlucky]}


def test_c1_no_message_repeats_a_password() -> None:
    with pytest.raises(Problems) as refused:
        _unpacked(_packed(), b"hunter2")

    told = [text for problem in refused.value.problems for text in (problem.en, problem.zh)]
    assert not [text for text in told if "hunter2" in text or PASSWORD.decode() in text]


def test_aes_and_strong_encryption_are_told_apart_from_a_wrong_password() -> None:
    strong = bytearray(OLD)
    strong[strong.index(b"PK\x01\x02") + 8] |= 0x40

    assert "zip-cipher" == _code(AES)
    assert "zip-cipher" == _code(bytes(strong))


@pytest.mark.parametrize("raw", [AES, OLD, _packed()], ids=["AES", "libarchive's", "ours"])
def test_a_password_that_nobody_agreed_on_is_refused(raw: bytes) -> None:
    assert "encrypted-entry" == _code(raw, package=OPEN)


@given(where=st.floats(0, 1), bit=st.integers(0, 7))
def test_c_what_is_damaged_is_refused_or_still_the_same(where: float, bit: int) -> None:
    locked = bytearray(_packed())
    locked[int(where * (len(locked) - 1))] ^= 1 << bit
    try:
        found = _unpacked(bytes(locked))
    except UnreadableFile:
        return
    assert found == FILES or {name for name, _ in found} != {name for name, _ in FILES}


@pytest.mark.parametrize("length", [0, 5, 11])
def test_a_member_shorter_than_the_ciphers_own_head_is_refused(length: int) -> None:
    raw = bytearray(_packed([("a.txt", b"x")]))
    directory = raw.index(b"PK\x01\x02")
    raw[directory + 20 : directory + 24] = length.to_bytes(4, "little")

    assert "zip-password" == _code(bytes(raw))


# ---- rule 32: the limits hold under a password too ----------------------------------------------------------------------------------


def test_rule_032_a_bomb_under_a_password_is_refused() -> None:
    assert "package-ratio" == _code(_packed([("a.txt", bytes(8 << 20))]))


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ([("../a.txt", b"x")], "unsafe-entry"),
        ([("a.txt", b"x"), ("A.txt", b"y")], "doubled-entry"),
        ([(f"{number}.txt", b"") for number in range(65)], "package-entries"),
    ],
)
def test_rule_032_names_and_entries_under_a_password_are_judged_alike(files: list[tuple[str, bytes]], code: str) -> None:
    assert code == _code(_packed(files))
    assert code == _code(_packed(files), b"other")  # before a password is tried


# ---- never as protection ------------------------------------------------------------------------------------------------------------


def _profile(folder: Path, *edits: tuple[str, str]) -> Path:
    note = (BANKS / "hxcb" / "2026.1.yaml").read_text("utf-8")
    for old, new in [("steps: [{kind: zip}]", "steps: [{kind: zip, legacy_password: true}]"), *edits]:
        assert old in note
        note = note.replace(old, new)
    (folder / "hxcb").mkdir()
    path = folder / "hxcb" / "2026.1.yaml"
    path.write_text(note, "utf-8")
    return path


def test_rule_032_a_profile_with_it_is_warned_of_on_both_sides_and_proved_like_any(tmp_path: Path) -> None:
    path = _profile(tmp_path)
    profile, said = check_profile(path)

    assert profile is not None
    assert ["legacy-password"] * 2 == [problem.code for problem in said if problem.severity == "warning"]
    assert prove(profile, BANKS / "hxcb").holds


def test_rule_032_it_never_stands_for_the_seal(tmp_path: Path) -> None:
    line = next(each for each in (BANKS / "hxcb" / "2026.1.yaml").read_text("utf-8").splitlines() if each.startswith("  seal:"))
    profile, said = check_profile(_profile(tmp_path, (line + "\n", "")))

    assert profile is None
    assert ["missing-key"] == [problem.code for problem in said if problem.severity == "error"]
