"""Delimited and self-describing files of others. The figures were counted and added up with csv and str.split (test_delimited.py)."""

from tests.bank_profiles.sample import Sample

_BANKS, _RDF, _OFD = "cn-bank-exports", "cn-rdf-file", "cn-ofd-fund"

BANKS = [
    Sample(
        f"{_BANKS}/bocom",
        f"{_BANKS}/bocom_debit/example-bocom_debit-records.csv",
        "flow",
        rows={"movement": 6, "outcome": 1},
        sums={"movement.amount_minor": 12525, "movement.balance_after_minor": 715420},
    ),
]

RDF = [
    Sample(
        f"{_RDF}/{profile}",
        f"{_RDF}/reader/{profile}/data/{file}.txt",
        key,
        rows={"movement": 2, "outcome": 1},
        sums={"movement.amount_minor": 2210},
        warnings=warnings,
        oracle="the header says 100 rows and 300.03, the file has two with 10.22 and 11.88",
    )
    for profile in ("sp", "de")
    for file, key, warnings in (
        ("data1", "plain", ("no-last-end", "total-differs", "total-differs")),
        ("data2", "ended", ("no-last-end", "total-differs", "total-differs")),
        ("data3", "closed", ("no-last-end", *("total-differs",) * 3)),
        ("data4", "closed", ("blank-end", *("total-differs",) * 3)),
    )
]

RDF_DAMAGED = [
    *(
        Sample(f"{_RDF}/{profile}", f"{_RDF}/reader/{profile}/data/data5_required.txt", "closed", refused=("missing-value", 1))
        for profile in ("sp", "de")
    ),
    *(
        Sample(
            f"{_RDF}/{profile}",
            f"{_RDF}/reader/{profile}/data/data5_required3.txt",
            "closed",
            rows={"movement": 1, "outcome": 1},
            sums={"movement.amount_minor": 1188},
            parked={"missing-value": 1},
            warnings=("blank-end", *("total-differs",) * 3),
        )
        for profile in ("sp", "de")
    ),
]

FUND = [
    Sample(
        f"{_RDF}/fund",
        f"{_RDF}/reader/fund/data/{file}.txt",
        "shares",
        rows={"holding": 10, "outcome": 1},
        sums={"holding.balance_minor": 4500},
        warnings=("no-last-end",),
        oracle="ten rows, 0.00 to 9.00",
    )
    for file in ("data1", "data2")
]

OFD = [
    Sample(f"{_OFD}/ofd", f"{_OFD}/OFD_JFB666_1018_06_header.TXT", "dividends", refused=("header-short", 51)),
    Sample(f"{_OFD}/ofd", f"{_OFD}/OFD_JH_GJS_06_header.TXT", "dividends", refused=("header-short", 35)),
]

SAMPLES = [*BANKS, *RDF, *RDF_DAMAGED, *FUND, *OFD]
