"""What a task of many trials answers: one row for each candidate.

It travels to the workers by value, so it imports nothing else of ours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa

RESULT_DDL = (
    "number int, metrics map<string, double>, training_metrics map<string, double>, rounds int,"
    " fit_seconds double, evaluation_seconds double, used_bytes bigint,"
    " failed string, why string, left string"
)
"""`failed` says why a trial has no metrics, `why` of what kind that is, `left` why others are to do it."""

RESULT = pa.schema(
    [
        ("number", pa.int32()),
        ("metrics", pa.map_(pa.string(), pa.float64())),
        ("training_metrics", pa.map_(pa.string(), pa.float64())),
        ("rounds", pa.int32()),
        ("fit_seconds", pa.float64()),
        ("evaluation_seconds", pa.float64()),
        ("used_bytes", pa.int64()),
        ("failed", pa.string()),
        ("why", pa.string()),
        ("left", pa.string()),
    ]
)


def answering(
    trials: Callable[[Iterator[pa.RecordBatch]], Iterator[dict[str, Any]]],
) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """A task for `mapInArrow` whose rows are these trials' results, each sent as it is there."""

    def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for row in trials(batches):
            yield pa.RecordBatch.from_pylist([row], schema=RESULT)

    return run
