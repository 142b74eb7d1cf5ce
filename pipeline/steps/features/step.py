"""Features: recompute, compare by key, merge what changed."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime

from pyspark.sql import DataFrame, SparkSession

from pipeline.config import fingerprint
from pipeline.config.model import Config
from pipeline.errors import ConfigError
from pipeline.lake import names
from pipeline.lake.lake import Lake
from pipeline.lake.ledger import Ledger, LedgerEntry
from pipeline.lake.writes import Commit, Txn
from pipeline.progress import SILENT, Progress
from pipeline.steps.features.transforms import (
    BATCH,
    ROW_HASH,
    feature_rows,
    validate_key,
    validate_unique,
    with_row_hash,
)
from pipeline.steps.result import StepResult
from pipeline.usage import INITIAL

STEP = "features"


@dataclass(frozen=True)
class FeaturesResult(StepResult):
    """The verdict of the features step."""


def run(spark: SparkSession, config: Config, *, now: datetime, progress: Progress = SILENT) -> FeaturesResult:
    """Bring `features_<name>` up to date with the published silver tables.

    Nothing is recomputed while the silver versions and the `features` section are those of the last batch.
    A row whose values did not change keeps its batch, so `score` sees only what is new.

    Raises ConfigError for a query, derived column or key that Spark does not accept; DataRefused for a key
    that names several rows.
    """
    begun = time.monotonic()
    # Views and settings of this step stay in a session of its own.
    session = spark.newSession()
    pieces = spark.conf.get(INITIAL, None)
    if pieces is not None:
        session.conf.set(INITIAL, pieces)
    lake = Lake.of(session, config.lake)
    ledger = Ledger(lake)
    table = names.features(config.name)
    inputs = _published_silver(ledger, config)
    mark = fingerprint(config.features, sorted(config.key))
    last = ledger.last(STEP, config.name)
    if last and last.fingerprint == mark and {**last.tables, **inputs} == last.tables:
        seconds = time.monotonic() - begun
        return FeaturesResult(STEP, "nothing new", changed=False, seconds=seconds, tables=dict(last.tables))

    progress.say(f"features: computing {table} from {', '.join(inputs)}")
    silver = {name: lake.read(names.silver(name), inputs[names.silver(name)]) for name in config.sources}
    rows = feature_rows(session, silver, config)
    validate_key(rows, config.key, config)
    if config.features.query is not None:
        validate_unique(rows, config.key)
    batch = ledger.next_batch(STEP, config.name)
    # The transaction is named after its input: a batch killed before its ledger row and done again on newer
    # silver is another write, the same batch done again is none.
    txn = Txn(f"{STEP}/{config.name}/{fingerprint(inputs, mark)}", batch)
    commit = _write(lake, table, with_row_hash(rows, config.key, batch), config, txn)
    counts = {"inserted": commit.inserted, "updated": commit.updated, "deleted": commit.deleted}
    tables = {**inputs, table: commit.version}
    ledger.append(LedgerEntry(STEP, config.name, batch, counts, tables, mark, now, now))
    return FeaturesResult(STEP, "done", seconds=time.monotonic() - begun, rows=counts, tables=tables)


def _published_silver(ledger: Ledger, config: Config) -> dict[str, int]:
    """The silver versions of every source that readers use."""
    published = {}
    for source in config.sources:
        table = names.silver(source)
        version = ledger.published_version("clean", source, table)
        if version is None:
            raise ConfigError(
                f"features: source '{source}' has no cleaned rows yet. "
                "Run `pipeline ingest` and `pipeline clean` first."
            )
        published[table] = version
    return published


def _write(lake: Lake, table: str, rows: DataFrame, config: Config, txn: Txn) -> Commit:
    """Merge changed rows; a table whose columns changed is written anew."""
    if lake.version(table) is not None and not _same_columns(lake, table, rows):
        return lake.replace(table, rows, txn, stats=(*config.key, BATCH))
    return lake.merge(
        table,
        rows,
        txn,
        key=config.key,
        update_when=f"old.{ROW_HASH} <> new.{ROW_HASH}",
        delete_missing=True,
        stats=(*config.key, BATCH),
    )


def _same_columns(lake: Lake, table: str, rows: DataFrame) -> bool:
    there = {field.name: field.dataType for field in lake.read(table).schema.fields}
    return there == {field.name: field.dataType for field in rows.schema.fields}
