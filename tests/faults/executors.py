"""The executors of our own application: found by their command lines, seen at work, killed."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from py4j.protocol import Py4JError
from pyspark.sql import SparkSession

SCAN, SHUFFLE, CACHE, WRITE = KINDS = ("scan", "shuffle", "cache", "write")
ALWAYS = "always"
_LOOK_AGAIN = 0.004
_SLICE, _SHORT_SLICE = 0.05, 0.01


@dataclass(frozen=True)
class Stage:
    """A stage that has tasks at work."""

    number: int
    attempt: int
    kinds: frozenset[str]


class Wishes:
    """Which stages are to be hit: each kind of a step once; of a step in `dying`, executors without end."""

    def __init__(self, kills: Mapping[str, Sequence[str]], dying: str | None = None) -> None:
        self._left = {(step, kind) for step, kinds in kills.items() for kind in kinds}
        self.dying = dying

    def are_left(self, step: str) -> bool:
        """Whether some kind of a step is not hit yet."""
        return any(one == step for one, _ in self._left)

    def choose(self, step: str, kinds: frozenset[str]) -> str | None:
        """Which of these kinds is to be hit."""
        return next((kind for kind in KINDS if kind in kinds and (step, kind) in self._left), None)

    def fulfil(self, step: str, kind: str) -> None:
        """It was hit."""
        self._left.discard((step, kind))


@dataclass
class Watcher:
    """Looks at the stages of one application, and kills the executor of a stage that is wanted."""

    spark: SparkSession
    lake: Path
    wishes: Wishes = field(default_factory=lambda: Wishes({}))
    step: str = ""
    """The step that runs now; the script says so."""
    seen: dict[str, set[str]] = field(default_factory=dict)
    """Step → kinds of stages it had, as far as it was looked at."""
    kills: list[tuple[str, str]] = field(default_factory=list)
    """What was hit: step and kind."""
    _files: set[Path] = field(default_factory=set)
    _wearing_out: str = ""
    """The step whose executors always die, once it has begun."""
    _worn: set[str] = field(default_factory=set)
    """In such a step, those that had a task at the last look."""
    _stop: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Look and kill within the block; an error of the look itself is raised at its end."""
        self._files = self._data_files()
        self._stop.clear()
        with ThreadPoolExecutor(1) as pool:
            watch = pool.submit(self._watch)
            try:
                yield
            finally:
                self._stop.set()
        watch.result()

    def _watch(self) -> None:
        while not self._stop.wait(_LOOK_AGAIN):
            with suppress(Py4JError):  # a stage may be forgotten while it is looked at
                if self.step and self.wishes.dying == self.step:
                    self._wear_out()
                elif self.wishes.are_left(self.step):
                    self._look_for_one()
                else:
                    self._note(self._at_work())

    def _look_for_one(self) -> None:
        """Hold the executors while this looks, so that no stage is over before it is seen, and hit one."""
        step = self.step
        with self._held() as held:
            stages = self._at_work()
            self._note(stages)
            for stage in stages:
                kind = self.wishes.choose(step, stage.kinds)
                at_work = [held[name] for name in self._holders(stage) if name in held]
                if kind is not None and at_work and step == self.step:
                    _send(at_work[0], signal.SIGKILL)
                    self.kills.append((step, kind))
                    self.wishes.fulfil(step, kind)
                    break
            else:
                kind = None
        time.sleep(_SHORT_SLICE if kind is None else 0.2)  # after a kill, until the driver knows

    def _note(self, stages: Sequence[Stage]) -> None:
        for stage in stages:
            self.seen.setdefault(self.step, set()).update(stage.kinds)

    @contextmanager
    def _held(self) -> Iterator[Mapping[str, int]]:
        """The executors that the driver knows, held within the block."""
        held = self._registered()
        for pid in held.values():
            _send(pid, signal.SIGSTOP)
        try:
            yield held
        finally:
            for pid in held.values():
                _send(pid, signal.SIGCONT)

    def _wear_out(self) -> None:
        """Kill those that worked before the step; then hold all but for slices of time, and kill by turns.

        Spark blames a task only once its executor has said that it runs: the slice is for that. An executor
        that has just started takes many slices for its first task, one that is warm may need less than one.
        """
        step = self.step
        with self._held() as held:
            busy = {name for stage in self._at_work() for name in self._holders(stage) if name in held}
            doomed = busy & self._worn if self._wearing_out == step else set(held)
            for name in sorted(doomed) if step == self.step else ():
                _send(held[name], signal.SIGKILL)
                self.kills.append((step, ALWAYS))
            self._worn, self._wearing_out = busy - doomed, step
        time.sleep(_SLICE)

    def _registered(self) -> dict[str, int]:
        """The executors that the driver knows: those that start are left alone."""
        known = self._store().executorList(True)
        names = {str(known.apply(place).id()) for place in range(known.size())}
        return {name: pid for name, pid in executors(self.spark).items() if name in names}

    def _at_work(self) -> list[Stage]:
        tracker = self.spark.sparkContext.statusTracker()
        found = []
        for number in tracker.getActiveStageIds():
            info = tracker.getStageInfo(number)
            if info is not None and info.numActiveTasks:
                found.append(Stage(number, info.currentAttemptId, self._kinds(number)))
        return found

    def _kinds(self, stage: int) -> frozenset[str]:
        """By the names in Spark's own picture of the stage; a write by its first file in a table."""
        names = _names(self._store().operationGraphForStage(stage).rootCluster())
        found = set()
        if any(name.startswith(("Scan ", "FileScan")) for name in names):
            found.add(SCAN)
        if any("Exchange" in name or "Shuffle" in name for name in names):
            found.add(SHUFFLE)
        if any("InMemory" in name or "*cached*" in name for name in names):
            found.add(CACHE)
        files = self._data_files()
        if files - self._files:
            self._files = files
            found.add(WRITE)
        return frozenset(found)

    def _holders(self, stage: Stage) -> list[str]:
        """The executors that have a task of a stage at work."""
        tasks = self._store().taskList(stage.number, stage.attempt, 1_000)
        found = [tasks.apply(place) for place in range(tasks.size())]
        return [str(task.executorId()) for task in found if task.status() == "RUNNING"]

    def _store(self) -> Any:
        context: Any = self.spark.sparkContext._jsc
        return context.sc().statusStore()

    def _data_files(self) -> set[Path]:
        """Of all tables; folders come and go while this looks, which `os.walk` takes as it comes."""
        return {
            Path(place, name)
            for place, _, names in os.walk(self.lake)
            if "_delta_log" not in Path(place).parts
            for name in names
            if name.startswith("part-") and name.endswith(".parquet")
        }


def executors(spark: SparkSession) -> dict[str, int]:
    """The executors of this application alone: name → process."""
    application = spark.sparkContext.applicationId
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_text().split("\0")
        except OSError:
            continue
        if any("CoarseGrainedExecutorBackend" in word for word in words) and application in words:
            found[words[words.index("--executor-id") + 1]] = int(folder.name)
    return found


def _names(cluster: Any) -> list[str]:
    """All names below a cluster of the picture; a frame that is kept is marked."""
    found = [str(cluster.name())]
    nodes, below = cluster.childNodes(), cluster.childClusters()
    for place in range(nodes.size()):
        node = nodes.apply(place)
        found.append(f"{node.name()}{' *cached*' if node.cached() else ''}")
    for place in range(below.size()):
        found += _names(below.apply(place))
    return found


def _send(pid: int, number: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)
