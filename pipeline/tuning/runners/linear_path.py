"""Linear regression's whole path of penalties: one pass to fit them all, one to measure them all."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
from pyspark.ml.feature import Interaction, VectorAssembler
from pyspark.ml.regression import LinearRegressionModel
from pyspark.mllib.linalg.distributed import RowMatrix
from pyspark.mllib.util import MLUtils
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from pipeline.learners import Columns
from pipeline.learners.least_squares import Line, ridge_path
from pipeline.tuning.candidates import Candidate
from pipeline.tuning.prepared import PreparedFold
from pipeline.tuning.runners.measuring import answer_of, measure_together
from pipeline.tuning.runners.spark import SparkRunner
from pipeline.tuning.runners.spark_models import linear_model
from pipeline.tuning.runners.vector_job import penalty_of
from pipeline.tuning.trials import Trial

_ROW, _WEIGHED_ROW, _ONE, _ROOT = "__row", "__weighed_row", "__one", "__root"


class LinearPathRunner:
    """All candidates that are on the path, on all workers.

    A penalty with which the equations are singular is left to Spark's own fit.
    """

    reads_once = False

    def run(self, fold: PreparedFold, candidates: Sequence[Candidate], share: float) -> Iterator[Trial]:
        """See `Runner.run`."""
        begun = time.monotonic()
        fold.keep()
        columns = fold.columns(stops_early=False)
        fitting = fold.fitting(share, stops_early=False)
        lines = ridge_path(sums_of_products(fitting, columns), [penalty_of(each) for each in candidates])
        solved = {each.number: line for each, line in zip(candidates, lines, strict=True) if line}
        models = {number: _model(line, columns, number) for number, line in solved.items()}
        judged = measure_together(fold.target, fold.judging(), models)
        trained = measure_together(fold.target, fitting, models)
        seconds = (time.monotonic() - begun) / max(1, len(solved))
        for candidate in candidates:
            if candidate.number in solved:
                yield Trial(
                    candidate,
                    fold.fold.number,
                    share=share,
                    metrics=judged[candidate.number],
                    training_metrics=trained[candidate.number],
                    seconds=seconds,
                )
        yield from SparkRunner().run(fold, [each for each in candidates if each.number not in solved], share)


def sums_of_products(rows: DataFrame, columns: Columns) -> npt.NDArray[np.float64]:
    """sum(weight · v · vᵀ) with v = the features, the label and 1: summed by the workers in a tree."""
    assert isinstance(columns.features, str)
    assert columns.width is not None
    assembled = VectorAssembler(inputCols=[columns.features, columns.label, _ONE], outputCol=_ROW)
    found = assembled.transform(rows.withColumn(_ONE, F.lit(1.0)))
    name = _ROW
    if columns.weight is not None:
        name = _WEIGHED_ROW
        product = Interaction(inputCols=[_ROOT, _ROW], outputCol=name)
        found = product.transform(found.withColumn(_ROOT, F.sqrt(F.col(columns.weight))))
    vectors = MLUtils.convertVectorColumnsFromML(found.select(name), name)
    sums: npt.NDArray[np.float64] = RowMatrix(vectors, 0, columns.width + 2).computeGramianMatrix().toArray()
    return sums


def _model(line: Line, columns: Columns, number: int) -> LinearRegressionModel:
    assert isinstance(columns.features, str)
    model = linear_model(f"line_{number}", line.coefficients.tolist(), line.intercept)
    return model.setFeaturesCol(columns.features).setPredictionCol(answer_of(number).prediction)
