"""What a challenger has to show: numbers in, one sentence out for each. No Spark here."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.config.train import Promote
from pipeline.evaluation.metrics import BETTER, gain, is_better

_CLOSE = 1e-9  # relative: the same arithmetic in another order, not another model


@dataclass(frozen=True)
class Check:
    """One condition and how it went; the sentence names what was found and what was asked."""

    passed: bool
    sentence: str


def check_thresholds(
    promote: Promote, metric: str, test: Mapping[str, float], baseline: Mapping[str, float]
) -> list[Check]:
    """The test metrics against `promote.thresholds`; without them, against the baseline.

    A metric that could not be measured (NaN) passes nothing.
    """
    if promote.thresholds is None:
        found, asked = test.get(metric, math.nan), baseline.get(metric, math.nan)
        passed = not math.isnan(asked) and is_better(metric, found, asked)
        word = "better" if passed else "not better"
        sentence = f"Its test {metric} is {_said(found)}, {word} than the baseline's {_said(asked)}."
        return [Check(passed, sentence)]
    checks = []
    for name, bounds in promote.thresholds.items():
        found = test.get(name, math.nan)
        if bounds.min is not None:
            checks.append(_bound(name, "min", found, bounds.min, found >= bounds.min))
        if bounds.max is not None:
            checks.append(_bound(name, "max", found, bounds.max, found <= bounds.max))
    return checks


def check_improvement(
    metric: str, challenger: float, champion: float, min_improvement: float, champion_label: str
) -> Check:
    """The challenger against the champion on the same rows: better at all, and by `min_improvement`.

    A tie keeps the champion, also where `min_improvement` is 0: a change without a gain is only a risk.
    """
    better = is_better(metric, challenger, champion)
    enough = math.isnan(champion) or gain(metric, challenger, champion) >= min_improvement
    said = f"its {metric} is {_said(challenger)}, that of {champion_label} {_said(champion)}"
    found = f"On the same test rows {said}"
    if better and enough:
        return Check(True, f"{found}.")
    direction = "above" if BETTER[metric] == "higher" else "below"
    asked = f"by at least {_said(min_improvement)} (promote.min_improvement)" if min_improvement else "at all"
    return Check(False, f"{found}; it has to be {direction} that {asked}.")


def check_reload(expected: Sequence[Mapping[str, Any]], found: Sequence[Mapping[str, Any]]) -> Check:
    """What the model predicted for its example when trained, against what it predicts loaded back."""
    for row, (before, after) in enumerate(zip(expected, found, strict=True), start=1):
        for what, value in before.items():
            if not is_close(value, after.get(what)):
                sentence = (
                    f"Loaded back from the tracking store its {what} for row {row} of its example is "
                    f"{after.get(what)!r}, where it was {value!r} when it was trained."
                )
                return Check(False, sentence)
    return Check(
        True, f"Loaded back it predicts the {len(expected)} rows of its example as it did when trained."
    )


def is_close(before: Any, after: Any) -> bool:
    """Whether two JSON values say the same, numbers up to the order of their arithmetic."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        return before.keys() == after.keys() and all(is_close(before[name], after[name]) for name in before)
    if isinstance(before, float) and isinstance(after, (int, float)):
        return math.isclose(before, after, rel_tol=_CLOSE, abs_tol=_CLOSE * _CLOSE)
    return bool(before == after)


def _bound(metric: str, which: str, found: float, asked: float, passed: bool) -> Check:
    return Check(
        passed, f"Its test {metric} is {_said(found)}; promote.thresholds.{metric}.{which} is {_said(asked)}."
    )


def _said(value: float) -> str:
    return "not a number" if math.isnan(value) else f"{value:,.6g}" if abs(value) < 1e6 else f"{value:,.0f}"
