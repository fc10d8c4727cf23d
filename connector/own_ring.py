"""The deployment's key ring, opened with its secret and with the token its settings name, if they name one."""

from pathlib import Path
from typing import TYPE_CHECKING

from config.settings import Settings, read_secret, ring_secret
from transports.sealing.keyring import KeyRing

if TYPE_CHECKING:
    from transports.sealing.hardware import Token


def open_ring(folder: Path, settings: Settings) -> KeyRing:
    """The ring. Raises BrokenRing, BadSettings; of a token that is away nothing is told before a key in it is needed."""
    return KeyRing.open(folder / "keys", ring_secret(folder), _token(folder, settings))


def _token(folder: Path, settings: Settings) -> "Token | None":
    said = settings.hardware
    if said is None:
        return None
    from transports.sealing.hardware import Token

    return Token(Path(said.library), said.token, lambda: read_secret(folder, said.pin.removeprefix("secret:")))
