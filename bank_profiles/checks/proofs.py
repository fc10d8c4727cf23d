"""The second look at a line of framed messages: what tells the bank's own messages from anybody's, and from ours sent back."""

from bank_profiles.checks.notes import Notes
from bank_profiles.errors import Text
from bank_profiles.language.lines import LineTcp, Messages
from bank_profiles.language.words import Path


def check_proofs(line: LineTcp, at: Path, notes: Notes) -> None:
    """Without TLS every message has a code under a key, a number that never comes again, and a direction (security A12)."""
    if line.mac is not None and not _has(line, "mac"):
        what = Text(
            "the messages have a code (mac), and their header has no field for it", "报文带鉴别码（mac），但报文头没有相应的域"
        )
        notes.error("line-unproved", (*at, "mac"), what, Text("a field {role: mac, bytes: 32}", "域 {role: mac, bytes: 32}"))
    if line.tls == "mutual":
        return
    for holds, what, expected in _proofs(line):
        if not holds:
            notes.error("line-unproved", (*at, "tls"), what, expected)
            return


def _proofs(line: LineTcp) -> tuple[tuple[bool, Text, Text], ...]:
    return (
        (
            line.mac is not None,
            Text("without TLS nothing tells the bank's messages from anybody's", "没有 TLS，无从辨别报文是否出自银行"),
            Text("mac: hmac-sha256 or hmac-sm3", "mac: hmac-sha256 或 hmac-sm3"),
        ),
        (
            line.sequence == "key" and _has(line, "sequence"),
            Text("without TLS a message that was recorded could be sent again", "没有 TLS，录下的报文可被重放"),
            Text(
                "sequence: key, and a field {role: sequence, bytes: 8} in the header",
                "sequence: key，且报文头有域 {role: sequence, bytes: 8}",
            ),
        ),
        (
            line.mac_keys == "two" or _tells_directions(line),
            Text(
                "without TLS our own question, sent back to us, could pass for its answer",
                "没有 TLS，我方请求被原样发回可冒充应答",
            ),
            Text(
                "a code of their own for answers (codes: {put: [CX0101, CX0102]}), or mac_keys: two",
                "应答用另外的交易码（codes: {put: [CX0101, CX0102]}），或 mac_keys: two",
            ),
        ),
    )


def _has(line: LineTcp, role: str) -> bool:
    """The messages of our own two sides have every field."""
    return not isinstance(line.messages, Messages) or any(field.role == role for field in line.messages.header)


def _tells_directions(line: LineTcp) -> bool:
    if not isinstance(line.messages, Messages):
        return True
    pairs = line.messages.codes.values()
    answers = {pair[-1] for pair in pairs} | ({line.messages.reply} if line.messages.reply else set())
    return _has(line, "code") and not answers & {pair[0] for pair in pairs}
