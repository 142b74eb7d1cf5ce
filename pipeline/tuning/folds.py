"""Splits and folds as column expressions: a row's place is told by its key, or by its time, alone.

By hash, rows stay in place whatever the partitioning, order or seed, and whatever else arrives. By time the
moments of a resolved split cut them; a row without a time is in no part.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from pyspark.sql import Column
from pyspark.sql import functions as F

from pipeline.config.features import Split
from pipeline.tuning.splits import ResolvedSplit, TimeCuts, moment

_BUCKETS = 1_000_000


def _bucket(key: Sequence[str], salt: str, buckets: int) -> Column:
    """A number in [0, buckets) from the key's text and a salt."""
    texts = [F.col(f"`{name}`").cast("string") for name in key]
    return F.pmod(F.xxhash64(F.lit(salt), *texts), F.lit(buckets))


def split_of(key: Sequence[str], split: Split) -> Column:
    """'train', 'validation' or 'test' for each row; NULL by time where the row has none."""
    cuts = cuts_of(split)
    if cuts is not None:
        return (
            F.when(_time(cuts) < moment(cuts.train_end, cuts.type), "train")
            .when(_time(cuts) < moment(cuts.test, cuts.type), "validation")
            .when(_time(cuts).isNotNull(), "test")
        )
    share = _bucket(key, f"split:{split.salt}", _BUCKETS) / _BUCKETS
    return (
        F.when(share < split.train, "train")
        .when(share < split.train + split.validation, "validation")
        .otherwise("test")
    )


def fold_of(key: Sequence[str], split: Split, folds: int) -> Column:
    """The fold in [0, folds) of each row, independent of its split.

    By time: the fold whose judges the row belongs to, among training rows; -1 in the first block, which
    only trains.
    """
    cuts = cuts_of(split)
    if cuts is not None:
        begun = [(_time(cuts) >= moment(start, cuts.type)).cast("int") for start in cuts.blocks]
        return reduce(lambda one, other: one + other, begun, F.lit(-1))
    return _bucket(key, f"fold:{split.salt}", folds).cast("int")


def inner_validation_of(key: Sequence[str], split: Split, share: float = 0.1) -> Column:
    """True for the share of rows that stop boosting early where the validation rows do not.

    By time: the last tenth of each block of training rows.
    """
    cuts = cuts_of(split)
    if cuts is not None:
        ends = [*cuts.blocks, cuts.train_end]
        parts = [
            (_time(cuts) >= moment(start, cuts.type)) & (_time(cuts) < moment(end, cuts.type))
            for start, end in zip(cuts.stopping, ends, strict=True)
        ]
        return reduce(lambda one, other: one | other, parts)
    return _bucket(key, f"inner:{split.salt}", _BUCKETS) < int(share * _BUCKETS)


def cuts_of(split: Split) -> TimeCuts | None:
    """The moments that cut the rows by time; None by hash. By time the split has to be resolved before."""
    cuts = split.cuts if isinstance(split, ResolvedSplit) else None
    if split.by == "time" and cuts is None:
        raise ValueError("A split by time is resolved before rows are placed.")
    return cuts


def _time(cuts: TimeCuts) -> Column:
    return F.col(f"`{cuts.column}`")
