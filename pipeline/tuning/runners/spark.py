"""One pyspark.ml fit per trial, on all workers, over the fold's kept rows."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from pipeline.learners import get_learner
from pipeline.tuning.candidates import Candidate
from pipeline.tuning.prepared import PreparedFold
from pipeline.tuning.runners.base import failed_trial
from pipeline.tuning.trials import Trial


class SparkRunner:
    """Any learner, one candidate after the other."""

    reads_once = False

    def run(self, fold: PreparedFold, candidates: Sequence[Candidate], share: float) -> Iterator[Trial]:
        """See `Runner.run`."""
        fold.keep()
        for candidate in candidates:
            yield _trial(fold, candidate, share)


def _trial(fold: PreparedFold, candidate: Candidate, share: float) -> Trial:
    begun = time.monotonic()
    try:
        learner = get_learner(candidate.learner)
        stops_early = learner.stops_early(candidate.params)
        estimator = learner.estimator(candidate.params, fold.columns(stops_early=stops_early), fold.context)
        model = estimator.fit(fold.fitting(share, stops_early=stops_early))
        fitted = time.monotonic()
        metrics = fold.target.measure_trial(model.transform(fold.judging()))
        ended = time.monotonic()
        return Trial(
            candidate,
            fold.fold.number,
            share=share,
            metrics=metrics,
            rounds=model.rounds if stops_early else None,
            seconds=ended - begun,
            parts={"fit": fitted - begun, "evaluation": ended - fitted},
        )
    except Exception as error:  # noqa: BLE001 - a trial that throws is recorded, not the end
        return failed_trial(candidate, fold.fold.number, share, error, seconds=time.monotonic() - begun)
