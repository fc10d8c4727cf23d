"""The key ring of a deployment, or of a bank, opened with its secret and with the token its settings name, if they name one."""

from pathlib import Path
from typing import TYPE_CHECKING

from config.settings import Hardware, Settings, read_secret, ring_secret
from transports.sealing.keyring import KeyRing

if TYPE_CHECKING:
    from transports.sealing.keyring.hardware import Token


def open_ring(folder: Path, settings: Settings) -> KeyRing:
    """The ring of a deployment. Raises BrokenRing, BadSettings."""
    return open_ring_at(folder / "keys", folder, settings.hardware)


def open_ring_at(place: Path, folder: Path, hardware: Hardware | None) -> KeyRing:
    """The ring in ``place``, whose secrets are those of ``folder``: a deployment's, or a bank's beside its bank.yaml.

    Raises BrokenRing, BadSettings; of a token that is away nothing is told before a key in it is needed.
    """
    return KeyRing.open(place, ring_secret(folder), _token(folder, hardware))


def _token(folder: Path, said: Hardware | None) -> "Token | None":
    if said is None:
        return None
    from transports.sealing.keyring.hardware import Token

    return Token(Path(said.library), said.token, lambda: read_secret(folder, said.pin.removeprefix("secret:")))
