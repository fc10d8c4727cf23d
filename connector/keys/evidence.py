"""A bank whose certificate came without its returned letter is not active: nothing is sealed to it, nothing of it believed (security C4).

The command takes no certificate in without the number of the letter; here the connection is held against whatever lies in the ring.
See docs/decisions/no-letter-no-bank.md.
"""

from config.connection import Connection
from config.yaml_file import BadSettings
from transports.sealing.keyring import KeyRing
from transports.sealing.keyring.index import ACTIVE


def expect_letters(ring: KeyRing, connection: Connection) -> None:
    """Raises BadSettings letter-missing, naming the certificates. A test system needs none: no household is ever asked about there."""
    if connection.test:
        return
    named = {alias.removeprefix("cert:") for alias in (connection.keys.bank_sign, connection.keys.bank_encrypt)}
    theirs = [each for each in ring.list() if each.alias in named and not each.own and each.state == ACTIVE]
    lacking = ", ".join(f"{each.alias} ({each.id})" for each in theirs if not each.evidence)
    if lacking:
        raise BadSettings(
            f"no returned fingerprint letter is on record for {lacking}: the bank is not asked until each is imported with its letter"
            " (connector keys import --evidence) or retired (connector keys retire)",
            f"{lacking} 没有指纹函回执记录：在凭回执导入（connector keys import --evidence）或停用（connector keys retire）之前，"
            "不向该银行查询",
            code="letter-missing",
        )
