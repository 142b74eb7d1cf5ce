"""The verdict of every step that did something: cluster managers swallow exit codes, this table does not."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

import pyarrow as pa
from pyspark.sql import functions as F

from pipeline.lake.control import MOMENT, TEXT, WHOLE, ControlTable
from pipeline.lake.lake import Lake, Txn
from pipeline.lake.names import RUNS

_SCHEMA = pa.schema(
    {
        "step": TEXT,
        "verdict": TEXT,
        "exit_code": WHOLE,
        "started_at": MOMENT,
        "seconds": pa.float64(),
        "message": TEXT,
    }
)


@dataclass(frozen=True)
class RunRow:
    """One run of one step."""

    step: str
    verdict: str
    exit_code: int
    started_at: datetime
    seconds: float
    message: str


class Runs:
    """The runs of one lake. A run with nothing to do is not recorded: it moves no table."""

    def __init__(self, lake: Lake) -> None:
        self._table = ControlTable(lake, RUNS, _SCHEMA)

    def record_run(
        self, step: str, verdict: str, exit_code: int, started_at: datetime, seconds: float, message: str = ""
    ) -> None:
        """Add one row."""
        row = RunRow(step, verdict, exit_code, started_at, seconds, message)
        version = self._table.version()
        self._table.append([asdict(row)], Txn(RUNS, 1 if version is None else version + 2))

    def last(self, limit: int = 20) -> list[RunRow]:
        """The newest rows, newest first."""
        rows = self._table.read()
        if rows is None:
            return []
        newest = rows.orderBy(F.col("started_at").desc()).limit(limit).select(*self._table.columns())
        return [RunRow(**self._table.values(row.asDict())) for row in newest.collect()]
