"""JSON of others. The figures were counted and added up with json and Decimal (test_json_samples.py)."""

from tests.bank_profiles.sample import Sample

_BR, _IN, _UK, _FI = "br-open-finance", "in-account-aggregator", "uk-open-banking", "fi-register-update"
_BR_BALANCES = f"{_BR}/accounts/get-accounts-accountid-balances/get-accounts-accountId-balances-"
_BR_FLOW = f"{_BR}/accounts/get-accounts-accountid-transactions/get-accounts-accountId-transactions-"


def _balances(name: str, balance: int, frozen: int) -> Sample:
    sums = {"holding.balance_minor": balance, "holding.frozen_minor": frozen}
    return Sample(f"{_BR}/accounts", f"{_BR_BALANCES}{name}.json", "balances", rows={"outcome": 1, "holding": 1}, sums=sums)


def _flow(name: str, key: str, rows: int, amount: int, parked: int = 0) -> Sample:
    """Amounts with four decimals that are no whole centavos are set aside."""
    return Sample(
        f"{_BR}/accounts",
        f"{_BR_FLOW}{name}.json",
        key,
        rows={"outcome": 1, "movement": rows} if rows else {},
        sums={"movement.amount_minor": amount},
        parked={"not-money": parked} if parked else {},
    )


BRAZIL = [
    _balances("01.1", 400000, 0),
    Sample(
        f"{_BR}/accounts",
        f"{_BR_BALANCES}01.2.json",
        "balances",
        parked={"not-money": 1},
        oracle="153065.458 is no amount of whole centavos",
    ),
    _balances("03.2", 900, 561000),
    _flow("03.1", "transactions", 3, 311500),
    _flow("03.2", "page", 2, 105865),
    _flow("08.1", "page", 2, 7563),
    _flow("10.1", "transactions", 0, 0),
    _flow("10.2", "transactions", 1, 15000, parked=1),
    _flow("10.3", "transactions", 4, 1650000),
    _flow("13.1", "transactions", 2, 26000005, parked=1),
    _flow("18.1", "page", 0, 0, parked=10),
    Sample(f"{_BR}/accounts", f"{_BR_FLOW}18.1.json", "transactions", refused=("total-differs", None)),
    Sample(f"{_BR}/accounts", f"{_BR_BALANCES}10.1.json", "balances", refused=("json-syntax", 15)),
    Sample(
        f"{_BR}/accounts",
        f"{_BR}/customers/get-customers-business-financial-relations/get-customers-business-financial-relations-22.1.json",
        "balances",
        refused=("json-syntax", 16),
    ),
]


def _india(name: str, key: str, balance: int, movements: int, amount: int = 0) -> Sample:
    rows = {"outcome": 1, "holding": 1} | ({"movement": movements} if movements else {})
    sums = {"holding.balance_minor": balance, "movement.amount_minor": amount}
    return Sample(f"{_IN}/fi", f"{_IN}/setu-fi-types/{name}.json", key, rows=rows, sums=sums)


INDIA = [
    _india("deposit-rebit_v2-1", "deposit", 10166633, 1, 123900),
    _india("recurring_deposit-rebit_v2-5", "deposit", 11984590, 1, 123900),
    _india("mutual_funds-rebit_v2-12", "fund", 15600000, 0),
    _india("insurance_policies-rebit_v2-8", "insurance", 150000000, 1, 500000),
    Sample(f"{_IN}/fi", f"{_IN}/Sample_JSON.json", "provider", rows={"outcome": 1}),
]

BRITAIN = [
    *(
        Sample(f"{_UK}/aisp", f"{_UK}/examples/Accounts-{at}-strict.json", "accounts", rows={"outcome": rows})
        for at, rows in ((0, 2), (1, 1), (2, 2))
    ),
    Sample(
        f"{_UK}/aisp",
        f"{_UK}/examples/Balances-4-strict.json",
        "balances",
        rows={"outcome": 1, "holding": 1},
        sums={"holding.balance_minor": 32906},
    ),
]

FINLAND = [
    Sample(f"{_FI}/register", f"{_FI}/examples/report-update-v3-credit_institution.json", "report", rows={"outcome": 6}),
    Sample(f"{_FI}/register", f"{_FI}/examples/report-incorrect.json", "report", refused=("json-syntax", 4)),
]

SAMPLES = [*BRAZIL, *INDIA, *BRITAIN, *FINLAND]
