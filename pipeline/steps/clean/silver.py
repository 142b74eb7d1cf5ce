"""Writing the rows that stay: each key once, and no more of silver read than the batch can touch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from pipeline.config.hints import did_you_mean, listing
from pipeline.config.sources import Source
from pipeline.errors import ConfigError
from pipeline.lake import Commit, Lake, names
from pipeline.lake.layout import quoted
from pipeline.steps.clean.bounds import Range, has_bounds, later_than, ranges, within
from pipeline.steps.clean.contract import Contract, type_name
from pipeline.steps.clean.input import REFRESH, BatchInput
from pipeline.steps.clean.transforms import older_rows, update_condition

_BATCH = "_batch_id"


@dataclass(frozen=True)
class Layout:
    """How silver is told apart and laid out: its key, what makes a row newer, what bounds a merge."""

    contract: Contract
    order_by: str
    cluster_by: tuple[str, ...] = ()

    @property
    def bounding(self) -> tuple[str, ...]:
        """The columns by whose range files are left out; a hashed key is everywhere, so it is none."""
        return tuple(dict.fromkeys((*self.contract.key, *self.cluster_by)))

    def stats(self, rows: DataFrame) -> list[str]:
        """The columns of these rows that Delta keeps the range of, for each file."""
        return [
            name for name in dict.fromkeys((*self.bounding, self.order_by, _BATCH)) if _has_range(rows, name)
        ]

    @property
    def update_when(self) -> str | None:
        """When a row replaces the one of its key; None for a hashed key, where both are the same row."""
        return update_condition(self.order_by) if self.contract.key else None


def find_cluster(name: str, source: Source, contract: Contract) -> tuple[str, ...]:
    """The columns of `cluster_by`, spelled as in silver.

    Raises:
        ConfigError: one that is not there, whose type has no usable range, or that is no part of the key.
    """
    where = f"{source.where('cluster_by')}: 'sources.{name}.cluster_by'"
    kinds = {field.name.lower(): field for field in contract.columns}
    found = []
    for column in source.cluster_by or ():
        field = kinds.get(column.lower())
        if field is None:
            near = did_you_mean(column, contract.names)
            raise ConfigError(
                f"{where} names '{column}', which {name} does not have.{near} {listing(contract.names)}"
            )
        if not has_bounds(field.dataType):
            raise ConfigError(
                f"{where} names '{field.name}', which is {type_name(field.dataType)}. "
                f"Give columns of whole numbers, decimals, texts, or moments."
            )
        found.append(field.name)
    return tuple(found)


def write_silver(
    lake: Lake, name: str, layout: Layout, batch: BatchInput, winners: DataFrame, before: int | None
) -> tuple[Commit, int]:
    """Bring the rows that stay into silver; the commit, and how many changed nothing: older, or there before.

    `before` is silver's version when the batch began, None when there was none. A refresh makes the rows
    the whole table. Done again, the write has no effect and the count is the same.
    """
    table, txn = names.silver(name), batch.txn(name)
    if batch.step == REFRESH:
        return lake.replace(table, _laid_out(winners, layout), txn, stats=layout.stats(winners)), 0
    if before is None:
        # Only a try that was killed can have made the table meanwhile, and its write is in.
        return lake.append(table, _laid_out(winners, layout), txn, stats=layout.stats(winners)), 0
    found = ranges(winners, layout.stats(winners))
    older = 0 if found is None else _older(lake.read(table, before), winners, layout, found).count()
    prune = within(_only(found, layout.bounding), "old") if found else None
    if found is None or (prune is not None and _is_beside(lake.read(table), prune)):
        return lake.append(table, _laid_out(winners, layout), txn), older
    commit = lake.merge(
        table,
        winners,
        txn,
        key=layout.contract.row_key,
        update_when=layout.update_when,
        insert_only=not layout.contract.key,
        prune=prune,
    )
    return commit, older


def _older(silver: DataFrame, winners: DataFrame, layout: Layout, found: Sequence[Range]) -> DataFrame:
    """The winners that change nothing, looked for only where silver may have their keys.

    With a key only rows later than the batch's earliest can stand against it: of most batches, none.
    """
    old = silver.alias("old")
    conditions = [within(_only(found, layout.bounding), "old")]
    if layout.contract.key:
        conditions.append(later_than(found, (layout.order_by, _BATCH), "old"))
    for condition in conditions:
        old = old if condition is None else old.where(condition)
    return older_rows(winners, old, layout.contract.row_key, layout.order_by, layout.update_when)


def _is_beside(silver: DataFrame, prune: Column) -> bool:
    """Whether no file of silver can hold one of the keys: told from the files' ranges, none is opened."""
    return not silver.alias("old").where(prune).inputFiles()


def _only(found: Sequence[Range], columns: Sequence[str]) -> list[Range]:
    return [one for one in found if one.column in columns]


def _laid_out(rows: DataFrame, layout: Layout) -> DataFrame:
    """In ranges of `cluster_by`, so that a file holds few of its values; how many files, the size decides."""
    columns = [F.col(quoted(name)) for name in layout.cluster_by if name in rows.columns]
    return rows.repartitionByRange(*columns) if columns else rows


def _has_range(rows: DataFrame, name: str) -> bool:
    return name in rows.columns and has_bounds(rows.schema[name].dataType)
