"""From the rules that a source declares to rules that Spark accepts, before anything is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import DataType, NumericType, StringType

from pipeline.config.hints import did_you_mean, listing
from pipeline.config.rules import OWN_RULES, Rule
from pipeline.config.sources import Source
from pipeline.config.sql import calls_in
from pipeline.errors import ConfigError
from pipeline.explain import spark_words
from pipeline.lake.layout import quoted
from pipeline.steps.clean.analysis import (
    SqlRefused,
    batch_condition_columns,
    is_aggregate,
    is_readable,
    row_condition_columns,
)
from pipeline.steps.clean.contract import Contract, type_name
from pipeline.steps.clean.expressions import literal
from pipeline.steps.clean.named_rules import RuleMistake, named_checks, values
from pipeline.steps.clean.rules import BatchRule, Check, RowRule, Rules

Find = Callable[[str], Contract | None]


def compile_rules(
    name: str, source: Source, empty: DataFrame, label: str = "", find: Find | None = None
) -> Rules:
    """The rules of a source, analyzed against a frame with its columns.

    A `check` on the column `label` looks at labelled rows only. `find` gives the contract of another source,
    None where that has no columns yet.

    Raises:
        ConfigError: SQL that does not parse, an unknown column, no condition, a condition over more than it
            may look at, an answer that changes, or values and types that do not fit.
    """
    rows: list[RowRule] = []
    batch: list[BatchRule] = []
    for rule_name, rule in source.rules.items():
        path = f"rules.{rule_name}"
        try:
            if rule_name in OWN_RULES:
                raise RuleMistake(
                    "has the name of a rule of the pipeline's own. Give yours another name.", ""
                )
            if rule.check_batch is not None:
                batch.append(_batch_rule(rule_name, rule, empty))
            else:
                start = sum(len(other.checks) for other in rows)
                checks = _checks(rule, empty, label, start)
                _validate(checks, rule, empty, find)
                rows.append(RowRule(rule_name, rule.kind, rule.action, checks))
        except (SqlRefused, RuleMistake) as error:
            key = error.key if isinstance(error, RuleMistake) else rule.kind
            path = f"{path}.{key}" if key else path
            raise ConfigError(f"{source.where(path)}: 'sources.{name}.{path}' {error}") from error
    return Rules(tuple(rows), tuple(batch))


def _batch_rule(name: str, rule: Rule, empty: DataFrame) -> BatchRule:
    check = rule.check_batch or ""
    batch_condition_columns(check, empty)
    spark = empty.sparkSession
    found = [call for call in calls_in(check) if is_aggregate(spark, call.name)]
    measures = dict.fromkeys(check[call.start : call.end] for call in found)
    return BatchRule(name, check, rule.action, tuple(measures))


def _checks(rule: Rule, empty: DataFrame, label: str, start: int) -> tuple[Check, ...]:
    if rule.check is None:
        kinds = _kinds(rule, empty)
        return named_checks(rule, kinds, start)
    columns = row_condition_columns(rule.check, empty)
    labelled = next((column for column in columns if column.lower() == label.lower()), None)
    condition = f"{quoted(labelled)} IS NULL OR ({rule.check}\n)" if labelled else rule.check
    colon = ": " if columns else ""
    message = f"concat({literal(f'{rule.check} is false{colon}')}, {values(columns)})"
    return (Check(start, columns, rule.check, condition, message),)


def _kinds(rule: Rule, empty: DataFrame) -> Mapping[str, DataType]:
    """The types of the columns that a rule names, as silver spells them."""
    by_name = {field.name.lower(): field for field in empty.schema}
    for column in rule.columns:
        if column.lower() not in by_name:
            near = did_you_mean(column, tuple(empty.columns))
            raise RuleMistake(
                f"names '{column}', which is no column.{near} {listing(empty.columns)}", rule.kind
            )
    fields = [by_name[column.lower()] for column in rule.columns]
    return {field.name: field.dataType for field in fields}


def _validate(checks: tuple[Check, ...], rule: Rule, empty: DataFrame, find: Find | None) -> None:
    """What only Spark and Java know of a named rule: dates, patterns, the columns of other sources."""
    spark = empty.sparkSession
    for check, column in zip(checks, rule.columns, strict=False):
        key = f"{rule.kind}.{column}"
        if rule.kind in ("between", "one_of") and not is_readable(spark, check.condition):
            kind = type_name(empty.schema[check.columns[0]].dataType)
            raise RuleMistake(f"holds a value that is no {kind}: {check.said}.", key)
        if rule.matches is not None:
            _validate_pattern(spark, rule.matches[column], key)
        if check.reference is not None and find is not None:
            other = find(check.reference.source)
            if other is not None:
                _validate_reference(check, empty.schema[check.columns[0]].dataType, other, key)


def _validate_pattern(spark: SparkSession, pattern: str, key: str) -> None:
    try:
        spark.sql(f"SELECT '' RLIKE {literal(pattern)}").first()
    except PySparkException as error:
        raise RuleMistake(f"is no regular expression: '{pattern}'. {spark_words(error)}", key) from error


def _validate_reference(check: Check, kind: DataType, other: Contract, key: str) -> None:
    assert check.reference is not None
    source, column = check.reference.source, check.reference.column
    found = {field.name.lower(): field.dataType for field in other.columns}.get(column.lower())
    if found is None:
        near = did_you_mean(column, other.names)
        raise RuleMistake(
            f"names '{column}', which {source} does not have.{near} {listing(other.names)}", key
        )
    alike = (NumericType, StringType)
    if found != kind and not any(isinstance(kind, one) and isinstance(found, one) for one in alike):
        raise RuleMistake(
            f"compares {check.columns[0]}, which is {type_name(kind)}, with {source}.{column}, which is "
            f"{type_name(found)}. Give both one type, in sources.{source}.types.",
            key,
        )
