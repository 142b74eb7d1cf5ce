"""Row rules: checked by Spark's own parser and analyzer before anything is written, then evaluated."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pyspark.errors import AnalysisException, ParseException, PySparkException
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import BooleanType

from pipeline.config.hints import did_you_mean, listing
from pipeline.config.sources import Source
from pipeline.errors import ConfigError
from pipeline.explain import capital, spark_words
from pipeline.steps.clean.contract import type_name

OWN_RULES = ("malformed", "type", "key")
RESULT = "__result_"
PASSED, BROKEN, UNKNOWN = 0, 1, 2
_ANSI = "spark.sql.ansi.enabled"


@dataclass(frozen=True)
class RowRule:
    """A rule that Spark accepts; `columns` are the ones it looks at."""

    name: str
    check: str
    on_failure: str
    columns: tuple[str, ...]


def compile_rules(name: str, source: Source, empty: DataFrame) -> tuple[RowRule, ...]:
    """The rules of a source, analyzed against a frame with its columns.

    Raises:
        ConfigError: a rule that does not parse, names an unknown column, gives no condition, looks at more
            than its row, or gives another answer each time.
    """
    return tuple(
        RowRule(rule_name, rule.check, rule.on_failure, _columns(name, source, rule_name, rule.check, empty))
        for rule_name, rule in source.rules.items()
    )


def with_results(rows: DataFrame, rules: Sequence[RowRule]) -> DataFrame:
    """Add the state of each rule: passed, broken, or unknown.

    NULL because a column is NULL passes, as in SQL. NULL from columns that all have values means that the
    check could not be evaluated, as in 1/0: without ANSI mode that is NULL instead of the end of the job.
    """
    if not rules:
        return rows
    with _without_ansi(rows.sparkSession):
        evaluated = rows.select(
            "*", *[F.expr(rule.check).alias(f"{RESULT}{index}") for index, rule in enumerate(rules)]
        )
    states = {f"{RESULT}{index}": _state(rule, F.col(f"{RESULT}{index}")) for index, rule in enumerate(rules)}
    return evaluated.withColumns(states)


def state(index: int) -> Column:
    """The state of the rule at a position, in a frame that `with_results` made."""
    return F.col(f"{RESULT}{index}")


def _state(rule: RowRule, result: Column) -> Column:
    has_missing = F.lit(False)
    for column in rule.columns:
        has_missing = has_missing | F.col(f"`{column.replace('`', '``')}`").isNull()
    return (
        F.when(result, PASSED)
        .when(~result, BROKEN)
        .when(has_missing, PASSED)
        .otherwise(UNKNOWN)
        .cast("tinyint")
    )


@contextmanager
def _without_ansi(spark: SparkSession) -> Iterator[None]:
    """Casts and divisions take their mode when they are analyzed, so this is needed only around that."""
    before = spark.conf.get(_ANSI)
    spark.conf.set(_ANSI, "false")
    try:
        yield
    finally:
        spark.conf.set(_ANSI, str(before))


def _columns(name: str, source: Source, rule_name: str, check: str, empty: DataFrame) -> tuple[str, ...]:
    where = f"{source.where(f'rules.{rule_name}.check')}: 'sources.{name}.rules.{rule_name}.check'"
    if rule_name in OWN_RULES:
        raise ConfigError(f"{where}: '{rule_name}' is a rule of the pipeline's own. Give yours another name.")
    try:
        with _without_ansi(empty.sparkSession):
            analyzed = empty.select(F.expr(check).alias("result"))
    except PySparkException as error:
        raise ConfigError(f"{where} {_mistake(error, check, empty.columns)}") from error
    kind = analyzed.schema["result"].dataType
    if not isinstance(kind, BooleanType):
        raise ConfigError(
            f"{where} gives {type_name(kind)}: {check}. Write a condition, such as Sale_Price > 0."
        )
    expression = _expression(analyzed, empty)
    if expression is None:
        raise ConfigError(
            f"{where} looks at more than one row: {check}. Write a condition over one row's columns."
        )
    if not expression.deterministic():
        raise ConfigError(
            f"{where} may answer differently each time: {check}. Leave out functions such as rand()."
        )
    references = expression.references().iterator()
    found = []
    while references.hasNext():
        found.append(str(references.next().name()).lower())
    return tuple(column for column in empty.columns if column.lower() in found)


def _expression(analyzed: DataFrame, empty: DataFrame) -> Any:
    """The analyzed condition, None where it is not a plain one over a row (a window, a subquery, …)."""
    plan: Any = analyzed._jdf.queryExecution().analyzed()
    below: Any = empty._jdf.queryExecution().analyzed()
    expression = plan.expressions().last()
    jvm: Any = analyzed.sparkSession._jvm
    subqueries = jvm.org.apache.spark.sql.catalyst.expressions.SubqueryExpression
    is_plain = plan.nodeName() == "Project" and plan.children().head().equals(below)
    return expression if is_plain and not subqueries.hasSubquery(expression) else None


def _mistake(error: PySparkException, check: str, columns: Sequence[str]) -> str:
    condition = error.getCondition() or ""
    if condition.startswith("UNRESOLVED_COLUMN"):
        unknown = (error.getMessageParameters() or {}).get("objectName", "?").replace("`", "")
        near = did_you_mean(unknown, tuple(columns))
        return f"names '{unknown}', which is no column: {check}.{near} {listing(columns)}"
    if condition.startswith("MISSING_GROUP_BY") or "AGGREGATE" in condition:
        return f"looks at more than one row: {check}. Write a condition over one row's columns."
    if isinstance(error, ParseException):
        return f"is {spark_words(error)}"
    if isinstance(error, AnalysisException):
        return f"cannot be evaluated: {check}. {capital(spark_words(error))}"
    raise error
