"""One project in Python: what its configuration says, and one method per step."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, cast

from pipeline.config import load_config
from pipeline.config.model import Config
from pipeline.due import between
from pipeline.errors import ConfigError
from pipeline.learners.choices import validate_learners
from pipeline.log import log_file
from pipeline.progress import SILENT, Progress
from pipeline.steps.clean.decision import NO_DECISION, Decision

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from pipeline.lake import RunRow
    from pipeline.plan import Plan
    from pipeline.quarantine import Faults
    from pipeline.run import RunResult
    from pipeline.shown import Leaderboard, Shown, Table
    from pipeline.status import Status
    from pipeline.steps.clean.aside import QuarantineResult
    from pipeline.steps.clean.result import CleanResult
    from pipeline.steps.features.step import FeaturesResult
    from pipeline.steps.ingest.result import IngestResult
    from pipeline.steps.promote.result import PromoteResult
    from pipeline.steps.result import StepResult
    from pipeline.steps.score.result import ScoreResult
    from pipeline.steps.train.result import TrainResult
    from pipeline.work import Watch, Work


class Project:
    """One project. Every step takes an active SparkSession, or uses one that it starts at the first call.

    With `wait` a step waits for another run of the project to end; without it, it raises TransientError.

    As a context manager, or by `close`, it ends the session that it started and leaves any other alone.
    """

    def __init__(self, config: Config, *, progress: Progress = SILENT, watch: Watch | None = None) -> None:
        validate_learners(config)
        self.config = config
        self.log_file: Path = log_file(config)
        self._progress = progress
        self._watch = watch
        self._session: SparkSession | None = None
        self._started = False

    @classmethod
    def load(
        cls,
        files: Sequence[str | os.PathLike[str]],
        sets: Sequence[str] = (),
        environ: Mapping[str, str] | None = None,
        *,
        progress: Progress = SILENT,
        watch: Watch | None = None,
    ) -> Project:
        """The project of some YAML files. Raises ConfigError; starts nothing."""
        config = load_config(files, sets, os.environ if environ is None else environ)
        return cls(config, progress=progress, watch=watch)

    def ingest(
        self, spark: SparkSession | None = None, *, now: datetime | None = None, wait: bool = False
    ) -> IngestResult:
        """Land new files in bronze, once each."""
        return cast("IngestResult", self._step("ingest", spark, now, wait))

    def clean(
        self,
        spark: SparkSession | None = None,
        *,
        decision: Decision = NO_DECISION,
        now: datetime | None = None,
        wait: bool = False,
    ) -> CleanResult:
        """Type, validate and de-duplicate what was landed; bad rows go to quarantine.

        A `pipeline.steps.clean.decision.Decision` accepts or rejects a refused batch, or says what changed
        settings mean for the rows that are there.
        """
        decision.validate(tuple(self.config.sources))  # before Spark starts
        return cast("CleanResult", self._step("clean", spark, now, wait, decision))

    def features(
        self, spark: SparkSession | None = None, *, now: datetime | None = None, wait: bool = False
    ) -> FeaturesResult:
        """Bring the features table up to date with silver."""
        return cast("FeaturesResult", self._step("features", spark, now, wait))

    def train(
        self, spark: SparkSession | None = None, *, now: datetime | None = None, wait: bool = False
    ) -> TrainResult:
        """Tune, refit, evaluate, and register a challenger."""
        return cast("TrainResult", self._step("train", spark, now, wait))

    def promote(
        self, spark: SparkSession | None = None, *, now: datetime | None = None, wait: bool = False
    ) -> PromoteResult:
        """Let the challenger become champion, or refuse it; a refusal is a result, not an exception."""
        return cast("PromoteResult", self._step("promote", spark, now, wait))

    def score(
        self, spark: SparkSession | None = None, *, now: datetime | None = None, wait: bool = False
    ) -> ScoreResult:
        """Predict the rows that the champion has not scored."""
        return cast("ScoreResult", self._step("score", spark, now, wait))

    def run(
        self,
        spark: SparkSession | None = None,
        *,
        first: str | None = None,
        last: str | None = None,
        retrain: bool = False,
        decision: Decision = NO_DECISION,
        now: datetime | None = None,
        wait: bool = False,
    ) -> RunResult:
        """All steps that are due, from `first` to `last`; clean heeds the decision."""
        from pipeline.run import run

        chosen = between(first, last)  # a wrong name is told before Spark starts
        decision.validate(tuple(self.config.sources))
        if decision.option and "clean" not in chosen:
            raise ConfigError(
                f"{decision.option} is for clean, which is not among {', '.join(chosen)}. Leave it out."
            )
        # MLflow takes seconds to import: they pass while the JVM starts and files are landed.
        threading.Thread(target=import_module, args=("pipeline.tracking",), daemon=True).start()
        return run(self._work(spark, now, retrain, wait, decision), first=first, last=last)

    def plan(
        self, spark: SparkSession | None = None, *, retrain: bool = False, now: datetime | None = None
    ) -> Plan:
        """What `run` would do: tables, scans, fits, memory. Reads no rows and writes nothing."""
        from pipeline.figures import planned

        return planned(self._work(spark, now, retrain))

    def used(self, spark: SparkSession | None = None) -> tuple[RunRow, ...]:
        """The newest run of each step that counted: what was planned of it, and what it used."""
        from pipeline.figures import used

        return used(self._work(spark))

    def status(self, spark: SparkSession | None = None, *, now: datetime | None = None) -> Status:
        """Champion, table versions, last runs, and what is due and why."""
        from pipeline.status import status

        return status(self._work(spark, now))

    def tables(self, spark: SparkSession | None = None) -> tuple[Table, ...]:
        """Every table of the lake: its version, its rows, and what they are."""
        from pipeline.shown import tables

        return tables(self._work(spark))

    def table(self, name: str, spark: SparkSession | None = None) -> DataFrame:
        """All rows of a table by its name, as published. Raises ConfigError for an unknown one."""
        from pipeline.shown import published

        return published(self._work(spark), name)

    def predictions(self, spark: SparkSession | None = None) -> DataFrame:
        """What champions said, one row per key and model version. Raises ConfigError before `score`."""
        return self.table(f"predictions_{self.config.name}", spark)

    def quarantine(self, source: str | None = None, spark: SparkSession | None = None) -> DataFrame:
        """Bad rows of a source as received, with `_errors`; a project of one source need not name it."""
        if source is None and len(self.config.sources) > 1:
            raise ConfigError(f"quarantine: say of which source. Sources: {', '.join(self.config.sources)}.")
        return self.table(f"quarantine_{source or next(iter(self.config.sources))}", spark)

    def quarantine_faults(
        self,
        source: str | None = None,
        batch: int | None = None,
        rule: str | None = None,
        *,
        limit: int = 20,
        spark: SparkSession | None = None,
    ) -> Faults:
        """What is wrong with quarantined rows: how many of which batch break which rule, newest first."""
        from pipeline.quarantine import Choice, list_faults

        return list_faults(self._work(spark), source, Choice(batch, rule), limit)

    def quarantine_rows(
        self,
        source: str | None = None,
        batch: int | None = None,
        rule: str | None = None,
        *,
        limit: int = 20,
        spark: SparkSession | None = None,
    ) -> Shown:
        """At most `limit` quarantined rows with their reasons, of one source, batch or rule, or of any."""
        from pipeline.quarantine import Choice, show_rows

        return show_rows(self._work(spark), source, Choice(batch, rule), limit)

    def quarantine_replay(
        self,
        source: str | None = None,
        batch: int | None = None,
        rule: str | None = None,
        *,
        spark: SparkSession | None = None,
        now: datetime | None = None,
        wait: bool = False,
    ) -> QuarantineResult:
        """Send quarantined rows through clean again; those that are good now reach silver, each once."""
        from pipeline.quarantine import Choice, replay

        return replay(self._work(spark, now, wait=wait), source, Choice(batch, rule))

    def quarantine_discard(
        self,
        source: str | None = None,
        batch: int | None = None,
        rule: str | None = None,
        *,
        reason: str,
        spark: SparkSession | None = None,
        now: datetime | None = None,
        wait: bool = False,
    ) -> QuarantineResult:
        """Take quarantined rows away; the ledger keeps the reason, bronze the rows."""
        from pipeline.quarantine import Choice, discard

        return discard(self._work(spark, now, wait=wait), source, Choice(batch, rule), reason)

    def show(self, what: str, limit: int = 20, spark: SparkSession | None = None) -> Shown:
        """At most `limit` rows of a table by its name, of `predictions`, or of `quarantine`."""
        from pipeline.shown import show_quarantine, show_table

        work = self._work(spark)
        return show_quarantine(work, limit) if what == "quarantine" else show_table(work, what, limit)

    def leaderboard(self) -> Leaderboard:
        """The candidates of the last training, best first; needs no Spark."""
        from pipeline.shown import show_leaderboard

        return show_leaderboard(self.config)

    def spark(self) -> SparkSession:
        """The active session, else a new one that this project ends."""
        if self._session is None:
            from pipeline.session import get_session, is_running

            self._started = not is_running()
            with self._progress.task("starting Spark"):
                name = f"pipeline {self.config.name}"
                self._session = get_session(name, self.config.spark.conf, log_file=self.log_file)
        return self._session

    def close(self) -> None:
        """End the Spark session if it was started here."""
        self._session = None
        if self._started:
            from pipeline.session import stop

            self._started = False
            stop()

    def __enter__(self) -> Project:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _step(
        self,
        step: str,
        spark: SparkSession | None,
        now: datetime | None,
        wait: bool,
        decision: Decision = NO_DECISION,
    ) -> StepResult:
        from pipeline.run import one_step

        return one_step(self._work(spark, now, wait=wait, decision=decision), step)

    def _work(
        self,
        spark: SparkSession | None,
        now: datetime | None = None,
        retrain: bool = False,
        wait: bool = False,
        decision: Decision = NO_DECISION,
    ) -> Work:
        from pipeline.work import Work

        moment = now or datetime.now(timezone.utc)
        return Work(
            spark or self.spark(), self.config, moment, self._progress, self._watch, retrain, wait, decision
        )
