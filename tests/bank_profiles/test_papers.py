"""The authorization goes with the question: listed, digested, lying beside it; and what came otherwise than agreed covers nobody."""

import hashlib
import random

import pyarrow as pa
import pytest

from bank_profiles.catalogue import BANKS
from bank_profiles.checks.second_look import check
from bank_profiles.errors import UnreadableFile, UnwritableRoster
from bank_profiles.language.profile import Profile
from bank_profiles.language.yaml_text import load
from bank_profiles.packing.steps import NamedFile, pack
from bank_profiles.papers import Carried, Paper
from bank_profiles.translation import read_package, write_files, write_package
from reconciliation.exchange import RECORDS
from tests.bank_profiles.generated import FACTS

TEXT = (BANKS / "hxcb" / "2026.1.yaml").read_text("utf-8").partition("\nexamples:")[0] + "\n"
NAMES = 'name: "SQ_{batch}.txt", letter: "核函〔{date:yyyy}〕{seq:4}号"'
SCAN = b"%PDF-1.7 the signed paper"
SM3 = hashlib.new("sm3", SCAN).hexdigest()
LISTED = 'steps: [{kind: zip}], index: {name: 清单.txt, digest: sm3, each: "{digest} {size} {file}"}}'


def _checked(papers: str, *changes: tuple[str, str]) -> tuple[Profile | None, list[str]]:
    text = TEXT.replace("inquiry:\n", f"inquiry:\n  authorization: {{{papers}}}\n", 1)
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    profile, problems = check(load(text.encode(), "papers.yaml"), "papers.yaml")
    return profile, [problem.code for problem in problems if problem.severity == "error"]


def _profile(papers: str, *changes: tuple[str, str]) -> Profile:
    profile, codes = _checked(papers, *changes)
    assert profile is not None, codes
    return profile


LETTER = _profile(f"carries: letter, {NAMES}")
DIGEST = _profile(f"carries: digest, {NAMES}")
SCANS = _profile(f"carries: scan, digest: sm3, {NAMES}", ("steps: [{kind: zip}]}", LISTED))
PAPERS = [Paper("SQ1", SM3, SCAN)]
LIST = f"SQ1\t{SM3}\t核函〔{FACTS.day:%Y}〕{FACTS.seq:04}号\n".encode()


def _asked() -> dict[str, list[pa.Table]]:
    said = {
        "name": "王小明",
        "id_type": "resident_id",
        "id_no": "11010119900307771X",
        "authorization_no": "SQ1",
        "scope": "deposit",
    }
    row = dict.fromkeys(RECORDS["inquiry"].names) | said | {"as_of": FACTS.day, "window_from": FACTS.day, "window_to": FACTS.day}
    return {"inquiry": [pa.Table.from_pylist([row], RECORDS["inquiry"])]}


def _files(profile: Profile, papers: list[Paper]) -> dict[str, bytes]:
    return {name: b"".join(blocks) for name, blocks in write_files(profile, "inquiry", FACTS, _asked(), papers)}


def _read(profile: Profile, files: dict[str, bytes]) -> Carried:
    packed = b"".join(pack(profile.inquiry.package, [NamedFile(name, [content]) for name, content in files.items()]))
    name = write_package(profile, "inquiry", FACTS, _asked()).name
    reading = read_package(profile, "inquiry", name, [packed])
    assert 1 == sum(piece.table.num_rows for piece in reading)
    assert reading.papers is not None
    return reading.papers


def _list_name(files: dict[str, bytes]) -> str:
    return next(name for name in files if name.startswith("SQ_"))


def test_a_scan_lies_beside_its_list_named_by_its_digest_and_both_stand_in_the_list_of_files() -> None:
    files = _files(SCANS, PAPERS)

    assert SCAN == files[f"{SM3}.scan"]
    assert LIST == files[_list_name(files)]
    listed = files["清单.txt"].decode("gb18030")
    assert f"{SM3} {len(SCAN)} {SM3}.scan" in listed
    assert f"{hashlib.new('sm3', LIST).hexdigest()} {len(LIST)} {_list_name(files)}" in listed
    assert _read(SCANS, files).covers("SQ1")


def test_one_scan_of_several_papers_goes_once() -> None:
    files = _files(SCANS, [Paper("SQ1", SM3, SCAN), Paper("SQ2", SM3, SCAN)])

    assert 1 == sum(name.endswith(".scan") for name in files)
    assert all(_read(SCANS, files).covers(number) for number in ("SQ1", "SQ2"))


def test_a_digest_or_the_number_of_a_letter_goes_without_the_scan() -> None:
    digest, letter = _files(DIGEST, PAPERS), _files(LETTER, [Paper("SQ1")])

    assert LIST == digest[_list_name(digest)]
    assert LIST.replace(SM3.encode(), b"-") == letter[_list_name(letter)]
    assert _read(DIGEST, digest).covers("SQ1")
    assert _read(LETTER, letter).covers("SQ1")
    assert f"核函〔{FACTS.day:%Y}〕{FACTS.seq:04}号" == _read(LETTER, letter).letter


@pytest.mark.parametrize("number", [None, "", "SQ2", "sq1"])
def test_who_stands_in_no_list_is_not_covered(number: str | None) -> None:
    assert not _read(SCANS, _files(SCANS, PAPERS)).covers(number)


def test_rule_001_nothing_is_written_without_the_paper_that_was_agreed() -> None:
    for profile, paper in ((DIGEST, Paper("SQ1")), (SCANS, Paper("SQ1", SM3)), (LETTER, Paper("SQ\t1")), (LETTER, Paper(""))):
        with pytest.raises(UnwritableRoster) as refused:
            _files(profile, [paper])

        assert "no-paper" == refused.value.problems[0].code


def test_a_scan_that_is_not_there_or_another_covers_nobody() -> None:
    bare = _profile(f"carries: scan, digest: sm3, {NAMES}")
    files = _files(bare, PAPERS)
    missing = {name: content for name, content in files.items() if not name.endswith(".scan")}
    other = files | {f"{SM3}.scan": SCAN + b"!"}

    assert [True, False, False] == [_read(bare, each).covers("SQ1") for each in (files, missing, other)]


def test_two_papers_of_one_number_must_both_be_there() -> None:
    bare = _profile(f"carries: scan, digest: sm3, {NAMES}")
    other = hashlib.new("sm3", b"another").hexdigest()
    files = _files(bare, [*PAPERS, Paper("SQ1", other, b"another")])

    assert _read(bare, files).covers("SQ1")
    assert not _read(bare, {name: files[name] for name in files if name != f"{other}.scan"}).covers("SQ1")


def test_a_scan_changed_on_the_way_differs_from_the_list_of_files() -> None:
    files = _files(SCANS, PAPERS)

    with pytest.raises(UnreadableFile) as refused:
        _read(SCANS, files | {f"{SM3}.scan": SCAN + b"!"})

    assert "index-differs" == refused.value.problems[0].code


def test_a_question_without_its_list_of_papers_is_refused_whole() -> None:
    files = _files(DIGEST, PAPERS)
    del files[_list_name(files)]

    with pytest.raises(UnreadableFile) as refused:
        _read(DIGEST, files)

    assert "missing-file" == refused.value.problems[0].code


LISTS = {
    "one cell": b"SQ1\n",
    "two letters": b"SQ1\t-\tL\nSQ2\t-\tM\n",
    "no text": b"\xff\xfe",
    "an empty cell": b"SQ1\t\tL\n",
    "four cells": b"SQ1\t-\tL\tx\n",
    "endless": random.Random(5).randbytes(5 << 20),
}


@pytest.mark.parametrize("content", LISTS.values(), ids=LISTS)
def test_a_list_that_is_none_is_refused_with_its_line(content: bytes) -> None:
    files = _files(DIGEST, PAPERS)

    with pytest.raises(UnreadableFile) as refused:
        _read(DIGEST, files | {_list_name(files): content})

    assert "bad-papers" == refused.value.problems[0].code


@pytest.mark.parametrize("digest", ["-", "abc", "z" * 64])
def test_a_digest_that_is_none_covers_nobody(digest: str) -> None:
    files = _files(DIGEST, PAPERS)

    assert not _read(DIGEST, files | {_list_name(files): f"SQ1\t{digest}\tL\n".encode()}).covers("SQ1")


@pytest.mark.parametrize(
    ("papers", "code"),
    [
        ('carries: letter, name: "SQ.txt", letter: "{part:3}"', "bad-name"),
        ('carries: scan, name: "SQ.txt", letter: L, scans: "scan.pdf"', "bad-name"),
        ('carries: scan, name: "SQ.txt", letter: L, scans: "{digest}/x"', "bad-name"),
        ('carries: letter, name: "CX_{bank}_{date:yyyyMMdd}_{seq:4}.txt", letter: L', "names-collide"),
        ('carries: scan, name: "abc.scan", letter: L', "names-collide"),
        ("carries: fax, name: SQ.txt, letter: L", "bad-choice"),
    ],
)
def test_what_does_not_fit_together_is_said_when_the_profile_is_loaded(papers: str, code: str) -> None:
    assert [code] == _checked(papers)[1]


def test_papers_need_a_package_of_several_a_column_and_the_right_side() -> None:
    papers = f"carries: letter, {NAMES}"
    column = "            授权书编号: {to: authorization_no, required: true, longest: 40}\n"

    assert ["bare-package"] == _checked(papers, (", steps: [{kind: zip}]}\n  files:\n    ask", "}\n  files:\n    ask"))[1]
    assert ["target-not-reached"] == _checked(papers, (column, ""))[1]
    assert ["wrong-word"] == _checked(papers, ("response:\n", f"response:\n  authorization: {{{papers}}}\n"))[1]
