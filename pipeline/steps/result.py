"""What a step returns: frozen, printable as one JSON object."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class StepResult:
    """The verdict of one step.

    `rows` is the step's ledger, summed over the batches of this run; `tables` maps each table to the
    Delta version read or written. `changed` is false when there was nothing new to do.
    """

    step: str
    verdict: str
    changed: bool = True
    exit_code: int = 0
    seconds: float = 0.0
    rows: Mapping[str, int] = field(default_factory=dict)
    tables: Mapping[str, int] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The result as plain JSON values; `changed` is part of `verdict` there."""
        values = asdict(self)
        values.pop("changed")
        return values
