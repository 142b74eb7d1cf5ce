"""Train: how many fits, where each runs, what they read, and whose memory they need."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import types as T

from pipeline.config.model import Config
from pipeline.lake import names
from pipeline.learners import get_learner
from pipeline.learners.boosting.memory import Shape, fit_bytes
from pipeline.plan.cluster import Cluster
from pipeline.plan.data import Ground
from pipeline.plan.figures import Memory, Read, StepPlan
from pipeline.preprocessing.roles import declared_role
from pipeline.tracking import TrainingRecord
from pipeline.tuning.attempts import Attempt
from pipeline.tuning.placement import place
from pipeline.tuning.runners.vector_job import vector_bytes
from pipeline.tuning.strategies import strategy_of

_CATEGORIES = 30
"""How many categories a text column is taken to have, where nobody has counted."""
_OWN, _KEPT = 15, 0.9
"""Bytes of a cached row: its order, label and split, and what the others take for a byte in the table."""
_SHUFFLED = 1.0
"""Bytes for a byte of features, roughly: what learners and metrics count."""
_COLUMNS = 20


@dataclass(frozen=True)
class Width:
    """The columns that a model sees, as far as types tell."""

    numbers: int
    whole: int
    texts: int

    @property
    def all(self) -> int:
        """How many columns."""
        return self.numbers + self.whole + self.texts


def width_of(schema: T.StructType | None, config: Config, record: TrainingRecord | None) -> Width:
    """By the last model where there is one, else by the features' types, else a guess."""
    if record is not None:
        kinds = [T.DataType.fromDDL(kind) for kind in record.input_columns.values()]
    elif schema is not None:
        kinds = [
            field.dataType
            for field in schema.fields
            if not field.name.startswith("_") and _is_input(field.name, config)
        ]
    else:
        return Width(_COLUMNS // 2, 0, _COLUMNS - _COLUMNS // 2)
    texts = sum(isinstance(kind, T.StringType) for kind in kinds)
    whole = sum(isinstance(kind, (T.IntegralType, T.BooleanType)) for kind in kinds)
    numbers = sum(isinstance(kind, T.NumericType) for kind in kinds) - whole
    return Width(numbers + sum(isinstance(kind, T.BooleanType) for kind in kinds), whole, texts)


def plan_train(
    ground: Ground, schema: T.StructType | None, record: TrainingRecord | None, reason: str
) -> StepPlan:
    """Every candidate on every fold, and the winner once more.

    Candidates are asked of the strategy itself; where results or time decide how many there will be, the
    number is the most there can be.
    """
    config, features = ground.config, ground.features_after()
    fitted, judged = _rows(config, features.rows, record)
    width = width_of(schema, config, record)
    strategy = strategy_of(config, fitted)
    first = strategy.wave(())
    planned = strategy.planned
    attempts = len(first) if planned is None else planned
    placed = _placed(first, fitted, judged, width, ground)
    folds = max(config.train.folds, 1)
    scale = attempts / len(first) * folds
    fits = {where: round(count * scale) for where, count in placed.where.items()}
    cached = round(fitted * (_OWN + _KEPT * features.row_bytes))
    table = Read(
        names.features(config.name),
        features.bytes,
        scans_of_training(config),
        features.files or None,
        features.rows or None,
        features.is_guess,
    )
    return StepPlan(
        "train",
        True,
        reason,
        reads=(table,),
        fits={**fits, "winner": 1},
        cached_bytes=cached,
        shuffled_bytes=round(features.bytes * _SHUFFLED),
        partitions=ground.cluster.partitions(features.bytes, features.files or 1),
        memory=_memory(placed.most, cached, ground.cluster, config),
        notes=_notes(config, planned),
    )


def scans_of_training(config: Config) -> int:
    """How often a training opens the features: once each for the label, the columns, the rows that are then
    cached, the test rows and the example; before them for the moments or classes that cut the rows.
    """
    split = config.split
    if split.by == "time":
        return 5 + (3 if split.gap else 2)
    return 5 + (1 if split.stratify else 0)


@dataclass(frozen=True)
class _Placed:
    where: Counter[str]
    most: int
    """The memory of the largest fit inside one task."""


def _placed(attempts: Sequence[Attempt], fitted: int, judged: int, width: Width, ground: Ground) -> _Placed:
    config, cluster = ground.config, ground.cluster
    where: Counter[str] = Counter()
    most = 0
    for attempt in attempts:
        needed = _task_bytes(attempt, fitted, judged, width, config)
        found = "distributed"
        if needed is not None:
            found = place(needed, cluster.slots, config.train.local_memory, config.train.placement)
        where[found] += 1
        most = max(most, needed or 0) if found == "local" else most
    return _Placed(where, most)


def _task_bytes(attempt: Attempt, fitted: int, judged: int, width: Width, config: Config) -> int | None:
    """What one task needs for a fit; None where Spark's own fit is used, on all workers."""
    learner = get_learner(attempt.candidate.learner)
    training = round((fitted - judged) * attempt.share)
    classes = 2 if config.task != "regression" else 0
    if learner.family == "boosting":
        params = learner.complete(attempt.candidate.params, config.task)
        return fit_bytes(Shape(training, width.all, judged, classes), params)
    if attempt.candidate.learner in ("linear_regression", "logistic_regression"):
        spread = width.numbers + width.whole + width.texts * _CATEGORIES
        return vector_bytes(training + judged, width.numbers + width.whole, width.texts, classes, spread)
    return None


def _rows(config: Config, rows: int, record: TrainingRecord | None) -> tuple[int, int]:
    """Rows outside of the test rows, and those that judge one fold: as the last training had them."""
    split = config.split
    held_out, validation = split.test, split.validation
    everything = 0 if record is None else sum(record.rows.values())
    if record is not None and everything:
        held_out = (record.rows.get("test", 0) + record.rows.get("unlabelled", 0)) / everything
        validation = record.rows.get("validation", 0) / everything
    fitted = round(rows * (1 - held_out))
    folds = config.train.folds
    parts = folds + 1 if split.by == "time" else folds
    judged = round(rows * (1 - held_out - validation) / parts) if folds else round(rows * validation)
    return fitted, judged


def _memory(most: int, cached: int, cluster: Cluster, config: Config) -> tuple[Memory, ...]:
    found = [Memory("Spark's cache, the rows to fit", cached, cluster.cache_bytes, "disk takes the rest")]
    if most:
        bound = config.train.local_memory
        found.append(Memory("one task (train.local_memory)", most, bound, "all workers train together"))
    if most and cluster.is_local:
        at_once = most * cluster.slots
        found.append(
            Memory("this machine, all slots", at_once, cluster.machine_bytes, "lower train.local_memory")
        )
    return tuple(found)


def _notes(config: Config, planned: int | None) -> tuple[str, ...]:
    search = config.train.search
    if planned is None:
        return (f"time alone ends the search, after {search.time_budget}; counted is its first wave",)
    if search.time_budget is not None or search.target is not None:
        return ("the search may end before all candidates are tried: these are the most",)
    return ()


def _is_input(name: str, config: Config) -> bool:
    role = declared_role(name, config.features, config.key)
    return role is None or role.kind in ("numeric", "categorical")
