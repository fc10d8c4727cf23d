"""A paper is set from data alone: nothing in a text is a command, and its code is read back by the register's own rule."""

from connector.papers.scan_code import svg
from connector.papers.slip import certificate, grouped, slip

DIGEST = "9f2c" * 16
SAID = {
    "number": "M-0098",
    "direction": ("中心→银行", "centre → bank"),
    "giver": "核对中心 C1",
    "taker": "东山农信 902",
    "bank": "东山农信 902",
    "label": "DSNX-20261121-01",
    "kind": "光盘 optical disc",
    "volume": 1,
    "volumes": 2,
    "set": "DSNX-20261121-01",
    "seal": "0031457",
    "read_back": "2026-11-21 16:30",
    "proved": ("写入并回读", "read back"),
    "suite": "cms-aes256gcm",
    "signer": ("centre_sign.crt", "核对中心", "the centre"),
    "back_by": "2026-11-28",
    "bytes": "12,345",
    "lines": "412",
    "serial": "MAP6A2-0917-33",
    "purposes": ["低保", "特困"],
    "sm3": DIGEST,
    "batches": ["202611210000001"],
    "files": [{"name": "查询名单.zip.p7m", "size": "12,345", "digest": DIGEST}],
    "digest_name": "SM3",
    "manifest_digest": DIGEST,
    "given_by": ("", ""),
    "footer": "2026-11-21",
}
DESTROYED = SAID | {"method": "粉碎", "at": "2026-11-29", "by": "zhao", "second": "wang", "reason": "期满", "events": []}


def test_slip_and_certificate_are_pdf_of_one_page() -> None:
    for made in (slip(SAID, "CX1:98"), certificate(DESTROYED)):
        assert made.startswith(b"%PDF-")
        assert 1 == made.count(b"/Type /Page\n") or b"/Count 1" in made


def test_b9_a_text_of_the_data_is_never_a_command_of_the_page() -> None:
    evil = '#read("/etc/passwd") ] #panic("x") $ \\ " {{'

    assert slip(SAID | {"label": evil, "taker": evil}, "CX1:98").startswith(b"%PDF-")


def test_a_slip_of_what_nobody_has_opened_has_its_lines_and_purpose_left_open() -> None:
    assert slip(SAID | {"lines": "", "serial": "", "purposes": [], "sm3": ""}, "CX1:98").startswith(b"%PDF-")


def test_many_files_go_on_to_the_next_page() -> None:
    many = [{"name": f"R_{number}.p7m", "size": "1", "digest": DIGEST} for number in range(80)]

    assert len(slip(SAID | {"files": many}, "CX1:98")) > len(slip(SAID, "CX1:98"))


def test_the_digest_is_told_in_groups_two_people_can_compare() -> None:
    assert ["9F2C9F2C"] * 8 == grouped(DIGEST)


def test_the_code_is_a_picture_of_its_own() -> None:
    assert svg("CX1:98").startswith("<svg")
