"""XML: names by namespace, rows in rows, the one balance that is wanted; both readers, both directions; nothing hostile gets through."""

import base64
import copy
import xml.etree.ElementTree as ET
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bank_profiles.catalogue import load_profile
from bank_profiles.codecs.codec import BadFile
from bank_profiles.codecs.xml import dividing as xml_dividing
from bank_profiles.codecs.xml import document as xml_document
from bank_profiles.codecs.xml.codec import XmlCodec
from bank_profiles.codecs.xml.document import parsed
from bank_profiles.engine import reading
from bank_profiles.errors import UnreadableFile, UnwritableRoster
from bank_profiles.layouts.making import layout
from bank_profiles.translation import PackageFacts, read_files, write_files
from bank_profiles.values.converters import BadValue
from bank_profiles.values.identifying import seen
from reconciliation.exchange import RECORDS
from tests.bank_profiles.generated import damaged, damages

PROFILE = load_profile(Path(__file__).parent / "profiles" / "elements.yaml")
FACTS = PackageFacts("902", "202601050000001", date(2026, 1, 5), 1, datetime(2026, 1, 5, 1, 30, tzinfo=UTC))
BOTH = pytest.mark.parametrize("slow_bytes", [0, 1 << 30], ids=["fast", "reference"])
NAMES = {key: f"FK_902_0001_{key[0].upper()}.xml" for key in ("reply", "list", "wrapped", "quoted")}

REPLY = f"""<?xml version="1.0" encoding="UTF-8"?>
<Doc>
  <Hdr><Id>{FACTS.batch_no}</Id><Sgn>not ours</Sgn></Hdr>
  <Body>
    <No>000001</No>
    <Rslt cd="S0">OK &amp; <![CDATA[<fine>]]></Rslt>
    <Acct Cnt="2">
      <Itm>
        <TxLst>
          <Tx d="2026-01-02"><Amt>12.00</Amt><Dir>D</Dir><Peer><Nm>示例乙</Nm><No>62170002</No></Peer><Rmk>a</Rmk></Tx>
          <Tx d="2026-01-03"><Amt>1.50</Amt><Dir>C</Dir></Tx>
        </TxLst>
        <AcctNo>6217000010001234567</AcctNo><PdTp>CUR</PdTp>
        <Bal><Tp><Cd>OPBD</Cd></Tp><Amt Ccy="USD">1.00</Amt></Bal>
        <Bal><Tp><Cd>CLBD</Cd></Tp><Amt Ccy="CNY">88.10</Amt></Bal>
        <Bal on="1"><Tp><Cd>CLAV</Cd></Tp><Amt Ccy="CNY">80.00</Amt></Bal>
        <Bal on="0"><Tp><Cd>CLAV</Cd></Tp><Amt Ccy="CNY">79.00</Amt></Bal>
        <Opn>2019-05-06</Opn>
        <Sum>13.50</Sum>
      </Itm>
      <Itm>
        <AcctNo>6217000010009999999</AcctNo><PdTp>FIX</PdTp>
        <Bal><Tp><Cd>CLBD</Cd></Tp><Amt Ccy="CNY">
          5000
        </Amt></Bal>
        <Opn/><Sum>0</Sum>
      </Itm>
    </Acct>
  </Body>
</Doc>
"""


def listed(prefix: str = "e:", uri: str = "urn:list:1") -> str:
    """Rows of two kinds under one name, in a namespace that its elements name by ``prefix``."""
    spaces = f'xmlns{":" if prefix else ""}{prefix[:-1]}="{uri}"'
    text = f"""<Env {spaces}><Lst>
<Hdr><Id>{FACTS.batch_no}</Id><Cnt>2</Cnt></Hdr>
<Row k="A"><No>000001</No><Cd>S0</Cd></Row>
<Row k="H"><No>000001</No><AcctNo>62170001</AcctNo><PdTp>CUR</PdTp><Bal>1.10</Bal><Nm>示例甲</Nm></Row>
<Row k="A"><No>000002</No><Cd>E1</Cd></Row>
<Row k="H"><No>000001</No><AcctNo>62170003</AcctNo><PdTp>FIX</PdTp><Bal>2</Bal><New>x</New></Row>
</Lst></Env>"""
    return text.replace("</", "\0").replace("<", f"<{prefix}").replace("\0", f"</{prefix}")


INNER = '<?xml version="1.0" encoding="GBK"?>\n<Doc><Row><No>000001</No><Cd>S0</Cd><Msg>查有此人</Msg></Row></Doc>'
BASE64 = base64.encodebytes(INNER.encode("gb18030")).decode()
GOOD = {
    "reply": REPLY.encode(),
    "list": listed().encode("gb18030"),
    "wrapped": f'<o:Call xmlns:o="urn:outer"><head/><return>\n{BASE64}</return></o:Call>'.encode(),
    "quoted": f"<Call><return><![CDATA[{INNER}]]></return></Call>".encode(),
}


def read(key: str, data: bytes, *, block: int = 1 << 20) -> tuple[dict[str, list[dict[str, Any]]], list[tuple[Any, ...]]]:
    """Rows by kind, and the code, line and spot of what was parked."""
    blocks = [data[at : at + block] for at in range(0, len(data), block)]
    found = read_files(PROFILE, "response", [(NAMES[key], blocks)], expected={"batch_no": FACTS.batch_no})
    rows: dict[str, list[dict[str, Any]]] = {}
    for part in found:
        rows.setdefault(part.kind, []).extend(part.table.to_pylist())
    return rows, [(problem.code, problem.place.line, problem.place.spot) for problem in found.problems]


def refused(key: str, data: bytes) -> list[tuple[str, int | None]]:
    with pytest.raises(UnreadableFile) as caught:
        read(key, data)
    return [(problem.code, problem.place.line) for problem in caught.value.problems]


def column(rows: list[dict[str, Any]], *names: str) -> list[Any]:
    return [tuple(row[name] for name in names) for row in rows]


# ---- what stands where --------------------------------------------------------------------------------------------------------------


@BOTH
def test_challenge_r15_rows_within_rows_in_any_order_of_their_elements(monkeypatch: pytest.MonkeyPatch, slow_bytes: int) -> None:
    monkeypatch.setattr(reading, "SLOW_BYTES", slow_bytes)

    rows, problems = read("reply", REPLY.encode())

    assert [] == problems
    assert [("000001", "found", "OK & <fine>", 2)] == column(
        rows["outcome"], "line_ref", "outcome", "message", "declared_accounts"
    )
    assert [
        ("000001", "6217000010001234567", "CNY", 1200, "out", "示例乙"),
        ("000001", "6217000010001234567", "CNY", 150, "in", None),
    ] == column(rows["movement"], "line_ref", "account_no", "currency", "amount_minor", "direction", "counterparty_name")


@BOTH
def test_challenge_v15_of_several_balances_the_one_that_is_wanted(monkeypatch: pytest.MonkeyPatch, slow_bytes: int) -> None:
    monkeypatch.setattr(reading, "SLOW_BYTES", slow_bytes)

    rows, _ = read("reply", REPLY.encode())

    assert [(8810, 8000, "CNY"), (500000, None, "CNY")] == column(rows["holding"], "balance_minor", "available_minor", "currency")
    assert [(date(2019, 5, 6), date(2019, 5, 6)), (None, None)] == column(rows["holding"], "opened_on", "as_of")


@BOTH
@pytest.mark.parametrize("uri", ["urn:list:1", "urn:list:2"])
@pytest.mark.parametrize("prefix", ["e:", "ns0:", "_x:", ""])
def test_challenge_e9_names_are_told_by_namespace_never_by_prefix(
    monkeypatch: pytest.MonkeyPatch, slow_bytes: int, prefix: str, uri: str
) -> None:
    monkeypatch.setattr(reading, "SLOW_BYTES", slow_bytes)

    rows, problems = read("list", listed(prefix, uri).encode("gb18030"))

    assert [] == problems
    assert [("62170001", 110), ("62170003", 200)] == column(rows["holding"], "account_no", "balance_minor")
    assert ["found", "no_record"] == [row["outcome"] for row in rows["outcome"]]


def test_challenge_e9_another_namespace_is_another_document() -> None:
    assert [("wrong-root", 1)] == refused("list", listed(uri="urn:list:3").encode("gb18030"))
    assert [("wrong-root", 1)] == refused("reply", REPLY.replace("<Doc>", '<Doc xmlns="urn:other">').encode())
    assert [("wrong-root", 1)] == refused("reply", b"<Other/>")


@BOTH
@pytest.mark.parametrize("key", ["wrapped", "quoted"])
def test_challenge_e9_a_document_inside_another(monkeypatch: pytest.MonkeyPatch, slow_bytes: int, key: str) -> None:
    monkeypatch.setattr(reading, "SLOW_BYTES", slow_bytes)

    rows, problems = read(key, GOOD[key])

    assert [] == problems
    assert [("000001", "found", "查有此人")] == column(rows["outcome"], "line_ref", "outcome", "message")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (GOOD["wrapped"].replace(b"return", b"other"), "no-payload"),
        (GOOD["wrapped"].replace(b"<head/>", b"<return>x</return>"), "no-payload"),
        (GOOD["wrapped"].replace(BASE64.encode(), b"PERv*"), "bad-base64"),
        (GOOD["wrapped"].replace(BASE64.encode(), BASE64.encode()[:44]), "xml-broken"),
        (GOOD["wrapped"].replace(BASE64.encode(), base64.b64encode(b"<!DOCTYPE Doc []><Doc/>")), "xml-doctype"),
        (GOOD["wrapped"].replace(BASE64.encode(), base64.b64encode(INNER.encode())), "wrong-encoding"),
        (b"<!DOCTYPE a><a/>", "xml-doctype"),
    ],
)
def test_challenge_e9_an_envelope_that_holds_no_good_document(data: bytes, code: str) -> None:
    assert [code] == [found for found, _ in refused("wrapped", data)]


@pytest.mark.parametrize(("more", "code"), [("Y", ["more-pages"]), ("N", []), (None, [])])
def test_a_page_that_others_follow_is_no_whole_answer(more: str | None, code: list[str]) -> None:
    said = "" if more is None else f"<e:More no='1'> {more}\n</e:More>"
    data = listed().replace("</e:Lst>", f"{said}</e:Lst>").encode("gb18030")

    assert code == ([found for found, _ in refused("list", data)] if code else [problem[0] for problem in read("list", data)[1]])


# ---- what is wrong, and where -------------------------------------------------------------------------------------------------------


@BOTH
@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("<PdTp>FIX", "<PdTp>XYZ", ("unknown-code", 21, "Doc/Body/Acct/Itm/PdTp")),
        ("<PdTp>FIX", "<PdTp>CUR</PdTp><PdTp>FIX", ("several-values", 21, "Doc/Body/Acct/Itm/PdTp")),
        ("<PdTp>FIX", "<PdTp><Cd>FIX</Cd>", ("xml-no-text", 21, "Doc/Body/Acct/Itm/PdTp")),
        ("<Cd>OPBD", "<Cd>CLBD", ("several-values", 8, "Doc/Body/Acct/Itm/Bal[Tp/Cd=CLBD]/Amt")),
        ("d='2026-01-02'", "d='2026-02-30'", ("impossible-date", 10, "Doc/Body/Acct/Itm/TxLst/Tx/@d")),
        ("<Nm>示例乙", "<Nm>示例\x7f", ("control-character", 10, "Doc/Body/Acct/Itm/TxLst/Tx/Peer/Nm")),
    ],
)
def test_a_bad_cell_is_told_by_line_and_path(
    monkeypatch: pytest.MonkeyPatch, slow_bytes: int, old: str, new: str, problem: tuple[Any, ...]
) -> None:
    monkeypatch.setattr(reading, "SLOW_BYTES", slow_bytes)
    text = REPLY.replace('d="2026-01-02"', "d='2026-01-02'")

    assert problem in read("reply", text.replace(old, new).encode())[1]


@BOTH
def test_a_text_may_be_broken_over_lines(monkeypatch: pytest.MonkeyPatch, slow_bytes: int) -> None:
    """As XML itself has it in attributes: a line end is a blank."""
    monkeypatch.setattr(reading, "SLOW_BYTES", slow_bytes)
    text = REPLY.replace("<Rmk>a</Rmk>", "<Rmk>\n\ta\r\nb\n</Rmk>")

    assert ["a b", None] == [row["summary"] for row in read("reply", text.encode())[0]["movement"]]


@BOTH
def test_a_strict_record_knows_all_its_elements(monkeypatch: pytest.MonkeyPatch, slow_bytes: int) -> None:
    monkeypatch.setattr(reading, "SLOW_BYTES", slow_bytes)
    spot = "Env/Lst/Row"

    for new in ("<e:Cd>S0</e:Cd><e:New/>", "<e:Cd a='1'>S0</e:Cd>", "<e:Cd>S0</e:Cd><Cd/>"):
        data = listed().replace("<e:Cd>S0</e:Cd>", new).encode("gb18030")
        assert [("xml-unknown-element", 3, spot)] == read("list", data)[1]


@BOTH
def test_fault_c23_rule_033_a_schema_it_names_is_neither_fetched_nor_strange(
    monkeypatch: pytest.MonkeyPatch, slow_bytes: int
) -> None:
    monkeypatch.setattr(reading, "SLOW_BYTES", slow_bytes)
    xsi = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="urn:list:1 http://127.0.0.1:1/x.xsd"'
    data = listed().replace('<e:Row k="A">', f'<e:Row {xsi} k="A">').encode("gb18030")

    assert read("list", GOOD["list"]) == read("list", data)


@BOTH
def test_an_element_of_no_known_kind_refuses_the_file(monkeypatch: pytest.MonkeyPatch, slow_bytes: int) -> None:
    monkeypatch.setattr(reading, "SLOW_BYTES", slow_bytes)

    assert [("unknown-record", 3)] == refused("list", listed().replace('k="A"', 'k="Z"', 1).encode("gb18030"))


@BOTH
def test_challenge_c2_totals_run_over_the_rows_of_their_own_element(monkeypatch: pytest.MonkeyPatch, slow_bytes: int) -> None:
    monkeypatch.setattr(reading, "SLOW_BYTES", slow_bytes)

    assert [("total-differs", 8)] == refused("reply", REPLY.replace("13.50", "13.51").encode())
    assert [("total-differs", 2)] == refused("reply", REPLY.replace('Cnt="2"', 'Cnt="3"').encode())
    assert [("total-differs", 2)] == refused("list", listed().replace("Cnt>2<", "Cnt>3<").encode("gb18030"))
    assert [("missing-record", 7)] == refused("list", listed().replace("Hdr", "Xdr").encode("gb18030"))


@pytest.mark.parametrize(
    ("key", "data", "line"),
    [
        ("reply", REPLY.encode("gb18030"), 10),
        ("reply", REPLY.replace("UTF-8", "GBK").encode(), 1),
        ("reply", REPLY.encode("utf-16"), 1),
        ("reply", REPLY.encode().replace("示".encode(), b"\xff"), 10),
        ("list", listed().encode(), 1),
        ("list", b'<?xml version="1.0" encoding="UTF-8"?>' + GOOD["list"], 1),
    ],
)
def test_challenge_e1_an_encoding_that_lies_or_is_another_is_refused(key: str, data: bytes, line: int) -> None:
    assert [("wrong-encoding", line)] == refused(key, data)


def test_a_text_of_signs_that_look_like_ebcdic_is_no_ebcdic() -> None:
    data = listed().replace("示例甲", "@@" * 200 + "ððñò").replace("Lst>", "Lst>\n").encode()

    assert ["@@" * 200 + "ððñò", None] == [
        row["holder_name"] for row in read("list", data.decode().encode("gb18030"))[0]["holding"]
    ]


def test_the_line_of_a_row_far_down_is_its_own() -> None:
    """The parser itself keeps sixteen bits of it."""
    row = '<e:Row k="H">\n<e:No>1</e:No><e:AcctNo>6217</e:AcctNo><e:PdTp>CUR</e:PdTp><e:Bal>x</e:Bal></e:Row>\n'
    data = listed().replace("</e:Hdr>", "</e:Hdr>" + "\n" * 70_000).replace("</e:Lst>", f"{row}</e:Lst>")

    lines = [line for code, line, _ in read("list", data.replace("Cnt>2<", "Cnt>3<").encode("gb18030"))[1] if code == "not-money"]

    assert [70_007] == lines


@pytest.mark.parametrize("said", ["GBK", "gb2312", "GB18030"])
def test_challenge_e1_gb18030_may_call_itself_by_its_older_names(said: str) -> None:
    data = f"<?xml version='1.0' encoding='{said}' ?>\r\n".encode() + GOOD["list"]

    assert read("list", GOOD["list"]) == read("list", data)


def test_a_byte_order_mark_is_forgiven_and_said() -> None:
    found = read_files(PROFILE, "response", [(NAMES["reply"], [b"\xef\xbb\xbf" + GOOD["reply"]])])

    assert 2 == sum(part.table.num_rows for part in found if part.kind == "holding")
    assert {"bom", "missing-file"} == {warning.code for warning in found.warnings}  # one file of several


@pytest.mark.parametrize("key", sorted(GOOD))
def test_a_document_cut_short_is_refused_wherever_it_is_cut(key: str) -> None:
    data = GOOD[key].rstrip()
    for at in range(0, len(data) - 1, 7):
        assert refused(key, data[:at])[0][0] in ("xml-broken", "wrong-encoding", "xml-too-large", "empty-file")


# ---- two readers, one meaning -------------------------------------------------------------------------------------------------------


def cells_of(key: str, data: bytes, block: int = 1 << 20) -> tuple[list[Any], list[Any]]:
    """The rows of both ways in order, record, line and cells; of pieces where the fast one is not sure, none."""
    codec = XmlCodec(layout(PROFILE, "response", key))
    slow: list[Any] = []
    fast: list[Any] = []
    for piece in codec.pieces([data[at : at + block] for at in range(0, len(data), block)]):
        cuts = codec.cut(piece)
        if cuts is None:
            list(codec.walk(piece))  # says what it is, and never fails
            continue
        slow += [(item.record, item.line, _read(item)) for item in codec.walk(piece)]
        rows = [
            (int(order), (cut.record, int(line), [None if c is None else c[i].as_py() for c in cut.columns]))
            for cut in cuts
            for i, (order, line) in enumerate(zip(cut.order, cut.lines, strict=True))
        ]
        fast += [row for _, row in sorted(rows, key=lambda row: row[0])]
    return fast, slow


def _read(item: Any) -> list[Any]:
    return [cell if field.is_read else None for field, cell in zip(item.record.fields, item.cells, strict=True)]


TAGS = st.sampled_from(["Doc", "Body", "Acct", "Itm", "Bal", "Amt", "Tp", "Cd", "TxLst", "Tx", "No", "Rslt", "Opn", "New"])
TEXTS = st.sampled_from(["", " ", "CLBD", "1.00", "\n x\t", "S0", "示例", "C", "&", "\u3000C", "\ufeff", "\x7f"])
NAMES_OF = st.sampled_from(["k", "d", "Ccy", "on", "cd", "x"])


@st.composite
def elements(draw: st.DrawFn, depth: int = 2) -> ET.Element:
    element = ET.Element(draw(TAGS), draw(st.dictionaries(NAMES_OF, TEXTS, max_size=2)))
    element.text = draw(TEXTS)
    for _ in range(draw(st.integers(0, 2)) if depth else 0):
        element.append(draw(elements(depth - 1)))
    return element


@st.composite
def odd_documents(draw: st.DrawFn) -> bytes:
    """A good document with elements moved, doubled, dropped, changed."""
    tree = ET.fromstring(REPLY)
    for _ in range(draw(st.integers(0, 4))):
        spots = list(tree.iter())
        here, there = draw(st.sampled_from(spots)), draw(st.sampled_from(spots))
        act = draw(st.sampled_from(["text", "tag", "attribute", "copy", "drop", "new"]))
        if act == "text":
            here.text = draw(TEXTS)
        elif act == "tag" and here is not tree:
            here.tag = draw(TAGS)
        elif act == "attribute":
            here.set(draw(NAMES_OF), draw(TEXTS))
        elif act == "copy":
            there.append(copy.deepcopy(here))
        elif act == "drop" and len(here):
            here.remove(draw(st.sampled_from(list(here))))
        elif act == "new":
            here.insert(draw(st.integers(0, len(here))), draw(elements()))
    return ET.tostring(tree, "utf-8", xml_declaration=False)


REFUSALS = {"xml-broken", "xml-doctype", "xml-too-large", "wrong-root", "wrong-encoding", "no-payload", "bad-base64"}


def agree(key: str, data: bytes, block: int = 1 << 20) -> None:
    """Both readers say the same, or the file is refused for a reason that has a name."""
    refusal = None
    try:
        fast, slow = cells_of(key, data, block)
    except BadFile as bad:
        refusal = bad.code
    if refusal is None:
        assert slow == fast
    else:
        assert refusal in REFUSALS


@settings(max_examples=150, deadline=None)
@given(data=odd_documents(), block=st.sampled_from([1, 100, 1 << 20]))
def test_both_readers_say_the_same_of_odd_documents(data: bytes, block: int) -> None:
    agree("reply", data, block)


@settings(max_examples=200, deadline=None)
@given(key=st.sampled_from(sorted(GOOD)), blows=damages)
def test_both_readers_say_the_same_of_damaged_documents(key: str, blows: Any) -> None:
    agree(key, damaged(GOOD[key], blows))


def test_a_document_of_many_pieces_is_read_as_of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = "".join(
        f'<e:Row k="H"><e:No>{n:06d}</e:No><e:AcctNo>6217{n}</e:AcctNo><e:PdTp>CUR</e:PdTp><e:Bal>{n}.01</e:Bal></e:Row>\n'
        for n in range(3000)
    )
    data = listed().replace("Cnt>2<", "Cnt>3002<").replace("</e:Lst>", f"{rows}</e:Lst>").encode("gb18030")
    whole = read("list", data)
    monkeypatch.setattr(xml_document, "PIECE_BYTES", 5000)
    monkeypatch.setattr(xml_dividing, "PIECE_BYTES", 5000)

    assert whole == read("list", data, block=777)
    assert (3002, []) == (len(whole[0]["holding"]), whole[1])


# ---- both directions ----------------------------------------------------------------------------------------------------------------

WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cf", "Cs", "Zs"), exclude_characters="\ufeff\ufffe\uffff")
)


@settings(max_examples=60, deadline=None)
@given(names=st.lists(WORDS.filter(lambda text: text.strip() != "" and len(text.encode("gb18030")) < 60), min_size=1, max_size=4))
def test_an_inquiry_comes_back_as_it_was_written(names: list[str]) -> None:
    people = [
        {
            "line_ref": f"{n:06d}", "name": name, "id_type": "passport", "id_no": f"E{n}", "as_of": date(2026, 1, n),
            "scope": "deposit,wealth" if n > 1 else None,
        }
        for n, name in enumerate(names, start=1)
    ]  # fmt: skip

    ((name, blocks),) = write_files(PROFILE, "inquiry", FACTS, {"inquiry": [pa.Table.from_pylist(people, RECORDS["inquiry"])]})
    back = [row for part in read_files(PROFILE, "inquiry", [(name, blocks)]) for row in part.table.to_pylist()]

    for person in people:
        person["name"] = seen(str(person["name"]))  # letters and digits in one width, whichever was written
    assert people == [{key: row[key] for key in person} for row, person in zip(back, people, strict=True)]


def test_an_inquiry_is_spelt_in_the_order_of_the_profile() -> None:
    people = [{"line_ref": "000001", "name": "示例<甲>", "id_type": "resident_id", "id_no": '9"9'}]

    ((_, blocks),) = write_files(PROFILE, "inquiry", FACTS, {"inquiry": [pa.Table.from_pylist(people, RECORDS["inquiry"])]})

    expected = (
        '<?xml version="1.0" encoding="GB18030"?>\n'
        '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/" xmlns="urn:bank" xmlns:h="urn:head"><soap:Body><Req>\n'
        f'<h:Hdr id="{FACTS.batch_no}"><h:Cnt>1</h:Cnt><h:Tx>Q&amp;A</h:Tx></h:Hdr><List>\n'
        '<Person no="000001"><Nm>示例&lt;甲&gt;</Nm><Id tp="01">9"9</Id></Person></List></Req></soap:Body></soap:Envelope>\n'
    )
    assert expected == b"".join(blocks).decode("gb18030")


@pytest.mark.parametrize("key", sorted(GOOD))
def test_an_answer_comes_back_as_it_was_written(key: str) -> None:
    rows: dict[str, list[pa.Table]] = {}
    for part in read_files(PROFILE, "response", [(NAMES[key], [GOOD[key]])]):
        rows.setdefault(part.kind, []).append(part.table)
    first = {kind: pa.concat_tables(tables).to_pylist() for kind, tables in rows.items()}
    files = dict(write_files(PROFILE, "response", FACTS, rows))

    again = b"".join(files[NAMES[key]])

    assert first == read(key, again)[0]


def test_a_text_no_document_can_hold_is_refused_not_changed() -> None:
    codec = XmlCodec(layout(PROFILE, "response", "reply"))
    field = codec._layout.record("entry").fields[-1]
    for text in ("a\x00b", "a\nb", "\ufeff", "\ufffe", "\ud800", "\x85"):
        with pytest.raises(BadValue):
            codec.fit(field, text)


def test_two_fields_of_one_place_must_say_the_same() -> None:
    account = {
        "line_ref": "000001", "account_no": "1", "product": "demand_deposit", "currency": "CNY", "balance_minor": 1,
        "opened_on": date(2026, 1, 1), "as_of": date(2026, 1, 2),
    }  # fmt: skip
    rows = {
        "outcome": [pa.Table.from_pylist([{"line_ref": "000001", "outcome": "found"}], RECORDS["outcome"])],
        "holding": [pa.Table.from_pylist([account], RECORDS["holding"])],
    }

    with pytest.raises(UnwritableRoster) as caught:
        b"".join(dict(write_files(PROFILE, "response", FACTS, rows))[NAMES["reply"]])
    assert ["two-texts-one-place"] == [problem.code for problem in caught.value.problems]


def test_two_rows_of_one_element_are_not_written() -> None:
    answers = [{"line_ref": f"00000{n}", "outcome": "no_record"} for n in (1, 2)]
    files = write_files(PROFILE, "response", FACTS, {"outcome": [pa.Table.from_pylist(answers, RECORDS["outcome"])]})

    with pytest.raises(UnwritableRoster) as caught:
        b"".join(dict(files)[NAMES["reply"]])
    assert ["two-rows-one-element"] == [problem.code for problem in caught.value.problems]


# ---- hostile documents --------------------------------------------------------------------------------------------------------------

DTD = "<!DOCTYPE Doc %s>"
HOSTILE = {
    "bomb": DTD % '[<!ENTITY a "xxxxxxxxxx"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]' + "<Doc><Body><No>&b;</No></Body></Doc>",
    "quadratic bomb": DTD % f'[<!ENTITY a "{"x" * 50_000}">]' + "<Doc>" + "&a;" * 5_000 + "</Doc>",
    "file": DTD % '[<!ENTITY a SYSTEM "file:///etc/passwd">]' + "<Doc>&a;</Doc>",
    "network": DTD % '[<!ENTITY a SYSTEM "http://127.0.0.1:1/a">]' + "<Doc>&a;</Doc>",
    "parameter entity": '<!DOCTYPE Doc [<!ENTITY % a SYSTEM "http://127.0.0.1:1/a">%a;]><Doc/>',
    "external subset": DTD % 'SYSTEM "http://127.0.0.1:1/a.dtd"' + "<Doc/>",
    "public subset": DTD % 'PUBLIC "-//a//b" "http://127.0.0.1:1/a.dtd"' + "<Doc/>",
    "empty doctype": "<!DOCTYPE Doc><Doc/>",
    "small letters": "<!doctype Doc><Doc/>",
    "behind a comment": "<!-- a --><!DOCTYPE Doc []><Doc/>",
    "behind an instruction": "<?a b?><!DOCTYPE Doc []><Doc/>",
    "behind many blanks": '<?xml version="1.0"?>' + " " * 300_000 + "<!DOCTYPE Doc []><Doc/>",
    "behind a long comment": f"<!--{'x' * 300_000}--><!DOCTYPE Doc []><Doc/>",
    "within the document": "<Doc><!DOCTYPE Doc []></Doc>",
    "behind the document": "<Doc/><!DOCTYPE Doc []>",
    "undeclared entity": "<Doc><Body><No>&nbsp;</No></Body></Doc>",
    "zero character": "<Doc><Body><No>&#0;</No></Body></Doc>",
    "control character": "<Doc><Body><No>&#x1b;</No></Body></Doc>",
    "half a pair": "<Doc><Body><No>&#xD800;</No></Body></Doc>",
    "deep": "<Doc>" + "<a>" * 100_000,
    "deep and closed": "<Doc>" + "<a>" * 10_000 + "</a>" * 10_000 + "</Doc>",
    "long name": f"<Doc><{'a' * 11_000_000}/></Doc>",
    "long text": f"<Doc><Body><No>{'1' * 11_000_000}</No></Body></Doc>",
    "one attribute twice": '<Doc a="1" a="2"/>',
    "no namespace": "<x:Doc/>",
    "two roots": "<Doc/><Doc/>",
    "nothing": "",
    "blanks": " \n",
    "no element": "<!-- nothing -->",
    "other": "PK\x03\x04",
}


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_b7_no_dtd_no_entity_no_depth(name: str) -> None:
    assert refused("reply", HOSTILE[name].encode())[0][0] in ("xml-doctype", "xml-broken", "xml-too-large", "empty-file")


def test_b7_what_an_instruction_or_an_include_asks_for_is_not_done() -> None:
    asks = '<?xml-stylesheet href="http://127.0.0.1:1/a.xsl"?><Doc xmlns:xi="http://www.w3.org/2001/XInclude">'
    include = '<xi:include href="file:///etc/passwd" parse="text"/>'
    text = REPLY.replace("<Doc>", asks).replace("<Sgn>", f"{include}<Sgn>").replace('<?xml version="1.0" encoding="UTF-8"?>', "")

    assert read("reply", REPLY.encode())[0] == read("reply", text.encode())[0]


@pytest.mark.parametrize(
    "filling",
    [b"<a/>", b"<a b='1' c='2' d='3'/>", b"x<a/>", b"<a>" * 2000 + b"</a>" * 2000, b"<a xmlns='urn:a'/>", b"<!--a-->x", b"&amp;"],
    ids=["elements", "attributes", "mixed", "depth", "namespaces", "comments", "references"],
)
def test_b7_memory_is_bounded_whatever_an_element_is_filled_with(filling: bytes) -> None:
    """Of a record that is held whole; a hundred megabytes of it."""
    blocks = (b"<Doc>" if n == 0 else filling * (100_000 // len(filling)) for n in range(1000))
    codec = XmlCodec(layout(PROFILE, "response", "reply"))
    peak()
    start = peak()

    with pytest.raises(BadFile) as caught:
        list(codec.pieces(blocks))
    assert caught.value.code in ("xml-too-large", "xml-broken")
    assert peak() - start < 300 << 20


def test_memory_is_flat_where_records_follow_each_other() -> None:
    row = b'<Row k="H"><No>1</No><AcctNo>62170001</AcctNo><PdTp>CUR</PdTp><Bal>1.10</Bal></Row>\n'
    blocks = [b'<Env xmlns="urn:list:1"><Lst>', *[row * 2000] * 300, b"</Lst></Env>"]
    codec = XmlCodec(layout(PROFILE, "response", "list"))
    peak()
    start = peak()

    assert 600_000 == sum(len(piece.units) for piece in codec.pieces(blocks))
    assert peak() - start < 100 << 20


def peak() -> int:
    """The most memory this process used since it was last asked, in bytes."""
    fields = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    Path("/proc/self/clear_refs").write_text("5")
    return int(fields["VmHWM"].split()[0]) << 10


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("A&amp;B 甲", None),
        ("A&B 甲", "&amp;"),
        ("A & B 甲", "&amp;"),
        ("&nbsp;甲", "declared"),
        ("&eacute;", "declared"),
        ("1 < 2", "well-formed"),
        ("甲</b>", "well-formed"),
    ],
)
@pytest.mark.parametrize("block", [7, 1 << 20])
def test_what_is_wrong_with_an_ampersand_is_told_at_its_line(text: str, hint: str | None, block: int) -> None:
    data = f'<?xml version="1.0"?>\n<a>\n<b>x</b>\n<b>{text}</b>\n<b>y</b>\n</a>\n'.encode()
    blocks = [data[at : at + block] for at in range(0, len(data), block)]
    if hint is None:
        assert "a" == parsed(blocks).tag
        return
    with pytest.raises(BadFile) as caught:
        parsed(blocks)
    said = caught.value

    assert ("xml-broken", 4) == (said.code, said.line)
    assert hint in said.what.en + said.expected.en


@pytest.mark.parametrize(
    "data", [b"<a>\n<b>x</b>\n<b>", b"<a>\n<b>x", b"<a>\n<b>x &am", b"<a>\n<b>x &amp", b"<a>\n<b>x &", b"<a>\n<b"]
)
def test_a_document_that_was_cut_is_told_as_cut(data: bytes) -> None:
    with pytest.raises(BadFile) as caught:
        parsed([data])

    assert "the document ends before its elements do" == caught.value.what.en
