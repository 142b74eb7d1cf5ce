from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import pytest
from pyspark.errors import PySparkException

from pipeline.doctor import ask
from pipeline.errors import TransientError

LOST = (
    "Job aborted due to stage failure: Task 0 in stage 2.0 failed 4 times, most recent failure: Lost task "
    "0.3 in stage 2.0 (TID 9) (127.0.0.1 executor 7): ExecutorLostFailure (executor 7 exited caused by one "
    "of the running tasks) Reason: Command exited with code 137"
)


class Cluster:
    """A context whose jobs fail."""

    master = "spark://head:7077"

    def __init__(self, said: str) -> None:
        self.said = said

    def parallelize(self, *_: Any) -> Any:
        raise PySparkException(self.said)


@pytest.fixture(autouse=True)
def no_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ask, "slots", lambda _: 2)
    monkeypatch.setattr(ask, "time_limit", lambda *_: nullcontext())


def test_executors_that_are_lost_say_nothing_of_their_python() -> None:
    context: Any = Cluster(LOST)

    with pytest.raises(
        TransientError, match=r"^Executor 7 was lost, as those before it that had the same task"
    ):
        ask.ask_executors(context, (), None)


def test_an_executor_whose_python_fails_is_a_fault() -> None:
    context: Any = Cluster('java.io.IOException: Cannot run program "python3.9": error=2, No such file')

    answers = ask.ask_executors(context, (), None)

    assert answers.failed is not None
    assert answers.failed.sentence.startswith("An executor cannot start its Python, 'python3.9'.")
