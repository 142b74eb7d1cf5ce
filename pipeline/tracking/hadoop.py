"""Folders between the driver's disk and the lake, on any file system that Hadoop knows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession


class Folders:
    """Whole folders, with the credentials and settings of a Spark session.

    MLflow's own helper asks for the default file system, which is not the lake's when the lake is in an
    object store and nothing else is.
    """

    def __init__(self, spark: SparkSession) -> None:
        self._jvm: Any = spark._jvm
        self._conf: Any = spark._jsparkSession.sessionState().newHadoopConf()

    def download(self, folder: str, to: Path) -> None:
        """Copy a folder of the lake to a new one on this machine."""
        file_system, path = self._at(folder)
        # The last argument leaves out Hadoop's checksum files.
        file_system.copyToLocalFile(False, path, self._local(to), True)

    def upload(self, folder: Path, to: str) -> None:
        """Copy a folder of this machine to a new one in the lake."""
        file_system, path = self._at(to)
        file_system.mkdirs(path.getParent())
        file_system.copyFromLocalFile(False, True, self._local(folder), path)

    def remove(self, folder: str) -> None:
        """Remove a folder and all below it; no complaint when it is gone."""
        file_system, path = self._at(folder)
        file_system.delete(path, True)

    def _local(self, path: Path) -> Any:
        # As a URI, so that neither a space nor another default file system changes what is meant.
        return self._jvm.org.apache.hadoop.fs.Path(self._jvm.java.net.URI(path.absolute().as_uri()))

    def _at(self, folder: str) -> tuple[Any, Any]:
        path = self._jvm.org.apache.hadoop.fs.Path(folder)
        return path.getFileSystem(self._conf), path
