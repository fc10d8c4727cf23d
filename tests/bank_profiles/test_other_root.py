"""Another document than the profile's: the message names what stands there and what should, and a SOAP Fault as one."""

import pytest

from bank_profiles.engine.reading import FileReading
from bank_profiles.errors import Problem, UnreadableFile
from bank_profiles.layouts.layout import FileLayout
from tests.contracts.codec_contract import file_layout

S11, S12 = "http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/2003/05/soap-envelope"
ROW = "{gives: holding, always: {product: demand_deposit, currency: CNY}, implies: found, each: Row, fields: {No: line_ref, Ac: account_no, Bal: balance}}"
PLAIN = file_layout(f"format: xml\nroot: Doc\nnamespaces: {{default: urn:cx:v1}}\nrecords: {{row: {ROW}}}", "utf-8")
SOAP = file_layout(
    f"format: xml\nroot: s:Envelope/s:Body/n:Reply\nnamespaces: {{s: {S11}, n: urn:cx:v1}}\n"
    f"records: {{row: {ROW.replace('Row', 'n:Row')}}}",
    "utf-8",
)


def _refused(layout: FileLayout, text: str) -> Problem:
    with pytest.raises(UnreadableFile) as caught:
        list(FileReading(layout, "f.xml").rows([text.encode()]))
    (problem,) = caught.value.problems
    assert "wrong-root" == problem.code
    return problem


def _enveloped(inside: str, uri: str = S11) -> str:
    return f'<e:Envelope xmlns:e="{uri}"><e:Head/>\n<e:Body>{inside}</e:Body></e:Envelope>'


def _says(problem: Problem) -> list[str | None]:
    return [problem.what.en, problem.what.zh, problem.expected and problem.expected.en]


def test_another_root_element_is_named_with_the_one_that_should_be() -> None:
    problem = _refused(PLAIN, "<Other/>")

    assert ["found Other", "此处为 Other", "Doc of namespace urn:cx:v1"] == _says(problem)


def test_another_namespace_is_named_with_the_one_of_the_profile() -> None:
    problem = _refused(PLAIN, '<x:Doc xmlns:x="urn:cx:v2"/>')

    assert [
        "Doc stands here in another namespace: urn:cx:v2",
        "此处的 Doc 属于另一命名空间：urn:cx:v2",
        "Doc of namespace urn:cx:v1",
    ] == _says(problem)
    assert "Doc stands here without a namespace" == _refused(PLAIN, "<Doc/>").what.en


def test_another_edition_of_soap_is_told_as_such() -> None:
    problem = _refused(SOAP, _enveloped('<Reply xmlns="urn:cx:v1"/>', S12))

    assert [
        "this is SOAP 1.2, the profile has SOAP 1.1",
        "这是 SOAP 1.2，画像为 SOAP 1.1",
        f"soap:Envelope of namespace {S11}",
    ] == _says(problem)


def test_something_else_in_the_envelope_is_named_with_its_line() -> None:
    problem = _refused(SOAP, _enveloped("<a/><b/><a/>"))

    assert ["found a, b", "此处为 a、b", "soap:Envelope/soap:Body/Reply of namespace urn:cx:v1"] == _says(problem)
    assert 2 == problem.place.line
    assert "nothing stands in this element" == _refused(SOAP, _enveloped("")).what.en


@pytest.mark.parametrize(
    "fault",
    [
        f'<e:Fault xmlns:e="{S11}"><faultcode>e:Server</faultcode><faultstring>no access\n for 6217000010001234567</faultstring></e:Fault>',
        f'<e:Fault xmlns:e="{S12}"><e:Reason><e:Text>no access for 62170000</e:Text></e:Reason></e:Fault>',
        f'<e:Fault xmlns:e="{S11}"><faultstring>no access for 张三丰</faultstring></e:Fault>',
    ],
    ids=["1.1", "1.2", "a name"],
)
def test_a_soap_fault_is_the_banks_refusal_and_what_may_be_a_persons_is_not_repeated(fault: str) -> None:
    problem = _refused(SOAP, _enveloped(fault, S12 if S12 in fault else S11))

    assert [
        "found soap:Body/soap:Fault: the bank's system refused the message: “no access for”",
        "此处为 soap:Body/soap:Fault：银行系统拒绝了该报文：“no access for”",
        "an answer",
    ] == _says(problem)


def test_b2_a_long_fault_and_long_names_are_cut() -> None:
    fault = f'<e:Fault xmlns:e="{S11}"><faultstring>{"x" * 9999}</faultstring></e:Fault>'

    assert 200 > len(_refused(SOAP, _enveloped(fault)).what.en)
    assert 200 > len(_refused(PLAIN, f"<{'x' * 9999}/>").what.en)
