"""Metrics of rows that are at hand as arrays: the same numbers as those from a frame, without Spark.

It travels to the workers by value, with `confusion` and `histogram`, so it imports nothing else of ours.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from pipeline.evaluation.confusion import label_metrics
from pipeline.evaluation.histogram import Numbers, ScoreHistogram

# scikit-learn's guard against the logarithm of 0 and a division by 0: float64's epsilon.
_SMALLEST = 2.220446049250313e-16


def number_metrics(actual: Numbers, predicted: Numbers) -> dict[str, float]:
    """rmse, mse, mae, r2 and mape, as `regression.evaluate`; NaN where a prediction is NaN.

    Raises ValueError when there is no row.
    """
    if not len(actual):
        raise ValueError("there is no row to measure on")
    error = np.abs(predicted - actual)
    sums = {
        "mse": float(np.mean(error * error)),
        "mae": float(np.mean(error)),
        "mape": float(np.mean(error / np.maximum(np.abs(actual), _SMALLEST))),
    }
    return regression_metrics(sums, float(np.var(actual)))


def regression_metrics(means: Mapping[str, float], variance: float) -> dict[str, float]:
    """Every regression metric, from the means mse, mae and mape, and the variance of the actual numbers.

    A constant label has no variance to explain: as scikit-learn says, r2 is 1 when perfect, otherwise 0.
    """
    mse = means["mse"]
    perfect = 1.0 if mse == 0 else math.nan if math.isnan(mse) else 0.0
    return {
        "rmse": math.sqrt(mse),
        "mse": mse,
        "mae": means["mae"],
        "r2": 1 - mse / variance if variance > 0 else perfect,
        "mape": means["mape"],
    }


def class_metrics(
    actual: Numbers, probability: Numbers, names: Sequence[str], predicted: Numbers | None = None
) -> dict[str, float]:
    """The metrics of these names, as `classes.evaluate_classes` with exact scores.

    `actual` holds class indices, `probability` one row per row and one column per class. Predicted is the
    likeliest class, of two the second from 0.5 on, unless `predicted` says otherwise. A probability that is
    NaN makes every metric NaN.

    Raises ValueError when there is no row.
    """
    if not len(actual):
        raise ValueError("there is no row to measure on")
    if np.isnan(probability).any():
        return dict.fromkeys(names, math.nan)
    classes = probability.shape[1]
    if predicted is not None:
        chosen = predicted.astype(np.int64)
    else:
        chosen = (probability[:, 1] >= 0.5).astype(np.int64) if classes == 2 else probability.argmax(axis=1)
    place = actual.astype(np.int64)
    cells = np.bincount(place * classes + chosen, minlength=classes * classes)
    scored = (1,) if classes == 2 else range(classes)
    histograms = {index: score_histogram(probability[:, index], place == index) for index in scored}
    likelihood = np.clip(probability[np.arange(len(place)), place], _SMALLEST, 1 - _SMALLEST)
    found = metrics_of_counts(
        cells.reshape(classes, classes).tolist(),
        {index: histogram for index, histogram in histograms.items() if histogram.ranks},
        float(-np.log(likelihood).sum()),
    )
    return {name: found[name] for name in names}


def metrics_of_counts(
    confusion: Sequence[Sequence[int]], ranked: Mapping[int, ScoreHistogram], loss: float | None
) -> dict[str, float]:
    """Every metric of classes, for two and more alike.

    `ranked` are the classes that have something to rank, one against the rest; `loss` is the sum over all
    rows of -ln(probability of the actual class), None without probabilities.
    """
    rows = sum(map(sum, confusion))
    return {
        **label_metrics(confusion),
        **_areas("auc_roc", ranked, lambda histogram: histogram.auc_roc),
        **_areas("auc_pr", ranked, lambda histogram: histogram.auc_pr),
        "log_loss": math.nan if loss is None else loss / rows,
    }


def score_histogram(score: Numbers, is_class: Numbers) -> ScoreHistogram:
    """Counts per distinct score; `is_class` says for each row whether it is of the class."""
    order = np.argsort(score)
    ascending, hits = score[order], is_class[order].astype(np.float64)
    starts = np.flatnonzero(np.append(True, ascending[1:] != ascending[:-1]))
    positives = np.add.reduceat(hits, starts)
    rows = np.diff(np.append(starts, len(ascending)))
    return ScoreHistogram(ascending[starts], positives, rows - positives)


def _areas(
    name: str, ranked: Mapping[int, ScoreHistogram], area: Callable[[ScoreHistogram], float]
) -> dict[str, float]:
    """The plain and the weighted mean of one area over classes; NaN for none."""
    if not ranked:
        return {name: math.nan, f"{name}_weighted": math.nan}
    areas = [area(histogram) for histogram in ranked.values()]
    weights = [histogram.positives.sum() for histogram in ranked.values()]
    return {name: float(np.mean(areas)), f"{name}_weighted": float(np.average(areas, weights=weights))}
