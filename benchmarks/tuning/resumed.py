"""A training killed half-way and started again, beside one left alone: real processes of `pipeline`."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.tuning.tables import Features

TRIALS = "SELECT key, value FROM tags WHERE key LIKE 'trial.%'"


@dataclass(frozen=True)
class Resumed:
    """Seconds of a whole training and of the one that went on, and how many trials each process did."""

    whole: float
    rest: float
    trials: int
    kept: int
    repeated: int


def resumed(table: Features, train: Mapping[str, Any], trials: int) -> Resumed:
    """Train, forget that, train again and be killed when half of the trials are on record, and go on."""
    file = table.file("binary", "late", train)
    store = table.folder / "lake" / "mlflow.db"
    whole = _seconds(file)
    _forget(store)
    process = _start(file)
    while len(_trials(store)) < trials // 2:
        if process.poll() is not None:
            raise SystemExit("the training ended before it was killed")
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    kept = _trials(store)
    rest = _seconds(file)
    after = _trials(store)
    if len(after) != trials:
        raise SystemExit(f"{len(after)} trials are on record, not {trials}")
    # Done again, a trial would tell of other seconds.
    return Resumed(whole, rest, trials, len(kept), len(kept - after))


def _start(file: Path) -> subprocess.Popen[bytes]:
    program = str(Path(sys.executable).with_name("pipeline"))
    return subprocess.Popen([program, "train", "-q", "-c", str(file)], start_new_session=True)


def _seconds(file: Path) -> float:
    begun = time.monotonic()
    if _start(file).wait() != 0:
        raise SystemExit("a training failed")
    return time.monotonic() - begun


def _forget(store: Path) -> None:
    for path in store.parent.glob("mlflow.db*"):
        path.unlink()
    shutil.rmtree(store.parent / "mlartifacts", ignore_errors=True)


def _trials(store: Path) -> set[tuple[str, str]]:
    """The trials on record: key and result."""
    if not store.exists():
        return set()
    with closing(sqlite3.connect(f"{store.as_uri()}?mode=ro", uri=True, timeout=30)) as connection:
        try:
            return set(connection.execute(TRIALS).fetchall())
        except sqlite3.OperationalError:  # its tables are not made yet
            return set()
