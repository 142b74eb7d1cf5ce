"""The part one column plays, and the parts of all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["key", "label", "numeric", "categorical", "excluded"]


@dataclass(frozen=True)
class Role:
    """The part one column plays, and why."""

    column: str
    kind: Kind
    why: str


@dataclass(frozen=True)
class Roles:
    """The roles of all columns, in the table's order."""

    all: tuple[Role, ...]

    def of(self, kind: Kind) -> tuple[str, ...]:
        """The columns of one kind, in the table's order."""
        return tuple(role.column for role in self.all if role.kind == kind)

    @property
    def numeric(self) -> tuple[str, ...]:
        """Columns read as numbers."""
        return self.of("numeric")

    @property
    def categorical(self) -> tuple[str, ...]:
        """Columns read as categories."""
        return self.of("categorical")

    @property
    def inputs(self) -> tuple[str, ...]:
        """What the model reads, in the table's order."""
        return tuple(role.column for role in self.all if role.kind in ("numeric", "categorical"))


def summary(roles: Roles) -> str:
    """One line for the person watching: how many of each kind, and what was left out."""
    left_out = roles.of("excluded")
    named = f" ({', '.join(left_out[:5])}{', …' if len(left_out) > 5 else ''})" if left_out else ""
    counts = f"{len(roles.numeric)} numeric and {len(roles.categorical)} categorical columns"
    return f"{counts}, {len(left_out)} left out{named}"
