"""The types of a source's columns: those of its files, or what the cleaned texts of a sample look like."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import StringType, StructType

from pipeline.config.formats import TYPED
from pipeline.config.sources import Source
from pipeline.errors import ConfigError
from pipeline.lake.layout import quoted
from pipeline.steps.clean.cleaning import Cleaning, declared_type, plain_number
from pipeline.steps.clean.contract import type_name
from pipeline.steps.clean.expressions import literal
from pipeline.steps.clean.inference import SAMPLE_ROWS, found_by_column, type_of, values_by_column
from pipeline.steps.clean.texts import VALUE
from pipeline.steps.clean.typed import CORRUPT, received_names

_SEED = 0
_MOST_FIELDS = 10_000


def found_types(rows: DataFrame, source: Source, count: int) -> Mapping[str, str]:
    """Column as received → type, in order: from the files, or from a sample of `count` bronze rows.

    Texts are looked at as they are after cleaning: `1.234,50` is a number where the decimal mark is a comma.
    """
    cleaning = Cleaning.of(source)
    received = received_names(rows.schema)
    if source.file_format in TYPED:
        looks = {name: type_name(rows.schema[name].dataType) for name in received}
    else:
        records = _sample(rows, count)
        beside = [name for name in received if name != VALUE] if cleaning.is_json else received
        values = _values(records, beside, cleaning) if beside else None
        if cleaning.is_json:
            fields = _json_values(records, cleaning)
            values = fields if values is None else fields.unionByName(values)
        assert values is not None  # a record has columns
        looks = {name: type_of(found) for name, found in found_by_column(values, ()).items()}
    return {
        name: declared_type(cleaning.column(cleaning.silver_name(name)), kind) for name, kind in looks.items()
    }


def json_fields(rows: DataFrame, count: int) -> list[str]:
    """The fields of a sample of `count` JSON records, in the order of their first appearance."""
    keys = _sample(rows, count).select(F.posexplode(F.json_object_keys("value")).alias("position", "name"))
    found = keys.groupBy("name").agg(F.min("position").alias("position")).orderBy("position", "name")
    return [row["name"] for row in found.limit(_MOST_FIELDS).collect()]


def validate_cleanable(name: str, source: Source, received: StructType) -> None:
    """Raise ConfigError where cleaning for texts is declared for a column that files give another type."""
    fields = {field.name.lower(): field for field in received}
    for column, declared in source.columns.items():
        field = fields.get(column.lower())
        if source.file_format in TYPED and field is not None and not isinstance(field.dataType, StringType):
            wrong = next(iter(declared.needs_text), None)
            if wrong is not None:
                raise ConfigError(
                    f"{source.where(f'columns.{column}.{wrong}')}: 'sources.{name}.columns.{column}.{wrong}' "
                    f"cleans texts, but {source.file_format} gives {column} as "
                    f"{type_name(field.dataType)}. Take it out."
                )


def _sample(rows: DataFrame, count: int) -> DataFrame:
    """Some rows that are no malformed ones, the same each time."""
    records = rows.where(F.col(CORRUPT).isNull())
    return records.sample(SAMPLE_ROWS / count, _SEED) if count > SAMPLE_ROWS else records


def _values(records: DataFrame, received: Sequence[str], cleaning: Cleaning) -> DataFrame:
    """Every cleaned value as (position, name, value)."""
    cleaned = [f"{_looked_at(name, quoted(name), cleaning)} AS {quoted(name)}" for name in received]
    return values_by_column(records.selectExpr(*cleaned), received)


def _json_values(records: DataFrame, cleaning: Cleaning) -> DataFrame:
    fields = F.from_json("value", "map<string,string>")
    values = records.select(F.posexplode(fields).alias("position", "name", "value"))
    declared = [name for name, _ in cleaning.columns.values()]
    cases = " ".join(f"WHEN {literal(name)} THEN {_looked_at(name, 'value', cleaning)}" for name in declared)
    plain = cleaning.text("", "value")
    cleaned = f"CASE name {cases} ELSE {plain} END" if cases else plain
    return values.selectExpr("position", "name", f"{cleaned} AS value")


def _looked_at(received: str, value: str, cleaning: Cleaning) -> str:
    name = cleaning.silver_name(received)
    return plain_number(cleaning.column(name), cleaning.text(name, value))
