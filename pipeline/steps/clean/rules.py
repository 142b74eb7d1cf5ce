"""What a source's rules are once Spark has accepted them. `compile.py` makes, `classify.py` uses them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pyspark.sql import Column
from pyspark.sql import functions as F

PASSED, BROKEN, UNKNOWN = 0, 1, 2
_STATE = "__state_"
_FOUND = "__found_"


@dataclass(frozen=True)
class Reference:
    """The column of another source's silver table that holds the values allowed."""

    source: str
    column: str


@dataclass(frozen=True)
class Check:
    """One condition of a rule over one row.

    `columns` are the ones it looks at. `condition` is Spark SQL, empty for what a window tells. `message` is
    Spark SQL for what is wrong with a row that breaks it; `said` is the condition as a person reads it.
    `position` is its own among the checks of a source.
    """

    position: int
    columns: tuple[str, ...]
    said: str
    condition: str
    message: str
    reference: Reference | None = None

    @property
    def state_name(self) -> str:
        """The column with its state: passed, broken or unknown."""
        return f"{_STATE}{self.position}"

    @property
    def found_name(self) -> str:
        """The column that tells whether a referenced value was found."""
        return found_name(self.position)

    def is_in(self, state: int) -> Column:
        """Whether a row's state is this one."""
        return F.col(self.state_name) == state


@dataclass(frozen=True)
class RowRule:
    """A rule over rows: broken where one of its checks is."""

    name: str
    kind: str
    on_failure: str
    checks: tuple[Check, ...]

    @property
    def said(self) -> str:
        """The whole condition as a person reads it."""
        return " and ".join(check.said for check in self.checks)

    @property
    def is_broken(self) -> Column:
        """Whether a row breaks it."""
        return _any(check.is_in(BROKEN) for check in self.checks)

    @property
    def is_unknown(self) -> Column:
        """Whether a row could not be checked."""
        return _any(check.is_in(UNKNOWN) for check in self.checks)


@dataclass(frozen=True)
class BatchRule:
    """A rule over the good rows of a batch; `measures` are the aggregates in it, as they were written."""

    name: str
    check: str
    on_failure: str
    measures: tuple[str, ...]


@dataclass(frozen=True)
class Rules:
    """All rules of a source, in the order they were written."""

    rows: tuple[RowRule, ...] = ()
    batch: tuple[BatchRule, ...] = ()

    @property
    def checks(self) -> tuple[Check, ...]:
        """The checks that a row by itself, with the references it was joined to, can answer."""
        return tuple(check for rule in self.rows if rule.kind != "unique" for check in rule.checks)

    @property
    def unique(self) -> tuple[RowRule, ...]:
        """The rules that compare rows with each other."""
        return tuple(rule for rule in self.rows if rule.kind == "unique")

    @property
    def referenced(self) -> tuple[str, ...]:
        """The sources whose silver tables are looked at."""
        found = [check.reference.source for check in self.checks if check.reference is not None]
        return tuple(dict.fromkeys(found))


def found_name(position: int) -> str:
    """The column that tells whether the referenced value of the check at a position was found."""
    return f"{_FOUND}{position}"


def _any(conditions: Iterator[Column]) -> Column:
    found = next(conditions)
    for condition in conditions:
        found = found | condition
    return found
