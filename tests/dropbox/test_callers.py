"""Who may come in, and that each sees only its own: the pinned key of the certificate says which bank it is."""

import http.client
import ssl
import subprocess
import time
from datetime import date

import pytest
import yaml

from config.road import DatedPin
from config.yaml_file import BadSettings
from connector.dropbox.clients import Client, clients
from tests.certificates import authority, expired, leaf
from tests.dropbox.town import BASE, BEGUN, BoxTown, Clerk
from transports.https import CallServer

_BROKEN = (ssl.SSLError, ConnectionError, http.client.HTTPException)


def test_a7_a_bank_sees_its_own_batches_and_no_others(clerk: Clerk, other: Clerk) -> None:
    mine, theirs = ({each["batch"] for each in who.get("/batches").said["items"]} for who in (clerk, other))

    assert mine
    assert theirs
    assert set() == mine & theirs


def test_a_foreign_number_and_no_number_are_told_alike(clerk: Clerk, other: Clerk) -> None:
    number = other.get("/batches").said["items"][0]["batch"]
    calls = [
        lambda n: clerk.get(f"/batches/{n}"),
        lambda n: clerk.get(f"/batches/{n}/parcel"),
        lambda n: clerk.post(f"/batches/{n}/receipt", {"result": "received"}),
        lambda n: clerk.put(n, "x.p7m", BEGUN),
        lambda n: clerk.call("HEAD", f"{BASE}/batches/{n}/answers/x.p7m"),
        lambda n: clerk.call("DELETE", f"{BASE}/batches/{n}/answers/x.p7m"),
        lambda n: clerk.post(f"/batches/{n}/submission", {"files": ["x.p7m"]}),
        lambda n: clerk.post(f"/answer-checks?name=x.p7m&batch={n}", b"x"),
        lambda n: clerk.get(f"/answers/{n}-0"),
    ]
    foreign, missing = ([(reply.status, reply.body) for reply in (call(n) for call in calls)] for n in (number, "C1-0"))

    assert missing == foreign
    assert {404} == {status for status, _ in foreign}
    assert {b"", foreign[0][1]} == {body for _, body in foreign}


def test_a7_a_key_that_is_not_pinned_is_nobody(town: BoxTown, server: CallServer) -> None:
    reply = town.clerk(server, identity=leaf(town.issuer, "stranger")).get("/batches")

    assert (401, "not-authentic") == (reply.status, reply.said["code"])


@pytest.mark.parametrize("who", ["another authority", "expired", "none"])
def test_a7_without_a_good_certificate_there_is_no_line(town: BoxTown, server: CallServer, who: str) -> None:
    if who == "none":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(cadata=town.issuer.pem)
        line = http.client.HTTPSConnection("localhost", server.port, context=context, timeout=5)
        with pytest.raises(_BROKEN):
            _asked(line)
        line.close()
        return
    identity = leaf(authority("Elsewhere"), "x") if who == "another authority" else expired(town.issuer)
    with pytest.raises(_BROKEN):
        town.clerk(server, identity=identity).get("/batches")


def _asked(line: http.client.HTTPSConnection) -> None:
    line.request("GET", f"{BASE}/batches")
    line.getresponse()


def test_a7_nothing_old_is_spoken(town: BoxTown, server: CallServer) -> None:
    done = subprocess.run(
        ["openssl", "s_client", "-connect", f"localhost:{server.port}", "-tls1_1"], input=b"", capture_output=True, check=False
    )

    assert done.returncode != 0


def test_a_pin_opens_the_box_on_its_days_only(town: BoxTown) -> None:
    found = clients(town.deployment().parts, date(2026, 11, 22))[town.code]
    pin = found.pins[0].pin
    dated = DatedPin.model_validate({"pin": pin, "from": "2026-01-01", "until": "2026-06-30"})
    client = Client(found.institution, found.banks, found.box, (dated,))

    assert ((pin,), ()) == (client.pins_on(date(2026, 6, 30)), client.pins_on(date(2026, 7, 1)))


def test_one_key_names_one_bank(town: BoxTown) -> None:
    path = town.dir / "connections" / f"{town.codes[1]}.yaml"
    before = path.read_text("utf-8")
    path.write_text(yaml.safe_dump(yaml.safe_load(before) | {"pins": [town.staff[town.code].pin]}), "utf-8")
    try:
        with pytest.raises(BadSettings) as refused:
            clients(town.deployment().parts, date(2026, 11, 22))
    finally:
        path.write_text(before, "utf-8")

    assert "pin-shared" == refused.value.code


def test_a_connection_without_pins_has_no_box(town: BoxTown) -> None:
    path = town.dir / "connections" / f"{town.codes[1]}.yaml"
    before = path.read_text("utf-8")
    path.write_text(yaml.safe_dump(yaml.safe_load(before) | {"pins": []}), "utf-8")
    try:
        banks = town.deployment().parts.banks
    finally:
        path.write_text(before, "utf-8")

    assert ["road-incomplete"] == [why["code"] for why in banks.broken.values()]


def test_a3_a_pin_that_is_changed_counts_while_the_drop_box_is_open(tmp_path_factory: pytest.TempPathFactory) -> None:
    with BoxTown(tmp_path_factory.mktemp("changing")) as town, town.serving() as server:
        new = leaf(town.issuer, "another of its staff")
        old, other = town.clerk(server), town.clerk(server, identity=new)
        before = [old.get("/batches").status, other.get("/batches").status]
        connection = town.dir / "connections" / f"{town.code}.yaml"
        connection.write_text(connection.read_text("utf-8").replace(town.staff[town.code].pin, new.pin), "utf-8")
        ends_at = time.monotonic() + 30
        while other.get("/batches").status == 401 and time.monotonic() < ends_at:
            pass

        assert [200, 401] == before
        assert [401, 200] == [old.get("/batches").status, other.get("/batches").status]
