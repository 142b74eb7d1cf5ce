"""What becomes of candidates whose runner throws; without Spark."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
from pyspark.errors import PySparkException

from pipeline.tuning.candidates import Candidate
from pipeline.tuning.runners.base import Work
from pipeline.tuning.trials import Trial

CANDIDATES = (Candidate(1, "xgboost", {}), Candidate(2, "xgboost", {}))
LOST = PySparkException(
    "Job aborted due to stage failure: Task 0 in stage 3.0 failed 4 times, most recent failure: Lost task 0.3"
    " in stage 3.0 (executor 7): ExecutorLostFailure (executor 7 exited caused by one of its tasks) "
    "Reason: Command exited with code 137\nDriver stacktrace:"
)


@dataclass
class Breaking:
    """Answers for the first candidate, and throws for the others."""

    error: Exception
    reads_once = False

    def run(self, fold: Any, candidates: Sequence[Candidate], share: float) -> Iterator[Trial]:
        yield Trial(candidates[0], fold.fold.number, {"rmse": 1.0}, share=share)
        raise self.error


@pytest.mark.parametrize(
    ("error", "says", "by_machines"),
    [
        (LOST, "PySparkException: Job aborted due to stage failure", True),
        (ValueError("it diverged\nat depth 3"), "ValueError: it diverged", False),
    ],
)
def test_what_is_left_when_a_runner_throws_has_failed_and_says_whether_machines_did(
    error: Exception, says: str, by_machines: bool
) -> None:
    fold: Any = SimpleNamespace(fold=SimpleNamespace(number=2))
    done, failed = Work(Breaking(error), CANDIDATES).run(fold, 0.5)

    assert (done.failed, done.by_machines) == (None, False)
    assert (failed.candidate, failed.fold, failed.share) == (CANDIDATES[1], 2, 0.5)
    assert failed.failed is not None
    assert failed.failed.startswith(says)
    assert "\n" not in failed.failed
    assert failed.by_machines is by_machines
