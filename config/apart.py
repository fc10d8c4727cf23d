"""A test system is somewhere else than the real one: a connection marked as a test that leads to the same place is refused.

Invented persons must not reach a bank that is at work because a word was copied into the wrong file.
"""

from collections.abc import Collection

from config.connection import Connection
from config.road import Road
from config.yaml_file import BadSettings

Place = tuple[str, ...]


def places(connection: Connection) -> set[Place]:
    """Where the roads of a connection lead: host, port and user, or a folder, a carrier's bank, the institution's own box."""
    return {_place(connection.institution.code, road) for road in (connection, *connection.fallbacks)}


def expect_apart(connection: Connection, real: Collection[Place]) -> None:
    """``real``: the places of the connections that are no tests. Raises BadSettings test-is-real."""
    if connection.test and places(connection) & set(real):
        raise BadSettings(
            "this connection says test: yes, but leads to the same place as a real one; give it the address, account or folder"
            " of the bank's test system",
            "该连接标明 test: yes，却与正式连接指向同一处；请改填银行测试系统的地址、账号或目录",
            code="test-is-real",
        )


def _place(code: str, road: Road) -> Place:
    if road.carrier is not None:
        return "carrier", str(road.carrier.out), road.carrier.bank
    if road.address is not None:
        return "address", road.address.host.lower(), str(road.address.port), road.account.user if road.account else ""
    return ("folder", road.folder) if road.folder is not None else ("institution", code)
