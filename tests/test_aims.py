"""A benchmark that misses its aim does not end well, and says which aim and by how much."""

from typing import Any

import pytest

from benchmarks import language, memory, roads, seals
from transports.sealing import cms


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


def test_a_seal_slower_than_its_share_or_too_large_is_told_with_its_figures() -> None:
    def report(share: float, peak_mib: int) -> dict[str, Any]:
        return {"sm2-sm4gcm-sm3": {"share": share, "aim": 0.8, "peak_mib": peak_mib}}

    assert [] == seals.missed(report(0.8, seals.MEMORY_MIB))
    assert ["sm2-sm4gcm-sm3: 0.79 of its limit, 0.8 wanted", "sm2-sm4gcm-sm3: 101 MiB, 100 allowed"] == seals.missed(
        report(0.79, 101)
    )


def test_every_suite_of_cms_has_its_aim() -> None:
    assert list(cms.SUITES) == [case.suite for case in seals.CASES]
    assert all(0 < case.aim < 1 for case in seals.CASES)
