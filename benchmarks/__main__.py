"""All benchmarks, one behind the other: ``python -m benchmarks`` (``make bench``). Each also runs by itself and takes --json.

Where an aim is missed the end says which, and is no success.
"""

import subprocess
import sys

failed = []
for name in ("language", "memory", "service", "roads", "seals", "urgent"):
    print(f"== {name}", flush=True)
    if subprocess.run([sys.executable, "-m", f"benchmarks.{name}", *({"--json"} & set(sys.argv))], check=False).returncode:
        failed.append(name)
if failed:
    raise SystemExit(f"missed its aim, or failed: {', '.join(failed)}")
