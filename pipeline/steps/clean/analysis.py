"""SQL from the configuration, read by Spark's own parser and analyzer before any row is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from pyspark.errors import AnalysisException, ParseException, PySparkException
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import BooleanType

from pipeline.config.hints import did_you_mean, listing
from pipeline.explain import capital, spark_words
from pipeline.steps.clean.contract import type_name

_ANSI = "spark.sql.ansi.enabled"
_CLOCKS = ("CurrentDate", "CurrentTime", "CurrentTimestamp", "LocalTimestamp", "Now")
_OWN = ("UDF", "UDAF", "ScalaAggregator")  # classes of functions that somebody registered
_ONE_ROW = "Write a condition over one row's columns."
_ONE_BATCH = "Write a condition over aggregates, such as count(*) > 100."


class SqlRefused(Exception):
    """What is wrong with a piece of SQL, as the rest of a sentence."""


@contextmanager
def without_ansi(spark: SparkSession) -> Iterator[None]:
    """Casts and divisions take their mode when they are analyzed, so this is needed only around that."""
    before = spark.conf.get(_ANSI)
    spark.conf.set(_ANSI, "false")
    try:
        yield
    finally:
        spark.conf.set(_ANSI, str(before))


def tried(spark: SparkSession, text: str) -> Column:
    """An expression that is NULL where working it out fails, instead of the end of the job."""
    session: Any = spark._jsparkSession
    jvm: Any = spark._jvm
    parsed = session.sessionState().sqlParser().parseExpression(text)
    safe = jvm.org.apache.spark.sql.catalyst.expressions.TryEval(parsed)
    made: Any = Column
    column: Column = made(jvm.org.apache.spark.sql.classic.ExpressionUtils.column(safe))
    return column


def is_readable(spark: SparkSession, text: str) -> bool:
    """Whether Spark's parser takes an expression, such as a date written as `DATE '2024-01-31'`."""
    session: Any = spark._jsparkSession
    try:
        session.sessionState().sqlParser().parseExpression(text)
    except ParseException:
        return False
    return True


def row_condition_columns(check: str, empty: DataFrame) -> tuple[str, ...]:
    """The columns of a frame that a condition over one row looks at.

    Raises:
        SqlRefused: no SQL, an unknown column, no condition, more than one row, or an answer that changes.
    """
    analyzed = _analyzed(check, empty, _ONE_ROW, lambda: empty.select(F.expr(check).alias("result")))
    plan: Any = analyzed._jdf.queryExecution().analyzed()
    below: Any = empty._jdf.queryExecution().analyzed()
    is_plain = plan.nodeName() == "Project" and plan.children().head().equals(below)
    if not is_plain:
        raise SqlRefused(f"looks at more than one row: {check}. {_ONE_ROW}")
    return _columns(check, analyzed, plan.expressions().last(), empty)


def batch_condition_columns(check: str, empty: DataFrame) -> tuple[str, ...]:
    """The columns of a frame that a condition over aggregates looks at. Raises SqlRefused."""
    analyzed = _analyzed(check, empty, _ONE_BATCH, lambda: empty.agg(F.expr(check).alias("result")))
    plan: Any = analyzed._jdf.queryExecution().analyzed()
    if plan.nodeName() != "Aggregate" or not _names(plan.expressions().last()) & {"AggregateExpression"}:
        raise SqlRefused(f"is over no aggregate: {check}. {_ONE_BATCH}")
    return _columns(check, analyzed, plan.expressions().last(), empty)


def is_aggregate(spark: SparkSession, name: str) -> bool:
    """Whether one of Spark's functions makes one value from many rows."""
    jvm: Any = spark._jvm
    found = jvm.org.apache.spark.sql.catalyst.analysis.FunctionRegistry.expressions().get(name)
    return bool(found.isDefined() and found.get()._1().getGroup() == "agg_funcs")


def _analyzed(check: str, empty: DataFrame, instead: str, analyze: Any) -> DataFrame:
    try:
        with without_ansi(empty.sparkSession):
            analyzed: DataFrame = analyze()
    except PySparkException as error:
        raise SqlRefused(_mistake(error, check, empty.columns, instead)) from error
    kind = analyzed.schema["result"].dataType
    if not isinstance(kind, BooleanType):
        raise SqlRefused(f"gives {type_name(kind)}: {check}. Write a condition, such as Sale_Price > 0.")
    return analyzed


def _columns(check: str, analyzed: DataFrame, expression: Any, empty: DataFrame) -> tuple[str, ...]:
    jvm: Any = analyzed.sparkSession._jvm
    if jvm.org.apache.spark.sql.catalyst.expressions.SubqueryExpression.hasSubquery(expression):
        raise SqlRefused(f"holds a query: {check}. {_ONE_ROW}")
    names = _names(expression)
    if not expression.deterministic() or names & set(_CLOCKS):
        raise SqlRefused(
            f"may answer differently each time: {check}. Leave out functions such as rand() and now()."
        )
    if any(name.endswith(_OWN) for name in names):
        raise SqlRefused(f"runs a function of your own: {check}. Use one of Spark's.")
    references = expression.references().iterator()
    found = []
    while references.hasNext():
        found.append(str(references.next().name()).lower())
    return tuple(column for column in empty.columns if column.lower() in found)


def _names(expression: Any) -> set[str]:
    """The class names of an expression and all below it."""
    names = {str(expression.getClass().getSimpleName())}
    children = expression.children().iterator()
    while children.hasNext():
        names |= _names(children.next())
    return names


def _mistake(error: PySparkException, check: str, columns: Sequence[str], instead: str) -> str:
    condition = error.getCondition() or ""
    if condition.startswith("UNRESOLVED_COLUMN"):
        unknown = (error.getMessageParameters() or {}).get("objectName", "?").replace("`", "")
        near = did_you_mean(unknown, tuple(columns))
        return f"names '{unknown}', which is no column: {check}.{near} {listing(columns)}"
    if condition.startswith(("MISSING_GROUP_BY", "MISSING_AGGREGATION")) or "AGGREGATE" in condition:
        what = "stands beside no aggregate" if instead == _ONE_BATCH else "looks at more than one row"
        return f"{what}: {check}. {instead}"
    if isinstance(error, ParseException):
        return f"is {spark_words(error)}"
    if isinstance(error, AnalysisException):
        return f"cannot be evaluated: {check}. {capital(spark_words(error))}"
    raise error
