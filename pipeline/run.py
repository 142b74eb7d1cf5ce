"""Which steps are due, in order, under the project's lease; each verdict on record."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar, cast

from pipeline.doctor.quick import require_driver, require_executors
from pipeline.due import DATA_STEPS, Models, between, due
from pipeline.errors import PromotionRefused
from pipeline.explain import explain
from pipeline.figures import figures_of, figures_planned, with_plans
from pipeline.lake import RunRow, Runs
from pipeline.steps.result import StepResult
from pipeline.usage import cut_for, metered
from pipeline.work import Outcome, Work, held, registered

Result = TypeVar("Result", bound=StepResult)


@dataclass(frozen=True)
class RunResult(StepResult):
    """The verdict of a whole run, and the outcome of each of its steps."""

    outcomes: tuple[Outcome, ...] = ()

    def of(self, step: str) -> StepResult | None:
        """What a step returned, such as the `TrainResult` of "train"; None where it was not due."""
        return next((outcome.result for outcome in self.outcomes if outcome.step == step), None)


def run(work: Work, *, first: str | None = None, last: str | None = None) -> RunResult:
    """Bring the project up to date: the steps from `first` to `last` that are due.

    Begins with what the doctor sees in milliseconds. A refused promotion is the run's exit code, never its
    end. Raises what a step raises, and TransientError when another run holds the project.
    """
    begun = time.monotonic()
    chosen = between(first, last)
    require_driver(work.spark, work.config)
    with held(work) as own:
        outcomes = _steps(with_plans(own), chosen)
    results = [outcome.result for outcome in outcomes if outcome.result is not None]
    tables = {name: version for result in results for name, version in result.tables.items()}
    changed = any(result.changed for result in results)
    exit_code = max((outcome.exit_code for outcome in outcomes), default=0)
    verdict = "promotion refused" if exit_code else "done" if changed else "nothing new"
    seconds = time.monotonic() - begun
    return RunResult("run", verdict, changed, exit_code, seconds, {}, tables, outcomes)


def one_step(work: Work, step: str) -> StepResult:
    """Do one step whether or not it is due, under the project's lease. Raises what the step raises."""
    with held(work) as own:
        outcome = _perform(with_plans(own, trains=step == "train"), step)
    assert outcome.result is not None  # a step that was done has a result; one that was not has raised
    return outcome.result


def one_action(work: Work, name: str, act: Callable[[Work], Result]) -> Result:
    """Do what is no step of a run as a step is done: under the lease, told, and put on record."""
    with held(work) as own:
        outcome = _perform(own, name, lambda: act(own))
    return cast("Result", outcome.result)


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
    plan = figures_planned(work, step) if act is None else {}
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
