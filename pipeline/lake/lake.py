"""The Delta tables of one project: read at a version, written so that a retry has no second effect."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from pyspark.sql import Column, DataFrame, DataFrameWriter, SparkSession
from pyspark.sql import functions as F

from pipeline.config.model import LakeSection
from pipeline.errors import DataRefused, PipelineError
from pipeline.lake.hadoop import Files
from pipeline.lake.layout import (
    MAPPING,
    STATS,
    as_new,
    assigned,
    needs_mapping,
    properties,
    quoted,
    stats_text,
)
from pipeline.lake.metastore import TablesByName, validate_lasting
from pipeline.lake.names import is_table, validate_table
from pipeline.lake.reasons import readable_refusals
from pipeline.lake.tables import Tables, TablesByPath
from pipeline.lake.writes import Commit, Txn, in_history, told_by

_SESSION_KEYS = (
    "spark.databricks.delta.write.txnAppId",
    "spark.databricks.delta.write.txnVersion",
    "spark.databricks.delta.commitInfo.userMetadata",
)
_LOG_FILE = re.compile(r"(\d{20})\.(?:json|checkpoint\b.*)")
_session_settings_lock = threading.RLock()


class Lake:
    """The tables of one project: below a root, or wherever a catalog keeps them."""

    def __init__(self, spark: SparkSession, place: str | Tables) -> None:
        self.spark = spark
        self.files = Files(spark)
        self._tables = TablesByPath(spark, place) if isinstance(place, str) else place

    @classmethod
    def of(cls, spark: SparkSession, section: LakeSection) -> Lake:
        """The lake that a configuration means.

        Raises:
            ConfigError: the session would forget the catalog's tables.
        """
        if section.catalog is None or section.schema_ is None:
            return cls(spark, section.place)
        validate_lasting(spark, section.catalog)
        return cls(spark, TablesByName(spark, section.catalog, section.schema_))

    @property
    def place(self) -> str:
        """The lake as a person names it: its root, or catalog and schema."""
        return self._tables.words

    @property
    def root(self) -> str:
        """The folder for what is no table: the lease, the work area, models on their way.

        In a catalog the schema's own folder; the schema is created when it is missing.
        """
        return self._tables.home

    def path(self, table: str) -> str:
        """The folder of a table: right below the root, or where the catalog has it or would put it."""
        name = validate_table(table)
        return self._tables.folder(name) or f"{self.root}/{name}"

    def sql_name(self, table: str) -> str:
        """A table as SQL names it."""
        return self._tables.sql_name(validate_table(table))

    def tables(self) -> list[str]:
        """The names of the tables that exist."""
        return [name for name in self._tables.names() if is_table(name) and self.exists(name)]

    def exists(self, table: str) -> bool:
        """Whether the table has a first commit."""
        return self.version(table) is not None

    def version(self, table: str) -> int | None:
        """The newest version, None when there is no table: from file names, without a Spark job."""
        folder = self._tables.folder(validate_table(table))
        names = () if folder is None else self.files.names(f"{folder}/_delta_log")
        found = (_LOG_FILE.fullmatch(name) for name in names)
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
            raise DataRefused(f"There is no table {table} in {self.place}. Tables there: {there}.")
        return self._tables.read(table, version)

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
        what = f"{table} ({txn.label})"
        return self._save(self._appending(table, rows, what, partition_by, stats), table, txn)

    def note(self, table: str, rows: DataFrame) -> None:
        """Add rows that no retry ever adds again, creating the table when missing.

        Whether a named write is in already, Delta looks up in the state of the whole table, which costs more
        than a small write itself: this one has no name.
        """
        writer = self._appending(table, rows, table)
        with readable_refusals(table):
            self._tables.save(writer, table)

    def _appending(
        self,
        table: str,
        rows: DataFrame,
        what: str,
        partition_by: Sequence[str] = (),
        stats: Sequence[str] | None = None,
    ) -> DataFrameWriter:
        """The writer of new rows; `what` is written, for refusals."""
        writer = rows.write.format("delta").mode("append").option("mergeSchema", "true")
        if self.exists(table):
            self._allow_names(table, rows)
            return writer
        of = properties(rows, stats)
        with readable_refusals(what):
            is_there = self._tables.create(table, rows, partition_by, of)
        return writer if is_there else as_new(writer, partition_by, of)

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
            self._tables.delta(rows.sparkSession, table)
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
            self._tables.save(writer.option("userMetadata", txn.label), table)
        return self.commit_of(table, txn)

    def find_commit(self, table: str, txn: Txn) -> Commit | None:
        """The commit that a txn made, found by its label: after a replay it is not the last one."""
        version = self.version(table)
        if version is None:
            return None
        newest = told_by(self.files, self._commit_file(table, version), version, txn)
        return newest or in_history(self._tables.delta(self.spark, table), txn)

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
                f"history, so its rows cannot be counted. See DESCRIBE HISTORY {self.sql_name(table)}."
            )
        return commit

    def _allow_names(self, table: str, rows: DataFrame) -> None:
        """Let a table that exists take column names with blanks and the like; a new one is created so."""
        if needs_mapping(rows.schema) and self._property(table, MAPPING) != "name":
            self._alter(table, f"SET TBLPROPERTIES ({assigned(MAPPING, 'name')})")

    @contextmanager
    def _other_stats(self, table: str, stats: Sequence[str] | None) -> Iterator[None]:
        """While the columns change: Delta refuses to let a column go that its statistics are to be of."""
        there = self._property(table, STATS)
        wanted = stats_text(stats) if stats else there
        if there is not None and there != wanted:
            self._alter(table, f"UNSET TBLPROPERTIES IF EXISTS ('{STATS}')")
        yield
        if there != wanted:
            self._alter(table, f"SET TBLPROPERTIES ({assigned(STATS, str(wanted))})")

    def _property(self, table: str, name: str) -> str | None:
        row = self._tables.delta(self.spark, table).detail().select("properties").first()
        return None if row is None else row[0].get(name)

    def _alter(self, table: str, change: str) -> None:
        self.spark.sql(f"ALTER TABLE {self.sql_name(table)} {change}")


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
