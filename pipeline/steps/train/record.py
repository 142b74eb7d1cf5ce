"""What a training leaves behind in MLflow: the run, the model, and the record that promote and score read."""

from __future__ import annotations

import math
import tempfile
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from pyspark.ml import PipelineModel
from pyspark.sql import DataFrame

from pipeline.config import public_values
from pipeline.config.model import Config
from pipeline.lake import names
from pipeline.lake.ledger import LedgerEntry
from pipeline.learners.boosting.model import XGBoostModel
from pipeline.learners.boosting.shipping import write_code
from pipeline.preprocessing.roles import Roles
from pipeline.steps.train.result import LeaderboardRow
from pipeline.tracking import (
    ColumnRole,
    Registry,
    Run,
    Tracking,
    TrainingRecord,
    Winner,
    predict_example,
    take_example,
)
from pipeline.tracking.record import FILE as RECORD_FILE
from pipeline.tuning.target import Measured, Target
from pipeline.tuning.trials import Standing

LEADERBOARD_FILE = "leaderboard.json"


@dataclass(frozen=True)
class Trained:
    """All that one training found."""

    config: Config
    features: LedgerEntry
    fingerprint: str
    roles: Roles
    target: Target
    standings: tuple[Standing, ...]
    model: PipelineModel
    measured: Measured
    now: datetime


def code_version() -> str:
    """The installed version of this project."""
    try:
        return version("spark-training-pipeline")
    except PackageNotFoundError:
        return "unknown"


def open_run(
    tracking: Tracking, config: Config, features: LedgerEntry, fingerprint: str, roles: Roles, now: datetime
) -> Run:
    """The parent run, with configuration, fingerprint, and the version of every table read."""
    tags = {"fingerprint": fingerprint, "code_version": code_version()}
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
    opened = tracking.open_run(f"train {now:%Y-%m-%d %H:%M:%S}", tags=tags, params=params)
    opened.log_dict(public_values(config), "configuration.json")
    opened.log_dict({role.column: {"kind": role.kind, "why": role.why} for role in roles.all}, "roles.json")
    return opened


def register(tracking: Tracking, opened: Run, trained: Trained, test: DataFrame) -> int:
    """Store the model with its record, register it as the `challenger`, and return its version."""
    record = _record(trained, test)
    _log_results(opened, trained)
    opened.log_text(record.to_json(), RECORD_FILE)
    uri = _store_model(opened, trained, record, test)
    registry = Registry(tracking)
    made = registry.register(opened, uri, tags={"fingerprint": trained.fingerprint})
    registry.point("challenger", made)
    return made


def _record(trained: Trained, test: DataFrame) -> TrainingRecord:
    config, winner, counts = trained.config, trained.standings[0], trained.target.counts
    table = names.features(config.name)
    columns = {name: test.schema[name].dataType.simpleString() for name in trained.roles.inputs}
    example = take_example(test, trained.roles.inputs)
    return TrainingRecord(
        name=config.name,
        task=config.task,
        key=config.key,
        label=config.features.label,
        label_type=trained.target.kind,
        label_transform=config.train.label_transform,
        classes=trained.target.classes,
        features_table=table,
        features_version=trained.features.tables[table],
        features_batch=trained.features.batch_id,
        input_columns=columns,
        roles={role.column: ColumnRole(role.kind, role.why) for role in trained.roles.all},
        split=config.split.model_dump(mode="json"),
        metric=config.metric,
        winner=Winner(winner.candidate.learner, dict(winner.candidate.params)),
        cv_metrics=winner.metrics,
        test_metrics=trained.measured.model,
        baseline_metrics=trained.measured.baseline,
        example=example,
        expected=predict_example(test.sparkSession, trained.model, example, columns),
        fingerprint=trained.fingerprint,
        code_version=code_version(),
        trained_at=trained.now,
        rows={**counts.splits, "unlabelled": counts.unlabelled},
    )


def _log_results(opened: Run, trained: Trained) -> None:
    """The leaderboard, and metrics: the winner over folds and on the test rows, the baseline there."""
    metrics = {f"cv_{name}": value for name, value in trained.standings[0].metrics.items()}
    metrics |= {f"test_{name}": value for name, value in trained.measured.model.items()}
    metrics |= {f"baseline_{name}": value for name, value in trained.measured.baseline.items()}
    opened.log_metrics({name: value for name, value in metrics.items() if math.isfinite(value)})
    rows = [asdict(LeaderboardRow.of(standing)) for standing in trained.standings]
    opened.log_dict({"metric": trained.config.metric, "candidates": rows}, LEADERBOARD_FILE)
    opened.log_params({"winner": trained.standings[0].candidate.label})


def _store_model(opened: Run, trained: Trained, record: TrainingRecord, test: DataFrame) -> str:
    """The model as MLflow's Spark flavor; our own stage's code goes with it where the model has one."""
    ours = any(isinstance(stage, XGBoostModel) for stage in trained.model.stages)
    with tempfile.TemporaryDirectory(prefix="pipeline-code-") as folder:
        return opened.log_model(
            test.sparkSession,
            trained.model,
            example=record.example,
            columns=record.input_columns,
            outputs=record.outputs,
            tmp_dir=f"{trained.config.lake.root}/_tmp",
            code=write_code(Path(folder)) if ours else None,
            packages=("xgboost",) if ours else (),
        )
