"""What one check found: fine, or what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

from pipeline.errors import PipelineError

State = Literal["fine", "warning", "fault"]
_NEXT = "Next: "


@dataclass(frozen=True)
class Finding:
    """The answer of one check. `warning`: it works, but look at it. `fault`: something would fail."""

    name: str
    state: State
    said: str
    advice: str = ""

    @property
    def sentence(self) -> str:
        """What was found and what to do, in one line."""
        return f"{self.said} {_NEXT}{self.advice}" if self.advice else self.said

    def to_json(self) -> dict[str, Any]:
        """Plain values, for `--json`."""
        return asdict(self)


def fine(name: str, said: str) -> Finding:
    """Nothing to do."""
    return Finding(name, "fine", said)


def warning(name: str, said: str, advice: str = "") -> Finding:
    """It works for now."""
    return Finding(name, "warning", said, advice)


def fault(name: str, said: str, advice: str = "") -> Finding:
    """Something would fail."""
    return Finding(name, "fault", said, advice)


def refused(name: str, error: BaseException) -> Finding:
    """The fault that an error tells of; our own errors say what to do behind `Next:`."""
    if not isinstance(error, PipelineError):
        line = next(iter(str(error).strip().splitlines()), "") or "no reason given"
        return fault(name, f"{type(error).__name__}: {line[:300]}")
    said, _, advice = str(error).partition(f" {_NEXT}")
    return fault(name, said, advice)


def worst(findings: Iterable[Finding]) -> State:
    """The state of them all together; `fine` for none."""
    states = {finding.state for finding in findings}
    return "fault" if "fault" in states else "warning" if "warning" in states else "fine"
