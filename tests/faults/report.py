"""What `make fault-test` prints: a line for each kill, and totals that decide its exit code."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field


@dataclass
class Totals:
    """What all faults came to."""

    faults: int = 0
    rows: int = 0
    lost: int = 0
    doubled: int = 0
    repeated: int = 0
    """Trials that were done again although they were on record."""
    wrong: list[str] = field(default_factory=list)
    """Whatever else was not as it should be, as sentences."""

    def add(self, other: Totals) -> None:
        self.faults += other.faults
        self.rows += other.rows
        self.lost += other.lost
        self.doubled += other.doubled
        self.repeated += other.repeated
        self.wrong += other.wrong

    @property
    def exit_code(self) -> int:
        return int(bool(self.lost or self.doubled or self.repeated or self.wrong))

    def __str__(self) -> str:
        text = f"{self.faults} faults, {self.rows:,} rows compared: {self.lost} lost, {self.doubled} doubled"
        return f"{text}, {self.repeated} trials repeated, {len(self.wrong)} other complaints"


def line(scenario: str, where: str, *numbers: object) -> None:
    """Print one line of a table; its numbers stand below those of the line before."""
    said = " ".join(f"{number!s:>8}" for number in numbers)
    say(f"{scenario:9} {where:58} {said}")


def say(text: str) -> None:
    """Print at once: a kill takes its time."""
    sys.stdout.write(f"{text.rstrip()}\n")
    sys.stdout.flush()
