"""Many linear fits inside one task: Arrow batches of vectors → sorted rows → fits and metrics of each.

It travels to the workers by value, with the modules it imports of ours: they need numpy, scipy and pyarrow.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pyarrow as pa
from scipy import sparse

from pipeline.evaluation.exact import class_metrics, number_metrics
from pipeline.evaluation.histogram import Numbers
from pipeline.learners.least_squares import Line, Penalty, ridge_path
from pipeline.learners.softmax import Softmax, examples, fit_softmax
from pipeline.learners.split_matrix import SplitMatrix
from pipeline.tuning.runners.task_memory import Memory

NO_ROWS = "there are no rows to train on, or none to judge by"
NO_OPTIMUM = "the equations are singular, or a class is missing: only an iterative solver ends somewhere"
NO_MEMORY = "one task had too little memory for it"

RESULT_DDL = (
    "number int, metrics map<string, double>, training_metrics map<string, double>,"
    " fit_seconds double, evaluation_seconds double, used_bytes bigint, left string"
)
RESULT = pa.schema(
    [
        ("number", pa.int32()),
        ("metrics", pa.map_(pa.string(), pa.float64())),
        ("training_metrics", pa.map_(pa.string(), pa.float64())),
        ("fit_seconds", pa.float64()),
        ("evaluation_seconds", pa.float64()),
        ("used_bytes", pa.int64()),
        ("left", pa.string()),
    ]
)


@dataclass(frozen=True)
class Plan:
    """All that the task is told.

    Batches hold the vector, the label, the label as metrics see it, the weight (1 where there is none), the
    order, and whether a row judges.
    """

    kind: Literal["ridge", "softmax"]
    fits: tuple[tuple[int, Penalty], ...]
    """Numbers of candidates with their penalties."""
    width: int
    classes: int
    metrics: tuple[str, ...]
    """The names of the task's metrics."""
    log1p: bool = False
    """Whether fits are on log(1 + label), metrics on the label."""


@dataclass(frozen=True)
class Part:
    """Rows of one purpose."""

    rows: SplitMatrix
    label: Numbers
    actual: Numbers
    weight: Numbers


def trials_task(plan: Plan) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """What `mapInArrow` runs on the only partition: one row for each candidate."""

    def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for row in trials(plan, batches):
            yield pa.RecordBatch.from_pylist([row], schema=RESULT)

    return run


def trials(plan: Plan, batches: Iterable[pa.RecordBatch]) -> Iterator[dict[str, Any]]:
    """A result for each candidate; those that are not for this solver say in `left` why."""
    memory = Memory()
    try:
        training, judging = read_parts(plan, batches)
        if not len(training.label) or not len(judging.label):
            yield from _left(plan, NO_ROWS)
            return
        found = _ridge(plan, training) if plan.kind == "ridge" else _softmax(plan, training)
        for number, model, seconds in found:
            if model is None:
                yield {"number": number, "left": NO_OPTIMUM}
                continue
            measuring = time.monotonic()
            yield {
                "number": number,
                "metrics": _measured(plan, model, judging),
                "training_metrics": _measured(plan, model, training),
                "fit_seconds": seconds,
                "evaluation_seconds": time.monotonic() - measuring,
                "used_bytes": memory.peak(),
            }
    except MemoryError:
        yield from _left(plan, NO_MEMORY)


def read_parts(plan: Plan, batches: Iterable[pa.RecordBatch]) -> tuple[Part, Part]:
    """Training and judging rows, each in the order that their column says, whatever order they came in."""
    lengths, indices, values, others = [], [], [], []
    for batch in batches:
        found = _cells(batch.column(0))
        lengths.append(found[0])
        indices.append(found[1])
        values.append(found[2])
        others.append([batch.column(at).to_numpy(zero_copy_only=False) for at in range(1, 6)])
    joined = [np.concatenate(parts) for parts in zip(*others, strict=True)] or [np.empty(0)] * 5
    label, actual, weight, order, judges = joined
    starts = np.concatenate([[0], np.cumsum(np.concatenate([*lengths, np.empty(0, np.int64)]))])
    shape = (len(label), plan.width)
    places = np.lexsort((label, order, judges))
    cells = (np.concatenate([*values, np.empty(0)]), np.concatenate([*indices, np.empty(0, np.int32)]))
    rows = SplitMatrix.of(sparse.csr_matrix((*cells, starts), shape)[places])
    first = int(np.searchsorted(judges[places], True))
    return (
        _part(rows, places, (label, actual, weight), 0, first),
        _part(rows, places, (label, actual, weight), first, len(label)),
    )


def _part(
    rows: SplitMatrix, places: Any, columns: tuple[Numbers, Numbers, Numbers], start: int, end: int
) -> Part:
    own = (column[places[start:end]].astype(np.float64) for column in columns)
    return Part(rows.between(start, end), *own)


def _cells(vectors: pa.StructArray) -> tuple[Any, Any, Any]:
    """Filled cells per row, then place and value of each; a dense vector's places are 0, 1, 2 …"""
    kind, values = vectors.field(0).to_numpy(zero_copy_only=False), vectors.field(3)
    lengths = pa.compute.list_value_length(values).to_numpy(zero_copy_only=False).astype(np.int64)
    starts = np.cumsum(lengths) - lengths
    places = (np.arange(lengths.sum()) - np.repeat(starts, lengths)).astype(np.int32)
    places[np.repeat(kind == 0, lengths)] = vectors.field(2).flatten().to_numpy(zero_copy_only=False)
    return lengths, places, values.flatten().to_numpy(zero_copy_only=False)


def _ridge(plan: Plan, training: Part) -> Iterator[tuple[int, Line | None, float]]:
    begun = time.monotonic()
    rows, label, weight = training.rows, training.label, training.weight
    width = plan.width
    sums = np.empty((width + 2, width + 2))
    sums[:width, :width] = rows.products(weight)
    both = np.column_stack([weight * label, weight])
    sums[:width, width:] = rows.transposed_dot(both)
    sums[width:, :width] = sums[:width, width:].T
    sums[width:, width:] = both.T @ np.column_stack([label, np.ones(len(label))])
    lines = ridge_path(sums, [penalty for _, penalty in plan.fits])
    seconds = (time.monotonic() - begun) / len(lines)
    for (number, _), line in zip(plan.fits, lines, strict=True):
        yield number, line, seconds


def _softmax(plan: Plan, training: Part) -> Iterator[tuple[int, Softmax | None, float]]:
    given = examples(training.rows, training.label, training.weight, plan.classes)
    for number, penalty in plan.fits:
        begun = time.monotonic()
        model = None
        if given is not None:
            model = fit_softmax(
                given,
                penalty.regParam,
                fit_intercept=penalty.fitIntercept,
                standardization=penalty.standardization,
            )
        yield number, model, time.monotonic() - begun


def _measured(plan: Plan, model: Line | Softmax, part: Part) -> list[tuple[str, float]]:
    """Metrics in the label's own unit."""
    if isinstance(model, Softmax):
        shares = model.probability(part.rows)
        # As Spark: of two classes the second only above one half.
        predicted = (shares[:, 1] > 0.5) if plan.classes == 2 else shares.argmax(axis=1)
        found = class_metrics(part.actual, shares, plan.metrics, predicted.astype(np.float64))
    else:
        line = part.rows.dot(model.coefficients) + model.intercept
        found = number_metrics(part.actual, np.expm1(line) if plan.log1p else line)
    return list(found.items())


def _left(plan: Plan, why: str) -> Iterator[dict[str, Any]]:
    for number, _ in plan.fits:
        yield {"number": number, "left": why}
