"""The split of one training: as configured, and with what had to be found in the rows to cut them.

By hash, group and column there is nothing to find. By time it is moments, and stratified it is where each
class is cut. Both are kept in the training record, so that promote and score place every row, also one that
arrives later, as training did.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import types as T

from pipeline.config.hints import did_you_mean
from pipeline.config.model import Config
from pipeline.config.split import Split
from pipeline.errors import ConfigError
from pipeline.tuning.strata import Strata, find_strata
from pipeline.tuning.time_cuts import TimeCuts
from pipeline.tuning.time_search import find_cuts


class ResolvedSplit(Split):
    """A split by which a row's own columns decide where it belongs."""

    cuts: TimeCuts | None = None
    strata: Strata | None = None


def stored_split(values: Mapping[str, Any]) -> ResolvedSplit:
    """The split of a training record."""
    return ResolvedSplit.model_validate(dict(values))


def resolve(rows: DataFrame, config: Config, before: ResolvedSplit | None = None) -> Config:
    """The configuration with its split found in `rows`, labelled or not; two aggregations where it has to be.

    `before` is the split of the last training: where it was stratified in the same way, its cuts are kept.

    Raises ConfigError for a column that is not there or of the wrong type, or when the rows cannot be cut so;
    DataRefused when a labelled row has no time, or none has a label.
    """
    _validate_columns(rows.schema, config)
    if config.split.by == "time":
        found: dict[str, Any] = {"cuts": find_cuts(rows, config)}
    elif config.split.stratify:
        kept = None if before is None or not _is_same(before, config.split) else before.strata
        found = {"strata": find_strata(rows, config, kept)}
    else:
        return config
    resolved = ResolvedSplit.model_validate({**config.split.model_dump(), **found})
    return config.model_copy(update={"split": resolved})


def _is_same(before: ResolvedSplit, split: Split) -> bool:
    return all(getattr(before, name) == getattr(split, name) for name in Split.model_fields)


def _validate_columns(schema: T.StructType, config: Config) -> None:
    split = config.split
    named = {
        "group": split.group or (),
        "column": filter(None, [split.column]),
        "fold_column": filter(None, [split.fold_column]),
    }
    for key, columns in named.items():
        for column in columns:
            where = f"{config.where(f'split.{key}')}: split.{key}"
            if column not in schema.names:
                known = [name for name in schema.names if not name.startswith("_")]
                raise ConfigError(
                    f"{where}: there is no column '{column}' in the features.{did_you_mean(column, known)} "
                    f"Columns there: {', '.join(known)}."
                )
            kind = schema[column].dataType
            wanted = {"column": T.StringType, "fold_column": T.IntegralType}.get(key)
            if wanted is not None and not isinstance(kind, wanted):
                said = "a text: train, validation or test" if key == "column" else "a whole number from 0"
                raise ConfigError(
                    f"{where}: '{column}' is {kind.simpleString().upper()}; it has to be {said}. "
                    f"Make it one in features.derive."
                )
