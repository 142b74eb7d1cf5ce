"""A step that has ended, without one."""

from __future__ import annotations

from typing import Any

from pipeline.project import Project
from pipeline.steps.result import StepResult
from pipeline.work import Outcome

CLEANED = StepResult(
    "clean",
    "done",
    seconds=1.25,
    rows={"read": 10, "quarantined": 2, "inserted": 8},
    tables={"silver_houses": 3},
)


def ends(step: str, result: StepResult | BaseException) -> Any:
    """A fake of a project's method: tells its watcher as a real run does, then returns or raises."""

    def method(self: Project, **given: Any) -> StepResult:
        assert self._watch is not None
        self._watch.starts(step)
        if isinstance(result, BaseException):
            raise result
        message = " ".join(getattr(result, "reasons", ()))
        self._watch.ended(Outcome(step, result.verdict, result.exit_code, result.seconds, message, result))
        return result

    return method
