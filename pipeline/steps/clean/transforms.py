"""From typed rows to classified rows, and from those to silver. DataFrame in, DataFrame out."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from pipeline.lake.layout import quoted
from pipeline.steps.clean.contract import HASHED_KEY, ORIGIN, Contract
from pipeline.steps.clean.rules import BROKEN, UNKNOWN, RowRule, state, with_results
from pipeline.steps.clean.texts import RECEIVED
from pipeline.steps.clean.typed import CORRUPT as CORRUPT
from pipeline.steps.clean.typed import KEY_MISSING, ROW_HASH, TYPE_FAILED

VERDICT = "__verdict"
RANK = "__rank"
MALFORMED, QUARANTINED, DROPPED, GOOD = "malformed", "quarantined", "dropped", "good"


def classified_rows(
    typed: DataFrame, contract: Contract, rules: Sequence[RowRule], order_by: str
) -> DataFrame:
    """Every row with its verdict, and among the good ones of a key its rank: 1 is the one that stays.

    The order is total: the declared column, then the file's name, then a hash of the row, all descending.
    Only bad rows keep what was received.
    """
    rows = with_results(typed, rules)
    rows = rows.withColumn(VERDICT, _verdict(rules))
    is_good = F.col(VERDICT) == GOOD
    is_kept_aside = F.col(VERDICT).isin(MALFORMED, QUARANTINED)
    # A bad row is alone in its window: rows without a key would all meet in one otherwise.
    key = [F.col(quoted(name)) for name in contract.row_key]
    window = Window.partitionBy(*key, F.when(~is_good, F.col(ROW_HASH))).orderBy(
        F.col(quoted(order_by)).desc_nulls_last(), F.col("_source_file").desc(), F.col(ROW_HASH).desc()
    )
    kept = [name for name in rows.columns if name not in (RECEIVED, ROW_HASH)]
    return rows.withColumn(RANK, F.row_number().over(window)).select(
        *[F.col(quoted(name)) for name in kept], RANK, F.when(is_kept_aside, F.col(RECEIVED)).alias(RECEIVED)
    )


def silver_rows(classified: DataFrame, contract: Contract) -> DataFrame:
    """The rows that stay, one per key."""
    hashed = () if contract.key else (HASHED_KEY,)
    names = (*hashed, *contract.names, *ORIGIN)
    stay = (F.col(VERDICT) == GOOD) & (F.col(RANK) == 1)
    return classified.where(stay).select(*[F.col(quoted(name)) for name in names])


def counted(classified: DataFrame, rules: Sequence[RowRule]) -> DataFrame:
    """One row with every count of the batch, each by itself: by verdict, and by the rule that was broken."""
    verdict = F.col(VERDICT)
    counts = [F.count(F.lit(1)).alias("read")]
    counts += [F.count_if(verdict == name).alias(name) for name in (MALFORMED, QUARANTINED, DROPPED)]
    counts.append(F.count_if((verdict == GOOD) & (F.col(RANK) > 1)).alias("superseded"))
    broken = {
        f"{QUARANTINED}.type": (verdict == QUARANTINED) & F.col(TYPE_FAILED),
        f"{QUARANTINED}.key": (verdict == QUARANTINED) & F.col(KEY_MISSING),
    }
    for index, rule in enumerate(rules):
        is_unknown, is_broken = state(index) == UNKNOWN, state(index) == BROKEN
        keeps_aside = is_unknown | is_broken if rule.on_failure == "quarantine" else is_unknown
        broken[f"{QUARANTINED}.{rule.name}"] = (verdict == QUARANTINED) & keeps_aside
        if rule.on_failure == "drop":
            broken[f"{DROPPED}.{rule.name}"] = (verdict == DROPPED) & is_broken
        if rule.on_failure == "warn":
            broken[f"warned.{rule.name}"] = (verdict == GOOD) & is_broken
        if rule.on_failure == "fail":
            broken[f"failed.{rule.name}"] = (verdict != MALFORMED) & is_broken
    return classified.agg(*counts, *[F.count_if(where).alias(name) for name, where in broken.items()])


def update_condition(order_by: str) -> str:
    """When a row replaces the one with its key: not when it is older. Ties go to the later batch."""
    column = quoted(order_by)
    return f"old.{column} IS NULL OR new.{column} >= old.{column}"


def older_rows(winners: DataFrame, silver: DataFrame, key: Sequence[str], order_by: str) -> DataFrame:
    """The winners that are older than what silver has, and so change nothing."""
    names = [F.col(quoted(name)) for name in dict.fromkeys((*key, order_by))]
    new, old = winners.select(*names).alias("new"), silver.select(*names).alias("old")
    same = reduce(
        lambda left, right: left & right,
        [F.col(f"new.{quoted(name)}").eqNullSafe(F.col(f"old.{quoted(name)}")) for name in key],
    )
    replaces = F.coalesce(F.expr(update_condition(order_by)), F.lit(False))
    return new.join(old, same).where(~replaces)


def _verdict(rules: Sequence[RowRule]) -> Column:
    aside = F.col(TYPE_FAILED) | F.col(KEY_MISSING)
    dropped = F.lit(False)
    for index, rule in enumerate(rules):
        aside = aside | (state(index) == UNKNOWN)
        if rule.on_failure == "quarantine":
            aside = aside | (state(index) == BROKEN)
        if rule.on_failure == "drop":
            dropped = dropped | (state(index) == BROKEN)
    return (
        F.when(F.col(CORRUPT).isNotNull(), MALFORMED)
        .when(aside, QUARANTINED)
        .when(dropped, DROPPED)
        .otherwise(GOOD)
    )
