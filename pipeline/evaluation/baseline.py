"""What a model has to beat: always the most frequent class, with the frequencies as probabilities."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import functions as F

from pipeline.evaluation.classes import ClassPrediction


def frequencies(counts: Sequence[int]) -> tuple[float, ...]:
    """The share of each class. Raises ValueError when there is no row at all."""
    total = sum(counts)
    if total == 0:
        raise ValueError("there are no rows to take class frequencies from")
    return tuple(count / total for count in counts)


def class_baseline(counts: Sequence[int]) -> ClassPrediction:
    """The prediction that looks at no feature, from the rows per class that were trained on.

    Of classes equally frequent the first is predicted.
    """
    shares = frequencies(counts)
    return ClassPrediction(
        F.lit(float(shares.index(max(shares)))), F.array(*(F.lit(share) for share in shares))
    )
