"""What each row's rules say of it: columns beside the row, worked out in the same pass as its types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from pipeline.lake.layout import quoted
from pipeline.steps.clean.analysis import tried, without_ansi
from pipeline.steps.clean.contract import Contract
from pipeline.steps.clean.rules import BROKEN, PASSED, UNKNOWN, Check, RowRule
from pipeline.steps.clean.typed import CORRUPT, ROW_HASH

_THERE = "__there"


def with_references(rows: DataFrame, checks: Sequence[Check], silvers: Mapping[str, DataFrame]) -> DataFrame:
    """Join each row to the values that it refers to. `silvers` are the silver tables there are, by source.

    Each value stands once on the other side, so no row comes twice; how the join is done is Spark's choice.
    """
    for check in checks:
        if check.reference is not None:
            silver = silvers.get(check.reference.source)
            if silver is None:
                rows = rows.withColumn(check.found_name, F.lit(None).cast("boolean"))
                continue
            there = silver.select(F.col(quoted(check.reference.column)).alias(_THERE)).distinct()
            there = there.where(F.col(_THERE).isNotNull()).withColumn(check.found_name, F.lit(True))
            same = F.col(quoted(check.columns[0])) == F.col(_THERE)
            rows = rows.join(there, same, "left").drop(_THERE)
    return rows


def with_states(rows: DataFrame, checks: Sequence[Check]) -> DataFrame:
    """Add the state of each check over one row: passed, broken, or unknown.

    NULL because a column is NULL passes, as in SQL. NULL from columns that all have values, and whatever
    would have failed, means that the check could not be evaluated.
    """
    if not checks:
        return rows
    # Asked only of rows that came whole. The condition also keeps Spark from working out what two checks
    # share before either of them, where a failure would end the job.
    is_whole = F.col(CORRUPT).isNull()
    with without_ansi(rows.sparkSession):
        return rows.select(
            "*",
            *[
                _state(check, F.when(is_whole, tried(rows.sparkSession, check.condition))).alias(
                    check.state_name
                )
                for check in checks
            ],
        )


def with_repeats(
    rows: DataFrame, rule: RowRule, contract: Contract, among: Column, order: Sequence[Column]
) -> DataFrame:
    """Add the state of a unique rule over the rows `among`: the first by the order passes, others are broken.

    Rows of one key pass together, unless the columns hold the whole key.
    """
    (check,) = rule.checks
    columns = [F.col(quoted(name)) for name in check.columns]
    compared = among
    for column in columns:
        compared = compared & column.isNotNull()
    # A row that is not compared is alone in its window: all without a value would meet in one otherwise.
    window = Window.partitionBy(*columns, F.when(~compared, F.col(ROW_HASH))).orderBy(*order)
    if holds_key(check, contract):
        repeats = F.row_number().over(window) > 1
    else:
        key = F.struct(*[F.col(quoted(name)) for name in contract.row_key])
        firsts = window.rowsBetween(Window.unboundedPreceding, Window.currentRow)
        repeats = ~key.eqNullSafe(F.first(key).over(firsts))
    return rows.withColumn(check.state_name, repeated(compared & repeats))


def repeated(is_repeat: Column) -> Column:
    """The state of a unique rule."""
    return F.when(is_repeat, BROKEN).otherwise(PASSED).cast("tinyint")


def is_key(check: Check, contract: Contract) -> bool:
    """Whether a check's columns are the key itself, whose rows the ranking has side by side anyway."""
    return set(check.columns) == set(contract.row_key)


def holds_key(check: Check, contract: Contract) -> bool:
    """Whether rows with the same values have the same key."""
    return set(check.columns) >= set(contract.row_key)


def _state(check: Check, result: Column) -> Column:
    has_missing = F.lit(False)
    for column in check.columns:
        has_missing = has_missing | F.col(quoted(column)).isNull()
    unanswered = F.when(has_missing, PASSED).otherwise(UNKNOWN)
    return F.coalesce((~result).cast("tinyint"), unanswered.cast("tinyint"))
