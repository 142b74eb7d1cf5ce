"""Several fitted models measured in one pass over the same rows."""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.ml import Model
from pyspark.sql import DataFrame

from pipeline.tuning.target import Answer, Metrics, Target

# Models that one aggregation measures: more would make its generated code too long to compile.
_AT_ONCE = 16


def answer_of(number: int) -> Answer:
    """The columns that the model of a candidate of this number writes."""
    return Answer(f"prediction_{number}", f"probability_{number}")


def measure_together(target: Target, rows: DataFrame, models: Mapping[int, Model]) -> dict[int, Metrics]:
    """Metrics by candidate's number, of models that write the columns of `answer_of`."""
    found: dict[int, Metrics] = {}
    numbers = list(models)
    for start in range(0, len(numbers), _AT_ONCE):
        chunk = numbers[start : start + _AT_ONCE]
        predicted = rows
        for number in chunk:
            predicted = models[number].transform(predicted)
        measured = target.measure_trials(predicted, {str(number): answer_of(number) for number in chunk})
        found |= {number: measured[str(number)] for number in chunk}
    return found
