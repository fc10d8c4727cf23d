"""The formulas of the supervisor's figures, held against the worked month and the worked answer times of their definition."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from config.working_days import Calendar
from config.working_time import WorkingTime
from connector.figures import months, rates, small
from connector.figures.rates import Rate, nearest_rank, printed, wilson
from connector.figures.rates import rates as all_rates

SEPTEMBER = {
    **{"X1": 12, "X2": 30, "X4": 8, "B1": 855, "B2": 38, "B3": 12, "B4": 15, "B5": 10, "B6": 20},
    **{"found": 310, "no_record": 560, "declared": 310, "as_declared": 302, "corrected": 6},
    **{"files": 64, "files_bad": 5, "files_refused": 2, "rows": 41_250, "rows_parked": 37},
}


class TestWorkedMonth:
    """Bank dsnx, September: 1,000 due lines."""

    def test_rule_082_the_scored_lines_are_what_is_due(self) -> None:
        assert 950 == rates.due_lines(SEPTEMBER)
        assert 1000 == sum(lines for name, lines in SEPTEMBER.items() if name[0] in "BX")

    @pytest.mark.parametrize(
        ("name", "part", "whole", "words"),
        [
            ("response", 920, 950, "96.8 %"),
            ("on_time", 855, 950, "90.0 %"),
            ("completeness", 302, 310, "97.4 %"),
            ("format_error", 5, 64, "7.8 %"),
            ("files_refused", 2, 64, "3.1 %"),
            ("rows_error", 37, 41_250, "0.09 %"),
            ("correction", 6, 893, "0.67 %"),
            ("refusal", 20, 958, "2.1 %"),
            ("hit", 310, 870, "35.6 %"),
        ],
    )
    def test_rule_082_and_084_each_rate_is_as_worked(self, name: str, part: int, whole: int, words: str) -> None:
        rate = all_rates(SEPTEMBER)[name]

        assert (part, whole, words) == (rate.part, rate.whole, printed(rate))

    def test_rule_082_refusals_are_told_apart_by_what_the_centre_said_of_them(self) -> None:
        told = months.figures(SEPTEMBER, [])

        assert {"founded": 8, "open": 12} == told["refusals"]
        assert 20 == told["rates"]["refusal"]["part"]
        assert {"founded": 8, "open": 12} == small.shown({"dsnx": told})["dsnx"]["refusals"]
        few = {**SEPTEMBER, "B3": 3}
        hidden = small.shown({"dsnx": months.figures(few, [])})["dsnx"]["refusals"]
        assert {"founded": "*", "open": "<5"} == hidden

    def test_rule_082_late_and_refused_are_counted_separately(self) -> None:
        later = {**SEPTEMBER, "B1": 800, "B2": 93}

        assert 45 == rates.overdue_open(SEPTEMBER)
        assert all_rates(SEPTEMBER)["response"] == all_rates(later)["response"]
        assert Rate(800, 950) == all_rates(later)["on_time"]

    def test_the_interval_is_wilsons(self) -> None:
        low, high = wilson(Rate(855, 950)) or (0.0, 0.0)

        assert (87.9, 91.7) == (round(low * 100, 1), round(high * 100, 1))

    def test_banks_that_declare_nothing_cannot_be_measured(self) -> None:
        assert all_rates({"B1": 5, "found": 5})["completeness"].value is None


TIMES = [2.5, 3, 3.5, 4, 4, 5, 5.5, 6, 6.5, 7, 8, 8.5, 9, 10.5, 11, 12, 14, 16, 22.5]


class TestAnswerTime:
    """Working hours from delivery to answer; open lines are unending."""

    def test_a_make_up_sunday_counts(self) -> None:
        zone = ZoneInfo("Asia/Shanghai")
        hours = WorkingTime(Calendar.of(), zone)
        delivered, answered = datetime(2026, 9, 18, 16, 0, tzinfo=zone), datetime(2026, 9, 21, 10, 30, tzinfo=zone)

        assert timedelta(hours=11.5) == hours.between(delivered, answered)

    def test_one_line_open(self) -> None:
        times = [(int(hours * 60), 1) for hours in TIMES]

        assert (7 * 60, 22.5 * 60) == (nearest_rank(times, 20, 0.5), nearest_rank(times, 20, 0.95))

    def test_two_lines_open_leave_the_95th_unreached(self) -> None:
        times = [(int(hours * 60), 1) for hours in TIMES[:-1]]

        assert 7 * 60 == nearest_rank(times, 20, 0.5)
        assert nearest_rank(times, 20, 0.95) is None

    def test_all_open(self) -> None:
        assert nearest_rank([], 20, 0.5) is None


class TestSmallGroups:
    """A supervisor never learns of 1 to 4 lines, neither printed nor by subtraction."""

    def test_few_lines_are_not_printed_nor_left_alone(self) -> None:
        table = {"a": {"B1": 90, "B2": 3, "B6": 7}, "b": {"B1": 80, "B2": 40, "B6": 60}, "c": {"B1": 70, "B2": 50, "B6": 55}}

        hidden = small.hidden(table)

        assert ("a", "B2") in hidden
        for lane in [
            *[[(r, c) for c in ("B1", "B2", "B6")] for r in table],
            *[[(r, c) for r in table] for c in ("B1", "B2", "B6")],
        ]:
            assert 1 != len(hidden.intersection(lane))

    def test_a_rate_of_few_lines_is_not_told(self) -> None:
        row = months.figures({"B1": 15, "B6": 4}, [(60, 15)])

        shown = small.shown({"dsnx": row})["dsnx"]

        assert {"rate": None, "too_few": True} == shown["rates"]["on_time"]
        assert "<5" == shown["buckets"]["B6"]
        assert "part" not in shown["rates"]["response"]

    def test_a_whole_bank_may_be_nought(self) -> None:
        assert 0 == small.shown({"dsnx": months.figures({"B1": 50}, [])})["dsnx"]["buckets"]["B6"]
