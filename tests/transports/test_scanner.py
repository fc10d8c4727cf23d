"""The virus scanner's client: yes, a name, or no verdict; and no verdict is never a yes. Against a scripted scanner and a real clamd."""

import io
import random
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.real_clamd import NAME as REAL_NAME
from tests.real_clamd import RealClamd, program
from tests.scripted_scanner import EARLY, EICAR, HANGS_UP, NAME, SILENT, ScriptedScanner, socket_folder
from transports.scanner import CHUNK_BYTES, NotScanned, Scanner, ScannerDown

clamav = [pytest.mark.real, pytest.mark.skipif(program() is None, reason="ClamAV's clamd is not installed here")]


@pytest.fixture(params=["unix", "tcp"])
def script(request: pytest.FixtureRequest) -> Iterator[ScriptedScanner]:
    """A scripted scanner that listens, on each kind of socket."""
    with socket_folder() as folder, ScriptedScanner(folder / "s" if request.param == "unix" else None) as made:
        yield made


def test_b5_a_clean_content_is_told_whole_and_is_clean(script: ScriptedScanner) -> None:
    content = random.Random(5).randbytes(3 * CHUNK_BYTES + 7)
    blocks = [content[:100], b"", content[100:]]

    assert script.scanner.scan(blocks) is None
    assert [content] == script.seen


def test_b5_a_virus_is_found_behind_an_empty_block_and_across_blocks(script: ScriptedScanner) -> None:
    assert NAME == script.scanner.scan([b"rows", b"", EICAR[:20], EICAR[20:]])


def test_b5_an_empty_content_is_clean(script: ScriptedScanner) -> None:
    assert script.scanner.scan([]) is None


def test_b5_a_killed_scanner_says_neither_yes_nor_no_until_it_is_back(script: ScriptedScanner) -> None:
    script.stop()
    with pytest.raises(ScannerDown) as down:
        script.scanner.scan([b"rows"])
    script.start()

    assert "scanner-down" == down.value.code
    assert script.scanner.scan([b"rows"]) is None


def test_b5_a_scanner_that_was_never_there_is_down(tmp_path: Path) -> None:
    with pytest.raises(ScannerDown):
        Scanner(tmp_path / "nobody").scan([b"rows"])


@pytest.mark.parametrize(
    "manner",
    [
        HANGS_UP,
        SILENT,
        b"",
        b"stream: OK",  # cut off before its end
        b"stream: OK\n",
        b"\0",
        b"stream: Can't allocate memory ERROR\0",
        b"INSTREAM size limit exceeded. ERROR\0",
        b"stream: Heuristics.Limits.Exceeded.MaxScanSize FOUND\0",  # it looked at a part only
        b"stream:  FOUND\0",
        b"OK\0",
        b"UNKNOWN COMMAND\0",
        b"x" * 5000,
    ],
)
def test_b5_what_is_no_verdict_is_never_taken_for_one(script: ScriptedScanner, manner: str | bytes) -> None:
    script.manners = [manner]

    with pytest.raises(NotScanned) as undecided:
        script.scanner.scan([b"rows"] * 3)
    assert "not-scanned" == undecided.value.code
    assert undecided.value.zh != undecided.value.en


def test_b5_a_content_above_the_scanners_limit_has_no_verdict(script: ScriptedScanner) -> None:
    script.bytes_max = 1000

    with pytest.raises(NotScanned) as undecided:
        script.scanner.scan([b"r" * 1001] * 50)
    assert "not-scanned" == undecided.value.code


def test_b5_a_yes_that_was_said_before_the_content_was_told_is_no_yes(script: ScriptedScanner) -> None:
    script.manners = [EARLY]

    with pytest.raises(NotScanned):
        script.scanner.scan([b"r" * CHUNK_BYTES] * 200)


def test_b5_each_operation_has_its_own_deadline(script: ScriptedScanner) -> None:
    script.manners = [SILENT]

    with pytest.raises(NotScanned, match="timed out"):
        replace(script.scanner, answer_s=0.01).scan([b"rows"])


def test_b5_what_breaks_the_content_off_is_told_as_it_is(script: ScriptedScanner) -> None:
    def broken() -> Iterator[bytes]:
        yield b"rows"
        raise KeyError("the seal")

    with pytest.raises(KeyError):
        script.scanner.scan(broken())


class TestRealClamd:
    """The same promises, kept by the real daemon."""

    pytestmark = clamav

    def test_b5_clamd_says_yes_finds_and_is_missed_when_killed(self) -> None:
        with RealClamd() as clamd:
            assert clamd.scanner.scan([b"rows" * CHUNK_BYTES]) is None
            assert f"{REAL_NAME}.UNOFFICIAL" == clamd.scanner.scan([b"rows", b"", EICAR])
            assert f"{REAL_NAME}.UNOFFICIAL" == clamd.scanner.scan([_zipped(EICAR)])
            clamd.kill()
            with pytest.raises(ScannerDown):
                clamd.scanner.scan([b"rows"])

    def test_b5_what_clamd_did_not_see_to_the_end_has_no_verdict(self) -> None:
        with RealClamd(["StreamMaxLength 1M", "MaxFiles 2", "AlertExceedsMax yes"]) as clamd:
            with pytest.raises(NotScanned, match="size limit exceeded"):
                clamd.scanner.scan([b"rows" * CHUNK_BYTES] * 4)
            with pytest.raises(NotScanned, match=r"Limits\.Exceeded"):
                clamd.scanner.scan([_zipped(b"a", b"b", b"c", EICAR)])


def _zipped(*parts: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        for number, part in enumerate(parts):
            packed.writestr(f"{number}.txt", part)
    return buffer.getvalue()
