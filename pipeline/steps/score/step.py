"""Score: the champion predicts the rows it has not scored, and each prediction is written once."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import datetime

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from pipeline.config import fingerprint
from pipeline.config.checks import PREDICTION_COLUMNS
from pipeline.config.model import Config
from pipeline.errors import ConfigError, DataRefused
from pipeline.lake import Commit, Lake, Ledger, LedgerEntry, Txn, names
from pipeline.progress import SILENT, Progress
from pipeline.steps.score.result import ScoreResult
from pipeline.steps.score.transforms import is_changed, is_to_score, prediction_rows, quoted
from pipeline.tracking import ModelVersion, Registry, Tracking, TrainingRecord

STEP = "score"


def run(spark: SparkSession, config: Config, *, now: datetime, progress: Progress = SILENT) -> ScoreResult:
    """Predict the rows of the published features that the champion has not scored, and merge the predictions.

    Raises ConfigError (no features or no champion yet, a column to carry that does not exist), DataRefused
    (the features lack a column that the champion reads), TransientError (the tracking store is away).
    """
    begun = time.monotonic()
    lake = Lake.of(spark, config.lake)
    ledger = Ledger(lake)
    table = names.features(config.name)
    features = ledger.last("features", config.name)
    if features is None:
        raise ConfigError(f"score: there is no table {table} yet. Run `pipeline features` first.")
    registry = Registry(Tracking.of(config, config.lake.place))
    champion = registry.champion()
    if champion is None:
        raise ConfigError(
            f"score: the model {config.model_name} has no champion yet. Run `pipeline run`, or "
            "`pipeline train` and then `pipeline promote`."
        )
    scope = scope_of(config, champion.version)
    last = ledger.last(STEP, scope)
    if last is not None and last.batch_id >= features.batch_id:
        return _result(config, champion, begun, {}, last.tables, changed=False)
    record = registry.record(champion)
    rows = lake.read(table, features.tables[table])
    kept = _kept_columns(rows.columns, config)
    _validate_inputs(rows.columns, champion, record, table)
    is_waiting = is_to_score(record, config.score.rows, last.batch_id if last else None)
    needed = dict.fromkeys((*kept, *record.input_columns))
    waiting = rows.where(is_waiting).select(*[F.col(quoted(name)) for name in needed])

    counts, tables = {"inserted": 0, "updated": 0}, {table: features.tables[table]}
    changed = not waiting.isEmpty()
    if changed:
        progress.say(f"score: {champion.label} predicts the rows of {table} that it has not scored")
        predicted = registry.load(spark, champion, f"{lake.root}/_tmp").transform(waiting)
        found = prediction_rows(predicted, kept, list(record.outputs), champion, features.tables[table], now)
        condition = is_changed(kept, record.outputs)
        commit = _write(lake, config, champion, found, condition, Txn(f"{STEP}/{scope}", features.batch_id))
        counts = {"inserted": commit.inserted, "updated": commit.updated}
        tables[names.predictions(config.name)] = commit.version
    # Also where no row waited: the next run then need not look at these batches again.
    details = {"model": champion.name, "model_version": str(champion.version), "rows": config.score.rows}
    mark = fingerprint(config.score)
    ledger.append(LedgerEntry(STEP, scope, features.batch_id, counts, tables, mark, now, now, details))
    return _result(config, champion, begun, counts, tables, changed=changed)


def scope_of(config: Config, model_version: int) -> str:
    """The name that a model version's scoring has in the ledger; other `score.rows` than `new` are apart."""
    scope = f"{config.name}/{model_version}"
    return scope if config.score.rows == "new" else f"{scope}/{config.score.rows}"


def _kept_columns(columns: Sequence[str], config: Config) -> tuple[str, ...]:
    """The key, then the carried columns. Raises ConfigError for one that is missing or named as ours."""
    for name in config.score.columns:
        if name not in columns:
            known = ", ".join(column for column in columns if not column.startswith("_"))
            raise ConfigError(
                f"{config.where('score.columns')}: score.columns names '{name}', which "
                f"{names.features(config.name)} does not have. Columns there: {known}."
            )
    kept = tuple(dict.fromkeys((*config.key, *config.score.columns)))
    for name in kept:
        if name in PREDICTION_COLUMNS:
            raise ConfigError(
                f"{config.where('score.columns')}: '{name}' cannot be carried beside the prediction, which "
                "has a column of that name. Derive it under another name in features.derive."
            )
    return kept


def _validate_inputs(
    columns: Sequence[str], champion: ModelVersion, record: TrainingRecord, table: str
) -> None:
    missing = [name for name in record.input_columns if name not in columns]
    if missing:
        known = ", ".join(name for name in columns if not name.startswith("_"))
        raise DataRefused(
            f"score: {champion.label} reads column '{missing[0]}', which {table} does not have. Columns "
            f"there: {known}. Next: bring it back in features.query or features.derive, or run `pipeline run "
            "--retrain`."
        )


def _write(
    lake: Lake, config: Config, champion: ModelVersion, found: DataFrame, update_when: str, txn: Txn
) -> Commit:
    """Merge into the model version's own partition; a prediction that says the same as before stays."""
    return lake.merge(
        names.predictions(config.name),
        found,
        txn,
        key=(*config.key, "model_version"),
        update_when=update_when,
        prune=f"old.model_version = {champion.version}",
        partition_by=("model_version",),
    )


def _result(
    config: Config,
    champion: ModelVersion,
    begun: float,
    counts: Mapping[str, int],
    tables: Mapping[str, int],
    *,
    changed: bool,
) -> ScoreResult:
    return ScoreResult(
        STEP,
        "done" if changed else "nothing new",
        changed=changed,
        seconds=time.monotonic() - begun,
        rows=dict(counts),
        tables=dict(tables),
        model=champion.name,
        model_version=champion.version,
        predictions_table=names.predictions(config.name),
    )
