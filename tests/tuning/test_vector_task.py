"""Linear fits of rows that come in Arrow batches, without Spark."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from pipeline.config.task import METRICS
from pipeline.learners.least_squares import Penalty
from pipeline.tuning.runners.vector_task import NO_OPTIMUM, NO_ROWS, Plan, read_parts, trials

RANDOM = np.random.default_rng(5)
ROWS = 300
NUMBERS = RANDOM.normal(size=(ROWS, 2))
CODES = np.column_stack([RANDOM.integers(0, 4, ROWS), RANDOM.integers(0, 3, ROWS)]).astype(np.int32)
ONE_HOT = np.column_stack([np.eye(4)[CODES[:, 0]][:, :3], np.eye(3)[CODES[:, 1]][:, :2]])
SCORE = NUMBERS @ [2.0, -1.0] + ONE_HOT @ [1.0, 2.0, 3.0, -1.0, 0.5] + RANDOM.normal(size=ROWS)
ORDER = RANDOM.permutation(ROWS)
JUDGES = np.arange(ROWS) % 3 == 0

RIDGE = Plan("ridge", ((1, Penalty(0.1)),), 2, (3, 2), 0, METRICS["regression"], expected_rows=10)
SOFTMAX = Plan("softmax", ((7, Penalty(0.1)),), 2, (3, 2), 2, METRICS["binary"])


def batches(places: np.ndarray, label: np.ndarray = SCORE, size: int = 70) -> list[pa.RecordBatch]:
    columns = [NUMBERS[:, 0], NUMBERS[:, 1], CODES[:, 0], CODES[:, 1], label, label]
    columns += [np.ones(ROWS), ORDER, JUDGES]
    chunks = [places[start : start + size] for start in range(0, len(places), size)]
    names = [str(at) for at in range(len(columns))]
    return [pa.RecordBatch.from_arrays([pa.array(c[chunk]) for c in columns], names) for chunk in chunks]


def results(plan: Plan, given: list[pa.RecordBatch]) -> list[dict[str, Any]]:
    return [
        {name: row[name] for name in ("number", "metrics", "left") if name in row}
        for row in trials(plan, given)
    ]


def test_rows_are_sorted_and_codes_become_columns() -> None:
    training, judging = read_parts(RIDGE, batches(np.arange(ROWS)))
    for part, chosen in ((training, ~JUDGES), (judging, JUDGES)):
        places = np.flatnonzero(chosen)[np.argsort(ORDER[chosen])]
        filled = np.column_stack([part.rows.dense, part.rows.sparse.toarray()])
        assert filled == pytest.approx(np.column_stack([NUMBERS, ONE_HOT])[places])
        assert part.label.tolist() == SCORE[places].tolist()


@pytest.mark.parametrize("plan", [RIDGE, SOFTMAX])
def test_results_are_the_same_whatever_order_the_rows_come_in(plan: Plan) -> None:
    label = SCORE if plan.classes == 0 else (SCORE > 1).astype(float)
    first = results(plan, batches(np.arange(ROWS), label))
    assert first == results(plan, batches(RANDOM.permutation(ROWS), label, size=31))
    assert first[0]["number"] == plan.fits[0][0]
    assert [name for name, _ in first[0]["metrics"]] == list(plan.metrics)


def test_metrics_are_in_the_unit_of_the_label() -> None:
    (found,) = results(replace(RIDGE, log1p=True), batches(np.arange(ROWS), np.abs(SCORE)))
    assert dict(found["metrics"])["rmse"] > 1


def test_what_has_no_single_optimum_is_left() -> None:
    singular = replace(RIDGE, fits=((1, Penalty(0.0)),), sizes=(4, 3))
    assert results(singular, batches(np.arange(ROWS))) == [{"number": 1, "left": NO_OPTIMUM}]
    one_class = batches(np.arange(ROWS), np.zeros(ROWS))
    assert results(SOFTMAX, one_class) == [{"number": 7, "left": NO_OPTIMUM}]
    assert results(SOFTMAX, []) == [{"number": 7, "left": NO_ROWS}]


def test_no_column_at_all_is_an_intercept() -> None:
    bare = replace(RIDGE, numbers=0, sizes=())
    given = [batch.select(batch.schema.names[4:]) for batch in batches(np.arange(ROWS))]
    (found,) = results(bare, given)
    assert dict(found["metrics"])["r2"] == pytest.approx(0, abs=0.1)
