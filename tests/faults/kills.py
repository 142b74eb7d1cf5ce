"""Ending a real run by SIGKILL at a moment seen from outside: nothing in the product knows of it."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

PROGRAM = Path(sys.executable).with_name("pipeline")
PATIENCE = 500.0  # seconds for one command, on a machine that does other things too
_LOOK_AGAIN = 0.002


class Kill(Protocol):
    """A moment in the life of a process."""

    def begin(self, lake: Path) -> None:
        """The process is about to start: what is there now is no news."""

    def is_time(self, lake: Path) -> bool:
        """Whether the moment has come."""


@dataclass(frozen=True)
class AtCommit:
    """When a write is committed to a table: an intent, a batch, a ledger row. All carry their label."""

    table: str
    label: str

    def __str__(self) -> str:
        return f"{self.label} committed to {self.table}"

    def begin(self, lake: Path) -> None:
        assert not self.is_time(lake), f"{self} was there before"

    def is_time(self, lake: Path) -> bool:
        mark = f'"userMetadata":"{self.label}"'
        commits = sorted((lake / self.table / "_delta_log").glob("*.json"), reverse=True)
        return any(mark in _head(commit) for commit in commits)


@dataclass
class AtDataFile:
    """When the first data file of a write is in a table's folder, which no commit names yet."""

    table: str
    _before: set[Path] = field(default_factory=set)

    def __str__(self) -> str:
        return f"data file in {self.table}, not committed"

    def begin(self, lake: Path) -> None:
        self._before = self._files(lake)

    def is_time(self, lake: Path) -> bool:
        return bool(self._files(lake) - self._before)

    def _files(self, lake: Path) -> set[Path]:
        return set((lake / self.table).glob("*.parquet"))


@dataclass
class AtRandom:
    """Some time after a number of files have come into the lake, both drawn from a seed."""

    seed: int
    most_files: int
    _seen: set[str] = field(default_factory=set)
    _enough: int = 0
    _since: float | None = None

    def __post_init__(self) -> None:
        draw = random.Random(self.seed)
        self._files = draw.randint(1, self.most_files)
        self._delay = draw.uniform(0, 1.0)

    def __str__(self) -> str:
        return f"at random: {self._files} new files, then {self._delay:.2f} s"

    def begin(self, lake: Path) -> None:
        self._seen = _all_files(lake)
        self._enough = len(self._seen) + self._files
        self._since = None

    def is_time(self, lake: Path) -> bool:
        if self._since is None:
            self._seen |= _all_files(lake)
            if len(self._seen) >= self._enough:
                self._since = time.monotonic()
        return self._since is not None and time.monotonic() - self._since >= self._delay


@dataclass(frozen=True)
class Ended:
    """A command that ended by itself."""

    code: int
    out: str
    err: str


def start(folder: Path, *words: str) -> subprocess.Popen[str]:
    """Start the installed command in a folder, in a process group of its own."""
    pipe = subprocess.PIPE
    return subprocess.Popen(
        [str(PROGRAM), *words], cwd=folder, stdout=pipe, stderr=pipe, text=True, start_new_session=True
    )


def call(folder: Path, *words: str) -> Ended:
    """Run the installed command to its end."""
    return finished(start(folder, *words))


def finished(process: subprocess.Popen[str]) -> Ended:
    """Wait for a process; nothing of its group is left behind."""
    try:
        out, err = process.communicate(timeout=PATIENCE)
    finally:
        if process.poll() is None:
            end(process)
    return Ended(process.returncode, out, err)


def kill_at(kill: Kill, lake: Path, *words: str, driver_only: bool = False) -> bool:
    """Run the installed command and kill it at a moment; False when it had ended before.

    With `driver_only` its JVM finds out by itself that the driver is gone, as on a machine short of memory.
    """
    kill.begin(lake)
    process = start(lake.parent, *words)
    give_up_at = time.monotonic() + PATIENCE
    try:
        while not kill.is_time(lake):
            if process.poll() is not None:
                return False
            assert time.monotonic() < give_up_at, f"the moment never came: {kill}"
            time.sleep(_LOOK_AGAIN)
        is_hit = process.poll() is None
        if driver_only:
            process.kill()
            _wait_for_group(process)
        return is_hit
    finally:
        end(process)


def end(process: subprocess.Popen[str]) -> None:
    """End what is left of a process and its children."""
    with suppress(ProcessLookupError):  # all of it is gone
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def _wait_for_group(process: subprocess.Popen[str], seconds: float = 5.0) -> None:
    """Give the children of a dead process some time to notice."""
    process.wait()
    give_up_at = time.monotonic() + seconds
    with suppress(ProcessLookupError):
        while time.monotonic() < give_up_at:
            os.killpg(process.pid, 0)
            time.sleep(_LOOK_AGAIN)


def _head(commit: Path) -> str:
    try:
        with commit.open(encoding="utf-8") as stream:
            return stream.readline()
    except OSError:
        return ""


def _all_files(folder: Path) -> set[str]:
    """The paths of all files below a folder; they come and go while this looks."""
    found: set[str] = set()
    for place, _, names in os.walk(folder):
        found.update(f"{place}/{name}" for name in names)
    return found
