"""Columns that folders name, as in `year=2024/part-0.csv`: received texts like any other."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from pipeline.errors import DataRefused
from pipeline.lake.layout import quoted
from pipeline.steps.ingest.manifest import Entry
from pipeline.steps.ingest.opening import validate_names
from pipeline.steps.ingest.transforms import CORRUPT, SOURCE_FILE

_FOLDER = re.compile(r"([^=]+)=.*", re.DOTALL)
_GLOB = re.compile(r"[*?\[{]")
_MISSING = "__HIVE_DEFAULT_PARTITION__"


def base_of(pattern: str) -> str:
    """The part of a path before its first pattern: folders below it may name columns.

    >>> base_of("s3a://lake/landing/year=*/*.csv")
    's3a://lake/landing'
    """
    parts = pattern.rstrip("/").split("/")
    plain = next((index for index, part in enumerate(parts) if _GLOB.search(part)), len(parts))
    return "/".join(parts[:plain])


def partition_names(path: str, base: str) -> tuple[str, ...]:
    """The columns that the folders between `base` and a file name.

    Raises:
        DataRefused: a name twice, or one that the pipeline writes.
    """
    if not path.startswith(f"{base}/"):
        return ()
    folders = path[len(base) + 1 :].split("/")[:-1]
    names = tuple(match[1] for match in map(_FOLDER.fullmatch, folders) if match)
    validate_names(path, names)
    return names


def validate_apart(path: str, partitions: Sequence[str], columns: Sequence[str]) -> None:
    """Raise DataRefused when a column of a folder's name stands in the file too."""
    inside = {name.lower() for name in columns}
    for name in partitions:
        if name.lower() in inside:
            raise DataRefused(
                f"{path}: column '{name}' stands in the file and in the name of its folder. Rename one, or "
                f"let the source's path begin below that folder."
            )


def with_partitions(records: DataFrame, files: Sequence[Entry]) -> DataFrame:
    """Records with the columns that their files' folders name, as texts, behind those in the files.

    Raises:
        DataRefused: a column stands in the files too.
    """
    names = list(dict.fromkeys(name for file in files for name in file.partitions))
    if not names:
        return records
    first = next(file for file in files if file.partitions)
    validate_apart(first.path, names, records.columns)
    received = [F.col(quoted(name)) for name in records.columns if name not in (SOURCE_FILE, CORRUPT)]
    values = [_value(name).alias(name) for name in names]
    return records.select(*received, *values, SOURCE_FILE, CORRUPT)


def common_partitions(files: Sequence[Entry]) -> list[str]:
    """The columns that the folders of every file name."""
    return [name for name in files[0].partitions if all(name in file.partitions for file in files)]


def _value(name: str) -> Column:
    """What the innermost folder of that name says; its writer may have percent-encoded it."""
    written = F.regexp_extract(SOURCE_FILE, f"^.*/{re.escape(name)}=([^/]*)/.*$", 1)
    plain = F.coalesce(F.try_url_decode(F.replace(written, F.lit("+"), F.lit("%2B"))), written)
    is_there = F.contains(F.col(SOURCE_FILE), F.lit(f"/{name}=")) & (written != _MISSING)
    return F.when(is_there, plain)
