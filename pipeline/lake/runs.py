"""The verdict of every step that did something: cluster managers swallow exit codes, this table does not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime

import pyarrow as pa
from pyspark.sql import functions as F

from pipeline.lake.control import COUNTS, MOMENT, TEXT, WHOLE, ControlTable
from pipeline.lake.lake import Lake
from pipeline.lake.names import RUNS

_SCHEMA = pa.schema(
    {
        "step": TEXT,
        "verdict": TEXT,
        "exit_code": WHOLE,
        "started_at": MOMENT,
        "seconds": pa.float64(),
        "message": TEXT,
        "planned": COUNTS,
        "used": COUNTS,
    }
)


@dataclass(frozen=True)
class RunRow:
    """One run of one step; `planned` and `used` are figures by name, such as `read_bytes` and `scans`."""

    step: str
    verdict: str
    exit_code: int
    started_at: datetime
    seconds: float
    message: str
    planned: Mapping[str, int] = field(default_factory=dict)
    used: Mapping[str, int] = field(default_factory=dict)


class Runs:
    """The runs of one lake. A run with nothing to do is not recorded: it moves no table."""

    def __init__(self, lake: Lake) -> None:
        self._table = ControlTable(lake, RUNS, _SCHEMA)

    def record_run(self, row: RunRow) -> None:
        """Add one row."""
        self._table.note(asdict(row))

    def last(self, limit: int = 20) -> list[RunRow]:
        """The newest rows, newest first."""
        rows = self._table.read()
        if rows is None:
            return []
        newest = rows.orderBy(F.col("started_at").desc()).limit(limit).select(*self._table.columns())
        return [RunRow(**self._table.values(row.asDict())) for row in newest.collect()]
