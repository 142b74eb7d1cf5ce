from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from py4j.protocol import Py4JNetworkError

from pipeline.errors import TransientError
from pipeline.tuning.alive import validate_alive


def session(context: Any) -> Any:
    return SimpleNamespace(sparkContext=SimpleNamespace(_jsc=context))


def answering(is_stopped: Any) -> Any:
    return SimpleNamespace(sc=lambda: SimpleNamespace(isStopped=is_stopped))


def test_while_spark_is_there_a_trial_may_fail() -> None:
    validate_alive(session(answering(lambda: False)), "it broke")


@pytest.mark.parametrize("context", [None, answering(lambda: True)])
def test_a_stopped_session_fails_no_trial(context: Any) -> None:
    with pytest.raises(
        TransientError, match=r"^Spark was stopped while trials ran: it broke\. .+ run the same command again"
    ):
        validate_alive(session(context), "it broke")


def test_a_jvm_that_is_gone_says_so_itself() -> None:
    def gone() -> bool:
        raise Py4JNetworkError("Answer from Java side is empty")

    with pytest.raises(Py4JNetworkError):
        validate_alive(session(answering(gone)), "it broke")
