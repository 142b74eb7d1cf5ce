"""Where each class is cut so that every part and fold has its share: found once, then kept.

A row's place is still told by a hash of its key. Only the numbers at which the hash is cut are a class's own:
the quantiles of the hash among its rows, instead of those of all rows that may ever come.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import BeforeValidator
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from pipeline.config.base import Section
from pipeline.config.model import Config
from pipeline.config.split import Split
from pipeline.errors import ConfigError
from pipeline.tuning.buckets import BUCKETS, fold_bucket, part_bucket

MOST_CLASSES = 1_000
# Rows are counted by so many ranges of the hash, which bounds the aggregation whatever the number of rows.
_RANGES = 10_000
_WIDTH = BUCKETS // _RANGES


_FROM_LIST = BeforeValidator(tuple)  # a training record is JSON
Buckets = Annotated[tuple[int, ...], _FROM_LIST]


class Stratum(Section):
    """Where one class is cut, in buckets of the hash: a part or fold begins at its number."""

    value: str
    parts: Buckets
    """Where the validation rows begin, and where the test rows do."""
    folds: Buckets
    """Where each fold begins, from the second on."""


class Strata(Section):
    """Where each class of a label is cut."""

    label: str
    classes: Annotated[tuple[Stratum, ...], _FROM_LIST]


def find_strata(rows: DataFrame, config: Config, kept: Strata | None = None) -> Strata:
    """The cuts of every class among the labelled rows; those in `kept` stay as they are.

    Two aggregations, each of one row for each class; the second only where there is a new class.

    Raises:
        ConfigError: the label has too many values to be classes.
    """
    label, split, folds = config.features.label, config.split, max(config.train.folds, 1)
    known = {} if kept is None or kept.label != label else {each.value: each for each in kept.classes}
    known = {value: each for value, each in known.items() if len(each.folds) == folds - 1}
    text = F.col(f"`{label}`").cast("string")
    labelled = rows.where(text.isNotNull()).select(
        text.alias("value"),
        part_bucket(config.key, split).alias("part"),
        fold_bucket(config.key, split).alias("fold"),
    )
    parts = _quantiles(labelled, "part", [split.train, split.train + split.validation], config)
    new = {value: cut for value, cut in parts.items() if value not in known}
    if new:
        ends = F.create_map(*[F.lit(each) for value, cut in new.items() for each in (value, cut[0])])
        training = labelled.where(F.col("part") < F.try_element_at(ends, F.col("value")))
        cuts = _quantiles(training, "fold", [place / folds for place in range(1, folds)], config)
        default = even_stratum(split, folds)
        for value, (first, second) in new.items():
            own = tuple(cuts.get(value, default.folds))
            known[value] = Stratum(value=value, parts=(first, second), folds=own)
    return Strata(label=label, classes=tuple(known[value] for value in sorted(known)))


def even_stratum(split: Split, folds: int) -> Stratum:
    """The cuts of a class that was never seen: those of a hash without strata."""
    parts = (round(split.train * BUCKETS), round((split.train + split.validation) * BUCKETS))
    ends = tuple(round(place * BUCKETS / folds) for place in range(1, folds))
    return Stratum(value="", parts=parts, folds=ends)


def cuts_of_class(strata: Strata, split: Split, folds: int) -> Column:
    """The cuts of a row's class as an array: parts, then folds."""
    every = [*strata.classes, even_stratum(split, folds)]
    arrays = [F.array(*[F.lit(cut) for cut in (*each.parts, *each.folds)]) for each in every]
    named = zip(strata.classes, arrays[:-1], strict=True)
    pairs = [part for each, array in named for part in (F.lit(each.value), array)]
    if not pairs:
        return arrays[-1]
    text = F.col(f"`{strata.label}`").cast("string")
    return F.coalesce(F.try_element_at(F.create_map(*pairs), text), arrays[-1])


def _quantiles(rows: DataFrame, name: str, shares: Sequence[float], config: Config) -> dict[str, list[int]]:
    """Class → the buckets below which these shares of its rows are."""
    ranges = rows.groupBy("value", F.floor(F.col(name) / _WIDTH).alias("range")).count()
    wanted = ", ".join(f"{share!r}D" for share in shares) or "0.5D"
    found = (
        ranges.groupBy("value")
        .agg(F.expr(f"percentile(range, array({wanted}), count)").alias("cuts"))
        .limit(MOST_CLASSES + 1)
        .collect()
    )
    if len(found) > MOST_CLASSES:
        raise ConfigError(
            f"{config.where('split.stratify')}: split.stratify: '{config.features.label}' has more than "
            f"{MOST_CLASSES:,} values. Stratify by a label with few classes."
        )
    return {row["value"]: [(int(cut) + 1) * _WIDTH for cut in row["cuts"][: len(shares)]] for row in found}
