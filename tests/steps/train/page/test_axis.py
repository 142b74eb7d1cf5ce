from __future__ import annotations

import pytest

from pipeline.steps.train.page.axis import Axis, metric_axis, setting_axis
from pipeline.steps.train.page.numbers import duration, figure, signed, size, written


@pytest.mark.parametrize(
    ("low", "high", "texts"),
    [
        (0.0, 1.0, ["0.0", "0.5", "1.0"]),
        (0.812, 0.931, ["0.825", "0.850", "0.875", "0.900", "0.925"]),
        (0.93401, 0.93409, ["0.93402", "0.93404", "0.93406", "0.93408"]),
        (23_000, 31_000, ["24,000", "26,000", "28,000", "30,000"]),
        (-5, 7, ["-5", "0", "5"]),
    ],
)
def test_ticks_are_round_and_told_apart(low: float, high: float, texts: list[str]) -> None:
    assert [text for _, text in Axis(low, high).ticks] == texts


def test_settings_that_differ_by_factors_stand_by_factors() -> None:
    axis = setting_axis([0.001, 0.01, 10.0])
    assert [text for _, text in axis.ticks] == ["0.001", "0.01", "0.1", "1", "10"]
    assert axis.place(0.1) == pytest.approx(0.5)
    assert not setting_axis([-1.0, 0.0, 300.0]).is_log


@pytest.mark.parametrize("value", [0.0, 7.0, -7.0, 1e-300, 1e300])
def test_one_value_has_an_axis_too(value: float) -> None:
    axis = metric_axis([value, value], lower_is_better=True)
    assert axis.place(value) == pytest.approx(0.5)
    assert len(axis.ticks) >= 2


def test_what_is_far_on_the_bad_side_is_on_the_edge() -> None:
    lower = metric_axis([1.0, 2.0, 3.0, 1000.0], lower_is_better=True)
    higher = metric_axis([0.9, 0.89, 0.88, 0.1], lower_is_better=False)
    assert (lower.holds(3.0), lower.holds(1000.0), lower.place(1000.0)) == (True, False, 1.0)
    assert (higher.holds(0.88), higher.holds(0.1), higher.place(0.1)) == (True, False, 0.0)


def test_numbers_are_written_for_people() -> None:
    assert [figure(value) for value in (None, 0.123456, 12.3456, 23456.7, float("inf"))] == [
        "",
        "0.1235",
        "12.35",
        "23,457",
        "inf",
    ]
    assert [signed(value) for value in (0.5, -0.5, 0.0, None)] == ["+0.5", "-0.5", "0", ""]
    assert [duration(value) for value in (0.04, 59.6, 600, 7300)] == [
        "0.0 s",
        "60 s",
        "10 min 0 s",
        "2 h 1 min",
    ]
    assert [size(value) for value in (None, 17, 2048, 3 * 2**20, 5 * 2**30)] == [
        "",
        "17 B",
        "2 KiB",
        "3 MiB",
        "5 GiB",
    ]
    assert [written(value) for value in (0.000696580776, 5, True, "a")] == ["0.0006966", "5", "True", "a"]
