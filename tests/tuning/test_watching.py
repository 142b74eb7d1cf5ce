from __future__ import annotations

import math

from pipeline.tuning.candidates import Candidate
from pipeline.tuning.trials import Standing, Trial
from pipeline.tuning.watching import Watching


class Listener:
    def __init__(self) -> None:
        self.heard: list[str] = []

    def begin(self, parts: int = 1) -> None:
        self.heard.append(f"begin {parts}")

    def advance(self, note: str = "") -> None:
        self.heard.append(f"advance {note}")

    def skip(self, parts: int = 1) -> None:
        self.heard.append(f"skip {parts}")

    def tell(self, status: str) -> None:
        self.heard.append(f"  {status}")


def trial(number: int, rmse: float, share: float = 1.0, failed: str | None = None) -> Trial:
    candidate = Candidate(number, "xgboost", {"max_depth": number})
    return Trial(candidate, 0, {} if failed else {"rmse": rmse}, share=share, failed=failed)


def finished(watching: Watching, ended: Trial) -> None:
    watching.finished(Standing(ended.candidate, "rmse", (ended,)))


def test_running_failed_and_best_are_told_as_trials_begin_and_end() -> None:
    listener = Listener()
    watching = Watching(listener, "rmse")
    known, small, bad, good, large = (
        trial(1, 7.0),
        trial(2, 1.0, 0.25),
        trial(3, 0, failed="no memory"),
        trial(4, 6.5),
        trial(5, 23456.7),
    )
    watching.known(known)
    finished(watching, known)
    watching.begins(3)
    for ended in (small, bad, good):
        watching.ended(ended)
        finished(watching, ended)
    watching.ended(large)
    assert listener.heard == [
        "skip 1",
        "  ",
        "  best rmse 7 by #1 xgboost",
        "begin 3",
        "  3 running, best rmse 7 by #1 xgboost",
        "  2 running, best rmse 7 by #1 xgboost",
        "advance #2 xgboost max_depth=2 fold 1 on 25 % of the rows: rmse 1",
        "  2 running, best rmse 7 by #1 xgboost",
        "  1 running, 1 failed, best rmse 7 by #1 xgboost",
        "advance #3 xgboost max_depth=3 fold 1: failed",
        "  1 failed, best rmse 7 by #1 xgboost",
        "advance #4 xgboost max_depth=4 fold 1: rmse 6.5",
        "  1 failed, best rmse 6.5 by #4 xgboost",
        "  1 failed, best rmse 6.5 by #4 xgboost",
        "advance #5 xgboost max_depth=5 fold 1: rmse 23,457",
    ]


def test_a_metric_that_is_no_number_is_never_the_best() -> None:
    listener = Listener()
    watching = Watching(listener, "rmse")
    finished(watching, trial(1, math.nan))
    assert listener.heard == []
