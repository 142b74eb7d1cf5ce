"""The formats of files: their names, and what a file's name tells."""

from __future__ import annotations

import re
from typing import Literal

Format = Literal["csv", "json", "parquet", "orc", "avro", "delta"]

EXTENSIONS: dict[str, Format] = {
    "csv": "csv",
    "json": "json",
    "jsonl": "json",
    "ndjson": "json",
    "parquet": "parquet",
    "orc": "orc",
    "avro": "avro",
}
COMPRESSIONS = ("gz", "bz2", "zst", "snappy", "lz4", "deflate")
TYPED: tuple[Format, ...] = ("parquet", "orc", "avro", "delta")
"""The formats whose files say the types of their columns."""


def told_by(path: str) -> Format | None:
    """The format that a path's extension tells, None where it tells none.

    >>> told_by("s3a://lake/landing/*.csv.gz")
    'csv'
    """
    parts = re.split(r"[/\\]", path)[-1].lower().split(".")[1:]
    if len(parts) > 1 and parts[-1] in COMPRESSIONS:
        parts.pop()
    return EXTENSIONS.get(parts[-1]) if parts else None
