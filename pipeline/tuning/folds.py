"""Splits and folds as column expressions: a row's place is told by its own columns alone.

By hash and group, rows stay in place whatever the partitioning, order or seed, and whatever else arrives. By
time the moments of a resolved split cut them, and stratified its numbers for each class. A row that nothing
places is in no part.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from pyspark.sql import Column
from pyspark.sql import functions as F

from pipeline.config.split import Split
from pipeline.tuning.buckets import BUCKETS, fold_bucket, inner_bucket, part_bucket
from pipeline.tuning.splits import ResolvedSplit
from pipeline.tuning.strata import Strata, cuts_of_class
from pipeline.tuning.time_cuts import TimeCuts, moment

PARTS = ("train", "validation", "test")


def split_of(key: Sequence[str], split: Split) -> Column:
    """'train', 'validation' or 'test' for each row; NULL where it is in none."""
    if split.by == "column":
        said = F.col(f"`{split.column}`")
        return F.when(said.isin(*PARTS), said)
    cuts = cuts_of(split)
    if cuts is not None:
        return _part_by_time(cuts)
    bucket = part_bucket(key, split)
    strata = _strata_of(split)
    if strata is not None:
        own = cuts_of_class(strata, split, _folds_of(strata))
        return F.when(bucket < own[0], "train").when(bucket < own[1], "validation").otherwise("test")
    share = bucket / BUCKETS
    return (
        F.when(share < split.train, "train")
        .when(share < split.train + split.validation, "validation")
        .otherwise("test")
    )


def fold_of(key: Sequence[str], split: Split, folds: int) -> Column:
    """The fold in [0, folds) of each row, independent of its split.

    By time: the fold whose judges the row belongs to, among training rows; -1 in the first block, which
    only trains. By column: NULL where the column says no such fold.
    """
    if split.fold_column is not None:
        said = F.col(f"`{split.fold_column}`")
        return F.when((said >= 0) & (said < folds), said).cast("int")
    cuts = cuts_of(split)
    if cuts is not None:
        return _begun(cuts, cuts.blocks) - 1
    strata = _strata_of(split)
    if strata is not None and folds > 1:
        own, bucket = cuts_of_class(strata, split, folds), fold_bucket(key, split)
        passed = [(bucket >= own[place + 1]).cast("int") for place in range(1, folds)]
        return reduce(lambda one, other: one + other, passed)
    return fold_bucket(key, split, folds).cast("int")


def too_near_of(split: Split) -> Column:
    """How many folds a row may not fit, as it is in the gap before their judges or later; 0 without a gap."""
    cuts = cuts_of(split)
    return F.lit(0) if cuts is None or not cuts.fits_until else _begun(cuts, cuts.fits_until)


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
    return inner_bucket(key, split) < int(share * BUCKETS)


def cuts_of(split: Split) -> TimeCuts | None:
    """The moments that cut the rows by time; None otherwise. By time the split has to be resolved before."""
    cuts = split.cuts if isinstance(split, ResolvedSplit) else None
    if split.by == "time" and cuts is None:
        raise ValueError("A split by time is resolved before rows are placed.")
    return cuts


def _strata_of(split: Split) -> Strata | None:
    strata = split.strata if isinstance(split, ResolvedSplit) else None
    if split.stratify and strata is None:
        raise ValueError("A stratified split is resolved before rows are placed.")
    return strata


def _folds_of(strata: Strata) -> int:
    return len(strata.classes[0].folds) + 1 if strata.classes else 1


def _part_by_time(cuts: TimeCuts) -> Column:
    """The gaps before the validation and the test rows are in no part."""
    time = _time(cuts)
    part = F.when(time < moment(cuts.train_until or cuts.train_end, cuts.type), "train")
    if cuts.validation is not None:
        until = moment(cuts.validation_until or cuts.test, cuts.type)
        part = part.when((time >= moment(cuts.validation, cuts.type)) & (time < until), "validation")
    return part.when(time >= moment(cuts.test, cuts.type), "test")


def _begun(cuts: TimeCuts, moments: Sequence[str]) -> Column:
    """How many of the moments have come."""
    begun = [(_time(cuts) >= moment(start, cuts.type)).cast("int") for start in moments]
    return reduce(lambda one, other: one + other, begun, F.lit(0))


def _time(cuts: TimeCuts) -> Column:
    return F.col(f"`{cuts.column}`")
