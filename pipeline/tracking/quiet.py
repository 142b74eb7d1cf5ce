"""MLflow says nothing on the screen while we use it; what it logs goes where the program's own log goes."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import mlflow  # noqa: F401 - its import gives its loggers a handler of their own: quiet comes after that

_LOGGERS = ("mlflow", "alembic")
_SETTINGS = {
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
}


@dataclass
class _Found:
    """What was there before the first of several threads became quiet."""

    users: int = 0
    loggers: dict[str, tuple[list[logging.Handler], bool]] = field(default_factory=dict)
    settings: dict[str, str | None] = field(default_factory=dict)


_lock = threading.Lock()
_found = _Found()


@contextmanager
def quiet() -> Iterator[None]:
    """Route MLflow's log records to the root logger, and switch off its progress bars, within the block.

    Loggers and environment are given back when the last thread leaves. Without handlers on the root logger,
    as in a notebook, nothing is shown.
    """
    with _lock:
        _found.users += 1
        if _found.users == 1:
            _hush()
    try:
        yield
    finally:
        with _lock:
            _found.users -= 1
            if _found.users == 0:
                _give_back()


def _hush() -> None:
    for name in _LOGGERS:
        logger = logging.getLogger(name)
        _found.loggers[name] = (logger.handlers, logger.propagate)
        # The handler that does nothing keeps Python's last resort, stderr, away.
        logger.handlers, logger.propagate = [logging.NullHandler()], True
    for name, value in _SETTINGS.items():
        _found.settings[name] = os.environ.get(name)
        os.environ[name] = value


def _give_back() -> None:
    for name, (handlers, propagate) in _found.loggers.items():
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = handlers, propagate
    for name, value in _found.settings.items():
        set_or_unset(name, value)


def set_or_unset(name: str, value: str | None) -> None:
    """Put an environment variable back to what it was, None being unset."""
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value
