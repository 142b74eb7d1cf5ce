"""Where a project stands: champion, table versions, last runs, what is due and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pipeline.due import Due, Models, due
from pipeline.lake import Ledger, Runs
from pipeline.lake.runs import RunRow
from pipeline.shown import Table, tables
from pipeline.steps.clean.pending import pending_batches, standing
from pipeline.work import Work, registered

if TYPE_CHECKING:
    from pipeline.tracking import Registry

LAST_RUNS = 10


@dataclass(frozen=True)
class Champion:
    """The version that scores: `value` is its test metric, `since` when it was promoted, if known."""

    model: str
    version: int
    learner: str
    metric: str
    value: float
    baseline: float
    trained_at: datetime
    since: datetime | None


@dataclass(frozen=True)
class Waiting:
    """Landed batches of a source that were not cleaned yet; `refused` is why the first of them was not."""

    source: str
    batches: tuple[int, ...]
    refused: str = ""


@dataclass(frozen=True)
class Status:
    """Where a project stands."""

    project: str
    lake: str
    tracking: str
    models: Models
    champion: Champion | None
    tables: tuple[Table, ...]
    runs: tuple[RunRow, ...]
    due: tuple[Due, ...]
    waiting: tuple[Waiting, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain values, for `--json`."""
        return asdict(self)


def status(work: Work) -> Status:
    """Look at lake and registry; changes nothing. Raises TransientError when the tracking store is away."""
    from pipeline.tracking import Registry, Tracking

    config, lake = work.config, work.lake
    tracking = Tracking.of(config, config.lake.place)
    is_there = tracking.file is None or tracking.file.exists()  # looking must not create the store
    models = registered(config) if is_there else Models()
    runs = tuple(Runs(lake).last(LAST_RUNS))
    return Status(
        project=config.name,
        lake=config.lake.place,
        tracking=tracking.address,
        models=models,
        champion=_champion(Registry(tracking), Ledger(lake), config.name) if models.champion else None,
        tables=tables(work),
        runs=runs,
        due=due(models, config.train.every, work.now),
        waiting=tuple(_waiting(Ledger(lake), tuple(config.sources), runs)),
    )


def _waiting(ledger: Ledger, sources: Sequence[str], runs: Sequence[RunRow]) -> Iterator[Waiting]:
    """What every source has left to clean. A refusal is found in the last words of clean."""
    said = next((row.message for row in runs if row.step == "clean"), "")
    for name in sources:
        batches = tuple(
            batch.batch_id for batch in pending_batches(ledger, name, standing(ledger, name).done)
        )
        if batches:
            begins = f"clean refused batch {batches[0]} of {name}:"
            refused = next((line for line in said.splitlines() if line.startswith(begins)), "")
            why = refused.removeprefix(begins).partition(" Nothing was written.")[0].strip()
            yield Waiting(name, batches, why)


def _champion(registry: Registry, ledger: Ledger, project: str) -> Champion | None:
    version = registry.champion()
    if version is None:
        return None
    record = registry.record(version)
    promoted = next(
        (
            entry.finished_at
            for entry in ledger.entries("promote", project)
            if entry.details.get("model_version") == str(version.version)
            and entry.details.get("decision") == "promoted"
        ),
        None,
    )
    return Champion(
        model=version.name,
        version=version.version,
        learner=record.winner.learner,
        metric=record.metric,
        value=record.test_metrics[record.metric],
        baseline=record.baseline_metrics[record.metric],
        trained_at=record.trained_at,
        since=promoted,
    )
