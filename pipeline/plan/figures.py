"""What a plan says of one step, and the numbers of it that are kept beside what was used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Read:
    """What a step reads of one place: a table, or the new files of a source.

    `bytes` and `files` are those of one scan. `rows` is None where nothing tells them. A guess stands for
    what is not there yet.
    """

    place: str
    bytes: int
    scans: int
    files: int | None = None
    rows: int | None = None
    is_guess: bool = False

    @property
    def total_bytes(self) -> int:
        """Of all scans."""
        return self.bytes * self.scans


@dataclass(frozen=True)
class Memory:
    """Somebody's memory: how much is needed at the most, and the bound it has to stay within."""

    whose: str
    bytes: int
    bound: int
    beyond: str
    """What happens above the bound."""

    @property
    def is_enough(self) -> bool:
        """Whether it stays within."""
        return self.bytes <= self.bound


@dataclass(frozen=True)
class StepPlan:
    """One step: whether it is due and why, and what it would use."""

    step: str
    is_due: bool
    reason: str
    reads: tuple[Read, ...] = ()
    fits: Mapping[str, int] = field(default_factory=dict)
    """Fits by placement, `local` inside one task or `distributed` on all workers; `winner`: its refit."""
    cached_bytes: int = 0
    shuffled_bytes: int = 0
    partitions: int = 0
    """Of the largest thing that is read."""
    memory: tuple[Memory, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def scans(self) -> int:
        """How often files of some place are opened."""
        return sum(read.scans for read in self.reads)

    @property
    def read_bytes(self) -> int:
        """The sizes of all files that are opened, each as often as it is."""
        return sum(read.total_bytes for read in self.reads)

    def figures(self) -> dict[str, int]:
        """The numbers that are kept, by name."""
        return {
            "scans": self.scans,
            "read_bytes": self.read_bytes,
            "cached_bytes": self.cached_bytes,
            "shuffled_bytes": self.shuffled_bytes,
            **{f"fits_{placement}": fits for placement, fits in self.fits.items()},
        }
