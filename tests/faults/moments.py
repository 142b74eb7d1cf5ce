"""Moments of train, promote and score, seen from outside: in MLflow's database, the lease, the tables."""

from __future__ import annotations

import json
import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class AtRecord:
    """When MLflow's database has so much more of something than when the process started."""

    what: str
    query: str
    more: int = 1
    _before: int = 0

    def __str__(self) -> str:
        return self.what

    def begin(self, lake: Path) -> None:
        self._before = ask(lake, self.query)

    def is_time(self, lake: Path) -> bool:
        return ask(lake, self.query) >= self._before + self.more


@dataclass
class AtVersion:
    """When a table has a new version: the row in `runs` ends a step."""

    table: str
    what: str
    _before: int = 0

    def __str__(self) -> str:
        return self.what

    def begin(self, lake: Path) -> None:
        self._before = self._versions(lake)

    def is_time(self, lake: Path) -> bool:
        return self._versions(lake) > self._before

    def _versions(self, lake: Path) -> int:
        return len(list((lake / self.table / "_delta_log").glob("*.json")))


@dataclass
class AfterLease:
    """Some time after the process has taken the project's lease: then it begins to work."""

    seconds: float
    _before: str = ""
    _since: float | None = None

    def __str__(self) -> str:
        return f"at random: {self.seconds:.2f} s after the lease was taken"

    def begin(self, lake: Path) -> None:
        self._before, self._since = _owner(lake), None

    def is_time(self, lake: Path) -> bool:
        if self._since is None and _owner(lake) not in ("", self._before):
            self._since = time.monotonic()
        return self._since is not None and time.monotonic() - self._since >= self.seconds


@dataclass
class AfterTrial:
    """Some time after the process has put its first trial on record: it searches, then fits the winner."""

    seconds: float
    _first: AtRecord = field(default_factory=lambda: trials(1))
    _since: float | None = None

    def __str__(self) -> str:
        return f"at random: {self.seconds:.2f} s after the first new trial"

    def begin(self, lake: Path) -> None:
        self._first.begin(lake)
        self._since = None

    def is_time(self, lake: Path) -> bool:
        if self._since is None and self._first.is_time(lake):
            self._since = time.monotonic()
        return self._since is not None and time.monotonic() - self._since >= self.seconds


def trials(more: int) -> AtRecord:
    """So many more trials are on record."""
    return AtRecord(
        f"{more} more trials on record", "SELECT count(*) FROM tags WHERE key LIKE 'trial.%'", more
    )


VERSION = AtRecord("a version is registered, no alias at it", "SELECT count(*) FROM model_versions")
CHALLENGER = AtRecord(
    "the alias challenger moved",
    "SELECT coalesce(max(version), 0) FROM registered_model_aliases WHERE alias = 'challenger'",
)
DECISION = AtRecord(
    "the decision is on the version", "SELECT count(*) FROM model_version_tags WHERE key = 'promotion'"
)
CHAMPION = AtRecord(
    "the alias champion moved",
    "SELECT coalesce(max(version), 0) FROM registered_model_aliases WHERE alias = 'champion'",
)


def ask(lake: Path, query: str) -> int:
    """A number that MLflow's database knows; 0 while there is none."""
    try:
        with closing(sqlite3.connect(f"{(lake / 'mlflow.db').as_uri()}?mode=ro", uri=True)) as connection:
            return int(connection.execute(query).fetchone()[0])
    except sqlite3.OperationalError:  # no file yet, or held for a moment
        return 0


def _owner(lake: Path) -> str:
    """Who holds the lease; nobody while there is none, or a half-written one."""
    try:
        return str(json.loads((lake / "_lease").read_text())["owner"])
    except (OSError, ValueError):
        return ""
