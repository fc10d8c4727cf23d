"""A road leads where its connection allows, and nowhere else, whatever the name service says (security A6)."""

import socket
from ipaddress import ip_network
from typing import Any

import pytest

from transports.address import Address
from transports.errors import Refused, Unreachable


def names(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    """A name service that answers with these."""

    def answer(_host: str, port: int, **_how: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", answer)


def test_a6_s4_a_name_that_leads_elsewhere_gets_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    names(monkeypatch, "127.0.0.1")

    with pytest.raises(Refused) as refused:
        Address("bank.example", 22, (ip_network("10.0.0.0/8"),)).connect(1)

    assert refused.value.code == "address-not-allowed"


def test_a6_of_several_addresses_only_the_allowed_are_called(monkeypatch: pytest.MonkeyPatch) -> None:
    names(monkeypatch, "203.0.113.9", "127.0.0.1")

    assert ["127.0.0.1"] == Address("bank.example", 22, (ip_network("127.0.0.0/8"),)).candidates()


def test_a6_the_name_is_asked_for_every_line_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    address = Address("bank.example", 22, (ip_network("127.0.0.0/8"),))
    names(monkeypatch, "127.0.0.1")
    address.candidates()
    names(monkeypatch, "169.254.169.254")

    with pytest.raises(Refused):
        address.candidates()


def test_a_name_without_a_list_leads_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    names(monkeypatch, "127.0.0.1")

    with pytest.raises(Refused):
        Address("bank.example", 22).candidates()


def test_s3_a_name_nobody_knows_is_tried_again_later(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: Any, **__: Any) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(Unreachable) as later:
        Address("bank.example", 22, (ip_network("10.0.0.0/8"),)).connect(1)

    assert later.value.code == "unknown-host"


def test_an_address_in_numbers_is_its_own_list() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening, Address(*listening.getsockname()[:2]).connect(1) as line:
        assert line.getpeername() == listening.getsockname()


def test_s1_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]

    with pytest.raises(Unreachable) as later:
        Address("127.0.0.1", port).connect(1)
    assert later.value.code == "unreachable"
