"""The audit names the line of a carrier's journal up to which it was taken in, once for each time it grew."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest

from connector.assembly import Deployment
from connector.founding import Founding, found
from connector.ledger import audit
from connector.steps import runner

NOW = datetime(2026, 11, 21, tzinfo=UTC)


@pytest.mark.parametrize("content", [b"{}", b"not json"])
def test_heads_stand_in_the_audit_once(tmp_path: Path, content: bytes) -> None:
    home = tmp_path / "deployment"
    found(Founding(home, "C1", "核对中心", "320507", "admin"), NOW)
    state = home / "carried" / "0123456789abcdef"
    state.mkdir(parents=True)
    (home / "carried" / "other").mkdir()
    (home / "carried" / "other" / "head.json").write_bytes(content)
    deployment = Deployment.open(home, lambda: NOW)
    for n in (3, 3, 5):
        (state / "head.json").write_bytes(orjson.dumps({"head": {"n": n, "digest": f"{n}" * 64}, "last": ""}))
        with ThreadPoolExecutor(1) as executor:
            runner.run("settle", deployment.parts, NOW, executor)

    with deployment.ledger.read() as tx:
        records = [record for record in audit.newest(tx, 50) if record.what == "carrier-journal"]
    assert [5, 3] == [record.detail["line"] for record in records]
    deployment.ledger.close()
