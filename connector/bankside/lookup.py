"""Who of those asked has what here: one outcome a line, the accounts that are due, their movements in the window.

A person has an account as its first holder or as its joint holder. It is due when it was open in some part of the window and its class
was asked for. Where the bank knows the first holder under another name, it says so and gives nothing.
"""

import dataclasses
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute

from connector.bankside.directory import Directory, normal_names, person_keys
from reconciliation.exchange import RECORDS

pc: Any = pyarrow.compute  # its stubs ask whether a value is a scalar or an array; these functions need not know

ASSET_CLASS = {  # of a product: what must be in the scope of a line for the account to be shown
    "demand_deposit": "deposit",
    "time_deposit": "deposit",
    "notice_deposit": "deposit",
    "large_cd": "deposit",
    "structured_deposit": "deposit",
    "wealth_product": "wealth",
    "fund": "fund",
    "bond": "bond",
    "insurance": "insurance",
    "trust": "trust",
    "precious_metal": "precious_metal",
    "third_party_custody": "securities",
    "securities_cash": "securities",
    "stock": "securities",
    "loan": "liability",
    "credit_card": "liability",
    "member_share": "deposit",
    "other": "other",
}


@dataclasses.dataclass(frozen=True)
class Answer:
    """Tables of RECORDS["outcome"], ["holding"] and ["movement"], in the order of the lines asked."""

    outcome: pa.Table
    holding: pa.Table
    movement: pa.Table

    def tables(self) -> dict[str, list[pa.Table]]:
        """As a translator takes them."""
        return {"outcome": [self.outcome], "holding": [self.holding], "movement": [self.movement]}


def look_up(inquiries: pa.Table, directory: Directory) -> Answer:
    """Answer every line of ``inquiries`` (RECORDS["inquiry"])."""
    lines = _lines(inquiries)
    accounts = directory.accounts_of([key for key in lines.column("key").to_pylist() if key])
    accounts = accounts.append_column("account", pa.array(np.arange(len(accounts))))
    due = _due(lines, accounts)
    differing = _differing(due)
    shown = due.filter(pc.invert(pc.is_in(due.column("line"), value_set=differing))).sort_by(
        [("line", "ascending"), ("account", "ascending")]
    )
    booked = _booked(shown, directory)
    return Answer(
        outcome=_outcomes(inquiries, lines, shown, differing, booked),
        holding=_records("holding", inquiries, shown, accounts.take(shown.column("account"))),
        movement=_records("movement", inquiries, booked, booked),
    )


def _lines(inquiries: pa.Table) -> pa.Table:
    """The lines by their place: person key (null when the number is none), name in normal form, dates, scope, the accounts named."""
    return (
        inquiries.select(["as_of", "window_from", "window_to", "scope", "accounts"])
        .append_column("line", pa.array(np.arange(len(inquiries))))
        .append_column("key", person_keys(inquiries.column("id_type"), inquiries.column("id_no")))
        .append_column("name", normal_names(inquiries.column("name")))
    )


def _due(lines: pa.Table, accounts: pa.Table) -> pa.Table:
    """The pairs of line and account that must be shown, ``first`` = the person is the first holder."""
    filed = accounts.select(
        [
            "account",
            "account_no",
            "parent_account_no",
            "holder_key",
            "joint_key",
            "normal_name",
            "product",
            "opened_on",
            "closed_on",
        ]
    )
    only_joint = filed.filter(pc.fill_null(pc.not_equal(filed.column("holder_key"), filed.column("joint_key")), True))
    as_first = lines.join(filed.drop_columns("joint_key"), "key", "holder_key", "inner")
    as_joint = lines.join(only_joint.drop_columns("holder_key"), "key", "joint_key", "inner")
    pairs = pa.concat_tables(
        [as_first.append_column("first", _constant(True, as_first)), as_joint.append_column("first", _constant(False, as_joint))]
    )
    opened = pc.fill_null(pc.less_equal(pairs.column("opened_on"), pairs.column("as_of")), True)
    not_closed = pc.fill_null(pc.greater_equal(pairs.column("closed_on"), pairs.column("window_from")), True)
    return pairs.filter(pc.and_(pc.and_(pc.and_(opened, not_closed), _asked_for(pairs)), _named(pairs)))


def _named(pairs: pa.Table) -> Any:
    """Is it one of the accounts a line names, or a part of one? A line that names none asks for all; few lines name any."""
    if pairs.column("accounts").null_count == len(pairs):
        return _constant(True, pairs)
    columns = (pairs.column(name).to_pylist() for name in ("accounts", "account_no", "parent_account_no"))
    return pa.array([not named or bool({own, above} & set(named.split(","))) for named, own, above in zip(*columns, strict=True)])


def _asked_for(pairs: pa.Table) -> Any:
    """Is the account's class in the scope of the line? Scope is classes joined by ","."""
    scope = pc.binary_join_element_wise("", pairs.column("scope"), "", ",")
    asked = _constant(False, pairs)
    for product, asset_class in ASSET_CLASS.items():
        of_product = pc.equal(pairs.column("product"), product)
        asked = pc.or_(asked, pc.and_(of_product, pc.match_substring(scope, f",{asset_class},")))
    return asked


def _differing(due: pa.Table) -> Any:
    """The lines whose person is filed under another name."""
    differs = pc.and_(due.column("first"), pc.not_equal(due.column("name"), due.column("normal_name")))
    return pc.unique(due.column("line").filter(differs)).cast(pa.int64())


def _booked(shown: pa.Table, directory: Directory) -> pa.Table:
    """The movements inside the window, one row for each line that may see them."""
    pairs = shown.select(["line", "account", "account_no", "window_from", "window_to"])
    movements = directory.movements_of(pc.unique(pairs.column("account_no")).to_pylist())
    joined = pairs.join(movements, "account_no", join_type="inner")
    day = joined.column("booked_on")
    inside = pc.and_(pc.greater_equal(day, joined.column("window_from")), pc.less_equal(day, joined.column("window_to")))
    by_line_and_time = [(name, "ascending") for name in ("line", "account", "booked_on", "booked_time")]
    return joined.filter(inside).sort_by(by_line_and_time)  # type: ignore[arg-type]


def _outcomes(inquiries: pa.Table, lines: pa.Table, shown: pa.Table, differing: Any, booked: pa.Table) -> pa.Table:
    accounts = np.bincount(shown.column("line").to_numpy(), minlength=len(lines))
    movements = np.bincount(booked.column("line").to_numpy(), minlength=len(lines))
    word = np.where(accounts > 0, "found", "no_record").astype(object)
    word[pc.is_null(lines.column("key")).to_numpy()] = "id_unknown"
    word[differing.to_numpy(zero_copy_only=False)] = "name_mismatch"
    said: dict[str, Any] = {
        "outcome": pa.array(word, pa.string()),
        "declared_accounts": pa.array(accounts),
        "declared_movements": pa.array(movements),
    }
    return _records("outcome", inquiries, lines, pa.table(said))


def _records(kind: str, inquiries: pa.Table, lines: pa.Table, values: pa.Table) -> pa.Table:
    """A table of RECORDS[kind]: the reference of the line, the columns there are, null for the others."""
    given = values.append_column("line_ref", inquiries.column("line_ref").take(lines.column("line")))
    columns = [
        given.column(field.name) if field.name in given.column_names else pa.nulls(len(given), field.type)
        for field in RECORDS[kind]
    ]
    return pa.table(columns, names=RECORDS[kind].names).cast(RECORDS[kind])


def _constant(value: bool, table: pa.Table) -> Any:
    return pa.array(np.full(len(table), value))
