"""All that is measured of one classifier, put together from counts. No Spark here."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from pipeline.config.task import METRICS
from pipeline.evaluation.curves import Curves, curves
from pipeline.evaluation.exact import metrics_of_counts
from pipeline.evaluation.histogram import ScoreHistogram


@dataclass(frozen=True)
class ClassMeasures:
    """What one prediction is worth."""

    metrics: dict[str, float]
    """Every metric of the task; NaN where it cannot be measured, such as log_loss without probabilities."""
    confusion: tuple[tuple[int, ...], ...]
    """Rows per actual class (outer) and predicted class (inner)."""
    curves: Mapping[int, Curves] = field(default_factory=dict)
    """By class index: of two classes only 1, of more all that have a row."""
    auc_bound: float = 0.0
    """How far any `auc_roc` in `metrics` can be off because scores were binned; 0 where they were not."""
    auc_pr_bound: float = 0.0
    """The same for `auc_pr`."""


@dataclass(frozen=True)
class Tally:
    """The counts of one prediction, as they come back from the rows."""

    confusion: tuple[tuple[int, ...], ...]
    histograms: Mapping[int, ScoreHistogram]
    """By class index; of two classes only 1."""
    loss: float | None
    """Sum over all rows of -ln(probability of the actual class); None without probabilities."""
    broken: bool = False
    """Whether some row's prediction or probability is missing, NaN, or of another number of classes."""


def measure(tally: Tally, *, exact: bool) -> ClassMeasures:
    """The measures of one prediction. A single broken row makes every metric NaN.

    One-vs-rest areas are averaged over the classes that have a row and are not the only one, as there is
    nothing to rank in others (there scikit-learn warns or raises); NaN when there is none.
    """
    classes = len(tally.confusion)
    names = METRICS["binary" if classes == 2 else "multiclass"]
    if tally.broken:
        return ClassMeasures(dict.fromkeys(names, math.nan), tally.confusion)
    ranked = {index: found for index, found in tally.histograms.items() if found.ranks}
    found = metrics_of_counts(tally.confusion, ranked, tally.loss)
    return ClassMeasures(
        {name: found[name] for name in names},
        tally.confusion,
        {
            index: curves(histogram, is_probability=tally.loss is not None)
            for index, histogram in ranked.items()
        },
        0.0 if exact else max((histogram.auc_roc_bound for histogram in ranked.values()), default=0.0),
        0.0 if exact else max((histogram.auc_pr_bound for histogram in ranked.values()), default=0.0),
    )
