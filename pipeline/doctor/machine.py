"""The machines that a run would use, as they answered, and what else checks are made from: plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.config.model import Config
from pipeline.doctor.words import DRIVER


@dataclass(frozen=True)
class Machine:
    """One process: the driver, or the Python of an executor. `ahead` is its clock's, in seconds."""

    label: str
    host: str = ""
    python: str = ""
    packages: Mapping[str, str] = field(default_factory=dict)
    broken: Mapping[str, str] = field(default_factory=dict)
    """Modules that it cannot import, and why."""
    ahead: float = 0.0
    disks: tuple[tuple[str, int], ...] = ()
    """Folders and their free bytes."""
    memory: int | None = None
    """Bytes that processes may still take there; None where the system does not tell."""
    token: str | None = None
    """What it read from the driver's file in the lake."""
    tasks: int = 1
    """How many tasks it runs at once."""

    @classmethod
    def of(cls, label: str, told: Mapping[str, Any], ahead: float = 0.0, tasks: int = 1) -> Machine:
        """From the answer of `probe.look`."""
        return cls(
            label,
            told["host"],
            told["python"],
            told["packages"],
            told["broken"],
            ahead,
            tuple((folder, free) for folder, free in told["disks"]),
            told["memory"],
            told["token"],
            tasks,
        )


@dataclass(frozen=True)
class Jvm:
    """The versions inside one JVM; `delta` is empty where it has no such class."""

    label: str
    java: str
    scala: str
    spark: str
    delta: str


@dataclass(frozen=True)
class Facts:
    """All that the checks without side effects look at."""

    config: Config
    driver: Machine = field(default_factory=lambda: Machine(DRIVER))
    executors: tuple[Machine, ...] = ()
    jvms: tuple[Jvm, ...] = ()
    """The driver's first."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """The running session's own."""
    master: str = "local[*]"
    slots: int = 1
    """Tasks that run at once, on all executors together."""
    trial_bytes: int | None = None
    """What the largest trial would take in one task, estimated from the features there are; None: unknown."""
    least_disk: int | None = None
    """Free bytes that must be there; None: the usual."""

    @property
    def machines(self) -> tuple[Machine, ...]:
        """The driver, then the executors."""
        return (self.driver, *self.executors)


def is_one_machine(master: str) -> bool:
    """Whether tasks run in the driver's own JVM."""
    return master == "local" or master.startswith("local[")
