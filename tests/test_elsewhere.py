"""The same small city with its heavy steps in other processes and its sealed objects in a bucket ends as it does here."""

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from connector.assembly import lanes_executor
from connector.bankside.invented import invent
from connector.deciding import acts
from connector.founding import keep_secret
from connector.ledger import people
from connector.steps import runner
from tests.bucket_server import BucketServer
from tests.dask_cluster import cluster
from tests.town import Town, clock

Ending = set[str]
OF_EACH_RUN = ("_at",)
pytestmark = [pytest.mark.real, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dozen households, three banks."""
    folder = tmp_path_factory.mktemp("city")
    invent(folder, households=12, banks=3)
    return folder


def set_in(town: Town, **settings: object) -> None:
    path = town.dir / "service.yaml"
    path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text("utf-8")) | settings, allow_unicode=True), "utf-8")


@pytest.fixture(scope="module")
def as_here(city: Path, tmp_path_factory: pytest.TempPathFactory) -> Ending:
    """How the journey ends in one process, with its objects in a folder."""
    with Town(tmp_path_factory.mktemp("here"), city) as town:
        town.intake()
        town.journey()
        return ending(town)


def ending(town: Town) -> Ending:
    """Every line's outcome with what was found; every value of every household's report but what each run has of its own."""
    return {*map(str, town.lines()), *_told("", town.reports())}


def _told(place: str, said: Any) -> Iterator[str]:
    if isinstance(said, dict):
        for key, value in said.items():
            if not key.endswith(OF_EACH_RUN):
                yield from _told(f"{place}.{key}", value)
    elif isinstance(said, list):
        for each in said:
            yield from _told(f"{place}[]", each)
    else:
        yield f"{place} = {said}"


def journey(town: Town) -> dict[str, runner.StepResult]:
    """By one deployment opened once, so that its processes are begun once."""
    deployment = town.deployment()
    with lanes_executor() as lanes:
        ended = {step: runner.run(step, deployment.parts, clock(), lanes) for step in ("gather", "dispatch")}
        town.banks_respond()
        ended |= {step: runner.run(step, deployment.parts, clock(), lanes) for step in ("collect", "settle", "conclude")}
    if deployment.parts.heavy is not None:
        deployment.parts.heavy.close()
    return ended


def retire(town: Town) -> None:
    """Ten years later two persons end the month."""
    later = clock() + timedelta(days=3650 + 62)
    town.step("retire", now=later)
    with town.deployment().ledger.begin() as tx:
        people.add(tx, at=clock(), name="wang", roles=["manager"], centre="C1", region="440106", by="li")
        for request in people.of_act(tx, "retire-month"):
            acts.decide(tx, request.id, agree=True, by="wang", now=clock())
    assert 1 == town.step("retire", now=later)["retire"].counts["erased"]


class TestElsewhere:
    """The end of the journey is the truth's, wherever it was worked out and kept."""

    def test_heavy_steps_on_a_pool_of_processes(self, city: Path, as_here: Ending, tmp_path: Path) -> None:
        with Town(tmp_path, city) as town:
            set_in(town, heavy={"processes": 2})
            town.intake()
            ended = journey(town)

            assert {} == {step: each.problems for step, each in ended.items() if each.problems}
            assert set() == as_here ^ ending(town)

    def test_heavy_steps_on_a_cluster_of_two(self, city: Path, as_here: Ending, tmp_path: Path) -> None:
        with Town(tmp_path, city) as town, cluster(2) as address:
            set_in(town, heavy={"dask": address})
            town.intake()
            ended = journey(town)

            assert {} == {step: each.problems for step, each in ended.items() if each.problems}
            assert set() == as_here ^ ending(town)

    def test_sealed_objects_in_a_bucket(self, city: Path, as_here: Ending, tmp_path: Path) -> None:
        with BucketServer() as server, Town(tmp_path, city) as town:
            keep_secret(town.dir, "bucket/id", b"key")
            keep_secret(town.dir, "bucket/key", b"secret")
            bucket = {"name": "sealed", "endpoint": server.endpoint, "region": "us-east-1", "path_style": True}
            bucket |= {"access_key": "secret:bucket/id", "secret_key": "secret:bucket/key"}
            set_in(town, objects={"bucket": bucket})
            town.intake()
            town.journey()

            assert set() == as_here ^ ending(town)
            assert not [path for path in (town.dir / "objects").rglob("*") if path.is_file()]
            assert set(town.deployment().parts.objects.digests()) == {Path(name).name for name in server.names()} != set()
            retire(town)
            assert [] == server.names()


class TestAWorkerDies:
    """Killed in the middle of a piece by the system, as one that runs out of memory is."""

    @pytest.mark.parametrize(("step", "label"), [("gather", "O11"), ("settle", "N22"), ("conclude", "N18")])
    def test_rule_093_another_pass_does_it_again_and_nothing_is_doubled(
        self, step: str, label: str, city: Path, as_here: Ending, tmp_path: Path
    ) -> None:
        with Town(tmp_path, city) as town:
            town.intake()
            for each in ("gather", "dispatch", "collect", "settle", "conclude"):
                if each == "collect":
                    town.banks_respond()
                if each == step:
                    set_in(town, heavy={"processes": 1})
                    died = town.command("step", step, "--json", env=os.environ | {"CONNECTOR_CRASHPOINT": label})
                    assert "worker-died" in died.stdout + died.stderr, died.stdout + died.stderr
                    set_in(town, heavy="threads")
                town.step(each)

            assert set() == as_here ^ ending(town)
