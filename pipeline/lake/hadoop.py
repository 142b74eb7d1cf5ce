"""Files on any file system that Hadoop knows, from the driver, without a Spark job.

The Java objects stay in here: callers get names, numbers and bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from py4j.protocol import Py4JJavaError
from pyspark.sql import SparkSession

_GLOB_LETTERS = "\\{}[]*?"
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


@dataclass(frozen=True, order=True)
class FileInfo:
    """One file as listed; `path` is the whole URI, `size` is in bytes."""

    path: str
    size: int
    modified: datetime


def escaped(path: str) -> str:
    """A path as Spark's readers take it: they read every path as a pattern.

    >>> escaped("/data/a [1].csv")
    '/data/a \\\\[1\\\\].csv'
    """
    return "".join(f"\\{letter}" if letter in _GLOB_LETTERS else letter for letter in path)


class Files:
    """The file system as seen by a Spark session, with its credentials and settings."""

    def __init__(self, spark: SparkSession) -> None:
        self.spark = spark
        self._jvm: Any = spark._jvm
        self._conf: Any = spark._jsparkSession.sessionState().newHadoopConf()

    def exists(self, path: str) -> bool:
        """Whether there is a file or a folder."""
        file_system, target = self._at(path)
        return bool(file_system.exists(target))

    def folders(self, path: str) -> list[str]:
        """The names of the folders right below `path`; none when it does not exist."""
        return sorted(status.getPath().getName() for status in self._children(path) if status.isDirectory())

    def names(self, path: str) -> list[str]:
        """The names right below `path`; none when it does not exist."""
        return sorted(status.getPath().getName() for status in self._children(path))

    def find(self, pattern: str) -> list[FileInfo]:
        """The files that a path, folder or glob means, sorted by path; folders are walked through.

        Names that start with `_` or `.` are left out, below a folder and in a glob, as Spark does. A path
        that exists as written is that file, whatever characters it has.
        """
        file_system, target = self._at(pattern)
        if file_system.exists(target):
            found = [file_system.getFileStatus(target)]
        else:
            found = [status for status in file_system.globStatus(target) or () if not _is_hidden(status)]
        files = {info.path: info for status in found for info in self._walk(file_system, status)}
        return [files[path] for path in sorted(files)]

    def whole(self, path: str) -> str:
        """A path as Hadoop writes it in a listing, with its scheme."""
        file_system, target = self._at(path)
        return str(target.makeQualified(file_system.getUri(), file_system.getWorkingDirectory()))

    def head(self, path: str, size: int) -> bytes:
        """The first `size` bytes of a file, decompressed when its name says so (.gz, .bz2, .zst, …)."""
        file_system, target = self._at(path)
        stream = file_system.open(target)
        try:
            return bytes(self._readable(stream, target).readNBytes(size))
        finally:
            stream.close()

    def _readable(self, stream: Any, target: Any) -> Any:
        if target.getName().endswith(".zst"):
            # Hadoop's codec wants a native library; Spark reads these files with the one it brings itself.
            return self._jvm.com.github.luben.zstd.ZstdInputStream(stream)
        codec = self._jvm.org.apache.hadoop.io.compress.CompressionCodecFactory(self._conf).getCodec(target)
        return stream if codec is None else codec.createInputStream(stream)

    def modified(self, path: str) -> float:
        """When a file was last written, in seconds since 1970."""
        file_system, target = self._at(path)
        return float(file_system.getFileStatus(target).getModificationTime()) / 1000

    def create(self, path: str, content: bytes) -> bool:
        """Write a new small file; False, and nothing done, when there is one already.

        Of many who try at once one gets True, where the file system itself can tell (HDFS, a local disk).
        """
        file_system, target = self._at(path)
        if _is_local(file_system):
            file_system.mkdirs(target.getParent())
            # Hadoop's own way looks first and creates then: two at once would both be told True.
            with suppress(OSError):  # which Hadoop then tells of as everywhere else
                return _create_locally(Path(file_system.pathToFile(target).getPath()), content)
        try:
            stream = file_system.create(target, False)
        except Py4JJavaError as error:
            if "FileAlreadyExists" in str(error.java_exception.getClass().getName()) or file_system.exists(
                target
            ):
                return False
            raise
        _write(stream, content)
        return True

    def overwrite(self, path: str, content: bytes) -> None:
        """Write a small file over the one that is there."""
        file_system, target = self._at(path)
        _write(file_system.create(target, True), content)

    def delete(self, path: str) -> None:
        """Remove one file; no complaint when it is gone."""
        file_system, target = self._at(path)
        file_system.delete(target, False)

    def delete_folder(self, path: str) -> None:
        """Remove a folder and all below it; no complaint when it is gone."""
        file_system, target = self._at(path)
        file_system.delete(target, True)

    def make_folder(self, path: str) -> None:
        """Create a folder and the ones above it."""
        file_system, target = self._at(path)
        file_system.mkdirs(target)

    def _path(self, path: str) -> Any:
        return self._jvm.org.apache.hadoop.fs.Path(path)

    def _at(self, path: str) -> tuple[Any, Any]:
        target = self._path(path)
        file_system = target.getFileSystem(self._conf)
        # Locally Hadoop keeps a checksum beside each file; a rewrite and a read at once disagree on it.
        return (file_system.getRaw() if _is_local(file_system) else file_system), target

    def _children(self, path: str) -> list[Any]:
        file_system, target = self._at(path)
        return list(file_system.listStatus(target)) if file_system.exists(target) else []

    def _walk(self, file_system: Any, status: Any) -> Iterator[FileInfo]:
        if status.isDirectory():
            for child in file_system.listStatus(status.getPath()):
                if not _is_hidden(child):
                    yield from self._walk(file_system, child)
        else:
            modified = _EPOCH + timedelta(milliseconds=status.getModificationTime())
            yield FileInfo(status.getPath().toString(), status.getLen(), modified)


def _is_local(file_system: Any) -> bool:
    return bool(file_system.getUri().getScheme() == "file")


def _create_locally(path: Path, content: bytes) -> bool:
    try:
        file = path.open("xb")
    except FileExistsError:
        return False
    try:
        with file:
            file.write(content)
    except OSError:
        path.unlink(missing_ok=True)
        raise
    return True


def _is_hidden(status: Any) -> bool:
    return bool(status.getPath().getName().startswith(("_", ".")))


def _write(stream: Any, content: bytes) -> None:
    try:
        stream.write(bytearray(content))
    finally:
        stream.close()
