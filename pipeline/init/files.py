"""Where the data is, and the first bytes of it: this machine's own files need no Java."""

from __future__ import annotations

import bz2
import gzip
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from glob import glob
from pathlib import Path
from typing import Protocol

from pipeline.config.formats import COMPRESSIONS, TYPED, Format, told_by
from pipeline.log import local_root

_GLOB_LETTERS = "*?[{"
_MARKS: Mapping[bytes, Format] = {b"PAR1": "parquet", b"ORC": "orc", b"Obj\x01": "avro"}
_LONGEST_MARK = 4


class Found(Protocol):
    """A file: its path, and its size in bytes."""

    @property
    def path(self) -> str: ...
    @property
    def size(self) -> int: ...


class FileSystem(Protocol):
    """What a look needs of a file system; `pipeline.lake.hadoop.Files` is one."""

    def find(self, pattern: str) -> Sequence[Found]:
        """The files that a path, folder or glob means, sorted."""

    def head(self, path: str, size: int) -> bytes:
        """The first bytes of a file, decompressed."""


@dataclass(frozen=True)
class LocalFile:
    """A file of this machine."""

    path: str
    size: int


class LocalFiles:
    """The files of this machine, as ingest will find them through Hadoop."""

    def find(self, pattern: str) -> list[LocalFile]:
        """The files that a path, folder or glob means, sorted; hidden ones are left out, as Spark does."""
        path = _local(pattern)
        names = [path] if Path(path).exists() else _matching(path)
        files = sorted({file for name in names for file in _files(name)})
        return [LocalFile(file, Path(file).stat().st_size) for file in files]

    def head(self, path: str, size: int) -> bytes:
        """The first bytes of a file, decompressed when its name says so."""
        kind = Path(path).suffix.lower()
        if kind == ".gz":
            with gzip.open(path, "rb") as unzipped:
                return unzipped.read(size)
        if kind == ".bz2":
            with bz2.open(path, "rb") as unzipped:
                return unzipped.read(size)
        with Path(path).open("rb") as stream:
            return stream.read(size)


def needs_spark(data: str) -> bool:
    """Whether only Hadoop can find or open these files: elsewhere, compressed in its own ways, or typed."""
    if local_root(data) is None or "{" in data:
        return True
    others = tuple(f".{kind}" for kind in (*TYPED, *COMPRESSIONS) if kind not in ("gz", "bz2"))
    files = LocalFiles()
    for file in files.find(data)[:1]:
        if told_by(file.path) is None and typed_by(files.head(file.path, _LONGEST_MARK)):
            return True
        return file.path.lower().endswith(others)
    return False


def typed_by(begin: bytes) -> Format | None:
    """The format that the first bytes of a file tell, None for a text."""
    return next((kind for mark, kind in _MARKS.items() if begin.startswith(mark)), None)


def as_written(data: str, folder: Path) -> str:
    """The path to write into the configuration in `folder`: relative where it was, whole otherwise."""
    if local_root(data) is None or Path(_local(data)).is_absolute():
        return data
    return os.path.relpath(data, folder)


def name_of(data: str) -> str:
    """The part of a path that names the data best: its last one, unless that is a pattern."""
    parts = [part for part in data.replace("\\", "/").rstrip("/").split("/") if part not in ("", ".", "..")]
    plain = [part for part in parts if not any(letter in part for letter in _GLOB_LETTERS)]
    return plain[-1].partition(".")[0] if plain else ""


def _local(pattern: str) -> str:
    return str(local_root(pattern) or pattern)


def _matching(pattern: str) -> list[str]:
    names = glob(pattern)  # noqa: PTH207  # a pattern may be absolute, and Path's are not
    return [name for name in names if not _is_hidden(name)]


def _files(name: str) -> list[str]:
    if not Path(name).is_dir():
        return [name]
    children = (child for child in Path(name).iterdir() if not _is_hidden(child.name))
    return [file for child in children for file in _files(str(child))]


def _is_hidden(name: str) -> bool:
    return Path(name).name.startswith(("_", "."))
