"""A bank of shell tools that shares no line of code with us; what it cannot open stops it until its operator puts that aside."""

import subprocess
from pathlib import Path

from tests.connector.conform.test_issuing import agreed_of
from tests.connector.conform.town import BANK, TrialTown, deviations, results
from tests.town import HERE


class ShellTown(TrialTown):
    """The bank is tests/independent_bank."""

    def banks_respond(self, *codes: str) -> None:
        """Its script, as often as a parcel it cannot open stops it; the operator takes that one away."""
        root = self.servers[BANK].root
        line = [HERE / "independent_bank" / "independent_bank.sh", root]
        while subprocess.run(line, check=False, capture_output=True).returncode:
            stopped_by = min((root / "in" / "cx").glob("*.ok"))
            stopped_by.unlink()


def test_a_bank_of_shell_tools_keeps_the_profile_but_answers_a_repetition_anew_and_takes_any_cipher(
    samples: Path, tmp_path: Path
) -> None:
    with ShellTown(tmp_path, samples / "city" / "seed1", shell_banks=[BANK]) as town:
        issued = town.conform(agreed=agreed_of(samples))

    twice = "answered-twice"  # it keeps no record of what it answered: what is put again is sealed anew
    weaker = {"weaker-suite": "answered-all-the-same"}  # openssl's cms opens AES-CBC wherever AES-GCM was agreed
    assert {"same-name-twice": twice, "answered-once": twice} | weaker == deviations(issued)
    assert {"kept", "deviates", "not_applicable"} == set(results(issued).values())
