"""Metrics of one or more classifiers, in one aggregation over the rows."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from pipeline.errors import DataRefused
from pipeline.evaluation.class_measures import ClassMeasures, Tally, measure
from pipeline.evaluation.histogram import Numbers, ScoreHistogram
from pipeline.evaluation.score_bins import bins_per_unit, margin_bin, probability_bin

EXACT_ROWS = 100_000
"""Up to this many rows callers ask for areas from the very scores; above, from bins."""
EXACT_SCORES = 1_000_000
"""The same for rows × classes: about 50 MB on the driver."""

# scikit-learn's guard against the logarithm of 0 in log_loss: float64's epsilon.
_SMALLEST = 2.220446049250313e-16

# Places of the cells that are no score of a class.
_CONFUSION, _BROKEN = -1, -2


def is_small(rows: int, classes: int) -> bool:
    """Whether the scores of so many rows may reach the driver, so that `exact` can be asked for."""
    return rows <= EXACT_ROWS and rows * classes <= EXACT_SCORES


@dataclass(frozen=True)
class ClassPrediction:
    """Where one classifier's answer stands in the rows."""

    prediction: Column | str
    """The index of a class, as a number."""
    probability: Column | str | None
    """array<double>: one probability per class, by index."""
    score: Column | str | None = None
    """Two classes without probabilities: a number that grows with how sure class 1 is."""


def evaluate_classes(
    rows: DataFrame,
    predictions: Mapping[str, ClassPrediction],
    label: str,
    classes: int,
    *,
    exact: bool = True,
) -> Mapping[str, ClassMeasures]:
    """Measures of each named prediction against `label`, an index of `classes`, from one job over all rows.

    Rows without a label (null or NaN) are left out. A missing or NaN prediction or probability makes that
    prediction's metrics NaN. Every row counts the same.

    `exact`: the areas come from the very scores, which reach the driver, up to rows × classes of them: for
    what `is_small` allows. Otherwise from bins, a bounded number (see score_bins), and the measures say how
    far off the areas can be. All other metrics are exact either way. The numbers are those of scikit-learn.

    Raises DataRefused when no row has a label, or a label is no index of a class.
    """
    answers = _with_answers(rows, list(predictions.values()), label, classes)
    found = _counted(_with_cells(answers, classes, exact)).toArrow()
    if not found.num_rows:
        raise DataRefused(f"evaluation: no row has a value in the label '{label}'; nothing can be measured.")
    cells = {name: found[name].to_numpy() for name in found.column_names}
    measured = {}
    for which, (name, asked) in enumerate(predictions.items()):
        mine = {part: values[cells["which"] == which] for part, values in cells.items()}
        tally = _tally(mine, label, classes, asked.probability is not None)
        measured[name] = measure(tally, exact=exact)
    return measured


def _with_answers(
    rows: DataFrame, predictions: Iterable[ClassPrediction], label: str, classes: int
) -> DataFrame:
    """Per labelled row and prediction: `actual which predicted scores likelihood is_margin broken`."""
    actual = F.col(label).cast("double")
    columns, answers = [actual.alias("actual")], []
    for place, prediction in enumerate(predictions):
        # Named first: an expensive column, such as a UDF's, is then worked out once and not per mention.
        parts = {
            f"prediction_{place}": _column(prediction.prediction).cast("double"),
            f"probability_{place}": _column(prediction.probability).cast("array<double>"),
            f"score_{place}": _column(prediction.score).cast("double"),
        }
        columns += [part.alias(name) for name, part in parts.items()]
        answers.append(_answer(place, prediction, *map(F.col, parts), classes=classes))
    labelled = rows.where(actual.isNotNull() & ~F.isnan(actual)).select(*columns)
    return labelled.select("actual", F.explode(F.array(*answers)).alias("answer")).select(
        "actual", "answer.*"
    )


def _answer(
    place: int, asked: ClassPrediction, predicted: Column, probability: Column, score: Column, *, classes: int
) -> Column:
    """A struct: what one prediction says about a row."""
    scores = F.array().cast("array<double>")
    broken = ~_is_index(predicted, classes)
    likelihood = F.lit(None).cast("double")
    if asked.probability is not None:
        scores = F.array(F.get(probability, F.lit(1))) if classes == 2 else probability
        broken = broken | (F.size(probability) != classes)
        likelihood = F.get(probability, F.col("actual").try_cast("int"))
    elif asked.score is not None and classes == 2:
        scores = F.array(score)
    return F.struct(
        F.lit(place).alias("which"),
        predicted.alias("predicted"),
        scores.alias("scores"),
        likelihood.alias("likelihood"),
        F.lit(asked.probability is None).alias("is_margin"),
        F.coalesce(broken, F.lit(True)).alias("broken"),
    )


def _with_cells(answers: DataFrame, classes: int, exact: bool) -> DataFrame:
    """One row per answer for the confusion and one per score: `which place key hit score loss`.

    `place` is the index of the class scored, _CONFUSION (`key`: actual × classes + predicted) or _BROKEN. The
    key of a confusion is NaN where the label is no index.
    """
    # A marker before the scores, so that one explosion gives the confusion's cell too.
    marked = F.concat(F.array(F.lit(0.0)), F.coalesce("scores", F.array()))
    cells = answers.select("*", F.posexplode(marked).alias("at", "score"))
    is_score = F.col("at") > 0
    actual, score, likelihood = F.col("actual"), F.col("score"), F.col("likelihood")
    index = F.col("at") - (0 if classes == 2 else 1)
    broken = F.col("broken") | score.isNull() | F.isnan(score)
    per_unit = bins_per_unit(classes)
    margin, probability = margin_bin(score, per_unit), probability_bin(score, per_unit)
    ranked = score if exact else F.when(F.col("is_margin"), margin).otherwise(probability)
    cell = F.when(broken, 0.0).otherwise(actual * classes + F.col("predicted"))
    confusion = F.when(_is_index(actual, classes), cell).otherwise(F.lit(math.nan))
    clipped = F.greatest(F.lit(_SMALLEST), F.least(F.lit(1 - _SMALLEST), likelihood))
    return cells.select(
        "which",
        F.when(broken, _BROKEN).when(is_score, index).otherwise(_CONFUSION).alias("place"),
        F.when(is_score & broken, 0.0).when(is_score, ranked).otherwise(confusion).alias("key"),
        (is_score & (actual == index)).cast("long").alias("hit"),
        "score",
        F.when(~is_score, -F.ln(clipped)).alias("loss"),
    )


def _counted(cells: DataFrame) -> DataFrame:
    return cells.groupBy("which", "place", "key").agg(
        F.count(F.lit(1)).alias("rows"),
        F.sum("hit").alias("hits"),
        F.sum("score").alias("scores"),
        F.sum("loss").alias("loss"),
    )


def _tally(cells: Mapping[str, Numbers], label: str, classes: int, has_probability: bool) -> Tally:
    """What one prediction's cells add up to. Raises DataRefused for a label that is no index of a class."""
    place, key = cells["place"], cells["key"]
    counted = place == _CONFUSION
    if np.isnan(key[place < 0]).any():
        raise DataRefused(
            f"evaluation: the label '{label}' has values that are none of the {classes} classes,"
            f" 0 to {classes - 1}. Only rows of the classes that were trained can be measured."
        )
    confusion = np.zeros(classes * classes, np.int64)
    confusion[key[counted].astype(int)] = cells["rows"][counted]
    return Tally(
        tuple(map(tuple, confusion.reshape(classes, classes).tolist())),
        {int(index): _histogram(cells, place == index) for index in np.unique(place[place >= 0])},
        float(cells["loss"][counted].sum()) if has_probability else None,
        bool((place == _BROKEN).any()),
    )


def _histogram(cells: Mapping[str, Numbers], chosen: npt.NDArray[np.bool_]) -> ScoreHistogram:
    order = np.flatnonzero(chosen)
    order = order[np.argsort(cells["key"][order])]
    rows, hits = (cells[name][order].astype(np.float64) for name in ("rows", "hits"))
    return ScoreHistogram(cells["scores"][order] / rows, hits, rows - hits)


def _column(found: Column | str | None) -> Column:
    return F.lit(None) if found is None else F.col(found) if isinstance(found, str) else found


def _is_index(value: Column, classes: int) -> Column:
    return (value >= 0) & (value < classes) & (value == F.floor(value))
