"""How long a call waits for a tracking server that is away: through its restart, but not through a night.

MLflow reads its patience from the environment at each call. What the user has set there always wins.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

_RETRIES = "MLFLOW_HTTP_REQUEST_MAX_RETRIES"
_TIMEOUT = "MLFLOW_HTTP_REQUEST_TIMEOUT"

Patience = Mapping[str, str]

# The pauses before a call is tried again are 0, 4, 8, 16 and 32 seconds: a server that refuses is given up
# after a minute, one that takes a call and never answers after four.
PATIENT: Patience = {_RETRIES: "5", _TIMEOUT: "30"}
# A server answers an upload only when it has put the file where it keeps artifacts.
MOVING_FILES: Patience = {_RETRIES: "5", _TIMEOUT: "120"}
# Where nothing is lost by giving up, or the server was away a moment ago.
SHORT: Patience = {_RETRIES: "1", _TIMEOUT: "10"}


@dataclass
class _Wishes:
    """The patience that the calls of several threads ask for; the newest one counts for all."""

    waiting: list[Patience] = field(default_factory=list)
    missing: frozenset[str] = frozenset()

    def apply(self) -> None:
        for name in self.missing:
            if self.waiting:
                os.environ[name] = self.waiting[-1][name]
            else:
                os.environ.pop(name, None)


_lock = threading.Lock()
_wishes = _Wishes()
_away: set[str] = set()


@contextmanager
def patience(asked: Patience) -> Iterator[None]:
    """MLflow's calls within the block wait as long as is asked; the environment is given back."""
    own = dict(asked)
    with _lock:
        if not _wishes.waiting:
            _wishes.missing = frozenset(name for name in PATIENT if name not in os.environ)
        _wishes.waiting.append(own)
        _wishes.apply()
    try:
        yield
    finally:
        with _lock:
            _wishes.waiting = [wish for wish in _wishes.waiting if wish is not own]
            _wishes.apply()


def patience_with(address: str, asked: Patience) -> Patience:
    """What is asked for; little for an address that was away when it was called last."""
    return SHORT if address in _away else asked


def note_away(address: str, away: bool) -> None:
    """Remember how the last call to an address ended."""
    with _lock:
        (_away.add if away else _away.discard)(address)
