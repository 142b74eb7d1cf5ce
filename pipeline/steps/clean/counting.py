"""A batch counted in one pass: every term of the ledger, and what its batch rules measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from pipeline.steps.clean.analysis import without_ansi
from pipeline.steps.clean.classify import GOOD, VERDICT, terms
from pipeline.steps.clean.rules import BatchRule, Rules

_IS_GOOD = "__is_good"
_BROKEN = {"false": "is false", "cannot be evaluated": "cannot be evaluated"}


@dataclass(frozen=True)
class Measured:
    """What a batch rule found: its aggregates by their SQL, and whether its condition was met."""

    rule: BatchRule
    values: Mapping[str, Any]
    met: bool | None

    @property
    def answer(self) -> str:
        """`true`, `false`, `nothing to judge` where a value was missing, else `cannot be evaluated`."""
        if self.met is not None:
            return str(self.met).lower()
        has_missing = any(value is None for value in self.values.values())
        return "nothing to judge" if has_missing else "cannot be evaluated"

    @property
    def is_broken(self) -> bool:
        """Whether the batch breaks the rule."""
        return self.answer in _BROKEN

    @property
    def words(self) -> str:
        """The values as a person reads them, as in `avg(Sale_Price) = 180,921`."""
        return ", ".join(f"{name} = {_short(value)}" for name, value in self.values.items())


@dataclass(frozen=True)
class Counts:
    """Rows by term of the ledger, what the batch rules found, and values that were asked for beside them."""

    terms: Mapping[str, int]
    measured: tuple[Measured, ...]
    also: Mapping[str, Any]


def count_batch(classified: DataFrame, rules: Rules, also: Mapping[str, Column] | None = None) -> Counts:
    """Count classified rows, and measure the good ones among them, in one job.

    `also` are more aggregates over the good rows. Two rows reach the driver.
    """
    found = {
        bool(row[_IS_GOOD]): row.asDict() for row in _aggregated(classified, rules, also or {}).collect()
    }
    counts = {name: sum(row[name] for row in found.values()) for name in terms(rules)}
    good = found.get(True)
    if good is None and (rules.batch or also):
        # No good row: the aggregates over no rows at all, where count(*) is 0.
        nothing = classified.limit(0).withColumn(_IS_GOOD, F.lit(True))
        with without_ansi(classified.sparkSession):
            good = nothing.agg(F.lit(0), *_measures(rules), *_also(also or {})).collect()[0].asDict()
    values = good or {}
    measured = tuple(
        Measured(
            rule,
            {text: values[_measure_name(index, text)] for text in rule.measures},
            values[_met_name(index)],
        )
        for index, rule in enumerate(rules.batch)
    )
    return Counts(counts, measured, {name: values[name] for name in also or {}})


def measured_details(counts: Counts) -> dict[str, str]:
    """What the batch rules measured, for the ledger's details: `rule.<name>` → values and answer."""
    return {
        f"rule.{found.rule.name}": f"{found.words}: {found.answer}" if found.words else found.answer
        for found in counts.measured
    }


def broken_batch_rules(rules: Rules, details: Mapping[str, str]) -> Iterator[str]:
    """The batch rules that were broken according to the ledger's details, each in words."""
    for rule in rules.batch:
        words, _, answer = details.get(f"rule.{rule.name}", "").rpartition(": ")
        if answer in _BROKEN:
            yield broken_words(rule, words, answer)


def broken_words(rule: BatchRule, words: str, answer: str) -> str:
    """What a batch breaks, and by which values."""
    return f"'{rule.name}' ({rule.check}) {_BROKEN[answer]}{': ' if words else ''}{words}"


def _aggregated(classified: DataFrame, rules: Rules, also: Mapping[str, Column]) -> DataFrame:
    """The good rows and the others, each as one row of counts; only the good ones' measures mean anything."""
    counts = [F.count_if(is_one).alias(name) for name, is_one in terms(rules).items()]
    groups = classified.withColumn(_IS_GOOD, F.col(VERDICT) == GOOD).groupBy(_IS_GOOD)
    with without_ansi(classified.sparkSession):
        return groups.agg(*counts, *_measures(rules), *_also(also))


def _measures(rules: Rules) -> list[Column]:
    columns = []
    for index, rule in enumerate(rules.batch):
        columns += [F.expr(text).alias(_measure_name(index, text)) for text in rule.measures]
        columns.append(F.expr(rule.check).alias(_met_name(index)))
    return columns


def _also(also: Mapping[str, Column]) -> list[Column]:
    return [column.alias(name) for name, column in also.items()]


def _measure_name(index: int, text: str) -> str:
    return f"__measure_{index}_{text}"


def _met_name(index: int) -> str:
    return f"__met_{index}"


def _short(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return str(value)[:100]
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:,.0f}" if 1000 <= abs(value) < 1e15 else f"{value:.4g}"
