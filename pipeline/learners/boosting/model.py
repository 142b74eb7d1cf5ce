"""Boosted trees as a pyspark.ml model: scores by an Arrow UDF, saved without pickle, needing nothing else.

A saved model names this module and this class, and a logged one carries this file: neither may move.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import xgboost as xgb
from pyspark import SparkContext
from pyspark.core.broadcast import Broadcast
from pyspark.ml import Model
from pyspark.ml.param.shared import HasInputCols, HasPredictionCol, HasProbabilityCol
from pyspark.ml.util import (
    DefaultParamsReader,
    DefaultParamsWriter,
    MLReadable,
    MLReader,
    MLWritable,
    MLWriter,
)
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.pandas.functions import arrow_udf

make_udf: Any = arrow_udf  # its stub knows only the form with an explicit kind, which warns

FORMAT = 2
"""Of what is saved. Raised when an older reader could not, or should not, read it. 2: `classes`."""

READABLE = (1, FORMAT)

CLASSIFIED = "struct<prediction: double, probability: array<double>>"

SHIP_IN_TASK = 1_000_000
"""Bytes. A larger booster is broadcast, once per session, instead of travelling with every task."""


class XGBoostModel(
    Model, HasInputCols, HasPredictionCol, HasProbabilityCol, MLWritable, MLReadable["XGBoostModel"]
):
    """Adds `predictionCol`, a double, computed from the columns `inputCols`; null and NaN are missing.

    With classes the prediction is the class index, and `probabilityCol` is added, an array of doubles by
    class index. Of two classes the second is predicted from a probability of 0.5 on; of more the likeliest,
    the one with the lowest index where several are.
    """

    def __init__(
        self,
        booster: bytes,
        best_iteration: int | None = None,
        validation_curve: tuple[float, ...] = (),
        classes: int = 0,
    ) -> None:
        super().__init__()
        self._ubj = booster
        self._best_iteration = best_iteration
        self._validation_curve = validation_curve
        self._classes = classes
        self._shared: tuple[SparkContext, Broadcast[bytes]] | None = None

    @property
    def booster(self) -> xgb.Booster:
        """The booster itself, a new one each time. Its features are positions in `inputCols`."""
        return xgb.Booster(params={"verbosity": 0}, model_file=bytearray(self._ubj))

    @property
    def ubj(self) -> bytes:
        """The booster in XGBoost's own binary format."""
        return self._ubj

    @property
    def rounds(self) -> int:
        """How many boosting rounds the model has: with early stopping, those up to the best one."""
        return self.booster.num_boosted_rounds()

    @property
    def classes(self) -> int:
        """How many classes the model tells apart; 0 when it predicts a number."""
        return self._classes

    @property
    def best_iteration(self) -> int | None:
        """The round, counted from 0, at which the validation rows were best; None without early stopping."""
        return self._best_iteration

    @property
    def validation_curve(self) -> tuple[float, ...]:
        """The metric of the validation rows after each round that was tried; empty without early stopping."""
        return self._validation_curve

    @property
    def importances(self) -> dict[str, float]:
        """Mean gain of the splits on each column, 0 for a column that is never split on."""
        gains = self.booster.get_score(importance_type="gain")
        return {
            name: float(np.mean(gains.get(f"f{position}", 0.0)))
            for position, name in enumerate(self.getInputCols())
        }

    def __getstate__(self) -> dict[str, Any]:
        """Neither a pickle nor a `copy()` carries the broadcast: it belongs to one session and one owner."""
        return {**self.__dict__, "_shared": None}

    def write(self) -> MLWriter:
        """A writer; `overwrite()` allows an existing path."""
        return _Writer(self)

    @classmethod
    def read(cls) -> MLReader[XGBoostModel]:
        """A reader."""
        return _Reader()

    def _transform(self, dataset: DataFrame) -> DataFrame:
        prediction, probability = self.getPredictionCol(), self.getProbabilityCol()
        self._validate_free(dataset, "predictionCol", prediction)
        session = dataset.sparkSession
        threads = int(session.conf.get("spark.task.cpus", "1") or "1")
        portable = self._portable(session.sparkContext)
        inputs = list(map(float_column, self.getInputCols()))
        score = _scorer(portable, threads, classify=self._classes > 0)
        if not self._classes:
            return dataset.withColumn(prediction, make_udf(score, "double")(*inputs))
        self._validate_free(dataset, "probabilityCol", probability)
        # One call in two columns: Spark evaluates it once for both.
        found = make_udf(score, CLASSIFIED)(*inputs)
        return dataset.withColumns(
            {prediction: found.getField("prediction"), probability: found.getField("probability")}
        )

    def _validate_free(self, dataset: DataFrame, parameter: str, column: str) -> None:
        if column in dataset.columns:
            raise ValueError(
                f"The frame already has a column '{column}'. Drop it, or give the model another {parameter}."
            )

    def _portable(self, context: SparkContext) -> Callable[[], bytes]:
        """How a task gets at the bytes. A broadcast is made when first needed, and anew for each session."""
        if len(self._ubj) <= SHIP_IN_TASK:
            ubj = self._ubj
            return lambda: ubj
        if self._shared is None or self._shared[0] is not context:
            self._shared = (context, context.broadcast(self._ubj))
        shared = self._shared[1]
        return lambda: shared.value


def float_column(name: str) -> Column:
    """A column of any name as a float; text that is no number fails where Spark is in ANSI mode."""
    return F.col("`" + name.replace("`", "``") + "`").cast("float")


def _scorer(
    load: Callable[[], bytes], threads: int, *, classify: bool
) -> Callable[[Iterator[tuple[pa.Array, ...]]], Iterator[pa.Array]]:
    """The UDF's function. It is nested and uses nothing of this module, so workers need no copy of that."""

    def scores(batches: Iterator[tuple[pa.Array, ...]]) -> Iterator[Any]:
        booster = xgb.Booster(params={"verbosity": 0, "nthread": threads}, model_file=bytearray(load()))
        for batch in batches:
            columns = batch if isinstance(batch, tuple) else (batch,)  # one column arrives bare
            matrix = np.empty((len(columns[0]), len(columns)), np.float32)
            for position, column in enumerate(columns):
                matrix[:, position] = column.to_numpy(zero_copy_only=False)
            yield booster.inplace_predict(matrix, validate_features=False).astype(np.float64)

    def numbers(batches: Iterator[tuple[pa.Array, ...]]) -> Iterator[pa.Array]:
        yield from map(pa.array, scores(batches))

    def classes(batches: Iterator[tuple[pa.Array, ...]]) -> Iterator[pa.Array]:
        for found in scores(batches):
            if found.ndim == 1:  # two classes: the probability of the second
                prediction, found = found >= 0.5, np.column_stack([1.0 - found, found])
            else:
                prediction = found.argmax(axis=1)
            starts = np.arange(len(found) + 1, dtype=np.int32) * found.shape[1]
            lists = pa.ListArray.from_arrays(pa.array(starts, pa.int32()), pa.array(found.ravel()))
            indices = pa.array(prediction.astype(np.float64))
            yield pa.StructArray.from_arrays([indices, lists], ["prediction", "probability"])

    return classes if classify else numbers


class _Writer(MLWriter):
    """Spark's own metadata, and a parquet table of one row with the booster."""

    def __init__(self, model: XGBoostModel) -> None:
        super().__init__()
        self._model = model

    def saveImpl(self, path: str) -> None:  # noqa: N802
        model, spark = self._model, self.sparkSession
        DefaultParamsWriter.saveMetadata(
            model,
            path,
            spark,
            extraMetadata={
                "format": FORMAT,
                "xgboost": xgb.__version__,
                "classes": model.classes,
                "bestIteration": model.best_iteration,
                "validationCurve": list(model.validation_curve),
            },
        )
        frame = spark.createDataFrame([(bytearray(model.ubj),)], "booster binary")
        frame.coalesce(1).write.parquet(f"{path}/booster")


class _Reader(MLReader[XGBoostModel]):
    def load(self, path: str) -> XGBoostModel:
        """Raises ValueError when the saved format is not one that this version reads."""
        spark = self.sparkSession
        metadata = DefaultParamsReader.loadMetadata(path, spark)
        if metadata.get("format") not in READABLE:
            raise ValueError(
                f"The boosted-tree model in '{path}' has format {metadata.get('format')};"
                f" read here: {' and '.join(map(str, READABLE))}."
                " Load it with the version of the package that wrote it, or with a newer one."
            )
        row = spark.read.parquet(f"{path}/booster").head()
        if row is None:
            raise ValueError(f"The boosted-tree model in '{path}' has no booster: the copy is incomplete.")
        model = XGBoostModel(
            bytes(row["booster"]),
            metadata["bestIteration"],
            tuple(metadata["validationCurve"]),
            metadata.get("classes", 0),
        )
        model._resetUid(metadata["uid"])
        DefaultParamsReader.getAndSetParams(model, metadata)
        return model
