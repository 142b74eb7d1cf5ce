"""The search: waves of attempts on prepared folds, every trial on record the moment it ends."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Sequence

from pyspark.sql import DataFrame, SparkSession

from pipeline.config.model import Config
from pipeline.learners import get_learner
from pipeline.preprocessing.roles import Roles
from pipeline.progress import Task
from pipeline.tuning.attempts import Attempt, Strategy
from pipeline.tuning.journal import Journal, NoJournal
from pipeline.tuning.judges import Fold, folds_of
from pipeline.tuning.pools import Pool, open_pool, raise_first
from pipeline.tuning.prepared import FoldFrames, FoldSet, fold_set
from pipeline.tuning.runners import share_work
from pipeline.tuning.runners.base import Work, reason
from pipeline.tuning.target import Target
from pipeline.tuning.trials import Standing, Trial

# How many fold frames are prepared or tried at once: one whose trials run, one that is being prepared.
_FRAMES_AT_ONCE = 2


class Search:
    """One search over candidates and folds.

    `rows` are the cached rows outside the test split, encoded by `target`.
    """

    def __init__(
        self,
        spark: SparkSession,
        rows: DataFrame,
        target: Target,
        roles: Roles,
        config: Config,
        journal: Journal | None = None,
    ) -> None:
        self._spark = spark
        self._config = config
        self._journal = journal or NoJournal()
        self._frames = FoldFrames(rows, target, roles, config)
        self._folds = folds_of(config)
        self._tag = f"search-{uuid.uuid4().hex[:12]}"
        self._stop = threading.Event()
        self._slots = max(1, spark.sparkContext.defaultParallelism)

    @property
    def prefix_fits(self) -> int:
        """How many prefixes were fitted: fold sets × folds, whatever the number of candidates."""
        return self._frames.prefix_fits

    def run(self, strategy: Strategy, task: Task) -> tuple[Standing, ...]:
        """Try what the strategy asks for, wave after wave; the standings in the order they were asked for.

        A trial that throws or measures NaN is recorded and never wins. A trial that the journal knows is not
        done again.
        """
        standings: list[Standing] = []
        try:
            with (
                open_pool(self._spark, _FRAMES_AT_ONCE, self._tag, self._stop) as frames,
                open_pool(self._spark, self._slots, self._tag, self._stop) as trials,
            ):
                while attempts := strategy.wave(standings):
                    wave = _Wave(attempts, self._folds, self._config.metric, self._journal, task, self._stop)
                    due = wave.due()
                    started = [
                        frames.submit(
                            self._run_fold, place, due[place], trials, wave, strategy.needs_folds_again
                        )
                        for place in due
                    ]
                    raise_first(started)
                    standings += wave.standings()
        finally:
            self._frames.release_all()
        return tuple(standings)

    def _run_fold(
        self, place: _Place, attempts: Sequence[Attempt], pool: Pool, wave: _Wave, keep: bool
    ) -> None:
        """All attempts of one fold set on one fold, over one kept frame."""
        group, fold = place
        try:
            prepared = self._frames.prepared(group, fold)
        except Exception as error:  # noqa: BLE001 - whatever a fold throws fails its trials, not the search
            for attempt in attempts:
                failed = reason(error)
                wave.record(Trial(attempt.candidate, fold.number, share=attempt.share, failed=failed))
            return

        def try_together(work: Work, share: float) -> None:
            for trial in work.run(prepared, share):
                wave.record(trial)

        try:
            started = []
            for share in dict.fromkeys(attempt.share for attempt in attempts):
                candidates = [attempt.candidate for attempt in attempts if attempt.share == share]
                works = share_work(candidates, prepared, share, self._slots)
                started += [pool.submit(try_together, work, share) for work in works]
            raise_first(started)
        except BaseException:
            pool.end()  # a trial that still runs would keep the frame again
            raise
        finally:
            if not keep:
                self._frames.release(group, fold)


class _Wave:
    """Attempts that run at once, and the trials they have so far."""

    def __init__(
        self,
        attempts: Sequence[Attempt],
        folds: Sequence[Fold],
        metric: str,
        journal: Journal,
        task: Task,
        stop: threading.Event,
    ) -> None:
        self._attempts, self._folds, self._metric = attempts, folds, metric
        self._journal, self._task, self._stop = journal, task, stop
        self._trials: dict[_Which, list[Trial]] = {_which(attempt): [] for attempt in attempts}
        self._lock = threading.Lock()

    def due(self) -> dict[_Place, list[Attempt]]:
        """What is not on record yet, by fold set and fold."""
        due: dict[_Place, list[Attempt]] = {}
        for attempt in self._attempts:
            group = fold_set(get_learner(attempt.candidate.learner).family, attempt.candidate.features)
            for fold in self._folds:
                known = self._journal.found(attempt, fold)
                if known is None:
                    due.setdefault((group, fold), []).append(attempt)
                else:
                    self._add(known)
        return due

    def record(self, trial: Trial) -> None:
        """A trial has ended; called from any thread."""
        with self._lock:
            if self._stop.is_set():  # a cancelled trial is neither a success nor a failure
                return
            self._journal.record(trial)
            self._add(trial)

    def standings(self) -> list[Standing]:
        """One for each attempt, in their order."""
        return [self._standing(attempt) for attempt in self._attempts]

    def _add(self, trial: Trial) -> None:
        trials = self._trials[trial.candidate.number, trial.share]
        trials.append(trial)
        self._task.advance(_note(trial, self._metric))
        if len(trials) == len(self._folds):
            self._journal.finish(self._standing(Attempt(trial.candidate, trial.share)))

    def _standing(self, attempt: Attempt) -> Standing:
        ordered = tuple(sorted(self._trials[_which(attempt)], key=lambda trial: trial.fold))
        return Standing(attempt.candidate, self._metric, ordered)


_Place = tuple[FoldSet, Fold]
_Which = tuple[int, float]


def _which(attempt: Attempt) -> _Which:
    return attempt.candidate.number, attempt.share


def _note(trial: Trial, metric: str) -> str:
    outcome = "failed" if trial.failed else f"{metric} {trial.metrics[metric]:,.4g}"
    return f"{trial.candidate.label} fold {trial.fold + 1}: {outcome}"
