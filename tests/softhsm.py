"""A token of the distribution (SoftHSM 2) in a folder of its own: what a bank's or a centre's HSM is to PKCS #11."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from transports.sealing.keyring.hardware import Token

PIN = b"270815"
LIBRARIES = (Path("/usr/lib/softhsm/libsofthsm2.so"), Path("/usr/lib64/pkcs11/libsofthsm2.so"))


def library() -> Path:
    """Its PKCS #11 library; the test is skipped, with the reason, where there is none."""
    found = next((each for each in LIBRARIES if each.exists()), None)
    if found is None or shutil.which("softhsm2-util") is None:
        pytest.skip("softhsm2 is not installed")
    return found


def new_token(folder: Path, label: str, pin: bytes = PIN) -> Token:
    """A token in ``folder``, which this process' library is led to. ``folder/tokens``: what is pulled out."""
    found = library()
    (folder / "tokens").mkdir(parents=True, exist_ok=True)
    conf = folder / "softhsm2.conf"
    conf.write_text(f"directories.tokendir = {folder / 'tokens'}\nobjectstore.backend = file\nlog.level = ERROR\n")
    os.environ["SOFTHSM2_CONF"] = str(conf)
    said = ("--init-token", "--free", "--label", label, "--pin", pin.decode(), "--so-pin", "31415926")
    subprocess.run(("softhsm2-util", *said), check=True, capture_output=True)
    return Token(found, label, lambda: pin)
