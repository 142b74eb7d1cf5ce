"""Writes by name, and the commits that they made: how a write that was done before is known."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from pipeline.lake.hadoop import Files

if TYPE_CHECKING:
    from delta.tables import DeltaTable

_WRITES = ("WRITE", "MERGE", "CREATE OR REPLACE TABLE AS SELECT")
_RECENT_COMMITS = 20
_LONGEST_COMMIT_INFO = 64 * 2**10


@dataclass(frozen=True)
class Txn:
    """The name of one write. Delta lets a version of an app in once, and only after all smaller ones."""

    app: str
    version: int

    @property
    def label(self) -> str:
        """How the commit is found again in the table's history."""
        return f"{self.app}/{self.version}"


@dataclass(frozen=True)
class Commit:
    """A commit of a table and the rows it changed, from the table's own history."""

    version: int
    inserted: int
    updated: int
    deleted: int


def told_by(files: Files, file: str, version: int, txn: Txn) -> Commit | None:
    """The commit of this file of the log, if the txn made it: from the file's first line, no Spark job."""
    if not files.exists(file):
        return None
    line = files.head(file, _LONGEST_COMMIT_INFO).partition(b"\n")[0]
    try:
        said = json.loads(line)["commitInfo"]
    except (ValueError, KeyError):
        return None
    return _commit(version, said.get("operationMetrics")) if said.get("userMetadata") == txn.label else None


def in_history(table: DeltaTable, txn: Txn) -> Commit | None:
    """The newest commit that the txn made, if the table's history reaches back to it."""
    for commits in (table.history(_RECENT_COMMITS), table.history()):
        found = (
            commits.where((F.col("userMetadata") == txn.label) & F.col("operation").isin(*_WRITES))
            .orderBy(F.col("version").desc())
            .select("version", "operationMetrics")
            .first()
        )
        if found is not None:
            return _commit(found["version"], found["operationMetrics"])
    return None


def _commit(version: int, found: Mapping[str, str] | None) -> Commit:
    metrics = found or {}

    def count(name: str) -> int:
        return int(metrics.get(name, 0))

    merged, written = count("numTargetRowsInserted"), count("numOutputRows")
    # A write that replaces a part of a table also counts the rows that it left as they are.
    inserted = merged if "numTargetRowsInserted" in metrics else written - count("numCopiedRows")
    return Commit(version, inserted, count("numTargetRowsUpdated"), count("numTargetRowsDeleted"))
