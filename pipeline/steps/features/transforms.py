"""From silver rows to feature rows: the query, the derived columns, and what tells a changed row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pyspark.errors import AnalysisException, ParseException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from pipeline.config.hints import did_you_mean, listing
from pipeline.config.model import Config
from pipeline.errors import ConfigError, DataRefused
from pipeline.explain import spark_words

BATCH = "_batch_id"
ROW_HASH = "_row_hash"
_PROVENANCE = ("_source_file", "_batch_id", "_ingested_at")


def feature_rows(spark: SparkSession, silver: Mapping[str, DataFrame], config: Config) -> DataFrame:
    """The query's rows with the derived columns; `silver` frames, of session `spark`, become its views."""
    for name, rows in silver.items():
        rows.drop(*_PROVENANCE).createOrReplaceTempView(name)
    query = config.features.query or f"SELECT * FROM `{next(iter(silver))}`"
    try:
        rows = spark.sql(query)
        columns = rows.columns
    except (AnalysisException, ParseException) as error:
        raise ConfigError(
            f"{config.where('features.query')}: features.query: {spark_words(error)}"
        ) from error
    twice = sorted({name for name in columns if columns.count(name) > 1})
    if twice:
        raise ConfigError(
            f"{config.where('features.query')}: features.query gives the column '{twice[0]}' more than once. "
            "Name the columns one by one, or use `* EXCEPT (…)` for one side of the join."
        )
    return with_derived(rows, config)


def with_derived(rows: DataFrame, config: Config) -> DataFrame:
    """`rows` with each derived column added in the order of the configuration."""
    for name, expression in config.features.derive.items():
        rows = _with_expression(rows, name, expression, config)
    return rows


def _with_expression(rows: DataFrame, name: str, expression: str, config: Config) -> DataFrame:
    try:
        return rows.withColumn(name, F.expr(expression))
    except (AnalysisException, ParseException) as error:
        where = config.where(f"features.derive.{name}")
        raise ConfigError(f"{where}: features.derive.{name}: {spark_words(error)}") from error


def with_row_hash(rows: DataFrame, key: Sequence[str], batch: int) -> DataFrame:
    """The key first, then the other columns, a hash of them all, and the batch that brings the row."""
    others = [name for name in rows.columns if name not in key]
    ordered = [F.col(f"`{name}`") for name in (*key, *others)]
    texts = [F.to_json(F.struct(*ordered), {"ignoreNullFields": "false"})]
    return rows.select(*ordered, F.xxhash64(*texts).alias(ROW_HASH), F.lit(batch).cast("bigint").alias(BATCH))


def validate_key(rows: DataFrame, key: Sequence[str], config: Config) -> None:
    """Raise ConfigError when a key column is missing from the features, one of them the label included."""
    label = config.features.label
    for part, columns in (("key", key), ("label", (label,))):
        for name in columns:
            if name not in rows.columns:
                where = config.where(f"features.{part}")
                raise ConfigError(
                    f"{where}: features.{part}: there is no column '{name}' in the rows."
                    f"{did_you_mean(name, rows.columns)} {listing(sorted(rows.columns))}"
                )


def validate_unique(rows: DataFrame, key: Sequence[str]) -> None:
    """Raise DataRefused when two rows have one key, or a key is missing. One job over the rows."""
    names = [F.col(f"`{name}`") for name in key]
    repeated = (
        rows.groupBy(*names).count().where((F.col("count") > 1) | F.expr(_any_null(key))).limit(1).collect()
    )
    if repeated:
        shown = ", ".join(f"{name}={repeated[0][name]}" for name in key)
        raise DataRefused(
            f"features: {repeated[0]['count']:,} rows have the key {shown}; a key names one row. "
            "Aggregate in features.query, or name more columns in features.key."
        )


def _any_null(key: Sequence[str]) -> str:
    return " OR ".join(f"`{name}` IS NULL" for name in key)
