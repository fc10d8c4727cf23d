"""Every encoding reads what it writes, and says so where it cannot."""

import codecs
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bank_profiles.codecs.encoding import from_utf8, other_encoding, to_utf8, unprintable, wrong_encoding
from bank_profiles.encodings import ENCODINGS, decode, encode, size
from bank_profiles.encodings.host import HostPage
from bank_profiles.encodings.host_tables import TABLES
from bank_profiles.engine.reading import FileReading
from bank_profiles.language.formats.base import Encoding
from tests.bank_profiles.host_tables import MIXED, SHIFT_IN, SHIFT_OUT, Iconv, double, library_name, single
from tests.contracts.codec_contract import file_layout

NAMES = sorted(ENCODINGS)
MIXED_PAGES = sorted(MIXED)


def test_the_language_names_every_encoding_there_is() -> None:
    assert NAMES == sorted(get_args(Encoding))


# ---- round trips --------------------------------------------------------------------------------------------------------------------


def characters(encoding: str) -> list[str]:
    """All it has of the first 65536, but surrogates and what our tables have no use for."""
    return [chr(point) for point in range(0x20, 1 << 16) if not 0xD800 <= point < 0xE000 and size(chr(point), encoding)]


@pytest.mark.parametrize("name", [name for name in NAMES if name != "utf-16"])
def test_rule_031_every_character_of_an_encoding_is_read_as_it_was_written(name: str) -> None:
    known = [character for character in characters(name) if character not in _MOVED_CHARACTERS]

    assert known == [decode(encode(character, name), name) for character in known]
    assert "".join(known) == decode(encode("".join(known), name), name)


_MOVED_CHARACTERS = set("\ue81e\ue826\ue82b\ue82c\ue832\ue843\ue854\ue864")  # of GB18030-2000; read as those of 2022


@pytest.mark.parametrize("name", NAMES)
@settings(deadline=None)
@given(st.data())
def test_whole_blocks_say_what_single_texts_say(name: str, data: st.DataObject) -> None:
    raw = data.draw(st.binary(max_size=40) | st.text(st.characters(codec="utf-8"), max_size=20).map(lambda t: t.encode("utf-8")))
    try:
        text = decode(raw, name)
    except UnicodeDecodeError:
        assert to_utf8(raw, name) is None
    else:
        assert text.encode("utf-8", "surrogatepass") == to_utf8(raw, name)


@pytest.mark.parametrize("name", NAMES)
@settings(deadline=None)
@given(text=st.text(st.characters(codec="utf-8"), max_size=20))
def test_whole_blocks_are_written_as_single_texts_are(name: str, text: str) -> None:
    try:
        raw = encode(text, name)
    except UnicodeEncodeError:
        assert from_utf8(text.encode(), name) is None
    else:
        assert raw == from_utf8(text.encode(), name)


def test_rule_031_gbk_is_read_and_a_rare_name_is_not_written_where_the_bank_cannot_read_it() -> None:
    assert "示例甲" == decode("示例甲".encode("gbk"), "gbk") == decode("示例甲".encode("gbk"), "gb18030")
    with pytest.raises(UnicodeEncodeError):
        encode("\U00020000", "gbk")
    assert "\U00020000" == decode(encode("\U00020000", "gb18030"), "gb18030")


# ---- host code pages ----------------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(not Iconv("IBM1388", "UTF-8").is_there, reason="no converter in this C library to compare with")
@pytest.mark.parametrize("page", sorted(TABLES))
def test_our_tables_say_what_the_c_library_says(page: str) -> None:
    ours = [_or_none(bytes([byte]), page) for byte in range(256)]
    assert [chr(point) if point or not byte else None for byte, point in enumerate(single(page))] == ours
    if page in MIXED:
        pairs = double(page)
        found = [_or_none(SHIFT_OUT + code.to_bytes(2, "big") + SHIFT_IN, page) for code in range(0x4040, 0xFF00)]
        assert [chr(point) if point else None for point in pairs[0x4040:0xFF00]] == found


def _or_none(data: bytes, page: str) -> str | None:
    try:
        return decode(data, page)
    except UnicodeDecodeError:
        return None


@pytest.mark.skipif(not Iconv("IBM1388", "UTF-8").is_there, reason="no converter in this C library to compare with")
@pytest.mark.parametrize("page", MIXED_PAGES)
@settings(deadline=None)
@given(text=st.text(alphabet="AZ09 张三李四王五，（）有限公司東京", max_size=30))
def test_mixed_text_is_written_as_the_c_library_writes_it(page: str, text: str) -> None:
    expected = Iconv("UTF-8", library_name(page))(text.encode())

    assert expected == (encode(text, page) if size(text, page) or not text else None)


@pytest.mark.parametrize("page", MIXED_PAGES)
@settings(deadline=None)
@given(
    parts=st.lists(
        st.sampled_from([b"\x0e", b"\x0f", b"\x40", b"\xf1", b"\x48\x45", b"\x4c\x5d", b"\x00", b"\x25", b"\xff"]), max_size=14
    )
)
def test_the_slow_and_the_fast_reader_of_shifted_text_agree(page: str, parts: list[bytes]) -> None:
    data, host = b"".join(parts), HostPage(page)
    try:
        text = host.decode(data)
    except UnicodeDecodeError:
        with pytest.raises(UnicodeDecodeError):
            host.decode_block(data)
    else:
        assert text == host.decode_block(data)


# ---- what a file is instead ---------------------------------------------------------------------------------------------------------

LINES = "000001|00|示例甲|6217000010001234567|20260105\n" * 3


@pytest.mark.parametrize(
    ("agreed", "data", "seen"),
    [
        ("gb18030", LINES.encode(), "utf-8"),
        ("big5", LINES.encode(), "utf-8"),
        ("latin-1", LINES.encode(), "utf-8"),
        ("utf-8", codecs.BOM_UTF16_LE + LINES.encode("utf-16-le"), "utf-16"),
        ("gb18030", codecs.BOM_UTF16_BE + LINES.encode("utf-16-be"), "utf-16"),
        ("ascii", ("000001|00|6217" * 3).encode("utf-16-le"), "utf-16-le"),
        ("cp037", b"000001|00|6217000010001234567\n" * 3, "ascii"),
        ("gb18030", ("000001 00 6217000010001234567" * 3).encode("cp037"), "cp037"),
        ("gb18030", LINES.encode("gb18030"), None),
        ("utf-8", LINES.encode(), None),
    ],
)
def test_a_file_of_another_encoding_is_told(agreed: str, data: bytes, seen: str | None) -> None:
    assert seen == other_encoding(data, agreed)


def test_what_a_wrong_file_seems_to_be_is_said_with_the_place() -> None:
    wrong = wrong_encoding("utf-8", 3, 11, "000001|00|示例甲".encode("gb18030"))

    assert (3, 11) == (wrong.line, wrong.byte)
    assert "these bytes are not utf-8, they are good GB18030" == wrong.what.en
    assert "encoding: gb18030" in wrong.hint.en if wrong.hint else False
    assert (
        "these bytes are not gb18030, they are good Big5"
        == wrong_encoding("gb18030", 1, 4, "臺灣銀行存款".encode("big5")).what.en
    )


def test_glued_files_and_controls_beyond_ascii_are_seen() -> None:
    assert unprintable("a\ufeffb".encode())
    assert unprintable("a\x85b".encode())
    assert not unprintable("张·é\xa0".encode())


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "cp850", "ascii"])
def test_a_table_of_one_byte_characters_is_read_although_its_marks_have_full_width_twins(encoding: str) -> None:
    layout = file_layout(
        """
format: delimited
separator: ","
title_row: 1
stop_at: {column: No, says: Sum}
records:
  account:
    gives: holding
    implies: found
    always: {product: demand_deposit, currency: CNY}
    fields: {No: line_ref, Account: account_no, Balance: balance}
  sum: {place: {column: No, says: Sum}, fields: {Balance: {equals: {sum: account.balance}}}}
""",
        encoding,
    )

    read = list(FileReading(layout, "f.csv").rows([b"No,Account,Balance\n000001,6217,100\nSum,,100\n"]))

    assert ["6217"] == [row["account_no"] for part in read if part.kind == "holding" for row in part.table.to_pylist()]


def test_titles_the_encoding_does_not_have_are_told_when_the_profile_is_checked() -> None:
    with pytest.raises(AssertionError, match="unencodable"):
        file_layout(
            """
format: delimited
separator: ","
title_row: 1
records:
  account:
    gives: holding
    implies: found
    always: {product: demand_deposit, currency: CNY}
    fields: {No: line_ref, 账号: account_no, Balance: balance}
""",
            "latin-1",
        )
