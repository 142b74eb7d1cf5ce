"""Splits and folds from a hash of the key: rows stay in place whatever the partitioning, order or seed."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column
from pyspark.sql import functions as F

from pipeline.config.features import Split

_BUCKETS = 1_000_000


def _bucket(key: Sequence[str], salt: str, buckets: int) -> Column:
    """A number in [0, buckets) from the key's text and a salt."""
    texts = [F.col(f"`{name}`").cast("string") for name in key]
    return F.pmod(F.xxhash64(F.lit(salt), *texts), F.lit(buckets))


def split_of(key: Sequence[str], split: Split) -> Column:
    """'train', 'validation' or 'test' for each row."""
    share = _bucket(key, f"split:{split.salt}", _BUCKETS) / _BUCKETS
    return (
        F.when(share < split.train, "train")
        .when(share < split.train + split.validation, "validation")
        .otherwise("test")
    )


def fold_of(key: Sequence[str], split: Split, folds: int) -> Column:
    """The fold in [0, folds) of each row, independent of its split."""
    return _bucket(key, f"fold:{split.salt}", folds).cast("int")


def inner_validation_of(key: Sequence[str], split: Split, share: float = 0.1) -> Column:
    """True for the share of rows that stop boosting early when the validation rows are the judges."""
    return _bucket(key, f"inner:{split.salt}", _BUCKETS) < int(share * _BUCKETS)
