"""Each fold's features, fitted once per learner family and feature settings, shared by all candidates."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace

from pyspark import StorageLevel
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from pipeline.config.model import Config
from pipeline.lake import Lake
from pipeline.learners.base import Columns, Family, FitContext
from pipeline.preprocessing.prefix import Prefix, fit_prefix
from pipeline.preprocessing.roles import Roles
from pipeline.preprocessing.statistics import Statistics
from pipeline.tuning.buckets import BUCKETS
from pipeline.tuning.fold_statistics import FoldStatistics
from pipeline.tuning.judges import Fold
from pipeline.tuning.placement import folds_together
from pipeline.tuning.rows import ACTUAL, LABEL, ORDER, WEIGHT
from pipeline.tuning.target import Target
from pipeline.tuning.work_area import WorkArea

JUDGE = "__judge"
VALIDATION = "__validation"


@dataclass(frozen=True)
class FoldSet:
    """What shares one prefix per fold: a learner family under one choice of feature settings."""

    family: Family
    settings: tuple[tuple[str, str], ...] = ()
    """Keys of `features` with the value that is tried, in the order of their names."""


@dataclass(frozen=True)
class FoldRows:
    """How many rows a fold has of each kind: the first counted, the others as far as they are known."""

    training: int
    stopping: int
    judging: int
    gaps: bool = True
    """Whether a number is missing in the training rows."""


@dataclass(frozen=True)
class PreparedFold:
    """One fold's rows as its candidates see them: the prefix's columns, label, weight, flags and order."""

    fold: Fold
    prefix: Prefix
    frame: DataFrame
    target: Target
    context: FitContext
    rows: FoldRows
    together: int
    """How many folds share the slots while this one is at work, itself included."""
    in_files: bool = False
    """Whether the frame is read from files that were made for it."""
    parts: DataFrame | None = None
    """Linear: the frame with the columns of `prefix.parts` instead of the vector."""

    def keep(self) -> None:
        """Keep the frame in memory from its next job on, unless it is in files: for more than one reading."""
        if not self.in_files and not self.frame.is_cached:
            self.frame.persist(StorageLevel.MEMORY_AND_DISK)

    def columns(self, *, stops_early: bool) -> Columns:
        """What a learner is told of the frame."""
        return learner_columns(self.prefix, self.target, VALIDATION if stops_early else None)

    def fitting(self, share: float, *, stops_early: bool) -> DataFrame:
        """The rows that a fit reads: a share of the training rows, all that stop early where it does."""
        rows = self.frame.where(~F.col(JUDGE))
        if not stops_early:
            rows = rows.where(~F.col(VALIDATION))
        return rows if share >= 1.0 else rows.where(F.col(VALIDATION) | in_share(share))

    def judging(self) -> DataFrame:
        """The rows that judge."""
        return self.frame.where(JUDGE)


class FoldFrames:
    """Prepares folds. `rows` are the cached rows outside the test split, encoded by `target`."""

    def __init__(self, rows: DataFrame, target: Target, roles: Roles, config: Config) -> None:
        self._rows, self._target, self._roles, self._config = rows, target, roles, config
        self._context = fit_context(config, target)
        self.statistics = FoldStatistics(rows, roles, config)
        self._kept: dict[tuple[FoldSet, int], PreparedFold] = {}
        self._work = WorkArea(rows.sparkSession, Lake.of(rows.sparkSession, config.lake).root)
        self._lock = threading.Lock()
        self.prefix_fits = 0
        """How many prefixes were fitted: fold sets × folds, whatever the number of candidates."""

    def prepared(self, group: FoldSet, fold: Fold) -> PreparedFold:
        """The fold, prepared now or before. One thread at a time asks for the same one."""
        known = self._kept.get((group, fold.number))
        if known is None:
            known = self._kept[group, fold.number] = self._prepare(group, fold)
        return known

    def prepared_for_more(self, group: FoldSet, fold: Fold) -> PreparedFold:
        """The fold, prepared for more than one reading.

        Boosted trials inside one task each read all rows: from files, which lost executors do not take with
        them. Other trials share a reading, and whoever needs more of them keeps the frame.
        """
        known = self.prepared(group, fold)
        if group.family == "boosting" and not known.in_files:
            frame = self._work.keep(_name(group, fold), known.frame)
            known = self._kept[group, fold.number] = replace(known, frame=frame, in_files=True)
        return known

    def release(self, group: FoldSet, fold: Fold) -> None:
        """Let go of what is kept of a fold."""
        known = self._kept.pop((group, fold.number), None)
        if known is None:
            return
        if known.in_files:
            self._work.drop(_name(group, fold))
        known.frame.unpersist()

    def release_all(self) -> None:
        """Let go of everything."""
        for group, number in list(self._kept):
            self._kept.pop((group, number)).frame.unpersist()
        self._work.close()

    def _prepare(self, group: FoldSet, fold: Fold) -> PreparedFold:
        features = self._config.features.chosen(dict(group.settings))
        statistics = self.statistics.of(fold)
        prefix = fit_prefix(group.family, self._roles, features, statistics, self._rows)
        with self._lock:
            self.prefix_fits += 1
        used = self._rows.where(" OR ".join(f"({condition})" for condition in fold.conditions))
        others = [
            LABEL,
            ACTUAL,
            ORDER,
            *([WEIGHT] if self._target.weighted else []),
            F.expr(fold.judging).alias(JUDGE),
            F.expr(fold.stopping).alias(VALIDATION),
        ]
        frame = prefix.transform(used).select(*prefix.outputs, *others)
        parts = None
        if prefix.parts is not None:
            columns = (*prefix.parts.numbers, *prefix.parts.codes)
            parts = prefix.parts.transform(used).select(*columns, *others)
        return PreparedFold(
            fold,
            prefix,
            frame,
            self._target,
            self._context,
            fold_rows(self._config, self._target, fold, statistics),
            folds_together(fold.number, max(self._config.train.folds, 1)),
            parts=parts,
        )


def fold_set(family: Family, settings: Mapping[str, str]) -> FoldSet:
    """The fold set of a family under some feature settings."""
    return FoldSet(family, tuple(sorted(settings.items())))


def fold_rows(config: Config, target: Target, fold: Fold, statistics: Statistics) -> FoldRows:
    """The rows of a fold, from what has been counted before.

    Those that stop early are about a tenth of the others where they are not the validation rows.
    """
    validation, folds = target.counts.splits["validation"], target.counts.folds
    by_validation = config.train.folds > 0 and config.split.by != "time"
    return FoldRows(
        training=statistics.rows,
        stopping=validation if by_validation else statistics.rows // 9,
        judging=folds[fold.number] if config.train.folds else validation,
        gaps=statistics.has_gaps,
    )


def _name(group: FoldSet, fold: Fold) -> str:
    """A folder's name for what is kept of a fold."""
    settings = "".join(f"-{name}-{value}" for name, value in group.settings)
    return f"{group.family}{settings}-{fold.number}"


def in_share(share: float) -> Column:
    """Whether a row is in the nested sample of that share, told by its key alone."""
    return F.pmod(F.xxhash64(F.col(ORDER), F.lit("share")), F.lit(BUCKETS)) < round(share * BUCKETS)


def learner_columns(prefix: Prefix, target: Target, validation: str | None) -> Columns:
    """What a prefix hands to a learner, and by which label and weight it learns."""
    return Columns(
        features=prefix.features,
        label=LABEL,
        weight=WEIGHT if target.weighted else None,
        validation=validation,
        order=ORDER,
        max_categories=prefix.max_categories,
        categorical=prefix.categorical,
        width=prefix.width,
    )


def fit_context(config: Config, target: Target) -> FitContext:
    """What every fit of a configuration shares; `rows` is the most that one of them reads."""
    return FitContext(
        seed=config.seed,
        placement=config.train.placement,
        local_memory_bytes=config.train.local_memory,
        rows=target.counts.fitted,
        task=target.task,
        classes=len(target.classes),
    )
