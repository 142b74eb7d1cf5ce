from __future__ import annotations

import logging
import os
from collections.abc import Iterator

import pytest

from pipeline.tracking.quiet import quiet

PROGRESS = "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR"


def state() -> tuple[object, ...]:
    logger = logging.getLogger("mlflow")
    return logger.handlers, logger.propagate, logger.level, os.environ.get(PROGRESS)


class Heard(logging.Handler):
    """A program's own log file, as it were."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


@pytest.fixture
def heard() -> Iterator[Heard]:
    handler = Heard()
    logging.getLogger().addHandler(handler)
    yield handler
    logging.getLogger().removeHandler(handler)


def test_mlflow_speaks_to_the_root_logger_only(heard: Heard, capsys: pytest.CaptureFixture[str]) -> None:
    logger = logging.getLogger("mlflow.store.db.utils")

    logger.warning("before")
    with quiet():
        logger.warning("within")

    shown = capsys.readouterr().err
    assert heard.messages == ["within"]
    assert "before" in shown
    assert "within" not in shown


def test_all_is_given_back_when_the_last_one_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PROGRESS, "true")
    before = state()

    with quiet():
        with quiet():
            pass
        within = state()
    after = state()

    assert within != before
    assert within[3] == "false"
    assert after == before


def test_all_is_given_back_after_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(PROGRESS, raising=False)
    before = state()

    with pytest.raises(ValueError, match="x"), quiet():
        raise ValueError("x")

    assert state() == before
    assert PROGRESS not in os.environ
