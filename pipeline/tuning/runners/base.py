"""How trials are run: a runner takes candidates that share work on one prepared fold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from pipeline.errors import PipelineError
from pipeline.explain import is_of_the_machines
from pipeline.tuning.candidates import Candidate
from pipeline.tuning.prepared import PreparedFold
from pipeline.tuning.trials import Trial


class Runner(Protocol):
    """One way of running trials."""

    @property
    def reads_once(self) -> bool:
        """Whether all its trials together read the fold's rows a single time."""

    def run(self, fold: PreparedFold, candidates: Sequence[Candidate], share: float) -> Iterator[Trial]:
        """One trial for each candidate, as they end. A trial that fails is one that says so; never raises."""


@dataclass(frozen=True)
class Work:
    """Candidates that one thread tries together, by one runner."""

    runner: Runner
    candidates: tuple[Candidate, ...]

    def run(self, fold: PreparedFold, share: float) -> Iterator[Trial]:
        """See `Runner.run`; whatever the runner throws fails the candidates it has not answered for."""
        left = {candidate.number: candidate for candidate in self.candidates}
        try:
            for trial in self.runner.run(fold, self.candidates, share):
                left.pop(trial.candidate.number)
                yield trial
        except Exception as error:  # noqa: BLE001 - a trial that throws is recorded, not the end
            for candidate in left.values():
                yield failed_trial(candidate, fold.fold.number, share, error)


def failed_trial(
    candidate: Candidate, fold: int, share: float, error: BaseException, seconds: float = 0.0
) -> Trial:
    """The trial that an error has ended."""
    return Trial(
        candidate,
        fold,
        share=share,
        seconds=seconds,
        failed=reason(error),
        by_machines=is_of_the_machines(error),
    )


def reason(error: BaseException) -> str:
    """One line of why a trial failed."""
    text = str(error).strip() or type(error).__name__
    kind = "" if isinstance(error, PipelineError) else f"{type(error).__name__}: "
    return (kind + text.splitlines()[0])[:300]
