"""No key and no nonce is used twice: not in a hundred thousand parcels, not after a kill between drawing and use, not in two forks.

The bound. A nonce of GCM is 96 random bits: by NIST SP 800-38D 8.3 one key may take 2^32 of them. Content keys take one each. A data
key seals the records of one purpose and month: at ten records for each of a million persons that is 2^24. The master key wraps a few
keys a month. Lines over TCP draw nothing: they count (tests/transports/tcp/test_session.py).
"""

import json
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from connector.roads import SUITES
from tests import nonces
from transports.sealing import at_rest, cms

ROOT = Path(__file__).resolve().parents[3]
PARCELS = 25_000  # with the records and objects beside them a hundred thousand draws; ten million parcels by `make nonces`


def test_c5_no_key_and_no_nonce_comes_twice() -> None:
    drawers = nonces.drawn(PARCELS)

    assert drawers.count > 100_000
    assert drawers.repeated() == []


def test_c5_the_count_sees_one_value_that_came_twice() -> None:
    drawers = nonces.Drawers()
    for value in (b"abc", b"abd", b"abc"):
        drawers.put("content nonce", value)

    assert ["content nonce"] == drawers.repeated()


def test_c5_every_suite_of_seals_and_of_records_is_counted() -> None:
    counted = {*nonces.OURS, *nonces.LIBRARIES}
    records = {f"{what}, {suite}" for what in ("records", "objects") for suite in at_rest.SUITES}
    assert {*SUITES, *records, "messages"} <= counted


# ── nobody draws elsewhere ──

# Random, and neither key nor nonce of a seal: each with the reason why it may be drawn where it is.
ELSEWHERE = {
    "transports/sealing/keyring/hardware.py": "the id of a key in a token, which is a name",
    "transports/sealing/keyring/index.py": "the salt of a ring, drawn once",
    "connector/founding.py": "the secret of a ring, drawn once",
    "connector/bankside/opening.py": "the secret of a simulated bank's ring, drawn once",
    "connector/bankside/journal.py": "the name of a file",
    "connector/carrier/lane.py": "the name of a file",
    "connector/dropbox/uploads.py": "the name of a file",
    "connector/objects/folder.py": "the name of a file",
    "connector/executors.py": "by which workers see that the deployment was joined anew",
    "connector/hours/breaker.py": "how long a bank is left alone before the next try",
    "connector/bankside/invented.py": "persons who do not exist, the same every time",
    "connector/bankside/invented_holdings.py": "what they hold",
}
_SOURCES = re.compile(r"\b(?:os\.|secrets\.|random\.)(?:urandom|getrandom|token_\w+|rand\w+|getrandbits|SystemRandom|Random)\(")


def test_c5_keys_and_nonces_are_drawn_in_one_place() -> None:
    """Whoever needs another writes ``drawing.key`` or ``drawing.nonce``, or why it is neither into the list above."""
    texts = {
        str(path.relative_to(ROOT)): path.read_text("utf-8")
        for wing in ("transports", "connector", "config", "bank_profiles", "reconciliation")
        for path in (ROOT / wing).rglob("*.py")
    }
    found = {name for name, text in texts.items() if _SOURCES.search(text)}

    assert found - set(ELSEWHERE) == {"transports/drawing.py"}


# ── killed, forked ──


@pytest.fixture(scope="module")
def forked() -> dict[str, Any]:
    """What tests.nonces_forked tells."""
    said = subprocess.run([sys.executable, "-m", "tests.nonces_forked"], capture_output=True, cwd=ROOT, check=True, timeout=120)
    found: dict[str, Any] = json.loads(said.stdout)
    return found


@pytest.mark.parametrize("act", [*cms.SUITES, *at_rest.SUITES])
@pytest.mark.parametrize("what", ["key", "nonce"])
def test_c5_who_was_killed_between_drawing_and_use_draws_anew(forked: dict[str, Any], act: str, what: str) -> None:
    """The same content sealed again after kill -9: nothing the dead process drew is in any draw of those that came after it."""
    dead, retries = forked[act]["killed"][what], forked[act]["lived"]

    assert (signal.SIGKILL, []) == (dead["signal"], dead["made"])  # nothing left it
    assert dead["drawn"]
    for retry in retries:
        assert (0, 1) == (retry["signal"], len(retry["made"]))
        assert set() == set(dead["drawn"]) & set(retry["drawn"])


@pytest.mark.parametrize("act", [*cms.SUITES, *at_rest.SUITES, "message"])
def test_c5_what_was_drawn_is_what_is_used(forked: dict[str, Any], act: str) -> None:
    """A nonce that was drawn stands in what was made: the draws above are those of the seal."""
    for lived in forked[act]["lived"]:
        assert any(drawn in lived["made"][0] or drawn.encode().hex() in lived["made"][0] for drawn in lived["drawn"])


@pytest.mark.parametrize("act", [*cms.SUITES, *at_rest.SUITES, "message", *nonces.LIBRARIES])
def test_c5_two_forks_of_one_process_draw_nothing_alike(forked: dict[str, Any], act: str) -> None:
    one, two = ({*lived["drawn"], *lived["made"]} for lived in forked[act]["lived"])

    assert one
    assert set() == one & two
