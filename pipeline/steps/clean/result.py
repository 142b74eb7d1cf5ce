"""What clean returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pipeline.steps.result import StepResult


@dataclass(frozen=True)
class CleanResult(StepResult):
    """The verdict of clean: `rows` is the ledger, summed over all batches of this run.

    `sources` has the same counts by source; `pinned` the columns and types of each source that was seen for
    the first time, as DDL.
    """

    sources: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    pinned: Mapping[str, str] = field(default_factory=dict)
