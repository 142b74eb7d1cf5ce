"""The search: waves of attempts on prepared folds, every trial on record the moment it ends."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, wait

from pyspark.sql import DataFrame, SparkSession

from pipeline.config.model import Config
from pipeline.preprocessing.roles import Roles
from pipeline.preprocessing.statistics import Statistics
from pipeline.progress import Task
from pipeline.tuning.alive import validate_alive
from pipeline.tuning.attempts import Attempt, Strategy
from pipeline.tuning.candidates import Candidate
from pipeline.tuning.ending import Clock, Ending, Limits, Reason
from pipeline.tuning.journal import Journal, NoJournal
from pipeline.tuning.judges import folds_of
from pipeline.tuning.placement import FOLDS_AT_ONCE
from pipeline.tuning.pools import Pool, open_pool, raise_first
from pipeline.tuning.prepared import FoldFrames
from pipeline.tuning.runners import share_work
from pipeline.tuning.runners.base import Work, failed_trial, reason
from pipeline.tuning.target import Target
from pipeline.tuning.trials import Standing, ranked
from pipeline.tuning.watching import Watching
from pipeline.tuning.wave import Place, Wave

# Up to so many readings are straight from the cached rows: each encodes them anew, but none waits for files.
_READ_STRAIGHT = 2
_LOOK_SECONDS = 0.2


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
        clock: Clock = time.monotonic,
    ) -> None:
        self._spark = spark
        self._config = config
        self._journal = journal or NoJournal()
        self._frames = FoldFrames(rows, target, roles, config)
        self._folds = folds_of(config)
        self._tag = f"search-{uuid.uuid4().hex[:12]}"
        self._clock = clock
        self._lock = threading.Lock()
        self._slots = max(1, spark.sparkContext.defaultParallelism)
        self.ending = Ending()
        """How the search ended, once it has."""
        self.preparing_seconds = 0.0
        """Time spent on preparing folds, on all threads together."""

    @property
    def prefix_fits(self) -> int:
        """How many prefixes were fitted: fold sets × folds, whatever the number of candidates."""
        return self._frames.prefix_fits

    def statistics(self) -> Statistics:
        """The statistics of all rows, measured in the folds' scans; anew only where no fold was prepared."""
        return self._frames.statistics.of_all_rows()

    def run(self, strategy: Strategy, task: Task) -> tuple[Standing, ...]:
        """Try what the strategy asks for, wave after wave; the standings in the order they were asked for.

        A trial that throws or measures NaN is recorded and never wins. A trial that the journal knows is not
        done again. Candidates that the end of the time cut off have no standing; `ending` counts them.
        """
        limits = Limits(self._config.train.search, self._clock)
        watching = Watching(task, self._config.metric)
        standings: list[Standing] = []
        asked = 0
        try:
            while attempts := strategy.wave(standings):
                asked += len(attempts)
                wave = self._wave(attempts, watching)
                self._try(wave, strategy.needs_folds_again, limits)
                standings += wave.standings()
                if wave.stop.is_set() or limits.are_over:
                    self._finish_one(attempts, standings, watching)
                    self.ending = _early("time_budget", wave, standings, strategy.planned, asked)
                    break
                if limits.reached(standings):
                    self.ending = _early("target", wave, standings, strategy.planned, asked)
                    break
        finally:
            self._frames.release_all()
        return tuple(standings)

    def _wave(self, attempts: Sequence[Attempt], watching: Watching) -> Wave:
        return Wave(attempts, self._folds, self._config.metric, self._journal, watching)

    def _finish_one(self, attempts: Sequence[Attempt], standings: list[Standing], watching: Watching) -> None:
        """The time is over: unless a candidate has succeeded on all rows, one does; the next, if it fails.

        The best so far comes first, then those that were cut off, in their order.
        """
        able = [standing.candidate for standing in ranked(standings) if _succeeded(standing)]
        for candidate in [
            *able,
            *(attempt.candidate for attempt in attempts if attempt.candidate not in able),
        ]:
            on_all = [standing for standing in standings if standing.share == 1.0]
            if any(map(_succeeded, on_all)):
                return
            if all(standing.candidate != candidate for standing in on_all):
                wave = self._wave([Attempt(candidate)], watching)
                self._try(wave, True, None)
                standings += wave.standings()

    def _try(self, wave: Wave, keep: bool, limits: Limits | None) -> None:
        """Run a wave to its end, or to that of the time."""
        with (
            open_pool(self._spark, FOLDS_AT_ONCE, self._tag, wave.stop) as frames,
            open_pool(self._spark, self._slots, self._tag, wave.stop) as trials,
        ):
            due = wave.due()
            started = [frames.submit(self._run_fold, place, due[place], trials, wave, keep) for place in due]
            if limits is None or not limits.are_timed:
                raise_first(started)
                return
            while _are_running(started):
                if limits.are_over:
                    trials.end()
                    frames.end()

    def _run_fold(
        self, place: Place, attempts: Sequence[Attempt], pool: Pool, wave: Wave, keep: bool
    ) -> None:
        """All attempts of one fold set on one fold, over one kept frame."""
        group, fold = place
        begun = time.monotonic()
        try:
            prepared = self._frames.prepared(group, fold)
            works = {
                share: share_work(candidates, prepared, share, self._slots)
                for share, candidates in _by_share(attempts).items()
            }
            if keep or _are_read_often(works):
                prepared = self._frames.prepared_for_more(group, fold)
        except Exception as error:  # noqa: BLE001 - whatever a fold throws fails its trials, not the search
            validate_alive(self._spark, reason(error))
            for attempt in attempts:
                wave.record(failed_trial(attempt.candidate, fold.number, attempt.share, error))
            return

        with self._lock:
            self.preparing_seconds += time.monotonic() - begun

        def try_together(work: Work, share: float) -> None:
            wave.begins(len(work.candidates))
            for trial in work.run(prepared, share):
                if trial.failed is not None:
                    validate_alive(self._spark, trial.failed)
                wave.record(trial)

        try:
            raise_first([pool.submit(try_together, work, share) for share in works for work in works[share]])
        except BaseException:
            pool.end()  # a trial that still runs would keep the frame again
            raise
        finally:
            if not keep:
                self._frames.release(group, fold)


def _by_share(attempts: Sequence[Attempt]) -> dict[float, list[Candidate]]:
    """Candidates by the share of the rows that they are fitted on."""
    found: dict[float, list[Candidate]] = {}
    for attempt in attempts:
        found.setdefault(attempt.share, []).append(attempt.candidate)
    return found


def _are_read_often(works: Mapping[float, Sequence[Work]]) -> bool:
    """Whether the work on a fold reads its rows more often than is done straight from the cached ones."""
    together = [work for some in works.values() for work in some]
    return len(together) > _READ_STRAIGHT or not all(work.runner.reads_once for work in together)


def _are_running(started: Sequence[Future[None]]) -> bool:
    """Whether some still run, after a moment of waiting; raises what one of them raised."""
    finished, left = wait(started, timeout=_LOOK_SECONDS, return_when=FIRST_EXCEPTION)
    for future in finished:
        future.result()
    return bool(left)


def _succeeded(standing: Standing) -> bool:
    return standing.failed is None


def _early(why: Reason, wave: Wave, standings: Sequence[Standing], planned: int | None, asked: int) -> Ending:
    """An early end, unless nothing was left to try."""
    finished = {standing.candidate.number for standing in standings}
    cut_off, not_begun = wave.left(finished)
    not_tried = None if planned is None else not_begun + max(0, planned - asked)
    if why == "time_budget" and not_tried == 0 and cut_off == 0:
        return Ending()
    return Ending(why, cut_off, not_tried)
