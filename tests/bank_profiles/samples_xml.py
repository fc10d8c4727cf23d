"""Documents of the ISO 20022 statements, of Finnish Customs and of the Indian aggregators; figures by ElementTree (test_xml_samples.py)."""

from tests.bank_profiles.sample import Sample

_STATEMENT = {"holding": 1, "movement": 1, "outcome": 1}
_CAMT = "camt/test/data"
_FI = "fi-auth001-query/examples/responses"
_TWO_WAYS = ("answers-differ",)  # found in one class, not found in another

SAMPLES = [
    *(
        Sample(
            "camt/camt", f"{_CAMT}/{file}", "statement",
            rows=_STATEMENT, sums={"holding.balance_minor": -2700, "movement.amount_minor": 885},
            oracle="Bal whose Cd is CLBD, less where CdtDbtInd is DBIT; Amt of each Ntry",
        )
        for file in ("camt053.v2.minimal.xml", "camt053.v2.with-party-ids.xml", "camt053.v3.xml", "camt053.v4.xml", "camt053.v8.xml")
    ),
    *(
        Sample(
            "camt/camt", f"{_CAMT}/{file}", "opening",
            rows={"holding": 1, "outcome": 1}, sums={"holding.balance_minor": 1815},
            oracle="Bal whose Cd is OPBD",
        )
        for file in ("camt053.v2.minimal.xml", "camt053.v4.xml", "camt053.v8.xml")
    ),
    *(
        Sample(
            "camt/camt", f"{_CAMT}/{file}", "report",
            rows={"movement": 1}, sums={"movement.amount_minor": 20_000_000},
            oracle="Amt of each Ntry: a batch of twenty is one entry",
        )
        for file in ("camt052.v2.xml", "camt052.v2.other-account.xml", "camt052.v4.xml")
    ),
    Sample(
        "camt/camt", f"{_CAMT}/camt052.v2.with-account-name.xml", "report",
        parked={"missing-value": 1}, oracle="its Ntry has no BookgDt",
    ),
    Sample("camt/camt", f"{_CAMT}/camt053.v2.wrong.xml", "statement", refused=("missing-record", 9), oracle="no Stmt in it"),
    Sample("camt/camt", f"{_CAMT}/camt052.v1.xml", "report", refused=("wrong-root", 1), oracle="version 1 has another namespace"),
    Sample("fi-auth001-query/register", f"{_FI}/example_PIC_query_response_cat_1.xml", "reply", rows={"outcome": 2}, oracle="Role under AcctAndPties"),
    Sample(
        "fi-auth001-query/register", f"{_FI}/example_PIC_query_response_cat_2.xml", "reply",
        rows={"outcome": 3}, warnings=_TWO_WAYS, oracle="Role, and one NFOU",
    ),
    Sample(
        "fi-auth001-query/register", f"{_FI}/example_iban_query_response_cat_2.xml", "reply",
        rows={"outcome": 5}, warnings=_TWO_WAYS, oracle="Role, and one NFOU",
    ),
    *(
        Sample(
            "fi-aggregating/keys", f"fi-aggregating/examples/{file}_response.xml", "reply",
            rows={"outcome": count}, warnings=_TWO_WAYS, oracle="ResultKey of either list, Role, NFOU of the accounts",
        )
        for file, count in (("query1", 2), ("status1", 10), ("result1", 2))
    ),
    Sample(
        "fi-aggregating/keys", "fi-aggregating/examples/status1_response_with_query_error.xml", "reply",
        refused=("xml-broken", 250), oracle="line of the first error by ElementTree",
    ),
    Sample(
        "in-account-aggregator/aa-xml", "in-account-aggregator/fi-xml/deposit_head.xml", "deposit",
        rows={"holding": 1, "movement": 3, "outcome": 1},
        sums={"holding.balance_minor": 8_626_000, "movement.amount_minor": 3_280_000, "movement.balance_after_minor": 31_628_000},
        oracle="attributes amount and currentBalance",
    ),
    Sample(
        "in-account-aggregator/aa-xml", "in-account-aggregator/fi-xml/term_deposit.xml", "term",
        rows={"holding": 1, "outcome": 1}, sums={"holding.balance_minor": 6_930_000}, oracle="attribute currentValue",
    ),
]  # fmt: skip
