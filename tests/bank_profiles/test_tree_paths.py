"""The address of a cell in a tree names the mark it is chosen by, and the record it is carried from."""

from bank_profiles.engine.reading import FileReading
from bank_profiles.layouts.layout import FileLayout
from tests.contracts.codec_contract import file_layout

XML = file_layout(
    """
format: xml
root: Doc
namespaces: {default: "urn:cx:v1", n: "urn:cx:v2"}
records:
  person: {each: Person, fields: {No: {to: line_ref, required: true}}}
  account:
    gives: holding
    implies: found
    inside: person
    each: Accts/Acct
    carry: [line_ref]
    always: {product: demand_deposit, currency: CNY}
    fields: {Id: account_no, n:Bal/n:Amt: {to: balance, among: n:Bal, when: {n:Tp: CLOSING}, required: true}}
""",
    "utf-8",
)
JSON = file_layout(
    """
format: json
records:
  person: {each: people, fields: {no: {to: line_ref, required: true}}}
  account:
    gives: holding
    implies: found
    inside: person
    each: data/accts
    carry: [line_ref]
    always: {product: demand_deposit, currency: CNY}
    fields: {id: account_no, bal/amt: {to: balance, among: bal, when: {type: CLBD}, required: true}}
""",
    "utf-8",
)


def _parked(layout: FileLayout, text: str) -> list[tuple[str, str | None]]:
    reading = FileReading(layout, "f")
    list(reading.rows([text.encode()]))
    return [(problem.code, problem.place.spot) for problem in reading.problems]


def _xml(person: str, balance: str) -> str:
    acct = f"<Accts><Acct><Id>1</Id><n:Bal><n:Tp>{balance}</n:Tp><n:Amt>1</n:Amt></n:Bal></Acct></Accts>"
    return f'<Doc xmlns="urn:cx:v1" xmlns:n="urn:cx:v2"><Person>{person}{acct}</Person></Doc>'


def test_a_value_that_no_element_of_several_gives_is_named_with_its_mark() -> None:
    assert [] == _parked(XML, _xml("<No>000001</No>", "CLOSING"))
    assert [("missing-value", "Doc/Person/Accts/Acct/n:Bal[n:Tp=CLOSING]/n:Amt")] == _parked(
        XML, _xml("<No>000001</No>", "OPENING")
    )
    assert [("missing-value", "people[1]/data/accts[1]/bal[type=CLBD]/amt")] == _parked(
        JSON, '{"people": [{"no": "000001", "data": {"accts": [{"id": "1", "bal": [{"type": "OPBD", "amt": "1"}]}]}}]}'
    )


def test_a_carried_value_that_is_missing_is_named_where_it_should_stand() -> None:
    assert {("missing-value", "Doc/Person/No")} == set(_parked(XML, _xml("", "CLOSING")))
    assert {("missing-value", "people[1]/no")} == set(
        _parked(JSON, '{"people": [{"data": {"accts": [{"id": "1", "bal": [{"type": "CLBD", "amt": "1"}]}]}}]}')
    )
