"""What a run is to use, and what its steps have used: scans, bytes and fits by the same names."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace

from pipeline.due import DATA_STEPS, STEPS, Models
from pipeline.lake import RunRow, Runs
from pipeline.plan import Plan, Plans
from pipeline.steps.result import StepResult
from pipeline.usage import BOOKKEEPING, WORK, Usage
from pipeline.work import Work, registered

_LOOK_BACK = 200


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


def with_plans(work: Work, *, trains: bool = False) -> Work:
    """The same work with what there is to plan from; without it where nobody can tell: a step says why."""
    with suppress(Exception):
        return replace(work, plans=Plans(work.lake, work.config, work.now, retrain=work.retrain or trains))
    return work


def figures_planned(work: Work, step: str) -> Mapping[str, int]:
    """What is planned of a step just before it is done; nothing where no plan can be made."""
    with suppress(Exception):
        if work.plans is not None and step in STEPS:
            if step not in DATA_STEPS and not work.plans.knows_models:
                work.plans.know(registered(work.config))
            found = work.plans.of(step)
            return found.figures() if found.is_due else {}
    return {}
