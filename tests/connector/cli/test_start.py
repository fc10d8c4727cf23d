"""What a command need not wait for at its start."""

import subprocess
import sys


def test_status_does_not_wait_for_the_library_of_reports() -> None:
    line = "import sys, connector.assembly, connector.status; sys.exit('pandas' in sys.modules)"

    assert 0 == subprocess.run([sys.executable, "-c", line], timeout=60, check=False).returncode
