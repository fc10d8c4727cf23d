"""What of a bank's rows a screen may show unasked: every field of the normal model is in one of these lists."""

from reconciliation.identity import mask

# Words of closed lists, our own numbers, days and amounts: nothing a bank could put a person into.
SHOWN = frozenset(
    {
        "line_ref",
        "batch_no",
        "id_type",
        "as_of",
        "window_from",
        "window_to",
        "scope",
        "outcome",
        "declared_accounts",
        "declared_movements",
        "declared_balance",
        "code",
        "accepted",
        "received_on",
        "received_time",
        "product",
        "currency",
        "balance",
        "available",
        "frozen",
        "units",
        "unit_price",
        "rate",
        "status",
        "opened_on",
        "closed_on",
        "matures_on",
        "booked_on",
        "booked_time",
        "direction",
        "amount",
        "balance_after",
    }
)
IDENTITIES = frozenset({"id_no", "joint_holder_id"})
ACCOUNTS = frozenset(
    {"accounts", "account_no", "parent_account_no", "counterparty_account", "custody_id", "authorization_no", "serial"}
)
# Whatever a bank cares to write: a name, an address, a telephone number may stand in any of them.
TEXTS = frozenset(
    {
        "name",
        "holder_name",
        "counterparty_name",
        "counterparty_institution",
        "purpose",
        "message",
        "package",
        "product_code",
        "product_name",
        "branch",
        "level",
        "summary",
        "channel",
    }
)
_WHOLE_FROM, _ENDS = 12, 4  # of a long number four digits at each end stay, as in 6217****4567
_SHORT_TO, _SHORT_ENDS = 8, 2  # of a short one nothing
_STARS_MAX = 30


def masked_value(target: str, text: str) -> str:
    """A value as a screen may show it; what is in no list is hidden."""
    if target in SHOWN:
        return text
    if target in IDENTITIES:
        return mask(text)
    if target in ACCOUNTS:
        return _account(text)
    return (text[:1] + "*" * min(len(text) - 1, _STARS_MAX)) if len(text) > 1 else "*"


def _account(text: str) -> str:
    if len(text) <= _SHORT_TO:
        return "****"
    ends = _ENDS if len(text) >= _WHOLE_FROM else _SHORT_ENDS
    return f"{text[:ends]}****{text[-ends:]}"
