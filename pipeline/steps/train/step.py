"""Train: every candidate on every fold, the winner refitted, measured once on the test rows, registered."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from pyspark import StorageLevel
from pyspark.sql import SparkSession

from pipeline.config import fingerprint
from pipeline.config.model import Config
from pipeline.errors import ConfigError, DataRefused
from pipeline.evaluation.metrics import BETTER
from pipeline.lake import names
from pipeline.lake.lake import Lake
from pipeline.lake.ledger import Ledger, LedgerEntry
from pipeline.preprocessing.leakage import check_leaks
from pipeline.preprocessing.roles import summary
from pipeline.progress import SILENT, Progress
from pipeline.steps.train.journal import TrainingJournal, open_journal
from pipeline.steps.train.prepare import prepare
from pipeline.steps.train.record import Trained, code_version, open_run, register
from pipeline.steps.train.refit import refit
from pipeline.steps.train.result import LeaderboardRow, TrainResult
from pipeline.tracking import FinishedRun, LeftRun, Registry, Run, Tracking
from pipeline.tuning.attempts import Strategy
from pipeline.tuning.choose import leaderboard
from pipeline.tuning.rows import ACTUAL
from pipeline.tuning.search import Search
from pipeline.tuning.splits import ResolvedSplit, stored_split
from pipeline.tuning.strategies import strategy_of
from pipeline.tuning.trial_key import ground_key
from pipeline.tuning.trials import Standing
from pipeline.usage import note_cached

STEP = "train"


def run(
    spark: SparkSession,
    config: Config,
    *,
    now: datetime,
    retrain: bool = False,
    progress: Progress = SILENT,
) -> TrainResult:
    """Register a challenger trained on the published features.

    Nothing is trained again while the features and the configuration are those of a finished training, unless
    `retrain`. A training of theirs that did not finish goes on, `retrain` or not: its trials are not done
    again. What a killed driver left open of another training is closed in MLflow.

    Raises ConfigError (no features yet, a label or split that cannot train), DataRefused (a label without
    information, no candidate succeeded), TransientError (the tracking store is away).
    """
    begun = time.monotonic()
    lake = Lake.of(spark, config.lake)
    entry = Ledger(lake).last("features", config.name)
    if entry is None:
        raise ConfigError(
            f"train: there is no table {names.features(config.name)} yet. Run `pipeline features` first."
        )
    tracking = Tracking.of(config, config.lake.place)
    mark = training_fingerprint(config, entry)
    finished = None if retrain else tracking.find_finished(mark)
    left = None if finished is not None else tracking.find_left(mark, code_version())
    if left is not None:
        finished = _finished_but_for_its_end(left, tracking)
    if finished is not None:
        tracking.close_left_open()
        result = TrainResult(
            STEP, "nothing new", changed=False, tables=dict(entry.tables), model=config.model_name
        )
        result = replace(result, run_id=finished.run_id, model_version=finished.version)
    else:
        tracking.close_left_open(keep=left)
        result = _train(spark, config, _Due(entry, mark, left, now), tracking, progress)
    return replace(result, seconds=time.monotonic() - begun)


def _finished_but_for_its_end(left: LeftRun, tracking: Tracking) -> FinishedRun | None:
    """A training whose driver was killed after the alias moved to its model, before it said it was done."""
    challenger = Registry(tracking).challenger()
    if challenger is None or challenger.run_id != left.run_id:
        return None
    tracking.see_finished(left.run_id)
    return FinishedRun(left.run_id, challenger.version)


def training_fingerprint(config: Config, entry: LedgerEntry) -> str:
    """What a training depends on: its rows, and the sections that shape it."""
    return fingerprint(
        {name: version for name, version in entry.tables.items() if name == names.features(config.name)},
        config.task,
        config.seed,
        config.features,
        config.split,
        config.train,
    )


@dataclass(frozen=True)
class _Due:
    """The training that is to be done: of which features, and what an earlier driver left of it."""

    entry: LedgerEntry
    fingerprint: str
    left: LeftRun | None
    now: datetime


def _train(
    spark: SparkSession, config: Config, due: _Due, tracking: Tracking, progress: Progress
) -> TrainResult:
    entry = due.entry
    prepared = prepare(spark, config, entry, _split_before(config, tracking))
    config, roles, target = prepared.config, prepared.roles, prepared.target
    progress.say(f"train: {summary(roles)}")
    fitting = prepared.fitting.persist(StorageLevel.MEMORY_AND_DISK)
    try:
        warnings = check_leaks(fitting, roles, config.features, config.task, ACTUAL)
        for warning in warnings:
            progress.say(f"train: {warning}")
        with (
            open_run(tracking, prepared, entry, due.fingerprint, due.now, due.left) as opened,
            _journal(opened, config, due, progress) as journal,
        ):
            search = Search(spark, fitting, target, roles, config, journal)
            standings = _search(search, strategy_of(config, target.counts.fitted), config, progress)
            winner = standings[0]
            progress.say(f"train: refitting {winner.candidate.label} on {target.counts.fitted:,} rows")
            refitted = refit(winner, fitting, search.statistics(), target, roles, config)
            measured = target.measure_test(refitted.model.transform(prepared.test))
            progress.say("train: storing and registering the model")
            trained = Trained(
                prepared,
                entry,
                due.fingerprint,
                standings,
                refitted,
                measured,
                warnings,
                due.now,
                journal.trials,
                search.preparing_seconds,
                search.ending.sentence,
            )
            version = register(tracking, opened, trained)
    finally:
        note_cached()
        fitting.unpersist()
    return TrainResult(
        STEP,
        "done",
        rows={**target.counts.splits, "unlabelled": target.counts.unlabelled},
        tables=dict(entry.tables),
        run_id=opened.run_id,
        model=config.model_name,
        model_version=version,
        metric=config.metric,
        winner=LeaderboardRow.of(winner),
        leaderboard=tuple(LeaderboardRow.of(standing) for standing in standings),
        cv_metrics=winner.metrics,
        test_metrics=measured.model,
        baseline_metrics=measured.baseline,
        roles=roles.all,
        warnings=warnings,
        fits={**Counter(trial.placement for trial in journal.done_now), "winner": 1},
        ended_early=search.ending.sentence,
    )


def _split_before(config: Config, tracking: Tracking) -> ResolvedSplit | None:
    """The split of the newest model, asked for only where its cuts may be kept."""
    if not config.split.stratify:
        return None
    registry = Registry(tracking)
    newest = registry.challenger()
    return None if newest is None else stored_split(registry.record(newest).split)


@contextmanager
def _journal(opened: Run, config: Config, due: _Due, progress: Progress) -> Iterator[TrainingJournal]:
    """The record of this training's trials, below its run."""
    table = names.features(config.name)
    ground = ground_key(config, table, due.entry.tables[table], code_version())
    failed = due.left is not None and due.left.status == "FAILED"
    with open_journal(
        opened.children(config.model_name), ground, config.metric, try_failed_again=failed
    ) as journal:
        if due.left is not None:
            progress.say(f"train: going on with '{due.left.name}': {journal.kept:,} trials are on record")
        yield journal


def _search(search: Search, strategy: Strategy, config: Config, progress: Progress) -> tuple[Standing, ...]:
    """The winner, then the others from the best on. DataRefused when none succeeded."""
    folds, planned = max(config.train.folds, 1), strategy.planned
    what = "tries" if config.train.search.strategy in ("halving", "hyperband") else "candidates"
    tries = f"{what} until the time is over" if planned is None else f"{planned:,} {what}"
    by = f"by {config.metric} ({BETTER[config.metric]} is better)"
    progress.say(f"train: {config.train.search.strategy}: {tries}, {folds} folds, {by}")
    with progress.task("tuning", None if planned is None else planned * folds) as task:
        standings = leaderboard(search.run(strategy, task), config.train.choose)
    if search.ending.sentence is not None:
        progress.say(f"train: {search.ending.sentence}")
    if standings[0].failed is not None:
        reasons = "\n".join(f"  {standing.candidate.label}: {standing.failed}" for standing in standings[:5])
        raise DataRefused(f"train: none of {len(standings)} candidates succeeded.\n{reasons}")
    return standings
