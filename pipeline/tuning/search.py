"""The search: each fold's prefix is fitted once per learner family, cached, and shared by all candidates."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager

from pyspark import StorageLevel
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.util import inheritable_thread_target

from pipeline.config.model import Config
from pipeline.errors import PipelineError
from pipeline.learners import get_learner
from pipeline.learners.base import Columns, Family, FitContext
from pipeline.preprocessing.prefix import Prefix, fit_prefix
from pipeline.preprocessing.roles import Roles
from pipeline.preprocessing.statistics import Statistics, measure
from pipeline.progress import Task
from pipeline.tuning.candidates import Candidate
from pipeline.tuning.judges import Fold, folds_of
from pipeline.tuning.rows import ACTUAL, LABEL, ORDER, WEIGHT
from pipeline.tuning.target import Target
from pipeline.tuning.trials import Standing, Trial

JUDGE = "__judge"
VALIDATION = "__validation"

# How many (family, fold) frames are kept at once: one whose trials run, one that is being prepared.
_FRAMES_AT_ONCE = 2
_CANCEL_AGAIN_SECONDS = 0.2


class Search:
    """One search over candidates and folds.

    `rows` are the cached rows outside the test split, encoded by `target`.
    """

    def __init__(
        self, spark: SparkSession, rows: DataFrame, target: Target, roles: Roles, config: Config
    ) -> None:
        self._spark = spark
        self._rows = rows
        self._target = target
        self._context = fit_context(config, target)
        self._roles = roles
        self._config = config
        self._tag = f"search-{uuid.uuid4().hex[:12]}"
        self._statistics: dict[int, Future[Statistics]] = {}
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self.prefix_fits = 0
        """How many prefixes were fitted: families × folds, whatever the number of candidates."""

    def run(
        self,
        candidates: Sequence[Candidate],
        task: Task,
        on_standing: Callable[[Standing], None] = lambda _: None,
    ) -> tuple[Standing, ...]:
        """Try every candidate on every fold; `on_standing` is called once a candidate has all its folds.

        A trial that throws or measures NaN is recorded and never wins.
        """
        folds = folds_of(self._config)
        families = list(dict.fromkeys(get_learner(candidate.learner).family for candidate in candidates))
        done: dict[int, list[Trial]] = {candidate.number: [] for candidate in candidates}
        standings: dict[int, Standing] = {}
        slots = max(1, self._spark.sparkContext.defaultParallelism)

        def record(trial: Trial) -> None:
            with self._lock:
                if self._stop.is_set():  # a cancelled trial is neither a success nor a failure
                    return
                trials = done[trial.candidate.number]
                trials.append(trial)
                task.advance(_note(trial, self._config.metric))
                if len(trials) == len(folds):
                    ordered = tuple(sorted(trials, key=lambda trial: trial.fold))
                    standing = Standing(trial.candidate, self._config.metric, ordered)
                    standings[trial.candidate.number] = standing
                    on_standing(standing)

        with (
            _pool(self._spark, _FRAMES_AT_ONCE, self._tag, self._stop) as frames,
            _pool(self._spark, slots, self._tag, self._stop) as trials,
        ):

            def group(family: Family, fold: Fold) -> None:
                members = [item for item in candidates if get_learner(item.learner).family == family]
                self._run_group(family, fold, members, trials, record)

            started = [frames.submit(group, family, fold) for family in families for fold in folds]
            _raise_first(started)
        return tuple(standings[candidate.number] for candidate in candidates)

    def _run_group(
        self,
        family: Family,
        fold: Fold,
        candidates: Sequence[Candidate],
        pool: _Pool,
        record: Callable[[Trial], None],
    ) -> None:
        """All candidates of one family on one fold, over one cached frame."""
        try:
            prefix, frame = self._prepare(family, fold)
        except Exception as error:  # noqa: BLE001 - whatever a fold throws fails its trials, not the search
            for candidate in candidates:
                record(Trial(candidate, fold.number, failed=reason(error)))
            return
        try:
            started = [
                pool.submit(lambda item=item: record(self._trial(item, fold, prefix, frame)))
                for item in candidates
            ]
            _raise_first(started)
        except BaseException:
            pool.end()  # a trial that still runs would cache the frame again
            raise
        finally:
            frame.unpersist()

    def _prepare(self, family: Family, fold: Fold) -> tuple[Prefix, DataFrame]:
        prefix = fit_prefix(family, self._roles, self._config.features, self._measured(fold), self._rows)
        with self._lock:
            self.prefix_fits += 1
        used = self._rows.where(" OR ".join(f"({condition})" for condition in fold.conditions))
        frame = prefix.transform(used).select(
            *prefix.outputs,
            LABEL,
            ACTUAL,
            ORDER,
            *([WEIGHT] if self._target.weighted else []),
            F.expr(fold.judging).alias(JUDGE),
            F.expr(fold.stopping).alias(VALIDATION),
        )
        return prefix, frame.persist(StorageLevel.MEMORY_AND_DISK)

    def _measured(self, fold: Fold) -> Statistics:
        """The statistics of a fold's training rows, measured once and shared by all families."""
        with self._lock:
            known = self._statistics.get(fold.number)
            mine = known is None
            if known is None:
                known = self._statistics[fold.number] = Future()
        if mine:
            try:
                known.set_result(measure(self._rows.where(fold.training), self._roles))
            except BaseException as error:  # noqa: BLE001 - handed to whoever waits for it
                known.set_exception(error)
        return known.result()

    def _trial(self, candidate: Candidate, fold: Fold, prefix: Prefix, frame: DataFrame) -> Trial:
        begun = time.monotonic()
        try:
            learner = get_learner(candidate.learner)
            stops_early = learner.stops_early(candidate.params)
            validation = VALIDATION if stops_early else None
            columns = learner_columns(prefix, self._target, validation)
            estimator = learner.estimator(candidate.params, columns, self._context)
            fitting = (
                frame.where(~F.col(JUDGE)) if stops_early else frame.where(~F.col(JUDGE) & ~F.col(VALIDATION))
            )
            model = estimator.fit(fitting)
            judged = model.transform(frame.where(JUDGE))
            metrics = self._target.measure_trial(judged)
            rounds = model.rounds if stops_early else None
            return Trial(candidate, fold.number, metrics, rounds, time.monotonic() - begun)
        except Exception as error:  # noqa: BLE001 - a trial that throws is recorded, not the end
            return Trial(candidate, fold.number, seconds=time.monotonic() - begun, failed=reason(error))


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


def reason(error: BaseException) -> str:
    """One line of why a trial failed."""
    text = str(error).strip() or type(error).__name__
    kind = "" if isinstance(error, PipelineError) else f"{type(error).__name__}: "
    return (kind + text.splitlines()[0])[:300]


def _note(trial: Trial, metric: str) -> str:
    outcome = "failed" if trial.failed else f"{metric} {trial.metrics[metric]:,.4g}"
    return f"{trial.candidate.label} fold {trial.fold + 1}: {outcome}"


class _Pool:
    """Threads that carry Spark's local properties; once `stop` is set, what has not begun does nothing."""

    def __init__(
        self, spark: SparkSession, threads: ThreadPoolExecutor, tag: str, stop: threading.Event
    ) -> None:
        self._spark, self._threads, self._tag, self._stop = spark, threads, tag, stop
        self.started: list[Future[None]] = []

    def submit(self, work: Callable[..., None], *arguments: object) -> Future[None]:
        def tagged() -> None:
            if self._stop.is_set():
                return
            self._spark.sparkContext.addJobTag(self._tag)
            try:
                work(*arguments)
            finally:
                self._spark.sparkContext.removeJobTag(self._tag)

        future = self._threads.submit(inheritable_thread_target(self._spark)(tagged))
        self.started.append(future)
        return future

    def end(self) -> None:
        """Stop what runs and wait for it. Queued work is not cancelled: its waiter would wait forever."""
        self._stop.set()
        while wait(self.started, timeout=_CANCEL_AGAIN_SECONDS).not_done:
            # A trial may start its next job after this one was cancelled.
            self._spark.sparkContext.cancelJobsWithTag(self._tag)


@contextmanager
def _pool(spark: SparkSession, size: int, tag: str, stop: threading.Event) -> Iterator[_Pool]:
    with ThreadPoolExecutor(size, thread_name_prefix=tag) as threads:
        pool = _Pool(spark, threads, tag, stop)
        try:
            yield pool
        except BaseException:
            spark.sparkContext.cancelJobsWithTag(tag)
            pool.end()
            raise


def _raise_first(started: Sequence[Future[None]]) -> None:
    finished, _ = wait(started, return_when=FIRST_EXCEPTION)
    for future in finished:
        future.result()
