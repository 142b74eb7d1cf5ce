"""What a sample suggests: the task, the class that counts, and the key. Each guess says how sure it is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import types as T

from pipeline.config.hints import did_you_mean, listing
from pipeline.errors import ConfigError, DataRefused
from pipeline.init.columns import Column, profile_of
from pipeline.preprocessing.judging import ROWS_TO_JUDGE, is_named_like_an_id
from pipeline.tuning.class_target import MOST_CLASSES
from pipeline.tuning.positive import says_yes

FEW_NUMBERS = 10
"""Whole numbers with at most this many values look like classes, such as stars."""
ROWS_PER_NUMBER = 10
_SHOWN = 6


@dataclass(frozen=True)
class Guess:
    """One answer: what was decided, why, and in `unsure` what a person should look at, if anything."""

    value: str
    why: str
    unsure: str = ""


def find_column(columns: dict[str, Column], name: str, option: str) -> Column:
    """A column by its name. Raises ConfigError with the nearest one."""
    if name not in columns:
        raise ConfigError(
            f"{option} '{name}': there is no such column in the data.{did_you_mean(name, columns)} "
            f"{listing(columns)}"
        )
    return columns[name]


def guess_task(label: Column) -> Guess:
    """The task, by the label's type and number of values.

    Raises ConfigError for a label that is neither a class nor a number, DataRefused for one without news.
    """
    counts, name = label.counts, label.name
    if not isinstance(label.type, (T.NumericType, T.BooleanType, T.StringType)):
        raise ConfigError(
            f"--label '{name}' is {label.kind}, which cannot be predicted. Name a number, a text or true and "
            "false; a number can be derived from it in features.derive."
        )
    if len(counts) < 2:
        found = f"always {next(iter(counts))}" if counts else "never filled"
        raise DataRefused(
            f"--label '{name}' is {found} in the rows looked at; nothing can be learned from it."
        )
    if len(counts) == 2:
        return Guess("binary", f"'{name}' is {_listed(label)}")
    if isinstance(label.type, T.StringType):
        if len(counts) > MOST_CLASSES:
            raise ConfigError(
                f"--label '{name}' is a text with {len(counts):,} different values; a class has at most "
                f"{MOST_CLASSES}. Name another column{_as_number(label)}."
            )
        return Guess("multiclass", f"'{name}' is {_listed(label)}", _rare(label))
    is_whole = isinstance(label.type, T.IntegralType)
    if is_whole and len(counts) <= FEW_NUMBERS and len(label.present) >= ROWS_PER_NUMBER * len(counts):
        unsure = (
            f"'{name}' has {len(counts)} whole numbers: are they classes, or amounts? Then task: regression"
        )
        return Guess("multiclass", f"'{name}' is {_listed(label)}", unsure)
    return Guess("regression", f"'{name}' is {label.kind} with {len(counts):,} values")


def guess_positive(label: Column) -> Guess:
    """Which of two classes counts: the one that says yes, else the rarer one."""
    names = sorted(label.counts)
    told = says_yes(names, label.name)
    if told is not None:
        return Guess(told, "the class that counts")
    rarer = min(names, key=lambda name: (label.counts[name], name))
    other = next(name for name in names if name != rarer)
    unsure = f"positive is {rarer}, the rarer class: should {other} be the one that counts?"
    return Guess(rarer, "the class that counts: the rarer one", unsure)


def guess_key(columns: Sequence[Column], label: str, rows: int, is_whole: bool) -> Guess | None:
    """A column that names each row, by its name and values; None where no column does."""
    found = [
        column
        for column in columns
        if column.name != label and _names_rows(column, rows) and _is_id(column, rows)
    ]
    if not found:
        return None
    best = min(found, key=lambda column: (column.name.lower() != "id", not is_named_like_an_id(column.name)))
    others = [column.name for column in found if column is not best]
    doubts = [] if is_whole else [f"{best.name} is different in the rows looked at: in all of them?"]
    doubts += [f"{', '.join(others)} would name a row too"] if others else []
    return Guess(best.name, "different in every row, and never missing", "; ".join(doubts))


def unlike_in_every_row(columns: Sequence[Column], label: str, rows: int) -> list[str]:
    """Texts and whole numbers that could name a row, though nothing but their values says so."""
    return [
        column.name
        for column in columns
        if column.name != label and _names_rows(column, rows) and _may_be_an_id(column)
    ]


def check_key(column: Column) -> Guess:
    """What a declared key column is like."""
    missing = len(column.values) - len(column.present)
    repeated = len(column.present) - len(set(column.present))
    doubts = [f"{missing:,} rows have no {column.name}: they will go to quarantine"] if missing else []
    if repeated:
        doubts.append(f"{repeated:,} rows repeat a {column.name}: the newest row of each stays")
    return Guess(column.name, "named with --key", "; ".join(doubts))


def _names_rows(column: Column, rows: int) -> bool:
    return len(column.present) == rows >= ROWS_TO_JUDGE and len(set(column.present)) == rows


def _is_id(column: Column, rows: int) -> bool:
    """Whether a column of different values is an id rather than a measurement."""
    if is_named_like_an_id(column.name):
        return _may_be_an_id(column)
    seen = profile_of(column, rows)
    return seen.uuids or seen.dense


def _may_be_an_id(column: Column) -> bool:
    return isinstance(column.type, (T.IntegralType, T.StringType))


def _listed(label: Column) -> str:
    often = label.counts.most_common(_SHOWN)
    more = f" and {len(label.counts) - _SHOWN} more" if len(label.counts) > _SHOWN else ""
    return ", ".join(f"{name} ({count:,})" for name, count in often) + more


def _rare(label: Column) -> str:
    few = [name for name, count in label.counts.items() if count < ROWS_PER_NUMBER]
    return f"few rows to learn from: {', '.join(few[:_SHOWN])}" if few else ""


def _as_number(label: Column) -> str:
    comma = sum(bool(re.fullmatch(r"\s*[+-]?[\d.]*,\d+\s*", value)) for value in label.present)
    if 2 * comma < len(label.present):
        return ""
    return ", or give it a `decimal` or `thousands` in `columns` of its source: its values have a comma"
