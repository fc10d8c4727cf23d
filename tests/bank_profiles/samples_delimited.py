"""Delimited and self-describing files of others. The figures were counted and added up with csv and str.split (test_delimited_samples.py)."""

from typing import Any

from tests.bank_profiles.sample import Sample

_BANKS, _RDF, _OFD = "cn-bank-exports", "cn-rdf-file", "cn-ofd-fund"


def _bank(profile: str, key: str, file: str, movements: int, amount: int, **more: Any) -> Sample:
    return Sample(
        f"{_BANKS}/{profile}",
        f"{_BANKS}/{file}",
        key,
        rows={"movement": movements, "outcome": 1},
        sums={"movement.amount_minor": amount},
        **more,
    )


BANKS = [
    _bank(
        "alipay",
        "flow",
        "alipay/example-alipay-records.csv",
        6,
        22244014,
        parked={"unknown-code": 4},  # 不计收支
        warnings=("total-differs",) * 3,  # the file says so itself, in its note 6
    ),
    _bank(
        "wechat",
        "flow",
        "wechat/example-wechat-records.csv",
        16,
        293302,
        parked={"unknown-code": 11},
        warnings=("total-differs",),
        oracle="a quote within a cell that has none around it is a sign like others",
    ),
    _bank("icbc", "debit_v1", "icbc/debit-v1/example-icbc-debit-v1-records.csv", 11, 708282, warnings=("total-differs",) * 2),
    _bank("icbc", "debit_v2", "icbc/debit-v2/example-icbc-debit-v2-records.csv", 11, 708282, warnings=("total-differs",) * 2),
    _bank("icbc", "credit", "icbc/credit/example-icbc-credit-records.csv", 9, 498414, warnings=("total-differs",) * 2),
    _bank("boc", "debit", "boc/debit/example-boc-records.csv", 17, 1921530, warnings=("no-last-end",)),
    _bank(
        "boc",
        "credit",
        "boc/credit/example-boc-records.csv",
        13,
        222164,
        parked={"missing-value": 1},  # a row of no card
        warnings=("no-last-end",),
    ),
    _bank("bocom", "flow", "bocom_debit/example-bocom_debit-records.csv", 6, 12525),
    _bank("cmb", "debit", "cmb/debit/example-cmb-records.csv", 5, 324714),
    _bank("cmb", "credit", "cmb/credit/example-cmb-records.csv", 6, 843758),
    _bank("cgb", "card", "cgb_credit/example-cgb_credit-records.csv", 4, 163120),
    _bank("td", "flow", "td/example-td-records.csv", 9, 65140, warnings=("blank-end",)),
    Sample(f"{_BANKS}/huobi", f"{_BANKS}/huobi/example-huobi-records.csv", "flow", refused=("unknown-code", 2)),  # tokens
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

BAI2 = [
    Sample(
        "bai2/bai2",
        "bai2/sample1.txt",
        "report",
        rows={"movement": 17, "holding": 4, "outcome": 1},
        sums={"movement.amount_minor": 640000, "holding.balance_minor": 0},
        warnings=("no-last-end",),
        oracle="control totals 834000 and 446000, less the summaries 417000 and 223000 of the 88 lines",
    ),
    Sample("bai2/bai2", "bai2/errors/sample-parseError.txt", "report", refused=("missing-record", 1)),
]

SAMPLES = [*BAI2, *BANKS, *RDF, *RDF_DAMAGED, *FUND, *OFD]
