"""The challenger before its judges: thresholds, then loaded back, then the champion on the same rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pyspark.ml import PipelineModel
from pyspark.sql import SparkSession

from pipeline.config.model import Config
from pipeline.errors import DataRefused
from pipeline.lake import Lake
from pipeline.steps.promote.checks import Check, check_improvement, check_reload, check_thresholds
from pipeline.steps.promote.measures import measure
from pipeline.steps.promote.rows import held_out
from pipeline.tracking import ModelVersion, Registry, TrainingRecord, UnreadableModelError, predict_example

_CHALLENGER = "__challenger"
_CHAMPION = "__champion"


@dataclass(frozen=True)
class Bench:
    """Who is judged, and by what."""

    spark: SparkSession
    config: Config
    lake: Lake
    registry: Registry
    challenger: ModelVersion
    champion: ModelVersion | None

    def load(self, version: ModelVersion) -> PipelineModel:
        """A model as it is stored."""
        return self.registry.load(self.spark, version, f"{self.lake.root}/_tmp")


@dataclass(frozen=True)
class Judged:
    """How the checks went, up to the first one that failed; `tables` are the versions read."""

    checks: tuple[Check, ...]
    test_metrics: Mapping[str, float]
    champion_metrics: Mapping[str, float] = field(default_factory=dict)
    tables: Mapping[str, int] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Whether nothing speaks against the challenger."""
        return all(check.passed for check in self.checks)


def judge(bench: Bench) -> Judged:
    """Cheap checks first: rows are read only where they decide."""
    record = bench.registry.record(bench.challenger)
    config = bench.config
    checks = check_thresholds(config.promote, config.metric, record.test_metrics, record.baseline_metrics)
    judged = Judged(tuple(checks), record.test_metrics)
    if not judged.passed:
        return judged
    try:
        model = bench.load(bench.challenger)
    except UnreadableModelError as error:
        return Judged((*checks, Check(False, str(error))), record.test_metrics)
    found = predict_example(bench.spark, model, record.example, record.input_columns)
    checks.append(check_reload(record.expected, found))
    if not checks[-1].passed or bench.champion is None:
        return Judged(tuple(checks), record.test_metrics)
    return _against_champion(bench, bench.champion, model, record, tuple(checks))


def _against_champion(
    bench: Bench,
    champion: ModelVersion,
    model: PipelineModel,
    record: TrainingRecord,
    checks: tuple[Check, ...],
) -> Judged:
    """Both models on the rows of the challenger's features that neither was fitted on, in one pass.

    A champion that could not score these rows, as columns it reads are gone, is no obstacle.
    """
    standing = bench.registry.record(champion)
    table, version = record.features_table, record.features_version
    rows = bench.lake.read(table, version)
    try:
        reason = _why_not_comparable(rows.columns, record, standing, champion, table)
        champion_model = None if reason else bench.load(champion)
    except UnreadableModelError as error:
        reason, champion_model = str(error), None
    if reason is not None or champion_model is None:
        return Judged((*checks, Check(True, f"{reason} They are not compared.")), record.test_metrics)
    models = {_CHALLENGER: (model, record), _CHAMPION: (champion_model, standing)}
    try:
        measured = measure(held_out(rows, record, standing), models)
    except DataRefused:  # no row at all
        sentence = f"No labelled row of {table} is a test row for both it and {champion.label}."
        return Judged((*checks, Check(False, sentence)), record.test_metrics, {}, {table: version})
    challenger_metrics, champion_metrics = measured[_CHALLENGER], measured[_CHAMPION]
    metric = bench.config.metric
    check = check_improvement(
        metric,
        challenger_metrics[metric],
        champion_metrics[metric],
        bench.config.promote.min_improvement,
        champion.label,
    )
    return Judged((*checks, check), challenger_metrics, champion_metrics, {table: version})


def _why_not_comparable(
    columns: list[str], record: TrainingRecord, standing: TrainingRecord, champion: ModelVersion, table: str
) -> str | None:
    if standing.label != record.label:
        return f"{champion.label} predicts '{standing.label}', the challenger '{record.label}'."
    if standing.task != record.task or standing.label_type != record.label_type:
        return (
            f"{champion.label} predicts {standing.label_type.upper()} ({standing.task}), the challenger "
            f"{record.label_type.upper()} ({record.task})."
        )
    if len(record.classes) == 2 and set(record.classes) != set(standing.classes):
        theirs, ours = " from ".join(standing.classes), " from ".join(record.classes)
        return f"{champion.label} tells {theirs}, the challenger {ours}."
    gone = [name for name in standing.input_columns if name not in columns]
    if gone:
        return f"{champion.label} reads column '{gone[0]}', which {table} no longer has."
    return None
