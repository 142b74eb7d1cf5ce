"""What ingest returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pipeline.steps.result import StepResult


@dataclass(frozen=True)
class IngestResult(StepResult):
    """The verdict of ingest: `rows` counts read and malformed records and files, over all sources.

    `sources` has the same counts by source.
    """

    sources: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
