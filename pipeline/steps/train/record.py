"""What a training leaves behind in MLflow: the run, the model, and the record that promote and score read."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.config import public_values
from pipeline.errors import PipelineError
from pipeline.lake import Lake, names
from pipeline.lake.ledger import LedgerEntry
from pipeline.learners.boosting.model import XGBoostModel
from pipeline.learners.boosting.shipping import write_code
from pipeline.steps.train.prepare import Prepared
from pipeline.steps.train.refit import Refitted
from pipeline.steps.train.result import LeaderboardRow
from pipeline.tracking import (
    CODE_VERSION,
    FINGERPRINT,
    ColumnRole,
    LeftRun,
    Registry,
    Run,
    Tracking,
    TrainingRecord,
    Winner,
    predict_example,
    take_example,
)
from pipeline.tracking.record import FILE as RECORD_FILE
from pipeline.tuning.target import Measured
from pipeline.tuning.trials import Standing, Trial

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LEADERBOARD_FILE = "leaderboard.json"
IMPORTANCE_FILE = "feature_importance.json"
WARNINGS_FILE = "warnings.txt"
PAGE_FILE = "search.html"
PICTURES_FOLDER = "pictures"


@dataclass(frozen=True)
class Trained:
    """All that one training found."""

    prepared: Prepared
    features: LedgerEntry
    fingerprint: str
    standings: tuple[Standing, ...]
    refitted: Refitted
    measured: Measured
    warnings: tuple[str, ...]
    now: datetime
    trials: tuple[Trial, ...] = ()
    """Every trial on record."""
    preparing_seconds: float = 0.0
    ended_early: str | None = None


def code_version() -> str:
    """The installed version of this project."""
    try:
        return version("spark-training-pipeline")
    except PackageNotFoundError:
        return "unknown"


@contextmanager
def open_run(
    tracking: Tracking,
    prepared: Prepared,
    features: LedgerEntry,
    fingerprint: str,
    now: datetime,
    left: LeftRun | None = None,
) -> Iterator[Run]:
    """The parent run, with configuration, fingerprint, and the version of every table read.

    A new one, or the one that an earlier driver `left`. It ends as what happens inside: finished, failed with
    the reason, or killed.
    """
    config, roles = prepared.config, prepared.roles
    tags = {FINGERPRINT: fingerprint, CODE_VERSION: code_version()}
    tags |= {f"table.{table}": str(table_version) for table, table_version in features.tables.items()}
    params = {
        "metric": config.metric,
        "folds": config.train.folds,
        "label": config.features.label,
        "label_transform": config.train.label_transform,
        "learners": ", ".join(config.learners),
        "seed": config.seed,
        "split_salt": config.split.salt,
    }
    if left is None:
        opened = tracking.open_run(f"train {now:%Y-%m-%d %H:%M:%S}", tags=tags, params=params)
    else:
        opened = tracking.resume_run(left, tags=tags, params=params)
    try:
        opened.log_dict(public_values(config), "configuration.json")
        opened.log_dict(
            {role.column: {"kind": role.kind, "why": role.why} for role in roles.all}, "roles.json"
        )
        yield opened
        opened.finish()
    except KeyboardInterrupt:
        with suppress(PipelineError):  # a store that is away hears of it from the next run
            opened.kill("interrupted")
        raise
    except Exception as error:
        with suppress(PipelineError):
            opened.fail(str(error))
        raise


def register(tracking: Tracking, opened: Run, trained: Trained) -> int:
    """Store the model with its record, register it as the `challenger`, and return its version."""
    record = _record(trained)
    _log_results(opened, trained)
    opened.log_text(record.to_json(), RECORD_FILE)
    uri = _store_model(opened, trained, record)
    registry = Registry(tracking)
    made = registry.register(opened, uri, tags={"fingerprint": trained.fingerprint})
    registry.point("challenger", made)
    return made


def _record(trained: Trained) -> TrainingRecord:
    prepared, winner = trained.prepared, trained.standings[0]
    config, target, roles, test = prepared.config, prepared.target, prepared.roles, prepared.test
    table = names.features(config.name)
    columns = {name: test.schema[name].dataType.simpleString() for name in roles.inputs}
    example = take_example(test, roles.inputs)
    return TrainingRecord(
        name=config.name,
        task=config.task,
        key=config.key,
        label=config.features.label,
        label_type=target.kind,
        label_transform=config.train.label_transform,
        classes=target.classes,
        features_table=table,
        features_version=trained.features.tables[table],
        features_batch=trained.features.batch_id,
        input_columns=columns,
        roles={role.column: ColumnRole(role.kind, role.why) for role in roles.all},
        split=config.split.model_dump(mode="json"),
        metric=config.metric,
        winner=Winner(winner.candidate.learner, dict(winner.candidate.params)),
        cv_metrics=winner.metrics,
        test_metrics=trained.measured.model,
        baseline_metrics=trained.measured.baseline,
        example=example,
        expected=predict_example(test.sparkSession, trained.refitted.model, example, columns),
        fingerprint=trained.fingerprint,
        code_version=code_version(),
        trained_at=trained.now,
        rows={**target.counts.splits, "unlabelled": target.counts.unlabelled},
    )


def _log_results(opened: Run, trained: Trained) -> None:
    """The leaderboard, and metrics: the winner over folds and on the test rows, the baseline there."""
    metrics = {f"cv_{name}": value for name, value in trained.standings[0].metrics.items()}
    metrics |= {f"test_{name}": value for name, value in trained.measured.model.items()}
    metrics |= {f"baseline_{name}": value for name, value in trained.measured.baseline.items()}
    opened.log_metrics({name: value for name, value in metrics.items() if math.isfinite(value)})
    rows = [asdict(LeaderboardRow.of(standing)) for standing in trained.standings]
    opened.log_dict({"metric": trained.prepared.config.metric, "candidates": rows}, LEADERBOARD_FILE)
    opened.set_tags({"winner": trained.standings[0].candidate.label})
    if trained.warnings:
        opened.log_text("\n".join(trained.warnings), WARNINGS_FILE)
    if trained.refitted.importance is not None:
        opened.log_dict(trained.refitted.importance, IMPORTANCE_FILE)
    opened.log_figures(_pictures(trained), PICTURES_FOLDER)
    opened.log_text(_page(trained), PAGE_FILE)


def _pictures(trained: Trained) -> Mapping[str, Figure]:
    from pipeline.evaluation.pictures import pictures  # matplotlib takes a second to import

    target = trained.prepared.target
    return pictures(
        target.task,
        trained.measured.detail,
        target.classes,
        label=trained.prepared.config.features.label,
        importance=trained.refitted.importance,
    )


def _page(trained: Trained) -> str:
    """The search as one page for people."""
    from pipeline.steps.train.page import SearchFacts, search_page  # jinja2 only where there is a page

    config = trained.prepared.config
    return search_page(
        SearchFacts(
            project=config.name,
            label=config.features.label,
            metric=config.metric,
            strategy=config.train.search.strategy,
            standings=trained.standings,
            trials=trained.trials,
            preparing_seconds=trained.preparing_seconds,
            begun=trained.now,
            ended_early=trained.ended_early,
            test_metrics=trained.measured.model,
            baseline_metrics=trained.measured.baseline,
            test_rows=trained.prepared.target.counts.splits.get("test", 0),
        )
    )


def _store_model(opened: Run, trained: Trained, record: TrainingRecord) -> str:
    """The model as MLflow's Spark flavor; our own stage's code goes with it where the model has one."""
    spark = trained.prepared.test.sparkSession
    ours = any(isinstance(stage, XGBoostModel) for stage in trained.refitted.model.stages)
    with tempfile.TemporaryDirectory(prefix="pipeline-code-") as folder:
        return opened.log_model(
            spark,
            trained.refitted.model,
            example=record.example,
            columns=record.input_columns,
            outputs=record.outputs,
            tmp_dir=f"{Lake.of(spark, trained.prepared.config.lake).root}/_tmp",
            code=write_code(Path(folder)) if ours else None,
            packages=("xgboost",) if ours else (),
        )
