"""Writing the bad rows of a batch."""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import DataFrame

from pipeline.errors import PipelineError
from pipeline.lake import Lake, names
from pipeline.lake.writes import Commit
from pipeline.steps.clean.input import CLEAN, REFRESH, BatchInput

_STATS = ("_batch_id",)


def write_quarantine(
    lake: Lake, source: str, batch: BatchInput, bad_rows: DataFrame | None, counts: Mapping[str, int]
) -> dict[str, int]:
    """Write the bad rows, None where there are none; the version of the table after that, if it exists."""
    table = names.quarantine(source)
    if bad_rows is None and (batch.step == CLEAN or not lake.exists(table)):
        version = lake.version(table)
        return {} if version is None else {table: version}
    commit = _written(lake, table, source, batch, bad_rows)
    bad = counts["malformed"] + counts["quarantined"] + (batch.part.count if batch.part else 0)
    if commit.inserted != bad:
        raise PipelineError(
            f"{table} took {commit.inserted:,} rows of {batch.called(source)}, {bad:,} were counted."
        )
    return {table: commit.version}


def _written(lake: Lake, table: str, source: str, batch: BatchInput, bad_rows: DataFrame | None) -> Commit:
    """A load adds rows. A replay writes its part anew. A refresh leaves no others, also where it has none."""
    txn = batch.txn(source)
    if batch.part is not None:
        others = batch.part.others
        rows = others if bad_rows is None else others.unionByName(bad_rows)
        return lake.replace_part(table, rows, txn, batch.part.where)
    rows = lake.read(table).limit(0) if bad_rows is None else bad_rows
    if batch.step == REFRESH:
        return lake.replace(table, rows, txn, stats=_STATS)
    return lake.append(table, rows, txn, stats=_STATS)
