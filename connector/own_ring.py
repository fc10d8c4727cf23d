"""The deployment's key ring, opened with its secret and with the token its settings name, if they name one."""

from pathlib import Path

from config.settings import Settings, read_secret, ring_secret
from transports.sealing.hardware import Token
from transports.sealing.keyring import KeyRing


def open_ring(folder: Path, settings: Settings) -> KeyRing:
    """The ring. Raises BrokenRing, BadSettings; of a token that is away nothing is told before a key in it is needed."""
    return KeyRing.open(folder / "keys", ring_secret(folder), _token(folder, settings))


def _token(folder: Path, settings: Settings) -> Token | None:
    said = settings.hardware
    if said is None:
        return None
    return Token(Path(said.library), said.token, lambda: read_secret(folder, said.pin.removeprefix("secret:")))
