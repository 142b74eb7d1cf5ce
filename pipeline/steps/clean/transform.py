"""The user's own function on the good rows, one per key: what it takes away, adds, and has to keep."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.storagelevel import StorageLevel

from pipeline.config.hints import listing
from pipeline.errors import ConfigError, DataRefused
from pipeline.lake.layout import quoted
from pipeline.steps.clean.contract import ORIGIN
from pipeline.steps.clean.prepare import Work
from pipeline.steps.clean.user_code import UserFunction

_BEFORE, _AFTER = "__before", "__after"


@dataclass(frozen=True)
class Transformed:
    """The rows for silver, and terms of the ledger: how many keys are gone (lost) or new (added)."""

    rows: DataFrame
    terms: Mapping[str, int] = field(default_factory=dict)


@contextmanager
def transformed(winners: DataFrame, work: Work) -> Iterator[Transformed]:
    """What becomes of a batch's good rows, worked out once and kept while the block runs.

    Raises:
        ConfigError: the function raises, gives no DataFrame, or leaves out a column that silver needs.
        DataRefused: it gives a key twice, or a row without one.
    """
    function, contract = work.transform, work.contract
    if function is None or contract is None:
        yield Transformed(winners)
        return
    rows = function.call(winners, work.source.transform_settings)
    _validate_columns(function, rows, winners, (*contract.row_key, *ORIGIN, work.order_by))
    with function.blamed():  # what is constant is worked out as soon as the rows are planned
        kept = rows.persist(StorageLevel.MEMORY_AND_DISK)
    try:
        with function.blamed():
            terms = _compared(function, winners, kept, contract.row_key)
        yield Transformed(kept, terms)
    finally:
        kept.unpersist()


def _validate_columns(
    function: UserFunction, rows: DataFrame, winners: DataFrame, needed: tuple[str, ...]
) -> None:
    there, before = dict(rows.dtypes), dict(winners.dtypes)
    for column in dict.fromkeys(needed):
        if column not in there:
            raise ConfigError(
                f"{function.where}: the rows of {function.name} lack the column '{column}', which silver "
                f"needs. {listing(rows.columns)} Keep it."
            )
        if there[column] != before[column]:
            raise ConfigError(
                f"{function.where}: {function.name} makes '{column}' {there[column].upper()}, which was "
                f"{before[column].upper()}. Leave it as it is."
            )


def _compared(
    function: UserFunction, winners: DataFrame, rows: DataFrame, key: tuple[str, ...]
) -> dict[str, int]:
    """How many keys were lost and added, from one pass over the keys of both."""
    names = [F.col(quoted(name)) for name in key]
    both = winners.select(*names, F.lit(1).alias(_BEFORE), F.lit(0).alias(_AFTER)).unionAll(
        rows.select(*names, F.lit(0), F.lit(1))
    )
    has_no_key = F.lit(False)
    for name in names:
        has_no_key = has_no_key | name.isNull()
    before, after = F.col(_BEFORE), F.col(_AFTER)
    found = (
        both.groupBy(*names)
        .agg(F.sum(_BEFORE).alias(_BEFORE), F.sum(_AFTER).alias(_AFTER))
        .agg(
            F.count_if((before > 0) & (after == 0)).alias("lost"),
            F.count_if((before == 0) & (after > 0)).alias("added"),
            F.count_if(after > 1).alias("repeated"),
            F.coalesce(F.sum(F.when(has_no_key, after)), F.lit(0)).alias("without"),
        )
        .collect()[0]
    )
    named = f"({', '.join(key)})"
    mistakes = {
        "repeated": f"several rows for {found['repeated']:,} keys {named}",
        "without": f"{found['without']:,} rows without a value in the key {named}",
    }
    for term, words in mistakes.items():
        if found[term]:
            raise DataRefused(
                f"{function.where}: {function.name} gives {words}. Give one row per key. Nothing was written."
            )
    return {term: found[term] for term in ("lost", "added") if found[term]}
