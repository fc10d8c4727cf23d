"""No secret shows: after a whole city and the life of keys by the real command, no key, PIN or secret stands anywhere but at home.

Looked through: everything the commands said (with CONNECTOR_DEBUG, and where secrets are damaged), every process' command line and
environment, every file outside ``secrets/``, every table, and how every object of ours prints itself. Home is ``secrets/`` and,
sealed, ``keys/``.
"""

import base64
import contextlib
import functools
import gc
import json
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import yaml

from bank_profiles.catalogue import BANKS
from connector.assembly import Deployment, clock
from connector.bankside.simulate import Simulation
from connector.founding import keep_secret
from connector.ledger import answers
from connector.ledger.schema import metadata
from connector.reports.dossier import Reader
from reconciliation.household import Person
from tests.canaries import Needles, read_below, seen_in
from tests.certificates import authority, leaf
from tests.dropbox.town import CHANNEL
from tests.enveloped_keys import certified, enveloped
from tests.known_secrets import disguises, needles, of_house, unwrapped
from tests.softhsm import new_token
from transports.sealing.certificates import Certificate
from transports.sealing.keyring import hardware
from transports.sealing.sm2 import Sm2PrivateKey, Sm2PublicKey
from transports.tcp.mac import Mac

pytestmark = pytest.mark.xdist_group("secret canary")
ROOT = Path(__file__).resolve().parent.parent
ADMIN, COLLEAGUE = "demo-admin", "demo-colleague"
BOTH = ("--reason", "canary", "--by", ADMIN, "--with", COLLEAGUE)
BOXED = "990900000009"
PIN = b"canary-pin-55013"
WORD = b"sEcReT-CaNaRy"  # in place of what a damaged secret holds

# Loaded by every python below it: writes down how it was started and every program it starts, with arguments and environment.
WATCH = """
import os, sys
_log = os.open({log!r}, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
for _name in ("cmdline", "environ"):
    with open("/proc/self/" + _name, "rb") as _told:
        os.write(_log, _told.read() + b"\\n")
def _hook(event, args):
    if event in ("subprocess.Popen", "os.exec", "os.posix_spawn", "os.putenv", "os.system"):
        os.write(_log, ascii((event, args)).encode() + b"\\n")
sys.addaudithook(_hook)
"""

# The command again and again in one process, as `connector` runs it: a start costs a second.
COMMANDS = """
import json, sys, traceback
from connector.cli.main import main
for arguments in json.loads(sys.argv[1]):
    sys.argv[1:] = arguments
    try:
        main()
    except SystemExit as ended:
        print("ended", *arguments[:2], ended.code)
    except BaseException:
        traceback.print_exc()
"""


class House:
    """A city of the demo, and what was said of it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.city, self.log = folder, folder / "demo", folder / "started.log"
        self.centre = self.city / "centre"
        (folder / "watch").mkdir()
        (folder / "watch" / "sitecustomize.py").write_text(WATCH.format(log=str(self.log)))
        self.said: list[str] = []

    def say(self, *commands: Sequence[object], **env: str) -> str:
        """Commands in one process of their own; what they say is kept."""
        done = subprocess.run(self._line(*commands), capture_output=True, text=True, env=self._env() | env, check=False)
        self.said += [done.stdout, done.stderr]
        return done.stdout + done.stderr

    def serve(self) -> None:
        """The drop-box, looked at from outside while it is open."""
        line = self._line(self.at_home("serve", "--no-clock", "--port", "0", "--json"))
        with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=self._env()) as server:
            assert server.stdout is not None
            opened = server.stdout.readline()
            for name in ("cmdline", "environ"):
                with contextlib.suppress(PermissionError):  # not dumpable: its own account may not look either
                    self.log.write_bytes(self.log.read_bytes() + Path(f"/proc/{server.pid}/{name}").read_bytes())
            server.terminate()
            self.said.append(opened + server.stdout.read())

    def _line(self, *commands: Sequence[object]) -> list[str]:
        return [sys.executable, "-u", "-c", COMMANDS, json.dumps([[str(word) for word in command] for command in commands])]

    def _env(self) -> dict[str, str]:
        return os.environ | {"PYTHONPATH": f"{self.folder / 'watch'}{os.pathsep}{ROOT}", "CONNECTOR_DEBUG": "1"}

    def at_home(self, *words: object) -> tuple[object, ...]:
        """A command on the centre."""
        return (*words, "--dir", self.centre)

    @functools.cached_property
    def secrets(self) -> dict[str, bytes]:
        """Of the centre and every bank, once all of them are there."""
        houses = {"centre": self.centre, "fresh": self.folder / "fresh"} | {
            path.name: path for path in (self.city / "banks").iterdir()
        }
        found = {f"{house}: {name}": value for house, folder in houses.items() for name, value in of_house(folder).items()}
        return found | {"centre: pin": PIN}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The demo, then keys of every kind and home, then what looks at keys."""
    house = House(tmp_path_factory.mktemp("canary"))
    before = os.environ.get("SOFTHSM2_CONF")
    house.say(("demo", "--households", 1, "--banks", 3, "--no-serve", "--dir", house.city))
    _token(house)
    _door(house)
    init = ("init", "--centre", "C2", "--region", "320507", "--user", "li", "--dir", house.folder / "fresh")
    kinds = (
        ("sm2", "sign", "ring"),
        ("rsa3072", "encrypt", "ring"),
        ("pgp-ed25519", "any", "ring"),
        ("ec-p256", "sign", "hardware"),
    )
    new = (("keys", "new", f"us/{kind}", "--use", use, "--kind", kind, "--home", home, *BOTH) for kind, use, home in kinds)
    house.say(init, *(house.at_home(*words) for words in new))
    take_in = _import_own(house)
    looks = [("keys", "list"), ("keys", "list", "--json"), ("keys", "letter", "us/sm2"), ("status",), ("status", "--json")]
    more = [("step", "all", "--json"), ("audit", "verify"), ("audit", "export", house.folder / "audit.jsonl"), ("approvals",)]
    banks = [("bank", "respond", "--once", "--bank", path) for path in sorted((house.city / "banks").glob("*/bank.yaml"))]
    # the first try dies in the middle of sealing that very key, the second takes it in
    house.say(take_in, take_in, *(house.at_home(*look) for look in (*looks, *more)), *banks, CONNECTOR_CRASHPOINT="K2:raise")
    house.serve()
    yield house
    hardware.forget()
    os.environ.pop("SOFTHSM2_CONF", None)
    if before is not None:
        os.environ["SOFTHSM2_CONF"] = before


def _token(house: House) -> None:
    """A token behind service.yaml, its PIN among the secrets."""
    token = new_token(house.folder / "softhsm", "centre", PIN)
    with (house.centre / "service.yaml").open("a", encoding="utf-8") as settings:
        settings.write(f"hardware:\n  library: {token.library}\n  token: centre\n  pin: secret:token-pin\n")
    keep_secret(house.centre, "token-pin", PIN)


def _door(house: House) -> None:
    """The drop-box, with a TLS key among the secrets, and a bank that is reached by it."""
    issuer = authority("Staff of banks")
    server = leaf(issuer, "centre")
    for name, text in (("certificate", server.pem), ("key", server.key_pem), ("authority", issuer.pem)):
        keep_secret(house.centre, f"serve/{name}", text.encode())
    with (house.centre / "service.yaml").open("a", encoding="utf-8") as settings:
        settings.write(
            "serve: {certificate: secret:serve/certificate, key: secret:serve/key, authority: secret:serve/authority}\n"
        )

    profile = (BANKS / "hxcb" / "2026.1.yaml").read_text("utf-8").replace("profile: hxcb", "profile: hxbox")
    head, _, rest = profile.partition("channel:\n")
    keep = house.centre / "profiles" / "hxbox" / "2026.1.yaml"
    keep.parent.mkdir(parents=True)
    keep.write_text(head + CHANNEL + "\n" + rest[rest.index("inquiry:") :], "utf-8")
    beside = yaml.safe_load(next((house.centre / "connections").glob("998*.yaml")).read_text("utf-8"))
    boxed = {
        "institution": beside["institution"] | {"code": BOXED},
        "profile": "hxbox",
        "pins": [server.pin],
        "keys": beside["keys"],
    }
    (house.centre / "connections" / f"{BOXED}.yaml").write_text(yaml.safe_dump(boxed), "utf-8")


def _import_own(house: House) -> tuple[object, ...]:
    """The command that takes in a key a CA made for us."""
    signing = Deployment.open(house.centre).ring.certificate("us/sm2")
    made = Sm2PrivateKey.generate()
    assert isinstance(signing, Certificate)
    assert isinstance(signing.public_key, Sm2PublicKey)
    (house.folder / "key.der").write_bytes(enveloped(made, signing.public_key))
    (house.folder / "key.pem").write_bytes(certified(made).pem)
    files = (house.folder / "key.pem", house.folder / "key.der")
    return house.at_home("keys", "import-own", "us/ca", *files, "--signing", "us/sm2", "--by", ADMIN, "--with", COLLEAGUE)


@pytest.fixture(scope="module")
def sought(house: House) -> Needles:
    """Every secret of the house in every disguise."""
    return needles(house.secrets)


def shown(data: bytes, sought: Needles) -> set[str]:
    """What of the secrets is in it, as it stands and with its lines joined."""
    return seen_in(data, sought) | seen_in(unwrapped(data), sought)


# ── the scanner ──


@pytest.mark.parametrize(
    "disguise",
    [
        lambda secret: secret,
        lambda secret: secret.hex().encode(),
        lambda secret: base64.encodebytes(b"-----BEGIN" + secret + b"tail"),
        lambda secret: json.dumps(base64.encodebytes(b"4" + secret * 3).decode()).encode(),
        lambda secret: base64.urlsafe_b64encode(b"22" + secret + b"1"),
        lambda secret: repr({"key": secret}).encode(),
        lambda secret: repr(int.from_bytes(secret, "big")).encode(),
        lambda secret: secret[::-1],
    ],
)
@pytest.mark.parametrize("name", ["centre: ring: us/decrypt sm2", "centre: ring: master", "centre: pin", "centre: secrets/ring"])
def test_c1_the_scanner_sees_every_secret_in_every_disguise(house: House, name: str, disguise) -> None:  # type: ignore[no-untyped-def]
    secret = next(value for key, value in house.secrets.items() if key.startswith(name))
    sought = {("it", how): needle for how, needle in disguises(secret)}

    assert set() != shown(b"\xff before " + disguise(secret) + b" behind", sought)


def test_c1_the_house_has_secrets_of_every_kind_and_each_is_seen_at_home(house: House, sought: Needles) -> None:
    names = " ".join(house.secrets)
    at_home = {what.partition(" (")[0] for _, data in read_below(house.city) for what in shown(data, sought)}

    for kind in (
        "us/rsa3072",
        "us/pgp-ed25519",
        "us/ca sm2",
        "us/sign ec-p256",
        "audit sm2",
        "sftp-key d",
        "line-key d",
        "host_key d",
    ):
        assert kind in names
    assert {"centre: pin", "centre: secrets/ring"} <= at_home
    said = "".join(house.said)
    for verb in (
        "demo --households 0",
        "init --centre 0",
        "keys import-own 0",
        "audit export 0",
        "bank respond 0",
        "serve --no-clock 0",
    ):
        assert f"ended {verb}" in said
    assert "us/ec-p256" in said


# ── where nothing may be ──


def test_c1_no_traceback_shows_the_key_that_was_being_sealed(house: House, sought: Needles) -> None:
    crashed = next(text for text in house.said if "transports.crashpoint.Crash: K2" in text)

    assert "import_own" in crashed
    assert set() == shown(crashed.encode(), sought)


def test_c1_no_command_says_a_secret(house: House, sought: Needles) -> None:
    assert len("".join(house.said)) > 5_000
    assert set() == shown("".join(house.said).encode(), sought)


def test_c1_no_process_is_started_with_a_secret(house: House, sought: Needles) -> None:
    started = house.log.read_bytes()

    assert b"CONNECTOR_DEBUG" in started
    assert set() == shown(started, sought)


def test_c1_no_file_shows_a_secret_outside_its_home(house: House, sought: Needles) -> None:
    """Not in the sealed rings either; the hand-over of a simulated bank to its centre is below ``secrets`` too."""
    files = [
        (path, data) for path, data in read_below(house.folder) if "secrets" not in path.parts and "softhsm" not in path.parts
    ]
    found = {str(path.relative_to(house.folder)): what for path, data in files if (what := shown(data, sought))}

    assert {} == found
    assert len(files) > 100


def test_c1_secrets_are_their_owners_alone(house: House) -> None:
    folders = {path.parent for path, _ in read_below(house.city) if path.parent.name in ("secrets", "keys")}
    kept = [*folders, *(path for folder in folders for path in folder.rglob("*"))]

    assert [] == [str(path) for path in kept if path.is_file() and stat.S_IMODE(path.stat().st_mode) & 0o077]
    assert [] == [str(path) for path in folders if stat.S_IMODE(path.stat().st_mode) & 0o077]
    assert len(kept) > 50


def test_c1_no_table_holds_a_secret(house: House, sought: Needles) -> None:
    with contextlib.closing(sqlite3.connect(house.centre / "ledger.db")) as ledger:
        rows = {t.name: ledger.execute(f'SELECT * FROM "{t.name}"').fetchall() for t in metadata.sorted_tables}
    cells = {
        name: b"\n".join(c if isinstance(c, bytes) else str(c).encode() for r in found for c in r) for name, found in rows.items()
    }

    assert {} == {name: found for name, data in cells.items() if (found := shown(data, sought))}
    assert rows["data_key"]


# ── what prints itself ──


def test_c1_no_object_of_ours_prints_a_secret(house: House, sought: Needles) -> None:
    """As it would stand in a traceback, a log line or a debugger: every object there is while the city's roads are open."""
    with Simulation(sorted((house.city / "banks").glob("*/bank.yaml")), clock) as simulation:
        deployment = Deployment.open(house.centre)
        now = deployment.now()
        held: list[object] = []
        held += [
            way.open() for bank in deployment.parts.banks.working.values() for way in bank.ways(now.date()) if way.kind != "media"
        ]
        held += [deployment.ring.own_any(alias) for alias in ("us/sm2", "us/rsa3072", "us/ca", "us/ec-p256")]
        held += [deployment.ring.pgp.own_any("us/pgp-ed25519"), simulation, Mac("hmac-sm3", PIN, PIN + PIN)]
        ours = [each for each in gc.get_objects() if _of_ours(each)]
        told = "\n".join(map(repr, ours)).encode()

    assert {"OwnKey", "OwnPgpKey", "KeyRing", "RingSecrets", "Vault", "Sm2PrivateKey", "Mac"} <= {
        type(each).__name__ for each in ours
    }
    assert len(held) > 5
    assert set() == shown(told, sought)


def _of_ours(each: object) -> bool:
    return type(each).__module__.partition(".")[0] in ("connector", "config", "transports", "bank_profiles", "reconciliation")


# ── what is said when a secret is at fault ──


def test_c1_a_damaged_secret_is_not_told_in_the_complaint(house: House, tmp_path: Path) -> None:
    """A key that is none any more, a wrong PIN, a wrong secret of the ring: each is complained of, and what stands there is not told."""
    centre = tmp_path / "centre"
    shutil.copytree(house.centre, centre)
    for path in (path for path in (centre / "secrets").rglob("*") if path.is_file() and path.name != "ring"):
        key = b"PRIVATE KEY" in path.read_bytes()
        path.write_bytes(_no_key() if key else WORD)
    hard = ("keys", "new", "us/more", "--use", "sign", "--kind", "ec-p256", "--home", "hardware", *BOTH)
    said = house.say(*((*look, "--dir", centre) for look in (("step", "all", "--json"), ("status",), hard)))
    (centre / "secrets" / "ring").write_bytes(WORD)
    said += house.say(("status", "--dir", centre))

    assert said.count('"unusable-key"') >= 2  # of a line, of SFTP
    assert "key-store-pin-wrong" in said
    assert "ring-secret-wrong" in said
    assert set() == shown(said.encode(), {(WORD.decode(), how): needle for how, needle in disguises(WORD)})


def _no_key() -> bytes:
    return b"-----BEGIN PRIVATE KEY-----\n" + base64.encodebytes(WORD * 3) + b"-----END PRIVATE KEY-----\n"


# ── how long persons stay in memory ──

# Brings the sheet in again and opens every dossier, then tells whose names it can still reach. Names come written backwards.
STAYS = """
import gc, json, sys
from pathlib import Path
import pyarrow
from connector.assembly import Deployment, clock
from connector.reports.dossier import Reader
from connector.intake import door
from connector.ledger import answers

centre, sheet, words = Path(sys.argv[1]), Path(sys.argv[2]), json.loads(sys.argv[3])

def reached():
    gc.collect()
    texts = {part for each in gc.get_objects() for part in gc.get_referents(each) if type(part) in (str, bytes)}
    texts = {part.decode("utf-8", "replace") if isinstance(part, bytes) else part for part in texts}
    return sum(any(word[::-1] in text for text in texts) for word in words)

def handle():
    parts = Deployment.open(centre).parts
    door.take_in(parts, door.read_rows(sheet.read_bytes(), parts), "demo-clerk", clock())
    with parts.ledger.read() as tx:
        read = Reader(tx, parts, clock()).read(list(answers.inquiries(tx, parts.centre)))
    return parts, reached(), pyarrow.total_allocated_bytes(), len(read.cases)

parts, while_open, held, cases = handle()
print(json.dumps([cases, while_open, held > 0, reached(), pyarrow.total_allocated_bytes()]))
"""


def test_c12_no_person_stays_in_memory_when_their_dossier_is_closed(house: House) -> None:
    """What Python and Arrow can still reach; memory that was given back is not overwritten, which is what swap is kept from."""
    names = {person.name for person in _persons(house.centre)}
    words = json.dumps([name[::-1] for name in names])
    command = [sys.executable, "-c", STAYS, str(house.centre), str(house.city / "city" / "requests.xlsx"), words]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True)

    assert [1, len(names), True, 0, 0] == json.loads(done.stdout)


def _persons(centre: Path) -> list[Person]:
    parts = Deployment.open(centre).parts
    with parts.ledger.read() as tx:
        cases = Reader(tx, parts, clock()).read(list(answers.inquiries(tx, parts.centre))).cases
    return [person for case in cases for person in case.household.members]
