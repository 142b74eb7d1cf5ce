"""The whole plan, step by step: from tables' statistics, the ledger, a listing and the configuration."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pipeline.config import fingerprint
from pipeline.config.model import Config
from pipeline.due import STEPS, Due, Models, due
from pipeline.lake import Lake, Ledger, names
from pipeline.lake.sizes import table_size
from pipeline.plan.cluster import Cluster, cluster_of
from pipeline.plan.data import Ground, plan_clean, plan_features, plan_ingest
from pipeline.plan.figures import StepPlan
from pipeline.plan.sources import features_before, source_sizes

if TYPE_CHECKING:
    from pipeline.tracking import TrainingRecord

_DATA = {"ingest": plan_ingest, "clean": plan_clean, "features": plan_features}


@dataclass(frozen=True)
class Plan:
    """What a run would do, step by step."""

    project: str
    lake: str
    cluster: Cluster
    steps: tuple[StepPlan, ...]

    def figures(self) -> dict[str, dict[str, int]]:
        """The numbers of each step that is due."""
        return {step.step: step.figures() for step in self.steps if step.is_due}

    def to_json(self) -> dict[str, Any]:
        """Plain values, for `--json`."""
        values = asdict(self)
        for told, step in zip(values["steps"], self.steps, strict=True):
            told |= step.figures()
        return values


class Plans:
    """What is planned of the steps of one run, by what there is when this is made.

    Spark runs small jobs over the ledger and the manifest, and over the Delta log of a table that is too long
    for the driver to read. No data file is read and nothing is written. MLflow is asked nothing before a
    plan about models is; `know` says what the registry says. Raises what listing the sources raises.
    """

    def __init__(self, lake: Lake, config: Config, now: datetime, *, retrain: bool = False) -> None:
        self._lake, self._config, self._now, self._retrain = lake, config, now, retrain
        self._ledger = Ledger(lake)
        self._models: Models | None = None
        self.ground = Ground(
            config,
            cluster_of(lake.spark),
            source_sizes(lake, self._ledger, config),
            features_before(lake, self._ledger, config),
            _features_stand(self._ledger, config),
        )

    @property
    def knows_models(self) -> bool:
        """Whether the registry was heard."""
        return self._models is not None

    def know(self, models: Models) -> None:
        """What the registry says of the models; what it says later in the same run is not news to a plan."""
        self._models = self._models or models

    def of(self, step: str) -> StepPlan:
        """One step. Raises TransientError when the tracking store is away."""
        if step in _DATA:
            return _DATA[step](self.ground)
        from pipeline.plan.models import plan_promote

        models = self._models or Models()
        dues = due(models, self._config.train.every, self._now, retrain=self._retrain)
        found = next(entry for entry in dues if entry.step == step)
        if step == "train":
            return self._train(found)
        promote = next(entry for entry in dues if entry.step == "promote")
        return plan_promote(self.ground, models, found) if step == "promote" else self._score(found, promote)

    def all(self) -> Plan:
        """Every step in order. Raises as `of` does."""
        steps = tuple(self.of(step) for step in STEPS)
        return Plan(self._config.name, self._lake.place, self.ground.cluster, steps)

    def _train(self, found: Due) -> StepPlan:
        from pipeline.plan.training import plan_train

        if not found.is_due:
            return StepPlan("train", False, found.reason)
        record = None if self._models is None or self._models.challenger is None else _record(self._config)
        schema = None if self.ground.features is None else self.ground.features.schema
        return plan_train(self.ground, schema, record, found.reason)

    def _score(self, found: Due, promote: Due) -> StepPlan:
        from pipeline.plan.models import plan_score
        from pipeline.steps.score.step import scope_of

        config, is_done = self._config, False
        champion = None if self._models is None else self._models.champion
        if champion is not None and not promote.is_due and not plan_features(self.ground).is_due:
            last = self._ledger.last("score", scope_of(config, champion))
            features = self._ledger.last("features", config.name)
            is_done = last is not None and features is not None and last.batch_id >= features.batch_id
        predictions = table_size(self._lake, names.predictions(config.name))
        return plan_score(self.ground, found, is_done, promote.is_due, predictions)


def _features_stand(ledger: Ledger, config: Config) -> bool:
    """The question that the features step asks before it does anything."""
    last = ledger.last("features", config.name)
    if last is None or last.fingerprint != fingerprint(config.features, sorted(config.key)):
        return False
    inputs = {
        names.silver(source): ledger.published_version("clean", source, names.silver(source))
        for source in config.sources
    }
    return all(last.tables.get(table) == version for table, version in inputs.items())


def _record(config: Config) -> TrainingRecord | None:
    """What is known of the newest model: its rows and columns are the best guess for the next one."""
    from pipeline.tracking import Registry, Tracking

    registry = Registry(Tracking.of(config, config.lake.place))
    challenger = registry.challenger()
    return None if challenger is None else registry.record(challenger)
