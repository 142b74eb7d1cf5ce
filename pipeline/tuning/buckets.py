"""A row's number between 0 and a million, from a hash of what names it: the same in every run and cluster."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column
from pyspark.sql import functions as F

from pipeline.config.split import Split

BUCKETS = 1_000_000


def part_bucket(key: Sequence[str], split: Split) -> Column:
    """The number that decides between train, validation and test."""
    return _bucket(key, split, "split", BUCKETS)


def fold_bucket(key: Sequence[str], split: Split, buckets: int = BUCKETS) -> Column:
    """The number that decides the fold."""
    return _bucket(key, split, "fold", buckets)


def inner_bucket(key: Sequence[str], split: Split) -> Column:
    """The number that decides who stops boosting early where the validation rows do not."""
    return _bucket(key, split, "inner", BUCKETS)


def _bucket(key: Sequence[str], split: Split, purpose: str, buckets: int) -> Column:
    """By the group where there is one; a row without any of its values goes by its key."""
    salt = F.lit(f"{purpose}:{split.salt}")
    by_key = F.xxhash64(salt, *_texts(key))
    if split.group is None:
        return F.pmod(by_key, F.lit(buckets))
    group = _texts(split.group)
    by_group = F.when(F.coalesce(*group).isNotNull(), F.xxhash64(salt, *group)).otherwise(by_key)
    return F.pmod(by_group, F.lit(buckets))


def _texts(names: Sequence[str]) -> list[Column]:
    return [F.col(f"`{name}`").cast("string") for name in names]
