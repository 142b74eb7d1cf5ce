"""Many linear fits inside one task: Arrow batches → sorted rows → fits and metrics of each.

It travels to the workers by value, with the modules it imports of ours: they need numpy, scipy and pyarrow.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
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
from pipeline.tuning.runners.task_results import answering

Kind = Literal["ridge", "softmax"]

MODEL_DDL = "coefficients array<double>, intercepts array<double>, left string"
"""A model's numbers, class after class; or in `left` why this solver has none."""
MODEL = pa.schema(
    [
        ("coefficients", pa.list_(pa.float64())),
        ("intercepts", pa.list_(pa.float64())),
        ("left", pa.string()),
    ]
)

NO_ROWS = "there are no rows to train on, or none to judge by"
NO_OPTIMUM = "the equations are singular, or a class is missing: only an iterative solver ends somewhere"
NO_MEMORY = "one task had too little memory for it"


@dataclass(frozen=True)
class Plan:
    """All that the task is told.

    Batches hold the numbers, the codes, the label, the label as metrics see it, the weight (1 where there is
    none), the order, and whether a row judges.
    """

    kind: Kind
    fits: tuple[tuple[int, Penalty], ...]
    """Numbers of candidates with their penalties."""
    numbers: int
    """How many columns are numbers as they are."""
    sizes: tuple[int, ...]
    """For each column of codes, from which code on there is no column of its own any more."""
    classes: int
    metrics: tuple[str, ...]
    """The names of the task's metrics."""
    log1p: bool = False
    """Whether fits are on log(1 + label), metrics on the label."""
    expected_rows: int = 10_000
    """Room made at first; it grows where there are more."""

    @property
    def width(self) -> int:
        """How many numbers a row becomes."""
        return self.numbers + sum(self.sizes)


@dataclass(frozen=True)
class Part:
    """Rows of one purpose."""

    rows: SplitMatrix
    label: Numbers
    actual: Numbers
    weight: Numbers


def trials_task(plan: Plan) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """What `mapInArrow` runs on the only partition: one row for each candidate."""
    return answering(partial(trials, plan))


def trials(plan: Plan, batches: Iterable[pa.RecordBatch]) -> Iterator[dict[str, Any]]:
    """A result for each candidate; those that are not for this solver say in `left` why."""
    memory = Memory()
    try:
        training, judging = read_parts(plan, batches)
        if not len(training.label) or not len(judging.label):
            yield from _left(plan, NO_ROWS)
            return
        for number, model, seconds in _fitted(plan, training):
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


def model_task(plan: Plan) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """What `mapInArrow` runs on the only partition: one row of `MODEL_DDL`."""

    def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        yield pa.RecordBatch.from_pylist([whole_fit(plan, batches)], schema=MODEL)

    return run


def whole_fit(plan: Plan, batches: Iterable[pa.RecordBatch]) -> dict[str, Any]:
    """The plan's one candidate, fitted on all rows: as `MODEL_DDL`."""
    try:
        training, _ = read_parts(plan, batches)
        if not len(training.label):
            return {"left": NO_ROWS}
        ((_, model, _),) = _fitted(plan, training)
    except MemoryError:
        return {"left": NO_MEMORY}
    if model is None:
        return {"left": NO_OPTIMUM}
    if isinstance(model, Softmax):
        coefficients, intercepts = model.coefficients.T.ravel(), model.intercepts
    else:
        coefficients, intercepts = model.coefficients, np.array([model.intercept])
    return {"coefficients": coefficients.tolist(), "intercepts": intercepts.tolist()}


def read_parts(plan: Plan, batches: Iterable[pa.RecordBatch]) -> tuple[Part, Part]:
    """Training and judging rows, each in the order that their column says, whatever order they came in."""
    numbers = np.empty((plan.expected_rows, plan.numbers), order="F")
    codes, others, count = [np.empty((0, len(plan.sizes)), np.int32)], [_no_others()], 0
    for batch in batches:
        start, count = count, count + batch.num_rows
        if count > len(numbers):
            numbers = _with_room(numbers, start, max(count, len(numbers) * 3 // 2))
        columns = [batch.column(at).to_numpy(zero_copy_only=False) for at in range(batch.num_columns)]
        for at in range(plan.numbers):
            numbers[start:count, at] = columns[at]
        last = plan.numbers + len(plan.sizes)
        block = np.array(columns[plan.numbers : last], np.int32).reshape(len(plan.sizes), batch.num_rows)
        codes.append(block.T)
        others.append(columns[last:])
    label, actual, weight, order, judges = (np.concatenate(parts) for parts in zip(*others, strict=True))
    places = np.lexsort((label, order, judges))
    for at in range(plan.numbers):  # column by column: no second copy of the numbers
        numbers[:count, at] = numbers[places, at]
    rows = SplitMatrix(numbers[:count], _one_hot(np.concatenate(codes)[places], plan.sizes))
    first = int(np.searchsorted(judges[places], True))
    three = (label[places], actual[places], weight[places])
    return _part(rows, three, 0, first), _part(rows, three, first, count)


def _part(rows: SplitMatrix, columns: tuple[Numbers, ...], start: int, end: int) -> Part:
    return Part(rows.between(start, end), *(column[start:end] for column in columns))


def _no_others() -> list[Any]:
    return [np.empty(0), np.empty(0), np.empty(0), np.empty(0, np.int64), np.empty(0, np.bool_)]


def _with_room(numbers: Numbers, count: int, rows: int) -> Numbers:
    """The first rows, with room for more."""
    larger = np.empty((rows, numbers.shape[1]), order="F")
    larger[:count] = numbers[:count]
    return larger


def _one_hot(codes: Any, sizes: tuple[int, ...]) -> Any:
    """A csr_matrix with a 1 for each code below its size; the others are a 0 that is written down."""
    rows, columns = codes.shape
    known = codes < np.array(sizes, np.int32)
    begins = np.cumsum([0, *sizes])[:-1].astype(np.int32)
    places = np.where(known, codes, 0) + begins
    starts = np.arange(rows + 1, dtype=np.int64) * columns
    cells = (known.ravel().astype(np.float64), places.ravel(), starts)
    return sparse.csr_matrix(cells, (rows, sum(sizes)))


def _fitted(plan: Plan, training: Part) -> Iterator[tuple[int, Line | Softmax | None, float]]:
    """Each candidate's number, its model, and the seconds it took."""
    return _ridge(plan, training) if plan.kind == "ridge" else _softmax(plan, training)


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
