"""Files in every encoding, and with stored numbers, keep what every codec promises."""

import pytest

from bank_profiles.codecs import codec_for
from bank_profiles.codecs.codec import BadFile
from bank_profiles.values.converters import BadValue
from tests.contracts.codec_contract import CodecContract, file_layout, sheaf, walked

IN_TWO_BYTES = [("000001", "张三", "6217", "1"), ("000002", "亅倈億", "0017", "-22"), ("000003", "·A 三", "9", "333")]
IN_LATIN = [("000001", "Éa", "6217", "1"), ("000002", "ñ·ü", "0017", "-22"), ("000003", "A", "9", "333")]

STORED = """
format: fixed
record_bytes: 50
line_end: none
records:
  row:
    gives: holding
    implies: found
    always: {product: demand_deposit, currency: CNY}
    fields:
      序号: {at: 1, width: 6, store: zoned, signed: false, to: line_ref}
      户名: {at: 7, width: 20, to: holder_name}
      账号: {at: 27, width: 20, pad: nul, to: account_no}
      余额: {at: 47, width: 4, store: binary, to: balance}
"""
PACKED = STORED.replace("width: 6, store: zoned, signed: false", "width: 6, store: packed, digits: 6").replace(
    "binary", "binary, order: little"
)
BEHIND_LENGTHS = STORED.replace("line_end: none", "record_length: {self_inclusive: true}")
DELIMITED = """
format: delimited
separator: "|"
records:
  row:
    gives: holding
    implies: found
    always: {product: demand_deposit, currency: CNY}
    fields: {序号: line_ref, 户名: holder_name, 账号: account_no, 余额: balance}
"""
IN_CHARACTERS = """
format: fixed
counts: chars
record_bytes: 50
records:
  row:
    gives: holding
    implies: found
    always: {product: demand_deposit, currency: CNY}
    fields:
      序号: {at: 1, width: 6, to: line_ref}
      户名: {at: 7, width: 20, to: holder_name}
      账号: {at: 27, width: 20, to: account_no}
      余额: {at: 47, width: 4, to: balance}
"""


class TestStoredInChineseEbcdic(CodecContract):
    file, encoding, texts = STORED, "cp1388", IN_TWO_BYTES


class TestStoredInEbcdic(CodecContract):
    file, encoding, texts = STORED, "cp1047", IN_LATIN


class TestStoredBehindLengths(CodecContract):
    file, encoding, texts = (
        BEHIND_LENGTHS,
        "cp935",
        [("000001", "张三", "6217", "1"), ("000002", "李A四", "0017", "-22"), ("000003", "", "9", "333")],
    )


class TestStoredInGb18030(CodecContract):
    file, texts = STORED, IN_TWO_BYTES


class TestPacked(CodecContract):
    file, encoding, texts = PACKED, "cp037", IN_LATIN


class TestDelimitedInUtf16(CodecContract):
    file, encoding = DELIMITED, "utf-16"


class TestDelimitedInUtf16BigEnd(CodecContract):
    file, encoding = DELIMITED, "utf-16-be"


class TestDelimitedWithMark(CodecContract):
    file, encoding = DELIMITED, "utf-8-bom"


class TestDelimitedInChineseEbcdic(CodecContract):
    file, encoding, texts = DELIMITED, "cp1388", IN_TWO_BYTES


class TestDelimitedInGbk(CodecContract):
    file, encoding, texts = DELIMITED, "gbk", IN_TWO_BYTES


class TestDelimitedInLatin1(CodecContract):
    file, encoding, texts = DELIMITED, "latin-1", IN_LATIN


class TestCharactersInUtf16(CodecContract):
    file, encoding = IN_CHARACTERS, "utf-16-le"


class TestCharactersInEbcdic(CodecContract):
    file, encoding, texts = IN_CHARACTERS, "cp937", [("000001", "張三", "6217", "1"), ("000002", "東京", "0017", "-22")] * 2


@pytest.mark.parametrize(
    ("encoding", "name"), [("gbk", "𠮷"), ("latin-1", "张"), ("ascii", "é"), ("cp1388", "𠮷"), ("big5", "张")]
)
def test_a_name_the_bank_cannot_read_is_not_written(encoding: str, name: str) -> None:
    layout = file_layout(DELIMITED, encoding)
    codec, row = codec_for(layout), layout.records[0]

    with pytest.raises(BadValue) as bad:
        codec.fit(row.fields[1], name)
    assert "unencodable" == bad.value.code
    assert codec.compose([sheaf(row, [("000001", name, "1", "1")])]) is None


ROWS = [(f"{number:06}", "张三李四", "6217000010001234567", "100200") for number in range(9)]


@pytest.mark.parametrize(
    ("agreed", "sent", "seen"),
    [
        ("gb18030", "utf-16", "good UTF-16"),
        ("latin-1", "utf-8", "good UTF-8"),
        ("gb18030", "cp1388", "good EBCDIC"),
        ("utf-16", "gb18030", "good GB18030"),
        ("utf-16-le", "utf-16-be", "not utf-16-le"),
    ],
)
def test_a_file_in_another_encoding_is_refused_by_its_name(agreed: str, sent: str, seen: str) -> None:
    theirs = file_layout(DELIMITED, sent)
    data = codec_for(theirs).compose([sheaf(theirs.records[0], ROWS)]) or b""
    with pytest.raises(BadFile) as bad:
        list(codec_for(file_layout(DELIMITED, agreed)).pieces([data]))

    assert ("wrong-encoding", 1) == (bad.value.code, bad.value.line)
    assert seen in bad.value.what.en


def test_every_line_of_a_transcoded_file_keeps_its_number() -> None:
    layout = file_layout(DELIMITED, "utf-16")
    codec, writing = codec_for(layout), codec_for(layout)
    data = writing.compose([sheaf(layout.records[0], [(f"{n:06}", "张", "1", "1") for n in range(5)])]) or b""

    assert [1, 2, 3, 4, 5] == [line for piece in codec.pieces([data]) for _, line, _ in walked(codec, piece)]
