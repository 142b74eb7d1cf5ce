"""What every step of one run shares: the session, the configuration, the lease, who is told."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from pyspark.sql import SparkSession

from pipeline.config.model import Config
from pipeline.due import Models
from pipeline.lake import Lake, Lease
from pipeline.progress import SILENT, Guarded, Progress
from pipeline.steps.clean.decision import NO_DECISION, Decision
from pipeline.steps.result import StepResult

if TYPE_CHECKING:
    from pipeline.plan import Plans


@dataclass(frozen=True)
class Outcome:
    """How one step ended; `result` is None where it was not due."""

    step: str
    verdict: str
    exit_code: int = 0
    seconds: float = 0.0
    message: str = ""
    result: StepResult | None = None

    def to_json(self) -> dict[str, Any]:
        """The step's JSON object: the same keys however it ended."""
        own = self.result.to_json() if self.result else {"rows": {}, "tables": {}}
        common = {"step": self.step, "verdict": self.verdict, "exit_code": self.exit_code}
        return {**common, "seconds": round(self.seconds, 3), **_without(own, common), "message": self.message}


class Watch(Protocol):
    """Who wants to know how a run goes, step by step."""

    def starts(self, step: str) -> None:
        """The step begins now."""

    def ended(self, outcome: Outcome) -> None:
        """The step ended, or was not due."""


@dataclass(frozen=True)
class Work:
    """What every step of one run shares."""

    spark: SparkSession
    config: Config
    now: datetime
    progress: Progress = SILENT
    watch: Watch | None = None
    retrain: bool = False
    wait: bool = False
    """Whether to wait for another run of the project to end, instead of giving up at once."""
    decision: Decision = NO_DECISION
    """What was decided about a refused batch, or about changed settings: clean heeds it."""
    check: Callable[[], object] = bool
    """Raises TransientError when the project's lease was lost."""
    plans: Plans | None = None
    """What the steps would use, by what there was when the run began."""
    begun: float = field(default_factory=time.monotonic)

    @property
    def lake(self) -> Lake:
        return Lake.of(self.spark, self.config.lake)


@contextmanager
def held(work: Work) -> Iterator[Work]:
    """The same work under the project's lease, which is looked at before each step and each part it tells of.

    A machine that slept, or was cut off, must not write beside the run that took over.
    """
    wait, lake = math.inf if work.wait else None, work.lake
    with Lease(lake.files, lake.root, wait=wait, tell=work.progress.say) as lease:
        yield replace(work, progress=Guarded(work.progress, lease.check), check=lease.check)


def registered(config: Config) -> Models:
    """What the registry says of a project's models."""
    from pipeline.steps.promote.decision import DONE
    from pipeline.tracking import Registry, Tracking

    registry = Registry(Tracking.of(config, config.lake.place))
    champion, challenger = registry.champion(), registry.challenger()
    if challenger is None:
        return Models(champion=champion.version if champion else None)
    return Models(
        champion=champion.version if champion else None,
        challenger=challenger.version,
        undecided=DONE not in challenger.tags,
        trained_at=registry.record(challenger).trained_at if config.train.every else None,
    )


def _without(values: dict[str, Any], keys: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in keys and name != "seconds"}
