"""Tables of one schema in a catalog, each known by its name.

Rows go in and out by name, so the catalog decides who may see them and where a table lies. Versions are told
from the names of the files in a table's own log, as below a root: that costs no Spark job.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from itertools import starmap
from typing import Any

from delta.tables import DeltaTable
from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, DataFrameWriter, SparkSession
from pyspark.sql import functions as F

from pipeline.errors import ConfigError
from pipeline.lake.commits import version_of
from pipeline.lake.hadoop import Files
from pipeline.lake.layout import assigned, nullable, quoted
from pipeline.lake.reasons import reason

SESSION_CATALOG = "spark_catalog"
_DETAILS = "# Detailed Table Information"
_IMPLEMENTATION = "spark.sql.catalogImplementation"
_homes: dict[tuple[str, str], str] = {}
_homes_lock = threading.Lock()


class TablesByName:
    """The tables of `catalog.schema`."""

    def __init__(self, spark: SparkSession, catalog: str, schema: str) -> None:
        self._spark = spark
        self._files = Files(spark)
        self._schema = f"{quoted(catalog)}.{quoted(schema)}"
        self._folders: dict[str, str] = {}
        self.words = f"{catalog}.{schema}"

    @property
    def home(self) -> str:
        """The schema's folder; the schema is created when it is missing.

        Raises:
            ConfigError: the catalog or the schema cannot be used, or has no folder.
        """
        key = (self._spark.sparkContext.applicationId, self._schema)
        with _homes_lock:
            if key not in _homes:
                _homes[key] = self._find_home()
            return _homes[key]

    def _find_home(self) -> str:
        try:
            self._spark.sql(f"CREATE SCHEMA IF NOT EXISTS {self._schema}")
            told = self._spark.sql(f"DESCRIBE SCHEMA EXTENDED {self._schema}")
            row = told.where(F.col("info_name").isin("Location", "RootLocation")).first()
        except AnalysisException as error:
            raise ConfigError(
                f"lake.catalog: the schema {self.words} cannot be used: {reason(error)}. Next: see that "
                "Spark knows the catalog (spark.sql.catalog.<name>) and that this user may create the schema."
            ) from error
        if row is None or not row["info_value"]:
            raise ConfigError(
                f"lake.schema: the schema {self.words} has no location, and the lease and the work area need "
                f"a folder. Next: create it with one: CREATE SCHEMA {self.words} LOCATION '…'."
            )
        return str(row["info_value"]).rstrip("/")

    def folder(self, name: str) -> str | None:
        known = self._folders.get(name)
        if known is None and self._spark.catalog.tableExists(self.sql_name(name)):
            known = self._folders[name] = self._location(name)
        return known

    def _location(self, name: str) -> str:
        """Where the catalog has the table; its columns are told before, and may be called so, too."""
        told = self._spark.sql(f"DESCRIBE TABLE EXTENDED {self.sql_name(name)}").select(
            "col_name", "data_type"
        )
        rows = [(row["col_name"], row["data_type"]) for row in told.collect()]  # one for each column
        after = rows[[title for title, _ in rows].index(_DETAILS) :]
        return next((value for title, value in after if title == "Location"), "").rstrip("/")

    def names(self) -> list[str]:
        if not self._spark.catalog.databaseExists(self._schema):
            return []
        rows = self._spark.sql(f"SHOW TABLES IN {self._schema}").where(~F.col("isTemporary"))
        return sorted(row["tableName"] for row in rows.collect())

    def sql_name(self, name: str) -> str:
        return f"{self._schema}.{quoted(name)}"

    def read(self, name: str, version: int | None) -> DataFrame:
        at = "" if version is None else f" VERSION AS OF {version}"
        return self._spark.sql(f"SELECT * FROM {self.sql_name(name)}{at}")

    def delta(self, spark: SparkSession, name: str) -> DeltaTable:
        return DeltaTable.forName(spark, self.sql_name(name))

    def create(self, name: str, rows: DataFrame, partition_by: Sequence[str], of: Mapping[str, str]) -> bool:
        """Make the table known, without rows.

        Its first commit and its entry in the metastore are two writes. A driver that is killed between them
        leaves a log that no name leads to: it is given its name here. One that is killed before them leaves
        an empty log, where Delta would create no table.
        """
        left = f"{self.home}/{name}"
        if any(version_of(file) is not None for file in self._files.names(f"{left}/_delta_log")):
            self._spark.sql(f"CREATE TABLE IF NOT EXISTS {self.sql_name(name)} USING delta LOCATION '{left}'")
            return True
        if self._files.names(left) == ["_delta_log"]:
            self._files.delete_folder(left)
        jvm: Any = self._spark._jvm
        columns = jvm.org.apache.spark.sql.types.DataType.fromJson(nullable(rows.schema).json()).toDDL()
        parts = f"PARTITIONED BY ({', '.join(map(quoted, partition_by))})" if partition_by else ""
        properties = f"TBLPROPERTIES ({', '.join(starmap(assigned, of.items()))})" if of else ""
        self._spark.sql(
            f"CREATE TABLE IF NOT EXISTS {self.sql_name(name)} ({columns}) USING delta {parts} {properties}"
        )
        return True

    def save(self, writer: DataFrameWriter, name: str) -> None:
        writer.saveAsTable(self.sql_name(name))


def validate_lasting(spark: SparkSession, catalog: str) -> None:
    """Raise ConfigError when the session would forget the catalog's tables at its end."""
    if catalog == SESSION_CATALOG and spark.conf.get(_IMPLEMENTATION, "in-memory") == "in-memory":
        raise ConfigError(
            f"lake.catalog is {SESSION_CATALOG}, which this Spark keeps in memory and forgets at its end. "
            f"Next: start Spark with --conf {_IMPLEMENTATION}=hive and your metastore's hive-site.xml, or "
            "name another catalog (docs/cluster.md)."
        )
