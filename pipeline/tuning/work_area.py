"""Rows that trials read again and again, kept as files in the lake: they survive lost executors.

Written by Spark and read by Spark, with the cluster's own credentials.
"""

from __future__ import annotations

import threading
import uuid
from contextlib import suppress

from pyspark.sql import DataFrame, SparkSession

from pipeline.errors import TransientError
from pipeline.lake.hadoop import Files, escaped
from pipeline.lake.lease import Lease

FOLDER = "_work"


class WorkArea:
    """The files of one search, in `<lake root>/_work/<search>`. Nothing is written before the first frame.

    A lease in the folder tells others that the search is alive; folders of dead ones are removed by the next.
    """

    def __init__(self, spark: SparkSession, root: str) -> None:
        self._spark, self._root = spark, f"{root.rstrip('/')}/{FOLDER}"
        self._own = uuid.uuid4().hex[:12]
        self._files = Files(spark)
        self._lease: Lease | None = None
        self._lock = threading.Lock()

    @property
    def path(self) -> str:
        """The folder of this search."""
        return f"{self._root}/{self._own}"

    def begin(self) -> str:
        """Make the folder, before anything is kept there; returns its path. Raises as `keep` does."""
        self._begin()
        return self.path

    def keep(self, name: str, rows: DataFrame) -> DataFrame:
        """The rows as they are read back. Raises ConfigError when the lake cannot be written."""
        self._begin()
        path = f"{self.path}/{name}"
        rows.write.mode("overwrite").parquet(path)
        return self._spark.read.schema(rows.schema).parquet(escaped(path))

    def drop(self, name: str) -> None:
        """Remove one frame's files."""
        self._files.delete_folder(f"{self.path}/{name}")

    def close(self) -> None:
        """Remove everything of this search."""
        with self._lock:
            if self._lease is None:
                return
            lease, self._lease = self._lease, None
        try:
            self._files.delete_folder(self.path)
        finally:
            lease.__exit__(None, None, None)
        if not self._files.names(self._root):
            self._files.delete_folder(self._root)

    def _begin(self) -> None:
        with self._lock:
            if self._lease is None:
                self._remove_leftovers()
                self._lease = Lease(self._files, self.path).__enter__()

    def _remove_leftovers(self) -> None:
        for name in self._files.folders(self._root):
            with suppress(TransientError), Lease(self._files, f"{self._root}/{name}"):  # refused: it is alive
                self._files.delete_folder(f"{self._root}/{name}")
