"""Our search, from the features table to the refitted winner: `train` without MLflow and the test rows."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from pyspark import StorageLevel

from benchmarks.tuning.tables import Features
from pipeline.config.model import Config
from pipeline.progress import SILENT
from pipeline.steps.train.prepare import prepare
from pipeline.steps.train.refit import refit
from pipeline.tuning.choose import choose
from pipeline.tuning.runners import boosted
from pipeline.tuning.search import Search
from pipeline.tuning.strategies import strategy_of
from pipeline.tuning.trials import Standing


@dataclass(frozen=True)
class Found:
    """Standings in the order asked for, the winner's last stage but one, and what was counted on the way."""

    standings: Sequence[Standing]
    winner: Standing
    model: Any
    prefix_fits: int
    tasks: int
    """Tasks that build matrices and try boosted candidates on them."""
    seconds: Mapping[str, float]
    """Where the time went, one after the other."""
    within: Mapping[str, float]
    """Of the search, the seconds of all threads and tasks together."""

    @property
    def means(self) -> list[float]:
        """Mean metric of each candidate."""
        return [standing.mean for standing in self.standings]

    @property
    def work(self) -> float:
        """Trials times the share of rows that they were fitted on."""
        return sum(trial.share for standing in self.standings for trial in standing.trials)

    @property
    def used_bytes(self) -> int:
        """The most memory that a task took for a matrix and its fits."""
        trials = (trial for standing in self.standings for trial in standing.trials)
        return max((trial.used_bytes or 0 for trial in trials), default=0)


def search(table: Features, config: Config) -> Found:
    """Search and refit. Whatever fails is raised."""
    moments = [time.monotonic()]
    prepared = prepare(table.spark, config, table.entry)
    config, target, roles = prepared.config, prepared.target, prepared.roles
    fitting = prepared.fitting.persist(StorageLevel.MEMORY_AND_DISK)
    tasks = []
    run_task = boosted.run_task

    def counted(*arguments: Any) -> Any:
        tasks.append(1)
        return run_task(*arguments)

    moments.append(time.monotonic())
    try:
        searching = Search(table.spark, fitting, target, roles, config)
        strategy = strategy_of(config, target.counts.fitted)
        with patch.object(boosted, "run_task", counted), SILENT.task("search") as task:
            standings = searching.run(strategy, task)
        moments.append(time.monotonic())
        winner = choose(standings, config.train.choose)
        if winner.failed:
            raise SystemExit(f"no candidate succeeded: {winner.failed}")
        model = refit(winner, fitting, searching.statistics(), target, roles, config).model
    finally:
        fitting.unpersist()
    moments.append(time.monotonic())
    parts = ("rows and target", "search", "the winner's fit")
    seconds = {name: end - begin for name, begin, end in zip(parts, moments, moments[1:], strict=False)}
    within = {
        "folds prepared": searching.preparing_seconds,
        "fits and evaluation": sum(standing.seconds for standing in standings),
    }
    fitted = model.stages[-2]
    return Found(standings, winner, fitted, searching.prefix_fits, len(tasks), seconds, within)
