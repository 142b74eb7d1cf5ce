"""Boosted trees: many candidates of one fold in one Spark task; by all workers where that is too much."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pyspark import cloudpickle
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from pipeline.config.task import METRICS
from pipeline.errors import ConfigError, DataRefused
from pipeline.learners import get_learner
from pipeline.learners.boosting.memory import Shape, fit_bytes
from pipeline.tuning.candidates import Candidate
from pipeline.tuning.placement import chunks_of, place
from pipeline.tuning.prepared import JUDGE, VALIDATION, PreparedFold, in_share
from pipeline.tuning.rows import ACTUAL, LABEL, ORDER, WEIGHT
from pipeline.tuning.runners.base import Work, reason
from pipeline.tuning.runners.spark import SparkRunner
from pipeline.tuning.trials import Trial

if TYPE_CHECKING:
    from pipeline.tuning.runners.boosted_task import Plan

LOST = ("Python worker exited unexpectedly", "ExecutorLostFailure", "OutOfMemoryError", "exit code 137")
"""What Spark says where a task's process died under it; with memory beyond what it may use, that is how."""

# Seconds, roughly, of one core: only their proportions matter.
_JOB, _SHIPPED_CELL, _BOOSTED_CELL = 0.15, 3e-7, 1.1e-9
_SCORED_ROW, _MEASURED_ROW = 1.5e-9, 9e-8


def boosted_work(
    candidates: Sequence[Candidate], fold: PreparedFold, share: float, slots: int
) -> tuple[Work, ...]:
    """The work of boosted candidates on one fold: chunks for one task each, and those that all workers do."""
    bound, setting = fold.context.local_memory_bytes, fold.context.placement
    local: list[Candidate] = []
    works: list[Work] = []
    for candidate in candidates:
        try:
            needed = estimated_bytes(candidate, fold, share)
        except ConfigError:  # the trial says why
            works.append(Work(SparkRunner(), (candidate,)))
            continue
        if place(needed, slots, bound, setting) == "local":
            local.append(candidate)
        else:
            works.append(Work(DistributedRunner(), (candidate,)))
    return (*_local_work(local, fold, share, slots), *works)


def estimated_bytes(candidate: Candidate, fold: PreparedFold, share: float) -> int:
    """The memory that a task needs for this trial. Raises ConfigError for parameters that are not allowed."""
    values = _complete(candidate, fold)
    stopping = 0 if values["early_stopping_rounds"] is None else fold.rows.stopping
    shape = Shape(
        training=int(fold.rows.training * share),
        columns=fold.prefix.width,
        others=fold.rows.judging + stopping,
        classes=fold.context.classes,
        gaps=fold.rows.gaps,
    )
    return fit_bytes(shape, values)


class BoostedRunner:
    """All candidates in one task, on one matrix of bins for each `max_bin`.

    The boosters are those of one fit after the other, and the metrics those of `evaluation`. A trial whose
    task died is done by all workers.
    """

    reads_once = True

    def run(self, fold: PreparedFold, candidates: Sequence[Candidate], share: float) -> Iterator[Trial]:
        """See `Runner.run`. All trials come when the task ends."""
        plan = make_plan(fold, candidates, share)
        try:
            found = {result["number"]: result for result in run_task(plan, fold, share)}
        except Exception as error:
            if not any(sign in str(error) for sign in LOST):
                raise
            yield from _again(fold, candidates, share, "its task was lost, perhaps for memory")
            return
        for candidate in candidates:
            result = found.get(candidate.number)
            if result is None:  # Spark runs no task over rows that it knows there are none of
                result = {"why": "rows", "failed": "there are no rows to train on"}
            if result["why"] == "memory":
                yield from _again(fold, (candidate,), share, "one task had too little memory for it")
            else:
                yield _trial(candidate, fold, share, result)


class DistributedRunner:
    """Each candidate by all workers, one after the other."""

    reads_once = False

    def run(self, fold: PreparedFold, candidates: Sequence[Candidate], share: float) -> Iterator[Trial]:
        """See `Runner.run`."""
        spread = replace(fold, context=replace(fold.context, placement="distributed"))
        for trial in SparkRunner().run(spread, candidates, share):
            needed = estimated_bytes(trial.candidate, fold, share)
            yield replace(trial, placement="distributed", estimated_bytes=needed)


def _again(fold: PreparedFold, candidates: Sequence[Candidate], share: float, why: str) -> Iterator[Trial]:
    for trial in DistributedRunner().run(fold, candidates, share):
        yield replace(trial, note=f"{why}; done by all workers")


def make_plan(fold: PreparedFold, candidates: Sequence[Candidate], share: float) -> Plan:
    """What the task is told.

    Candidates that differ in their rounds alone share a fit, unless they stop early. Raises ConfigError when
    there is no feature.
    """
    from pipeline.learners.boosting.jobs import make_job
    from pipeline.tuning.runners.boosted_task import Fit, Plan

    task_cpus = int(fold.frame.sparkSession.sparkContext.getConf().get("spark.task.cpus", "1") or "1")
    columns = fold.columns(stops_early=False)
    if not columns.features:
        raise ConfigError("Boosted trees: no feature column has a value in the fold's training rows.")
    categorical = tuple(at for at, name in enumerate(columns.features) if name in columns.categorical)
    fits = []
    for shared in _sharing(candidates, fold):
        most = max(shared, key=lambda one: one.rounds)
        job = make_job(
            most.values,
            features=len(columns.features),
            categorical=categorical,
            weighted=columns.weight is not None,
            classes=fold.context.classes,
            seed=fold.context.seed,
            task_cpus=task_cpus,
        )
        fits.append(Fit(job, tuple((one.candidate.number, one.rounds) for one in shared)))
    rows = fold.rows.training * share + fold.rows.stopping + fold.rows.judging
    return Plan(
        tuple(fits),
        METRICS[fold.context.task],
        log1p=getattr(fold.target, "transform", "none") == "log1p",
        expected_rows=int(rows * 1.02) + 1,
    )


def run_task(plan: Plan, fold: PreparedFold, share: float) -> Sequence[Mapping[str, Any]]:
    """One Spark job of one task; a result for each candidate of the plan reaches the driver."""
    from pipeline.tuning.runners.task_results import RESULT_DDL

    stopping = any(fit.job.early_stopping_rounds is not None for fit in plan.fits)
    rows = task_rows(fold, share, stopping=stopping)
    return [row.asDict() for row in rows.mapInArrow(travelling_task(plan), RESULT_DDL).collect()]


def travelling_task(plan: Plan) -> Any:
    """The task of a plan. Workers unpickle it without importing this package, which they may not have."""
    from pipeline.evaluation import confusion, exact, histogram
    from pipeline.learners.boosting import native
    from pipeline.tuning.runners import boosted_task, task_memory, task_results

    for module in (confusion, exact, histogram, native, task_memory, task_results, boosted_task):
        cloudpickle.register_pickle_by_value(module)
    return boosted_task.trials_task(plan)


def task_rows(fold: PreparedFold, share: float, *, stopping: bool) -> DataFrame:
    """The rows as the task reads them, in one partition: it sorts them itself, so nothing is shuffled."""
    columns, rows = fold.columns(stops_early=False), fold.frame
    if not stopping:
        rows = rows.where(~F.col(VALIDATION))
    if share < 1:
        rows = rows.where(F.col(JUDGE) | F.col(VALIDATION) | in_share(share))
    purpose = F.when(F.col(JUDGE), 2).when(F.col(VALIDATION), 1).otherwise(0)
    weight = [] if columns.weight is None else [F.col(WEIGHT).cast("float")]
    return rows.select(
        *[F.col(name).cast("float") for name in columns.features],
        F.col(LABEL).cast("float"),
        *weight,
        F.col(ACTUAL).cast("double").alias("actual"),
        F.col(ORDER).alias("order"),
        purpose.cast("tinyint").alias("purpose"),
    ).coalesce(1)


@dataclass(frozen=True)
class _Wish:
    """A candidate with all its parameters."""

    candidate: Candidate
    values: Mapping[str, Any]

    @property
    def rounds(self) -> int:
        """How many it has at the most."""
        return int(self.values["n_estimators"])


def _complete(candidate: Candidate, fold: PreparedFold) -> dict[str, Any]:
    return get_learner(candidate.learner).complete(candidate.params, fold.context.task)


def _sharing(candidates: Sequence[Candidate], fold: PreparedFold) -> list[list[_Wish]]:
    """Candidates by the fit that serves them, in their order."""
    found: dict[object, list[_Wish]] = {}
    for candidate in candidates:
        values = _complete(candidate, fold)
        others = tuple((name, value) for name, value in values.items() if name != "n_estimators")
        alone = values["early_stopping_rounds"] is not None
        found.setdefault((others, candidate.number if alone else None), []).append(_Wish(candidate, values))
    return list(found.values())


def _local_work(
    candidates: Sequence[Candidate], fold: PreparedFold, share: float, slots: int
) -> Iterator[Work]:
    if not candidates:
        return
    shared = _sharing(candidates, fold)
    training, judging = fold.rows.training * share, fold.rows.judging
    cells = training * fold.prefix.width
    scores = fold.context.classes if fold.context.classes > 2 else 1
    costs = []
    for wishes in shared:
        levels = max(one.rounds for one in wishes) * wishes[0].values["max_depth"] * scores
        measuring = (training + judging) * scores * _MEASURED_ROW
        costs.append(levels * (cells * _BOOSTED_CELL + judging * _SCORED_ROW) + len(wishes) * measuring)
    for chunk in chunks_of(costs, _JOB + cells * _SHIPPED_CELL, fold.together, slots):
        together = {wish.candidate.number for at in chunk for wish in shared[at]}
        chosen = tuple(candidate for candidate in candidates if candidate.number in together)
        yield Work(BoostedRunner(), chosen)


def _trial(candidate: Candidate, fold: PreparedFold, share: float, result: Mapping[str, Any]) -> Trial:
    parts = {
        "fit": result.get("fit_seconds") or 0.0,
        "evaluation": result.get("evaluation_seconds") or 0.0,
    }
    return Trial(
        candidate,
        fold.fold.number,
        metrics=result.get("metrics") or {},
        share=share,
        training_metrics=result.get("training_metrics") or {},
        placement="local",
        estimated_bytes=estimated_bytes(candidate, fold, share),
        used_bytes=result.get("used_bytes"),
        rounds=result.get("rounds"),
        seconds=sum(parts.values()),
        parts=parts,
        failed=_sentence(result),
    )


def _sentence(result: Mapping[str, Any]) -> str | None:
    """Why a trial failed, in the words of a fit of its own."""
    failed = result.get("failed")
    if failed is None:
        return None
    if result["why"] == "rows":
        return reason(DataRefused(f"Boosted trees: {failed}."))
    if result["why"] == "parameters":
        return reason(ConfigError(f"XGBoost refused to train: {failed}"))
    return str(failed)[:300]
