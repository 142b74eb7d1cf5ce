"""What the pictures of a classifier are drawn from: a bounded number of points per curve. No Spark here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.evaluation.histogram import Numbers, ScoreHistogram

POINTS = 200
"""Most points of one curve."""
CALIBRATION_BINS = 10

Point = tuple[float, float]


@dataclass(frozen=True)
class CalibrationBin:
    """Rows whose predicted probability falls into one tenth of 0 to 1."""

    predicted: float
    """Mean probability."""
    actual: float
    """Share of the rows that are of the class."""
    rows: int


@dataclass(frozen=True)
class Curves:
    """One class against the rest."""

    roc: tuple[Point, ...]
    """(false positive rate, true positive rate), from (0, 0) to (1, 1)."""
    precision_recall: tuple[Point, ...]
    """(recall, precision), from recall 0 to 1."""
    calibration: tuple[CalibrationBin, ...]
    """Bins that have rows, by probability; empty for a score that is no probability."""
    auc_roc: float
    auc_pr: float


def curves(histogram: ScoreHistogram, *, is_probability: bool) -> Curves:
    """The curves of one class. `histogram` needs a row of the class and one of another."""
    hits = np.cumsum(histogram.positives[::-1])
    misses = np.cumsum(histogram.negatives[::-1])
    hit_rate, miss_rate = hits / hits[-1], misses / misses[-1]
    precision = hits / (hits + misses)
    roc = _thinned(np.append(0.0, miss_rate), np.append(0.0, hit_rate))
    # As in scikit-learn the curve starts at recall 0 with precision 1, where nothing is predicted yet.
    precision_recall = _thinned(np.append(0.0, hit_rate), np.append(1.0, precision))
    calibration = _calibration(histogram) if is_probability else ()
    return Curves(roc, precision_recall, calibration, histogram.auc_roc, histogram.auc_pr)


def _thinned(across: Numbers, up: Numbers) -> tuple[Point, ...]:
    """At most POINTS of the points, the ends among them, evenly spaced along the curve."""
    if len(across) > POINTS:
        way = np.append(0.0, np.cumsum(np.abs(np.diff(across)) + np.abs(np.diff(up))))
        kept = np.unique(np.searchsorted(way, np.linspace(0, way[-1], POINTS)))
        across, up = across[kept], up[kept]
    return tuple(zip(across.tolist(), up.tolist(), strict=True))


def _calibration(histogram: ScoreHistogram) -> tuple[CalibrationBin, ...]:
    place = np.floor(histogram.score * CALIBRATION_BINS).clip(0, CALIBRATION_BINS - 1).astype(int)
    rows = histogram.positives + histogram.negatives

    def total(values: Numbers) -> Numbers:
        return np.bincount(place, values, CALIBRATION_BINS).astype(np.float64)

    counts, scores, positives = total(rows), total(rows * histogram.score), total(histogram.positives)
    return tuple(
        CalibrationBin(float(scores[at] / counts[at]), float(positives[at] / counts[at]), int(counts[at]))
        for at in np.flatnonzero(counts)
    )
