"""One pass of a centre in a process of its own, so that it can be killed: intake (again and again), then every step once."""

from collections.abc import Sequence
from pathlib import Path

from connector.assembly import Deployment, clock, lanes_executor
from connector.intake import door
from connector.steps import runner
from transports import crashpoint


def walk(folder: str, city: str, label: str, order: Sequence[str]) -> None:
    """Bring the same sheet in (which changes nothing the second time) and run every step, in any order. Dies where ``label`` says."""
    crashpoint.arm(label)
    parts = Deployment.open(Path(folder)).parts
    rows = door.read_rows((Path(city) / "requests.xlsx").read_bytes(), parts)
    door.take_in(parts, rows, "li", clock())
    with lanes_executor() as executor:
        for step in order:
            runner.run(step, parts, clock(), executor)
