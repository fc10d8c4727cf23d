# Each target does its own set-up on a fresh machine with Python ≥ 3.11.
PYTHON ?= python3
BIN := .venv/bin
SAMPLES ?= ../shared
export SAMPLES

.PHONY: demo test coverage check bench kills month nonces lies twins fuzz lock clean

demo: .venv/.runtime ## a whole city on this machine
	$(BIN)/connector demo --no-serve

test: .venv/.dev ## every test; real servers are installed where that is possible
	sh tests/install_servers.sh
	$(BIN)/python -m pytest -n 3 --dist loadgroup

coverage: .venv/.dev ## the same, and which lines and branches no test reaches; half as long again
	sh tests/install_servers.sh
	$(BIN)/python -m pytest -n 3 --dist loadgroup --cov --cov-report=term:skip-covered

check: .venv/.dev ## format, lint, types, house
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q tests/test_house.py

bench: .venv/.dev ## speed and memory, as ratios measured in one run
	$(BIN)/python -m benchmarks

kills: .venv/.dev ## 200 kills at random times of a whole journey
	$(BIN)/python -m tests.kills --kills 200

nonces: .venv/.dev ## the keys and nonces of ten million parcels, and none twice
	$(BIN)/python -m tests.nonces

month: .venv/.dev ## a month of 200 banks and 2,000 lines a day, on a clock of its own: every line must end answered or named
	$(BIN)/python -m tests.month

twins: .venv/.dev ## both readers on 20,000 generated and damaged files of all formats
	$(BIN)/python -m tests.twins

fuzz: .venv/.fuzz ## 10 minutes of the processor for each reader, unpacker, the names and the loader
	$(BIN)/python -m tests.fuzz

lies: .venv/.dev ## 1,000 and more lies planted in answers of a simulated bank
	$(BIN)/python -m tests.lies

lock: .venv/.dev ## pin all dependencies with hashes, naming no index
	$(BIN)/uv pip compile pyproject.toml --universal --generate-hashes --no-header -q -o requirements.lock
	$(BIN)/uv pip compile pyproject.toml --extra dev -c requirements.lock --universal --generate-hashes --no-header -q -o requirements-dev.lock

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .coverage .hypothesis connector-demo *.egg-info

.venv/.runtime: requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

.venv/.dev: requirements-dev.lock .venv/.runtime
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	touch $@

.venv/.fuzz: pyproject.toml .venv/.dev
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation -e .[fuzz]
	touch $@
