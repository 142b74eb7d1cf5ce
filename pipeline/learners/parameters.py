"""What a learner's parameters are, as plain values: checked without Spark and without XGBoost."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pipeline.config.hints import did_you_mean
from pipeline.config.task import Task
from pipeline.errors import ConfigError

Scalar = bool | int | float | str
_KINDS = {bool: "true or false", int: "a whole number", float: "a number", str: "a word"}


@dataclass(frozen=True)
class ParamSpec:
    """One parameter: its type, the values it may take, and the value it has when nobody says."""

    name: str
    type: type[bool] | type[int] | type[float] | type[str]
    default: Scalar | None
    """None: the learner does without, and null is allowed."""
    doc: str
    minimum: float | None = None
    maximum: float | None = None
    above: float | None = None
    """A bound that is itself not allowed."""
    choices: tuple[str, ...] = ()
    tasks: tuple[Task, ...] = ()
    """The tasks that have this parameter; empty: all of the learner's."""

    def is_for(self, task: Task | None) -> bool:
        """Whether the parameter can be set in a task; None asks about any task."""
        return task is None or not self.tasks or task in self.tasks

    def is_allowed(self, value: object) -> bool:
        """Whether the value has the type and lies in the range; a whole number is a number, `true` is not."""
        if value is None:
            return self.default is None
        if self.type is bool or isinstance(value, bool):
            return self.type is bool and isinstance(value, bool)
        if self.type is str:
            return isinstance(value, str) and (not self.choices or value in self.choices)
        if not isinstance(value, int if self.type is int else (int, float)):
            return False
        return (
            math.isfinite(value)
            and (self.minimum is None or value >= self.minimum)
            and (self.above is None or value > self.above)
            and (self.maximum is None or value <= self.maximum)
        )

    def coerce(self, value: Scalar | None) -> Scalar | None:
        """An allowed value in the parameter's own type: 1 for a number is 1.0."""
        return float(value) if self.type is float and value is not None else value

    @property
    def allowed(self) -> str:
        """The allowed values in words, for errors and the reference."""
        if self.choices:
            words = f"one of {', '.join(self.choices)}"
        else:
            words = " ".join([_KINDS[self.type], *self._bounds()])
        return f"{words}, or null" if self.default is None else words

    def _bounds(self) -> Iterable[str]:
        if self.above is not None:
            yield f"above {self.above:g}"
        if self.minimum is not None:
            yield f"from {self.minimum:g}"
        if self.maximum is not None:
            yield f"to {self.maximum:g}"


def specs(*parameters: ParamSpec) -> dict[str, ParamSpec]:
    """The parameters by name, in the order given."""
    return {parameter.name: parameter for parameter in parameters}


def validate_parameters(
    learner: str,
    declared: Mapping[str, ParamSpec],
    params: Mapping[str, object],
    task: Task | None = None,
) -> None:
    """Raise ConfigError for the first name that is unknown (or not of the task) or value not allowed."""
    known = {name: spec for name, spec in declared.items() if spec.is_for(task)}
    for name, value in params.items():
        spec = known.get(name)
        if spec is None:
            where = f" for a {task} task" if name in declared else ""
            raise ConfigError(
                f"Learner '{learner}' has no parameter '{name}'{where}.{did_you_mean(name, known)}"
                f" Known here: {', '.join(sorted(known))}."
            )
        if not spec.is_allowed(value):
            raise ConfigError(
                f"Learner '{learner}': parameter '{name}' is {_shown(value)}; allowed: {spec.allowed}."
            )


def _shown(value: object) -> str:
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else repr(value)
