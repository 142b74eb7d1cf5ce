"""Which rows of quarantine a replay or a discard is about, frozen so that a second try takes the same."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from pipeline.lake import Lake, names
from pipeline.steps.clean.input import Part
from pipeline.steps.clean.reasons import ERRORS

_BATCH = "_batch_id"


@dataclass(frozen=True)
class Choice:
    """Rows by the batch that brought them and by a rule among their reasons; None is any.

    `apart_from` are rules that hold a row back, whatever else is said of it.
    """

    batch: int | None = None
    rule: str | None = None
    apart_from: tuple[str, ...] = ()

    def where(self) -> Column:
        """Whether a row of quarantine is chosen."""
        chosen = F.lit(True)
        if self.batch is not None:
            chosen = chosen & (F.col(_BATCH) == self.batch)
        if self.rule is not None:
            chosen = chosen & F.array_contains(f"{ERRORS}.rule", self.rule)
        for rule in self.apart_from:
            chosen = chosen & ~F.array_contains(f"{ERRORS}.rule", rule)
        return F.coalesce(chosen, F.lit(False))

    def is_of(self, details: Mapping[str, str]) -> bool:
        """Whether these details of a batch say the same batch and rule."""
        return (details["batch"], details["rule"]) == (str(self.batch or ""), self.rule or "")

    def words(self, source: str | None) -> str:
        """How a sentence names the choice."""
        parts = [] if source is None else [f"source {source}"]
        parts += [] if self.batch is None else [f"batch {self.batch}"]
        parts += [] if self.rule is None else [f"rule '{self.rule}'"]
        return ", ".join(parts) or "any source"


ANY = Choice()


@dataclass(frozen=True)
class Selection:
    """The chosen rows of one source at a version of its quarantine.

    `rows` were chosen, of the batches `first` to `last`; `others` rows of these batches were not.
    """

    choice: Choice
    version: int
    rows: int
    others: int
    first: int
    last: int

    @property
    def details(self) -> dict[str, str]:
        """The selection as texts, for the intent and the ledger."""
        numbers = {"version": self.version, "rows": self.rows, "others": self.others}
        numbers |= {"first_batch": self.first, "last_batch": self.last}
        chosen = {"batch": str(self.choice.batch or "")}
        chosen |= {"rule": self.choice.rule or "", "apart_from": json.dumps(self.choice.apart_from)}
        return chosen | {name: str(number) for name, number in numbers.items()}

    @classmethod
    def of(cls, details: Mapping[str, str]) -> Selection:
        """The selection that an intent has frozen."""
        batch, apart_from = details["batch"], tuple(json.loads(details["apart_from"]))
        choice = Choice(int(batch) if batch else None, details["rule"] or None, apart_from)
        numbers = (int(details[name]) for name in ("version", "rows", "others", "first_batch", "last_batch"))
        return cls(choice, *numbers)

    def chosen(self, lake: Lake, source: str) -> DataFrame:
        """The chosen rows as they look in bronze: without what was wrong with them."""
        rows = lake.read(names.quarantine(source), self.version)
        return rows.where(self._part()).where(self.choice.where()).drop(ERRORS)

    def part(self, lake: Lake, source: str) -> Part:
        """The part of quarantine that is written anew: the batches concerned."""
        rows = lake.read(names.quarantine(source), self.version)
        return Part(self._part(), rows.where(self._part()).where(~self.choice.where()), self.others)

    def _part(self) -> str:
        return f"{_BATCH} BETWEEN {self.first} AND {self.last}"


def select(lake: Lake, source: str, version: int, choice: Choice) -> Selection | None:
    """The rows of a source's quarantine that a choice means at a version; None when there are none."""
    rows = lake.read(names.quarantine(source), version)
    if choice.batch is not None:
        rows = rows.where(F.col(_BATCH) == choice.batch)
    chosen, batch = choice.where(), F.when(choice.where(), F.col(_BATCH))
    counts = rows.agg(
        F.count_if(chosen).alias("rows"), F.min(batch).alias("first"), F.max(batch).alias("last")
    ).first()
    if counts is None or not counts["rows"]:
        return None
    found = Selection(choice, version, counts["rows"], 0, counts["first"], counts["last"])
    return replace(found, others=found.part(lake, source).others.count())
