"""All benchmarks, one behind the other: ``python -m benchmarks`` (``make bench``). Each also runs by itself and takes --json."""

import subprocess
import sys

for name in ("language", "memory", "service"):
    print(f"== {name}", flush=True)
    subprocess.run([sys.executable, "-m", f"benchmarks.{name}", *({"--json"} & set(sys.argv))], check=True)
