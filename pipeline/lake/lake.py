"""The Delta tables below one root: read at a version, written so that a retry has no second effect."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from delta.tables import DeltaTable
from pyspark.sql import Column, DataFrame, DataFrameWriter, SparkSession
from pyspark.sql import functions as F

from pipeline.errors import DataRefused, PipelineError
from pipeline.lake.hadoop import Files
from pipeline.lake.layout import MAPPING, STATS, as_new, needs_mapping, quoted, stats_text
from pipeline.lake.names import validate_table
from pipeline.lake.reasons import readable_refusals

_SESSION_KEYS = (
    "spark.databricks.delta.write.txnAppId",
    "spark.databricks.delta.write.txnVersion",
    "spark.databricks.delta.commitInfo.userMetadata",
)
_LOG_FILE = re.compile(r"(\d{20})\.(?:json|checkpoint\b.*)")
_RECENT_COMMITS = 20
_LONGEST_COMMIT_INFO = 64 * 2**10
_session_settings_lock = threading.RLock()


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


class Lake:
    """The tables of one project."""

    def __init__(self, spark: SparkSession, root: str) -> None:
        self.spark = spark
        self.root = root.rstrip("/") or "/"
        self.files = Files(spark)

    def path(self, table: str) -> str:
        """Where a table is; always right below the root."""
        return f"{self.root}/{validate_table(table)}"

    def tables(self) -> list[str]:
        """The names of the tables that exist."""
        return [
            name
            for name in self.files.folders(self.root)
            if not name.startswith(("_", ".")) and self.exists(name)
        ]

    def exists(self, table: str) -> bool:
        """Whether the table has a first commit."""
        return self.version(table) is not None

    def version(self, table: str) -> int | None:
        """The newest version, None when there is no table: from file names, without a Spark job."""
        found = (_LOG_FILE.fullmatch(name) for name in self.files.names(f"{self.path(table)}/_delta_log"))
        return max((int(match[1]) for match in found if match), default=None)

    def written_at(self, table: str, version: int) -> float:
        """When a commit's file was written, in seconds since 1970; 0 when only a checkpoint is left of it."""
        path = self._commit_file(table, version)
        return self.files.modified(path) if self.files.exists(path) else 0.0

    def read(self, table: str, version: int | None = None) -> DataFrame:
        """The table's rows, now or at a version.

        Raises:
            DataRefused: there is no such table.
        """
        if not self.exists(table):
            there = ", ".join(self.tables()) or "none yet"
            raise DataRefused(f"There is no table {table} in {self.root}. Tables there: {there}.")
        reader = self.spark.read.format("delta")
        if version is not None:
            reader = reader.option("versionAsOf", version)
        return reader.load(self.path(table))

    def append(
        self,
        table: str,
        rows: DataFrame,
        txn: Txn,
        *,
        partition_by: Sequence[str] = (),
        stats: Sequence[str] | None = None,
    ) -> Commit:
        """Add rows, creating the table when missing; a txn that is in already changes nothing.

        `stats` names the columns Delta keeps minima and maxima of, when the table is created here;
        None leaves Delta's default, the first 32 columns.
        """
        writer = rows.write.format("delta").mode("append").option("mergeSchema", "true")
        if self.exists(table):
            self._allow_names(table, rows)
        else:
            writer = as_new(rows, writer, partition_by, stats)
        return self._save(writer, table, txn)

    def merge(
        self,
        table: str,
        rows: DataFrame,
        txn: Txn,
        *,
        key: Sequence[str],
        update_when: str | None = None,
        insert_only: bool = False,
        delete_missing: bool = False,
        prune: str | Column | None = None,
        partition_by: Sequence[str] = (),
        stats: Sequence[str] | None = None,
    ) -> Commit:
        """Insert new keys and update known ones; `rows` must be unique by `key`, NULL equals NULL.

        `update_when` is a condition over the aliases `new` and `old`; None updates always. With `insert_only`
        known keys stay as they are, and only the columns of key and `prune` are read. `prune` is a condition
        over `old` that every row that can match meets, so that only a part of the table is read.
        """
        if not self.exists(table):
            return self.append(table, rows, txn, partition_by=partition_by, stats=stats)
        self._allow_names(table, rows)
        same = F.expr(" AND ".join(f"new.{quoted(name)} <=> old.{quoted(name)}" for name in key))
        merge = (
            DeltaTable.forPath(rows.sparkSession, self.path(table))
            .alias("old")
            .merge(rows.alias("new"), same if prune is None else same & _condition(prune))
            .withSchemaEvolution()
            .whenNotMatchedInsertAll()
        )
        if not insert_only:
            merge = merge.whenMatchedUpdateAll(update_when)
        if delete_missing:
            merge = merge.whenNotMatchedBySourceDelete()
        with readable_refusals(f"{table} ({txn.label})"), _merge_settings(rows.sparkSession, txn):
            merge.execute()
        return self.commit_of(table, txn)

    def replace(self, table: str, rows: DataFrame, txn: Txn, *, stats: Sequence[str] | None = None) -> Commit:
        """Make `rows` the whole table, with their columns, creating it when missing; once for each txn."""
        if not self.exists(table):
            return self.append(table, rows, txn, stats=stats)
        self._allow_names(table, rows)
        writer = rows.write.format("delta").mode("overwrite").option("overwriteSchema", "true")
        with self._other_stats(table, stats):
            return self._save(writer, table, txn)

    def replace_part(self, table: str, rows: DataFrame, txn: Txn, where: str) -> Commit:
        """Make `rows` all that is where a condition holds, which each of them meets; once for each txn."""
        writer = rows.write.format("delta").mode("overwrite").option("replaceWhere", where)
        return self._save(writer, table, txn)

    def _save(self, writer: DataFrameWriter, table: str, txn: Txn) -> Commit:
        writer = writer.option("txnAppId", txn.app).option("txnVersion", txn.version)
        with readable_refusals(f"{table} ({txn.label})"):
            writer.option("userMetadata", txn.label).save(self.path(table))
        return self.commit_of(table, txn)

    def find_commit(self, table: str, txn: Txn) -> Commit | None:
        """The commit that a txn made, found by its label: after a replay it is not the last one."""
        if not self.exists(table):
            return None
        newest = self._newest_commit(table)
        if newest is not None and newest.get("userMetadata") == txn.label:
            return _commit(newest["version"], newest.get("operationMetrics"))
        history = DeltaTable.forPath(self.spark, self.path(table))
        for commits in (history.history(_RECENT_COMMITS), history.history()):
            found = (
                commits.where(
                    (F.col("userMetadata") == txn.label) & F.col("operation").isin("WRITE", "MERGE")
                )
                .orderBy(F.col("version").desc())
                .select("version", "operationMetrics")
                .first()
            )
            if found is not None:
                return _commit(found["version"], found["operationMetrics"])
        return None

    def _newest_commit(self, table: str) -> dict[str, Any] | None:
        """What the newest commit says about itself, from the first line of its file: no Spark job."""
        version = self.version(table)
        if version is None or not self.files.exists(self._commit_file(table, version)):
            return None
        line = self.files.head(self._commit_file(table, version), _LONGEST_COMMIT_INFO).partition(b"\n")[0]
        try:
            return {**json.loads(line)["commitInfo"], "version": version}
        except (ValueError, KeyError):
            return None

    def _commit_file(self, table: str, version: int) -> str:
        return f"{self.path(table)}/_delta_log/{version:020}.json"

    def commit_of(self, table: str, txn: Txn) -> Commit:
        """The commit that a txn made.

        Raises:
            PipelineError: the table's history does not reach back that far.
        """
        commit = self.find_commit(table, txn)
        if commit is None:
            raise PipelineError(
                f"{table}: the write {txn.label} was done before, but its commit is no longer in the table's "
                f"history, so its rows cannot be counted. See DESCRIBE HISTORY delta.`{self.path(table)}`."
            )
        return commit

    def _allow_names(self, table: str, rows: DataFrame) -> None:
        """Let a table that exists take column names with blanks and the like; a new one is created so."""
        if needs_mapping(rows.schema) and self._property(table, MAPPING) != "name":
            self._alter(table, f"SET TBLPROPERTIES ('{MAPPING}' = 'name')")

    @contextmanager
    def _other_stats(self, table: str, stats: Sequence[str] | None) -> Iterator[None]:
        """While the columns change: Delta refuses to let a column go that its statistics are to be of."""
        there = self._property(table, STATS)
        wanted = stats_text(stats) if stats else there
        if there is not None and there != wanted:
            self._alter(table, f"UNSET TBLPROPERTIES IF EXISTS ('{STATS}')")
        yield
        if there != wanted:
            text = str(wanted).replace("\\", "\\\\").replace("'", "\\'")
            self._alter(table, f"SET TBLPROPERTIES ('{STATS}' = '{text}')")

    def _property(self, table: str, name: str) -> str | None:
        row = DeltaTable.forPath(self.spark, self.path(table)).detail().select("properties").first()
        return None if row is None else row[0].get(name)

    def _alter(self, table: str, change: str) -> None:
        self.spark.sql(f"ALTER TABLE delta.{quoted(self.path(table))} {change}")


@contextmanager
def _merge_settings(spark: SparkSession, txn: Txn) -> Iterator[None]:
    """MERGE takes its transaction only from the session.

    Left set, these settings would silently drop the next write of somebody else: they are always unset,
    and two threads never share them.
    """
    with _session_settings_lock:
        try:
            for setting, value in zip(_SESSION_KEYS, (txn.app, str(txn.version), txn.label), strict=True):
                spark.conf.set(setting, value)
            yield
        finally:
            for setting in _SESSION_KEYS:
                spark.conf.unset(setting)


def _condition(written: str | Column) -> Column:
    return F.expr(written) if isinstance(written, str) else written


def _commit(version: int, found: Mapping[str, str] | None) -> Commit:
    metrics = found or {}

    def count(name: str) -> int:
        return int(metrics.get(name, 0))

    merged, written = count("numTargetRowsInserted"), count("numOutputRows")
    # A write that replaces a part of a table also counts the rows that it left as they are.
    inserted = merged if "numTargetRowsInserted" in metrics else written - count("numCopiedRows")
    return Commit(version, inserted, count("numTargetRowsUpdated"), count("numTargetRowsDeleted"))
