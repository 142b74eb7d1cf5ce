"""Regression metrics of one or more prediction columns, in one aggregation over the rows."""

from __future__ import annotations

import math
from collections.abc import Mapping

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from pipeline.errors import DataRefused
from pipeline.evaluation.exact import regression_metrics

# scikit-learn's guard against a label of zero in mean_absolute_percentage_error: float64's epsilon.
_SMALLEST = 2.220446049250313e-16

_MEANS = ("mse", "mae", "mape")


def evaluate(
    rows: DataFrame, predictions: Mapping[str, str | Column], label: str
) -> dict[str, dict[str, float]]:
    """Metrics of each named prediction against `label`, from one job over all rows.

    Rows without a label are left out; a missing prediction makes that prediction's metrics NaN.
    The sums are those of scikit-learn's `mean_squared_error`, `mean_absolute_error`, `r2_score` and
    `mean_absolute_percentage_error`.

    Raises DataRefused when no row has a label.
    """
    actual = F.col(label).cast("double")
    columns = [F.count(F.lit(1)).alias("rows"), F.var_pop(actual).alias("variance")]
    for name, prediction in predictions.items():
        predicted = (F.col(prediction) if isinstance(prediction, str) else prediction).cast("double")
        error = F.coalesce(predicted, F.lit(math.nan)) - actual
        columns += [
            F.avg(error * error).alias(f"{name}:mse"),
            F.avg(F.abs(error)).alias(f"{name}:mae"),
            F.avg(F.abs(error) / F.greatest(F.abs(actual), F.lit(_SMALLEST))).alias(f"{name}:mape"),
        ]
    found = rows.where(actual.isNotNull()).agg(*columns).first()
    if found is None or found["rows"] == 0:
        raise DataRefused(f"evaluation: no row has a value in the label '{label}'; nothing can be measured.")
    means = {name: {part: found[f"{name}:{part}"] for part in _MEANS} for name in predictions}
    return {name: regression_metrics(means[name], found["variance"]) for name in predictions}
