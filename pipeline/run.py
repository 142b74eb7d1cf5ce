"""Which steps are due, in order, under the project's lease; each verdict on record."""

from __future__ import annotations

import importlib
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

from pyspark.sql import SparkSession

from pipeline.config.model import Config
from pipeline.doctor.quick import require_driver, require_executors
from pipeline.due import STEPS, Models, between, due
from pipeline.errors import PromotionRefused
from pipeline.explain import explain
from pipeline.lake import Lake, Lease, RunRow, Runs
from pipeline.progress import SILENT, Guarded, Progress
from pipeline.steps.clean.decision import NO_DECISION, Decision
from pipeline.steps.result import StepResult
from pipeline.usage import BOOKKEEPING, WORK, Usage, cut_for, metered

if TYPE_CHECKING:
    from pipeline.plan import Plan, Plans

Result = TypeVar("Result", bound=StepResult)
_LOOK_BACK = 200
DATA_STEPS = ("ingest", "clean", "features")


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


@dataclass(frozen=True)
class RunResult(StepResult):
    """The verdict of a whole run, and the outcome of each of its steps."""

    outcomes: tuple[Outcome, ...] = ()

    def of(self, step: str) -> StepResult | None:
        """What a step returned, such as the `TrainResult` of "train"; None where it was not due."""
        return next((outcome.result for outcome in self.outcomes if outcome.step == step), None)


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


def run(work: Work, *, first: str | None = None, last: str | None = None) -> RunResult:
    """Bring the project up to date: the steps from `first` to `last` that are due.

    Begins with what the doctor sees in milliseconds. A refused promotion is the run's exit code, never its
    end. Raises what a step raises, and TransientError when another run holds the project.
    """
    begun = time.monotonic()
    chosen = between(first, last)
    require_driver(work.spark, work.config)
    with _held(work) as held:
        outcomes = _steps(_with_plans(held), chosen)
    results = [outcome.result for outcome in outcomes if outcome.result is not None]
    tables = {name: version for result in results for name, version in result.tables.items()}
    changed = any(result.changed for result in results)
    exit_code = max((outcome.exit_code for outcome in outcomes), default=0)
    verdict = "promotion refused" if exit_code else "done" if changed else "nothing new"
    seconds = time.monotonic() - begun
    return RunResult("run", verdict, changed, exit_code, seconds, {}, tables, outcomes)


def one_step(work: Work, step: str) -> StepResult:
    """Do one step whether or not it is due, under the project's lease. Raises what the step raises."""
    with _held(work) as held:
        outcome = _perform(_with_plans(held, trains=step == "train"), step)
    assert outcome.result is not None  # a step that was done has a result; one that was not has raised
    return outcome.result


def one_action(work: Work, name: str, act: Callable[[Work], Result]) -> Result:
    """Do what is no step of a run as a step is done: under the lease, told, and put on record."""
    with _held(work) as held:
        outcome = _perform(held, name, lambda: act(held))
    return cast("Result", outcome.result)


@contextmanager
def _held(work: Work) -> Iterator[Work]:
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


def runner(step: str) -> Callable[..., StepResult]:
    """A step's `run`, imported when it is needed: ingest waits for neither MLflow nor XGBoost."""
    found: Callable[..., StepResult] = importlib.import_module(f"pipeline.steps.{step}.step").run
    return found


def _steps(work: Work, chosen: Sequence[str]) -> tuple[Outcome, ...]:
    outcomes = []
    for step in chosen:
        skipped = _skipped(work, step)
        if skipped is None:
            outcomes.append(_perform(work, step))
        else:
            outcomes.append(skipped)
            _tell(work, skipped)
    return tuple(outcomes)


def _skipped(work: Work, step: str) -> Outcome | None:
    """Why a step is left out of this run; None when it is due."""
    if step in DATA_STEPS:
        return None
    models = registered(work.config)
    if work.plans is not None:
        work.plans.know(models)
    if step == "score":
        return _score_skipped(models)
    plan = due(models, work.config.train.every, work.now, retrain=work.retrain, trains=step == "train")
    found = next(entry for entry in plan if entry.step == step)
    return None if found.is_due else Outcome(step, "not due", message=found.reason)


def _score_skipped(models: Models) -> Outcome | None:
    """Without a champion but with a refused challenger nobody can score: that is not a run that went well."""
    if models.champion is not None or models.challenger is None:
        return None
    reason = f"there is no champion: version {models.challenger} was not promoted"
    return Outcome("score", "not due", PromotionRefused.exit_code, message=reason)


def _perform(work: Work, step: str, act: Callable[[], StepResult] | None = None) -> Outcome:
    """Do a step or an act, time it, put its verdict on record, tell who watches. Raises what it raises."""
    if work.watch is not None:
        work.watch.starts(step)
    work.check()
    plan = _figures_planned(work, step) if act is None else {}
    begun = time.monotonic()
    try:
        with metered(work.spark, work.lake.root) as meter, cut_for(work.spark, plan.get("shuffled_bytes", 0)):
            result = _run_step(work, step) if act is None else act()
    except Exception as error:
        failure = explain(error)
        seconds = time.monotonic() - begun
        with suppress(Exception):  # the step's own error is the one to tell
            _record(work, Outcome(step, failure.verdict, failure.exit_code, seconds, failure.sentence), begun)
        raise
    message = " ".join(getattr(result, "reasons", ()))
    outcome = Outcome(step, result.verdict, result.exit_code, result.seconds, message, result)
    if result.changed:
        _record(work, outcome, begun, plan, figures_of(meter.usage, result))
    _tell(work, outcome)
    return outcome


def _run_step(work: Work, step: str) -> StepResult:
    if step == "train":
        require_executors(work.spark, work.config)
    more: dict[str, Any] = {"retrain": work.retrain} if step == "train" else {}
    more |= {"decision": work.decision} if step == "clean" else {}
    return runner(step)(work.spark, work.config, now=work.now, progress=work.progress, **more)


def figures_of(usage: Usage, result: StepResult) -> dict[str, int]:
    """What a step used, by the names that a plan has for it, and its tables one by one."""
    tables = [place for place in usage.scans if place not in (WORK, BOOKKEEPING)]
    fits: Mapping[str, int] = getattr(result, "fits", {})
    return {
        "scans": sum(usage.scans[place] for place in tables),
        "read_bytes": sum(usage.read_bytes[place] for place in tables),
        "cached_bytes": usage.cached_bytes,
        "shuffled_bytes": usage.shuffled_bytes,
        **{f"fits_{placement}": count for placement, count in fits.items()},
        **{f"scans.{place}": usage.scans[place] for place in tables},
        **{f"read_bytes.{place}": usage.read_bytes[place] for place in tables},
    }


def planned(work: Work) -> Plan:
    """What a run would do, without doing any of it. Raises as `pipeline.plan.Plans` does."""
    from pipeline.plan import Plans
    from pipeline.tracking import Tracking

    tracking = Tracking.of(work.config, work.config.lake.place)
    is_there = tracking.file is None or tracking.file.exists()  # looking must not create the store
    plans = Plans(work.lake, work.config, work.now, retrain=work.retrain)
    plans.know(registered(work.config) if is_there else Models())
    return plans.all()


def used(work: Work) -> tuple[RunRow, ...]:
    """The newest run of each step that counted, in the order of the steps."""
    newest: dict[str, RunRow] = {}
    for row in Runs(work.lake).last(_LOOK_BACK):
        if row.used:
            newest.setdefault(row.step, row)
    return tuple(newest[step] for step in STEPS if step in newest)


def _with_plans(work: Work, *, trains: bool = False) -> Work:
    """The same work with what there is to plan from; without it where nobody can tell: a step says why."""
    from pipeline.plan import Plans

    with suppress(Exception):
        return replace(work, plans=Plans(work.lake, work.config, work.now, retrain=work.retrain or trains))
    return work


def _figures_planned(work: Work, step: str) -> Mapping[str, int]:
    """What is planned of a step just before it is done; nothing where no plan can be made."""
    with suppress(Exception):
        if work.plans is not None and step in STEPS:
            if step not in DATA_STEPS and not work.plans.knows_models:
                work.plans.know(registered(work.config))
            found = work.plans.of(step)
            return found.figures() if found.is_due else {}
    return {}


def _record(
    work: Work,
    outcome: Outcome,
    begun: float,
    planned: Mapping[str, int] = {},
    used: Mapping[str, int] = {},
) -> None:
    """One row in the lake's `runs` table; none in a lake without tables: a refused start leaves nothing."""
    if work.lake.tables():
        started = work.now + timedelta(seconds=begun - work.begun)
        ended = (outcome.verdict, outcome.exit_code, started, outcome.seconds, outcome.message)
        Runs(work.lake).record_run(RunRow(outcome.step, *ended, planned, used))


def _tell(work: Work, outcome: Outcome) -> None:
    if work.watch is not None:
        work.watch.ended(outcome)


def _without(values: dict[str, Any], keys: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in keys and name != "seconds"}
