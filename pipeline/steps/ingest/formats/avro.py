"""avro: typed rows behind a header that holds their schema."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from io import BytesIO

from pyspark.sql import DataFrame, SparkSession

from pipeline.steps.ingest.formats import reading
from pipeline.steps.ingest.formats.base import FileFormat
from pipeline.steps.ingest.formats.columnar import opening_by_magic, typed_rows
from pipeline.steps.ingest.manifest import Entry
from pipeline.steps.ingest.opening import SIZES, Head, Opening, UnreadableFile

# The short name is for a module of its own; the reader itself comes with Spark.
READER = "org.apache.spark.sql.avro.AvroFileFormat"
_MAGIC = b"Obj\x01"
_SCHEMA = b"avro.schema"


class Avro(FileFormat):
    """Spark reads avro files by the schema of one of them, so files are read in groups of the same schema."""

    name = "avro"

    def opening(self, path: str, head: Head) -> Opening:
        opening_by_magic(path, head, _MAGIC, self.name)
        for size in SIZES:
            content = head(size)
            try:
                schema = header_of(content)[_SCHEMA]
                return Opening(header=hashlib.sha256(schema).hexdigest()[:16])
            except EOFError:
                if len(content) < size:
                    break
            except (KeyError, ValueError):
                break
        raise UnreadableFile(path, "its header ends early or has no schema")

    def records(self, spark: SparkSession, files: Sequence[Entry]) -> DataFrame:
        groups: dict[str, list[Entry]] = {}
        for file in files:
            groups.setdefault(file.header, []).append(file)
        frames = []
        for group in groups.values():
            rows = reading.reader(spark).format(READER).load(reading.paths(group))
            frames.append((group, typed_rows(rows, group)))
        return reading.united(frames)


def header_of(content: bytes) -> dict[bytes, bytes]:
    """The metadata at the beginning of an avro file: a map in blocks, each with the count of its entries.

    Raises:
        EOFError: it goes on behind `content`.
    """
    stream = BytesIO(content[len(_MAGIC) :])
    found: dict[bytes, bytes] = {}
    while count := _whole_number(stream):
        if count < 0:
            _whole_number(stream)  # the block's size in bytes
        for _ in range(abs(count)):
            key = _text(stream)
            found[key] = _text(stream)
    return found


def _text(stream: BytesIO) -> bytes:
    length = _whole_number(stream)
    content = stream.read(length)
    if length < 0 or len(content) < length:
        raise EOFError
    return content


def _whole_number(stream: BytesIO) -> int:
    """A number in steps of seven bits, the lowest first, the sign in the last bit of all."""
    value = shift = 0
    while True:
        byte = stream.read(1)
        if not byte:
            raise EOFError
        value |= (byte[0] & 0x7F) << shift
        shift += 7
        if byte[0] < 0x80:
            return (value >> 1) ^ -(value & 1)
        if shift > 63:
            raise ValueError("a number that never ends")
