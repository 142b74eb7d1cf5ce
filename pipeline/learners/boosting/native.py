"""Training inside one task: Arrow batches → matrix → booster. Pure functions, without Spark.

It travels to the workers by value (see `estimator`), which need xgboost, numpy and pyarrow, but not us. So it
imports nothing else of this project.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import xgboost as xgb

Floats = npt.NDArray[np.float32]

# XGBoost refuses infinite features. This bound keeps their order and leaves room for a cut point above them.
LARGEST = 1e38

NO_ROWS = "there are no rows to train on"
NO_VALIDATION = "early stopping needs validation rows, and there are none"

RESULT_DDL = "booster binary, best_iteration int, curve array<double>, bad_rows string, bad_parameters string"
RESULT = pa.schema(
    [
        ("booster", pa.binary()),
        ("best_iteration", pa.int32()),
        ("curve", pa.list_(pa.float64())),
        ("bad_rows", pa.string()),
        ("bad_parameters", pa.string()),
    ]
)


class BadRowsError(ValueError):
    """The rows cannot be trained on; the sentence says why."""


@dataclass(frozen=True)
class Job:
    """All that a training task is told, as plain values."""

    features: int
    rounds: int
    params: dict[str, Any]
    categorical: tuple[int, ...] = ()
    """Positions of the columns that hold category codes."""
    weighted: bool = False
    classes: int = 0
    """How many classes the label has, also where the rows lack some; 0 when it is a number."""
    early_stopping_rounds: int | None = None
    expected_rows: int = 10_000
    """Room made at first; it grows where there are more."""

    @property
    def feature_types(self) -> list[str] | None:
        """`c` for category codes, `q` for quantities; None where all are quantities."""
        if not self.categorical:
            return None
        return ["c" if position in self.categorical else "q" for position in range(self.features)]

    @property
    def objective(self) -> dict[str, Any]:
        """What makes XGBoost learn classes; empty where the label is a number, as `params` says the rest."""
        if self.classes == 0:
            return {}
        if self.classes == 2:
            return {"objective": "binary:logistic"}
        return {"objective": "multi:softprob", "num_class": self.classes}


@dataclass(frozen=True)
class Fitted:
    """A booster as UBJ bytes, and how its rounds were chosen."""

    booster: bytes
    best_iteration: int | None = None
    curve: tuple[float, ...] = ()
    """The metric of the validation rows after each round; empty without early stopping."""


@dataclass
class Rows:
    """Rows that arrive in batches, in arrays that grow in place: no second copy at the end."""

    features: Floats
    label: Floats
    weight: Floats | None
    count: int = field(default=0)

    @classmethod
    def with_room(cls, job: Job, rows: int) -> Rows:
        """Empty, with room for so many rows; memory counts only once it is written to."""
        return cls(
            np.empty((rows, job.features), np.float32),
            np.empty(rows, np.float32),
            np.empty(rows, np.float32) if job.weighted else None,
        )

    def append(self, batch: pa.RecordBatch) -> None:
        """Copy a batch: the feature columns, then the label, then the weight where there is one."""
        start, self.count = self.count, self.count + batch.num_rows
        if self.count > len(self.label):
            self._resize(max(self.count, len(self.label) * 3 // 2))
        width = self.features.shape[1]
        block = self.features[start : self.count]
        for position in range(width):
            block[:, position] = floats(batch.column(position))
        np.clip(block, -LARGEST, LARGEST, out=block)
        self.label[start : self.count] = floats(batch.column(width))
        if self.weight is not None:
            self.weight[start : self.count] = floats(batch.column(width + 1))

    def trim(self) -> Rows:
        """Give back the room that was not needed."""
        self._resize(self.count)
        return self

    def _resize(self, rows: int) -> None:
        # realloc moves pages instead of copying them where the block is large
        self.features.resize((rows, self.features.shape[1]), refcheck=False)
        self.label.resize(rows, refcheck=False)
        if self.weight is not None:
            self.weight.resize(rows, refcheck=False)


def read_rows(batches: Iterable[pa.RecordBatch], job: Job) -> tuple[Rows, Rows | None]:
    """Training rows and, with early stopping, validation rows: those whose last column is true."""
    training = Rows.with_room(job, job.expected_rows)
    if job.early_stopping_rounds is None:
        for batch in batches:
            training.append(batch)
        return training.trim(), None
    validation = Rows.with_room(job, 1024)
    for batch in batches:
        held_out = batch.column(batch.num_columns - 1)
        validation.append(batch.filter(held_out))
        training.append(batch.filter(pa.compute.invert(held_out)))
    return training.trim(), validation.trim()


def validate_rows(training: Rows, validation: Rows | None, classes: int = 0) -> None:
    """Raise BadRowsError where XGBoost would fail with less to read, or return a model of nothing."""
    if training.count == 0:
        raise BadRowsError(NO_ROWS)
    if validation is not None and validation.count == 0:
        raise BadRowsError(NO_VALIDATION)
    for rows in filter(None, (training, validation)):
        _validate_label(rows, classes)
        if rows.weight is None:
            continue
        bad = int(rows.count - (np.isfinite(rows.weight) & (rows.weight >= 0)).sum())
        if bad:
            raise BadRowsError(
                f"the weight of {bad:,} of {rows.count:,} rows is missing, infinite or negative"
            )
        if not rows.weight.any():
            raise BadRowsError(f"the weight of all {rows.count:,} rows is 0")


def _validate_label(rows: Rows, classes: int) -> None:
    bad = int(rows.count - np.isfinite(rows.label).sum())
    if bad:
        raise BadRowsError(f"the label of {bad:,} of {rows.count:,} rows is missing, infinite or too large")
    if classes:
        bad = int(rows.count - np.isin(rows.label, np.arange(classes)).sum())
        if bad:
            raise BadRowsError(no_class(bad, rows.count, classes))


def no_class(bad: int, rows: int, classes: int) -> str:
    """Why labels that are no class index cannot be trained on."""
    return f"the label of {bad:,} of {rows:,} rows is not one of the class indices 0 to {classes - 1}"


def fit(job: Job, training: Rows, validation: Rows | None = None) -> Fitted:
    """Train on rows in the order they have. Raises BadRowsError, or XGBoostError for a parameter."""
    validate_rows(training, validation, job.classes)
    matrix = binned(job, training)
    booster, curve = train(job, matrix, None if validation is None else binned(job, validation, matrix))
    return Fitted(save(booster)) if curve is None else stopped_early(booster, curve)


def train(
    job: Job, matrix: xgb.QuantileDMatrix, validation: xgb.QuantileDMatrix | None = None
) -> tuple[xgb.Booster, list[float] | None]:
    """A booster, and with validation rows their metric after each round; it then stops early.

    Raises XGBoostError for a parameter.
    """
    params = {**job.params, **job.objective, "tree_method": "hist", "verbosity": 0}
    if validation is None:
        # What `xgb.train` does too, but that forgets its predictions of the fitted rows at the end.
        booster = xgb.Booster(params, [matrix])
        for place in range(job.rounds):
            booster.update(matrix, place)
        return booster, None
    history: dict[str, dict[str, list[float]]] = {}
    booster = xgb.train(
        params,
        matrix,
        job.rounds,
        evals=[(validation, "validation")],
        early_stopping_rounds=job.early_stopping_rounds,
        evals_result=history,
        verbose_eval=False,
    )
    return booster, next(iter(history["validation"].values()))


def stopped_early(booster: xgb.Booster, curve: list[float]) -> Fitted:
    """Only the rounds up to the best one, so that nobody can score with more of them."""
    best = booster.best_iteration
    return Fitted(save(booster[: best + 1]), best, tuple(map(float, curve)))


def save(booster: xgb.Booster) -> bytes:
    """UBJ bytes without names: a feature is its position, so any column name is allowed."""
    booster.feature_names = None
    return bytes(booster.save_raw("ubj"))


def training_task(job: Job) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """What `mapInArrow` runs on the only partition: one row, the booster or the reason there is none."""

    def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        try:
            fitted = fit(job, *read_rows(batches, job))
        except BadRowsError as error:
            yield _result(bad_rows=str(error))
        except xgb.core.XGBoostError as error:
            yield _result(bad_parameters=str(error).splitlines()[0])
        else:
            yield _result(
                booster=fitted.booster, best_iteration=fitted.best_iteration, curve=list(fitted.curve)
            )

    return run


def _result(**values: Any) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist([values], schema=RESULT)


def floats(column: pa.Array) -> Floats:
    """Null becomes NaN, which is missing to XGBoost."""
    return np.asarray(column.to_numpy(zero_copy_only=False), np.float32)


def binned(job: Job, rows: Rows, ref: xgb.QuantileDMatrix | None = None) -> xgb.QuantileDMatrix:
    """A matrix of bins: those of `ref` where there is one, otherwise of these rows."""
    return xgb.QuantileDMatrix(
        rows.features,
        rows.label,
        weight=rows.weight,
        feature_types=job.feature_types,
        enable_categorical=bool(job.categorical),
        max_bin=job.params.get("max_bin"),
        nthread=job.params.get("nthread"),
        ref=ref,
    )
