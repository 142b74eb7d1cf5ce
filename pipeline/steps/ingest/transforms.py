"""From lines to records with received columns. DataFrame in, DataFrame out.

Lines come as (value, _source_file); records leave as the received columns, _source_file and _corrupt_record.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime

import pyarrow as pa
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from pipeline.lake.layout import quoted
from pipeline.lake.names import UNREADABLE
from pipeline.steps.ingest.dialect import Dialect

CORRUPT = "_corrupt_record"
SOURCE_FILE = "_source_file"
# Spark turns this text into NULL, so it must be one that no file has: NA and the like stay as received.
NEVER = "\u0001\u0002never\u0002\u0001"


def csv_records(
    lines: DataFrame, headers: Sequence[str], columns: Sequence[str], dialect: Dialect
) -> DataFrame:
    """Records of csv lines that all have these columns.

    A line that is one of the `headers` is no record, wherever it stands. A record with more or fewer fields,
    with a quote that does not close, or with bytes outside of the encoding, is kept whole in
    `_corrupt_record`.
    """
    value = F.col("value")
    lines = _decoded(lines, dialect.encoding).where(F.trim(value) != "")
    if dialect.comment:
        lines = lines.where(~value.startswith(dialect.comment))
    if headers:
        lines = lines.where(~value.isin(*headers))
    is_bad = _has_open_quote(value, dialect) | ~F.is_valid_utf8(value)
    ddl = ", ".join(f"{quoted(name)} STRING" for name in (*columns, CORRUPT))
    parsed = F.from_csv(value, ddl, csv_options(dialect, len(columns)))
    # One struct, made in a step of its own: the parser runs once for each line, not once for each column.
    read = lines.select("value", SOURCE_FILE, is_bad.alias("is_bad")).select(
        "value", SOURCE_FILE, "is_bad", F.when(~F.col("is_bad"), parsed).alias("record")
    )
    corrupt = F.when(F.col("is_bad"), F.make_valid_utf8(value)).otherwise(F.col(f"record.{CORRUPT}"))
    received = [F.col(f"record.{quoted(name)}").alias(name) for name in columns]
    return read.select(*received, SOURCE_FILE, corrupt.alias(CORRUPT))


def json_records(lines: DataFrame, encoding: str = "UTF-8") -> DataFrame:
    """Records of JSON lines: the line in `value`, and in `_corrupt_record` too when it is no object."""
    value = F.col("value")
    lines = _decoded(lines, encoding)
    is_object = F.from_json(value, "map<string,string>").isNotNull()
    return lines.where(F.trim(value) != "").select(
        F.make_valid_utf8(value).alias("value"),
        SOURCE_FILE,
        F.when(~is_object | ~F.is_valid_utf8(value), F.make_valid_utf8(value)).alias(CORRUPT),
    )


def unreadable_rows(spark: SparkSession, reasons: Mapping[str, str]) -> DataFrame:
    """One malformed record for each file that cannot be read, by path: it names the file and says why."""
    paths, texts = list(reasons), [f"{UNREADABLE}{reason}" for reason in reasons.values()]
    columns = [pa.array(paths, pa.string()), pa.array(texts, pa.string())]
    return spark.createDataFrame(pa.table(columns, names=[SOURCE_FILE, CORRUPT]))


def bronze_rows(records: DataFrame, batch_id: int, ingested_at: datetime) -> DataFrame:
    """Records as they stand in bronze: what was received, then where and when it came from."""
    received = [F.col(quoted(name)) for name in records.columns if name not in (SOURCE_FILE, CORRUPT)]
    return records.select(
        *received,
        SOURCE_FILE,
        F.lit(batch_id).cast("bigint").alias("_batch_id"),
        F.lit(ingested_at).cast("timestamp").alias("_ingested_at"),
        CORRUPT,
    )


def csv_options(dialect: Dialect, columns: int) -> dict[str, str]:
    """The parser's options: empty text stays apart from nothing, and a bad record is kept."""
    return {
        "sep": dialect.sep,
        "quote": dialect.quote,
        "escape": dialect.escape,
        "mode": "PERMISSIVE",
        "columnNameOfCorruptRecord": CORRUPT,
        "nullValue": NEVER,
        "emptyValue": "",
        "maxColumns": str(max(20480, columns + 2)),
    }


def _decoded(lines: DataFrame, encoding: str) -> DataFrame:
    if encoding != "ISO-8859-1":
        return lines
    return lines.withColumn("value", F.decode(F.col("value").cast("binary"), encoding))


def _has_open_quote(value: Column, dialect: Dialect) -> Column:
    """Whether a quoted field never closes. Spark's parser would return it as a clean value.

    Counting is cheap and rules most lines out; the pattern of a good line decides the rest, so that a quote
    inside of an unquoted field, as in 5" pipe, is what it is: a letter.
    """
    suspicious = F.contains(value, F.lit(dialect.quote))
    if dialect.escape == dialect.quote:
        quotes = F.length(value) - F.length(F.replace(value, F.lit(dialect.quote), F.lit("")))
        suspicious = suspicious & (quotes % 2 == 1)
    return F.when(suspicious, ~value.rlike(_good_line(dialect))).otherwise(F.lit(False))


def _good_line(dialect: Dialect) -> str:
    quote, sep, escape = (re.escape(letter) for letter in (dialect.quote, dialect.sep, dialect.escape))
    inner = f"[^{quote}]++|{quote}{quote}" if quote == escape else f"[^{quote}{escape}]++|{escape}."
    return f"^(?:(?:{quote}(?:{inner})*+{quote}|(?!{quote})[^{sep}]*+)(?:{sep}|$))*+$"
