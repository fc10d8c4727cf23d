"""Fixed-width files of others. The figures were cut out by plain slicing (test_samples_fixed.py)."""

from tests.bank_profiles.sample import Sample

_FILES = "tw-twse-big5/GetThePicture.TestData/Files"

CNAB = [
    Sample(
        "cnab/bb240",
        "cnab/spec/arquivos/CNAB240.RET",
        "reply",
        rows={"movement": 35, "outcome": 1},
        sums={"movement.amount_minor": 2_184_489},
        warnings=("short-lines",),
        oracle="bytes 93-107 of the U segments; the trailer counts all 74 lines, of 146 to 235 bytes instead of 240",
    ),
    Sample(
        "cnab/bb240",
        "cnab/spec/arquivos/CNAB240AILOS.RET",
        "reply",
        rows={"movement": 3, "outcome": 1},
        sums={"movement.amount_minor": 600},
        warnings=("short-lines",),
        oracle="bytes 93-107 of the U segments; lines of 35 to 233 bytes",
    ),
    Sample(
        "cnab/itau400",
        "cnab/spec/arquivos/CNAB400.RET",
        "reply",
        rows={"movement": 52, "outcome": 1},
        sums={"movement.amount_minor": 268_896},
        oracle="bytes 153-165 of the records 1; the trailer says 52 and 2,688.96 too",
    ),
    Sample(
        "cnab/ailos240",
        "cnab/docs/AILOS/arquivo_modelo.txt",
        "bills",
        rows={"holding": 1, "outcome": 1},
        sums={"holding.balance_minor": 17_000},
        warnings=("total-differs",),
        oracle="bytes 86-100 of the P segment; the trailer says 40 lines where there are 8",
    ),
]

NORMA43 = [
    Sample("norma43/n43", "norma43/example1.n43", "statement", refused=("total-differs", 10)),
    Sample(
        "norma43/n43-lenient",
        "norma43/example1.n43",
        "statement",
        rows={"holding": 1, "movement": 4, "outcome": 1},
        sums={"holding.balance_minor": 123_456, "movement.amount_minor": 4_936},
        warnings=("no-last-end", "short-lines", *("total-differs",) * 4),
        oracle="bytes 29-42 of the records 22; record 33 counts them as debits and invents two credits",
    ),
]

NACHA = [
    *(
        Sample(
            "us-nacha/ach",
            f"us-nacha/{file}.ach",
            "entries",
            rows={"movement": rows, "outcome": 1},
            sums={"movement.amount_minor": amount},
            warnings=("no-last-end",),
            oracle=f"bytes 30-39 of the records 6; their hash is {hashed}; filled with 9s to ten lines",
        )
        for file, rows, amount, hashed in (
            ("ppd-credit", 1, 100_000_000, "0023138010"),
            ("ppd-debit", 1, 200_000_000, "0023138010"),
            ("ppd-mixedDebitCredit", 3, 400_000_000, "0069414030"),
        )
    ),
    Sample(
        "us-nacha/ach",
        "us-nacha/contested-return.ach",
        "entries",
        parked={"missing-value": 1},
        oracle="its batch has no effective date (000000); hash 0012104288 and four entries with their addenda hold",
    ),
]

TWSE = [
    Sample(
        "tw-twse-big5/t30",
        f"{_FILES}/twse/t30-otc-lite.dat",
        "quotes",
        rows={"holding": 55, "outcome": 1},
        sums={"holding.balance_minor": 524_370},
        warnings=("no-last-end",),
        oracle="bytes 16-24 of every line of 100 bytes, four decimals of which two are zero",
    ),
    Sample(
        "tw-twse-big5/orders",
        f"{_FILES}/nested-occurs-record.dat",
        "orders",
        rows={"holding": 5, "outcome": 1},
        sums={"holding.balance_minor": 170_050},
        warnings=("blank-end",),
        oracle="the groups of seven bytes in the groups of 25; the record's own total says the same",
    ),
    Sample(
        "tw-twse-big5/statuses",
        f"{_FILES}/occurs-with-levle-88.dat",
        "statuses",
        rows={"outcome": 9},
        warnings=("answers-differ",),  # the same record again and again, all of one line
        oracle="three records of five bytes without line ends, two of the five blank",
    ),
]

SAMPLES = [*CNAB, *NORMA43, *NACHA, *TWSE]
