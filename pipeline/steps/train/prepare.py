"""What a training works on: the rows, their target, and the part each column plays."""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from pipeline.config.model import Config
from pipeline.lake import names
from pipeline.lake.lake import Lake
from pipeline.lake.ledger import LedgerEntry
from pipeline.preprocessing.roles import Roles, assign_roles, validate_declared
from pipeline.tuning.find_target import find_target
from pipeline.tuning.folds import split_of
from pipeline.tuning.rows import SPLIT, VALUE, validate_weight, with_splits
from pipeline.tuning.splits import ResolvedSplit, resolve
from pipeline.tuning.target import Target, label_column

_BOOKKEEPING = ("_row_hash", "_batch_id")


@dataclass(frozen=True)
class Prepared:
    """One training's rows, not yet read; the configuration's split is resolved."""

    config: Config
    target: Target
    roles: Roles
    fitting: DataFrame
    """Encoded train and validation rows."""
    test: DataFrame
    """Encoded test rows, which are read once."""


def prepare(
    spark: SparkSession, config: Config, entry: LedgerEntry, before: ResolvedSplit | None = None
) -> Prepared:
    """Look at the published features: one job for the label, one for the columns, and those for the split.

    `before` is the split of the last training.

    Raises ConfigError (a label, weight, role or split that cannot train), DataRefused (a label without
    information, no column to learn from).
    """
    table = names.features(config.name)
    rows = Lake.of(spark, config.lake).read(table, entry.tables[table]).drop(*_BOOKKEEPING)
    validate_declared(rows.schema, config.features, config.key)
    validate_weight(rows.schema, config)
    kind = label_column(rows.schema, config)
    config = resolve(rows, config, before)
    target = find_target(with_splits(rows, config), kind, config)
    is_labelled = F.col(f"`{config.features.label}`").isNotNull()
    is_held_out = split_of(config.key, config.split) == "test"
    places = [name for name in (config.split.column, config.split.fold_column) if name is not None]
    roles = assign_roles(rows.where(is_labelled & ~is_held_out), config.features, config.key, places)
    encoded = target.encode(with_splits(rows, config, roles.inputs).where(F.col(VALUE).isNotNull()))
    is_test = F.col(SPLIT) == "test"
    return Prepared(config, target, roles, encoded.where(~is_test), encoded.where(is_test))
