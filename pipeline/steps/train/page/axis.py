"""An axis: from values to places between 0 and 1, with round numbers to read them by."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.steps.train.page.numbers import figure

_FAR = 4.0  # times the way from the best to the middle: what is further would press the others together
_LARGE_RATIO = 50.0


@dataclass(frozen=True)
class Axis:
    """From `low` to `high`; what lies outside is put on the edge."""

    low: float
    high: float
    is_log: bool = False

    def place(self, value: float) -> float:
        """Where a value is, between 0 and 1."""
        if self.is_log:
            value, low, high = math.log(value), math.log(self.low), math.log(self.high)
        else:
            low, high = self.low, self.high
        return min(1.0, max(0.0, (value - low) / (high - low)))

    def holds(self, value: float) -> bool:
        """Whether a value is not outside."""
        return self.low <= value <= self.high

    @property
    def ticks(self) -> tuple[tuple[float, str], ...]:
        """A few round numbers within, each as it is written: with the decimals that tell them apart."""
        if self.is_log:
            return tuple((tick, figure(tick)) for tick in _log_ticks(self.low, self.high))
        ticks = _ticks(self.low, self.high)
        step = ticks[1] - ticks[0]
        decimals = next((many for many in range(12) if _are_exact(ticks, many, step / 100)), 12)
        return tuple((tick, f"{tick + 0.0:,.{decimals}f}") for tick in ticks)


def metric_axis(values: Sequence[float], *, lower_is_better: bool) -> Axis:
    """An axis for measured values, at least one; what is far worse than the middle is outside."""
    best, worst = (min(values), max(values)) if lower_is_better else (max(values), min(values))
    middle = statistics.median(values)
    far = best + _FAR * (middle - best)
    if middle != best and abs(worst - best) > abs(far - best):
        worst = far
    low, high = min(best, worst), max(best, worst)
    margin = (high - low) * 0.04 or abs(high) * 0.05 or 1.0
    return Axis(low - margin, high + margin)


def setting_axis(values: Sequence[float]) -> Axis:
    """An axis for the values of a setting; by factors where they differ by large ones."""
    low, high = min(values), max(values)
    if low > 0 and high / low >= _LARGE_RATIO:
        return Axis(low / 1.2, high * 1.2, is_log=True)
    margin = (high - low) * 0.06 or abs(high) * 0.05 or 1.0
    return Axis(low - margin, high + margin)


def _are_exact(ticks: Sequence[float], decimals: int, tolerance: float) -> bool:
    return all(abs(round(tick, decimals) - tick) < tolerance for tick in ticks)


def _ticks(low: float, high: float) -> tuple[float, ...]:
    step = 10.0 ** math.floor(math.log10(high - low))
    for factor in (2.0, 1.0, 0.5, 0.25):
        first, last = math.ceil(low / (step * factor)), math.floor(high / (step * factor))
        if last - first >= 2:
            return tuple(number * step * factor for number in range(first, last + 1))
    return (low, high)


def _log_ticks(low: float, high: float) -> tuple[float, ...]:
    powers = range(math.ceil(math.log10(low)), math.floor(math.log10(high)) + 1)
    step = max(1, len(powers) // 4)
    return tuple(10.0**power for power in powers[::step])
