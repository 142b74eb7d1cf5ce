"""From classified rows to silver. DataFrame in, DataFrame out."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from pipeline.lake.layout import quoted
from pipeline.steps.clean.classify import is_staying
from pipeline.steps.clean.contract import HASHED_KEY, ORIGIN, Contract


def silver_rows(classified: DataFrame, contract: Contract) -> DataFrame:
    """The rows that stay, one per key."""
    hashed = () if contract.key else (HASHED_KEY,)
    names = (*hashed, *contract.names, *ORIGIN)
    return classified.where(is_staying()).select(*[F.col(quoted(name)) for name in names])


def update_condition(order_by: str) -> str:
    """When a row replaces the one with its key: not when it is older.

    Ties go to the later batch: a row out of quarantine comes late, but belongs to the batch that brought it.
    """
    column = quoted(order_by)
    is_later = "new._batch_id >= old._batch_id"
    return (
        f"new.{column} > old.{column} OR (new.{column} = old.{column} AND {is_later}) "
        f"OR (old.{column} IS NULL AND (new.{column} IS NOT NULL OR {is_later}))"
    )


def older_rows(
    winners: DataFrame, silver: DataFrame, key: Sequence[str], order_by: str, update_when: str | None
) -> DataFrame:
    """The winners that are older than what silver has, or without a condition there at all: no change."""
    names = [F.col(quoted(name)) for name in dict.fromkeys((*key, order_by, "_batch_id"))]
    new, old = winners.select(*names).alias("new"), silver.select(*names).alias("old")
    same = reduce(
        lambda left, right: left & right,
        [F.col(f"new.{quoted(name)}").eqNullSafe(F.col(f"old.{quoted(name)}")) for name in key],
    )
    replaces = F.coalesce(F.expr(update_when), F.lit(False)) if update_when else F.lit(False)
    return new.join(old, same).where(~replaces)
