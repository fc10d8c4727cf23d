"""Several banks at once over real SFTP: each answers, or misbehaves, by itself; all stop cleanly."""

import hashlib
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from config.yaml_file import BadSettings
from connector.bankside.opening import HandOver, Plan, open_bank
from connector.bankside.simulate import Door, RunningBank, Simulation
from tests.connector.bankside.centre import Centre, City, profile_of
from tests.connector.bankside.conftest import NOW
from transports.address import Address
from transports.manners import Manners, Ready
from transports.sftp import Sftp, SftpSettings
from transports.transport import Delivery

WAIT_S = 60.0


def road(handed: HandOver, bank: RunningBank) -> Sftp:
    """The centre's road to a simulated bank, by its profile."""
    said = profile_of(bank.desk.settings.profile).channel
    manners = Manners(
        send_dir=said.send_dir,
        take_dir=said.take_dir,
        done_dir=said.done_dir or "",
        ready=Ready(kind=said.ready.kind, flag=said.ready.name),
        tmp=said.tmp,
        after_read=said.after_read,
    )
    door = bank.where
    assert isinstance(door, Door)
    return Sftp(
        SftpSettings(Address(door.host, door.port), handed.user, handed.client_key.read_text("ascii"), (door.pin,), manners)
    )


def wait_for(true: Callable[[], object]) -> None:
    """Until it is true; the banks work in threads of their own."""
    done = threading.Event()
    for _ in range(int(WAIT_S / 0.05)):
        if true():
            return
        done.wait(0.05)
    raise AssertionError("it never came true")


@pytest.fixture
def four(tmp_path: Path, city: City, centre: Centre) -> Iterator[dict[str, tuple[HandOver, RunningBank]]]:
    """Two honest banks of both languages, a silent one, one that miscounts: asked, each over its own line."""
    codes = list(city.truth)
    plans = [
        Plan(codes[0], "甲", "hxcb", city.folder),
        Plan(codes[1], "乙", "gdyz", city.folder),
        Plan(codes[2], "丙", "hxcb", city.folder, ("silent",)),
        Plan(codes[3], "丁", "gdyz", city.folder, ("miscounts",)),
    ]
    handed = {plan.code: open_bank(tmp_path / plan.code, plan, centre.certificates(), NOW) for plan in plans}
    with Simulation([each.bank for each in handed.values()], lambda: NOW, look_every_s=0.05) as simulation:
        yield {code: (handed[code], simulation.banks[code]) for code in handed}


def ask(centre: Centre, city: City, handed: HandOver, bank: RunningBank) -> None:
    profile = profile_of(bank.desk.settings.profile)
    name, content = centre.ask(profile, bank.code, handed.encrypt, city.lines)
    with road(handed, bank) as line:
        put = line.put(name, lambda: iter([content]), len(content), hashlib.sha256(content).hexdigest())
    assert Delivery.DELIVERED is put.delivery


def test_each_bank_answers_or_misbehaves_by_itself(
    four: dict[str, tuple[HandOver, RunningBank]], centre: Centre, city: City
) -> None:
    for handed, bank in four.values():
        ask(centre, city, handed, bank)
    wait_for(lambda: all(len(bank.handled) == 1 for _, bank in four.values()))

    parcels = {}
    for code, (handed, bank) in four.items():
        with road(handed, bank) as line:
            parcels[code] = {offer.name: b"".join(line.get(offer.name)) for offer in line.list()}
            for name in parcels[code]:
                line.acknowledge(name)
            if bank.desk.settings.profile == "hxcb":  # its manners: what was read is moved away
                assert [] == line.list()

    assert [1, 1, 0, 1] == [len(offers) for offers in parcels.values()]
    for code in list(city.truth)[:2]:
        handed, bank = four[code]
        ((name, content),) = parcels[code].items()
        assert city.truth[code] == centre.read(profile_of(bank.desk.settings.profile), name, content, handed.sign).outcomes()
    assert [None] * 4 == [bank.stopped_by for _, bank in four.values()]


def test_a_restarted_simulation_knows_what_it_answered(tmp_path: Path, city: City, centre: Centre) -> None:
    code = next(iter(city.truth))
    handed = open_bank(tmp_path / code, Plan(code, "甲", "hxcb", city.folder, ("late",)), centre.certificates(), NOW)
    with Simulation([handed.bank], lambda: NOW, look_every_s=0.05) as simulation:
        bank = simulation.banks[code]
        ask(centre, city, handed, bank)
        wait_for(lambda: bank.waiting)
        assert [] == bank.handled

    with Simulation([handed.bank], lambda: NOW + timedelta(minutes=1), look_every_s=0.05) as simulation:
        bank = simulation.banks[code]
        wait_for(lambda: bank.handled)
        with road(handed, bank) as line:
            assert 1 == len(line.list())


def test_it_leaves_no_thread_and_no_port_behind(tmp_path: Path, city: City, centre: Centre) -> None:
    code = next(iter(city.truth))
    handed = open_bank(tmp_path / code, Plan(code, "甲", "hxcb", city.folder), centre.certificates(), NOW)
    before = {thread.name for thread in threading.enumerate()}

    with Simulation([handed.bank], lambda: NOW) as simulation:
        assert f"bank-{code}" in {thread.name for thread in threading.enumerate()}
        door = simulation.banks[code].where
        assert isinstance(door, Door)
        assert door.pin.startswith("SHA256:")

    assert {thread.name for thread in threading.enumerate()} <= before


def test_a_bank_whose_settings_are_wrong_is_named_and_nothing_keeps_running(tmp_path: Path, city: City, centre: Centre) -> None:
    code = next(iter(city.truth))
    handed = open_bank(tmp_path / code, Plan(code, "甲", "hxcb", city.folder), centre.certificates(), NOW)
    (tmp_path / "broken.yaml").write_text("institution: {code: x}\nprofile: hxcb\n", "utf-8")
    before = threading.active_count()

    with pytest.raises(BadSettings) as bad, Simulation([handed.bank, tmp_path / "broken.yaml"], lambda: NOW):
        pass

    assert "broken.yaml" in bad.value.en
    assert before == threading.active_count()
