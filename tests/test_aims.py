"""A benchmark that misses its aim does not end well, and says which aim and by how much."""

from typing import Any

import pytest

from benchmarks import language, memory, roads


@pytest.mark.parametrize(
    ("ratio", "aim", "told"),
    [(0.49, 0.5, ["aim missed: xml: bare ÷ read = 0.49, aim ≥ 0.5"]), (0.5, 0.5, []), (0.1, None, [])],
)
def test_a_missed_speed_is_told_with_its_figures(ratio: float, aim: float | None, told: list[str]) -> None:
    report: dict[str, Any] = {"cases": {"xml": {"of_limit": {"bare": ratio, "other": 0.0}, "aim": aim}}}

    assert told == language.missed(report)


def test_memory_that_grows_or_is_too_much_is_told_with_its_figures() -> None:
    def peaks(*peaks: int) -> dict[str, Any]:
        return {"aim": memory.AIM, "cases": {"xml": [{"start_mib": 100, "peak_mib": peak} for peak in peaks]}}

    assert [] == memory.missed(peaks(200, 240))
    assert ["aim missed: xml: the longest takes 1.50 × the peak of the shortest, aim ≤ 1.2"] == memory.missed(peaks(200, 300))
    assert ["aim missed: xml: 300 MiB above the start, aim ≤ 256 MiB"] == memory.missed(peaks(400, 400))


def test_parcels_that_go_too_slowly_or_take_too_much_memory_are_told_with_their_figures() -> None:
    def report(of_sftp: float, memory_mib: int) -> dict[str, Any]:
        return {"loads": {"put small": {"of_sftp": of_sftp}}, "memory_mib": {"TCP": memory_mib}}

    assert [] == roads.missed(report(0.5, 200))
    assert ["aim missed: put small: 0.49, aim ≥ 0.5", "aim missed: memory over TCP: 201 MiB, aim ≤ 200"] == roads.missed(
        report(0.49, 201)
    )
