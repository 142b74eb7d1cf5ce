"""The whole look at somebody's data: from a path and a label to everything the configuration needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pyspark.sql import SparkSession
from pyspark.sql import types as T

from pipeline.init.columns import (
    MISSING_AMONG_NUMBERS,
    Column,
    judged,
    looks_like,
    missing_spellings,
    read_columns,
)
from pipeline.init.files import FileSystem
from pipeline.init.guesses import (
    Guess,
    check_key,
    find_column,
    guess_key,
    guess_positive,
    guess_task,
    unlike_in_every_row,
)
from pipeline.init.sample import Sample, take_sample
from pipeline.preprocessing.judging import derivation
from pipeline.preprocessing.role import Role

_EXAMPLES = 3
_NEARLY = 0.8


@dataclass(frozen=True)
class Look:
    """What was found, in the words of the configuration; `unsure` is for a person to read."""

    sample: Sample
    label: str
    task: Guess
    positive: Guess | None
    key: tuple[Guess, ...]
    nulls: tuple[str, ...]
    cleaning: Mapping[str, Mapping[str, object]]
    """Column → its entry under `columns` of the source, where it is written in another country's way."""
    roles: tuple[Role, ...]
    derive: tuple[str, ...]
    """Ready values of `features.derive`, for columns that are left out as they are."""
    unsure: tuple[str, ...]


def look(
    files: FileSystem, data: str, label: str, key: Sequence[str] = (), spark: SparkSession | None = None
) -> Look:
    """Look at a bounded sample of the files that `data` means.

    Raises ConfigError for a path without files or a column that does not exist, DataRefused for data that is
    no table or a label without information.
    """
    sample = take_sample(files, data, spark)
    spelled = missing_spellings(sample)
    columns = read_columns(sample, ("", *spelled))
    target = find_column(columns, label, "--label")
    declared = tuple(check_key(find_column(columns, name, "--key")) for name in key)
    task = guess_task(target)
    positive = guess_positive(target) if task.value == "binary" else None
    guessed = guess_key(list(columns.values()), label, sample.rows, sample.is_whole)
    keys = declared or ((guessed,) if guessed else ())
    roles = _roles(columns, label, [guess.value for guess in keys], sample.rows)
    left_out = [columns[role.column] for role in roles if role.kind == "excluded"]
    ready = tuple(filter(None, (derivation(T.StructField(found.name, found.type)) for found in left_out)))
    guesses = [task, *([positive] if positive else []), *keys]
    unsure = [guess.unsure for guess in guesses if guess.unsure]
    if not keys:
        unsure.append(_no_key(sample, unlike_in_every_row(list(columns.values()), label, sample.rows)))
    unsure += [
        *_about_nulls(spelled, columns, label, sample),
        *_nearly_numbers(columns),
        *_about_file(sample),
    ]
    cleaning = {name: column.writing.cleaning for name, column in columns.items() if column.writing}
    return Look(sample, label, task, positive, keys, spelled, cleaning, roles, ready, tuple(unsure))


def _roles(columns: dict[str, Column], label: str, key: Sequence[str], rows: int) -> tuple[Role, ...]:
    """The roles that training will give, as far as the sample tells."""
    by_rule = judged((column for column in columns.values()), rows)
    fixed = {label: Role(label, "label", "what is predicted")}
    fixed |= {name: Role(name, "key", "names the row") for name in key}
    return tuple(fixed.get(name) or by_rule[name] for name in columns)


def _no_key(sample: Sample, candidates: Sequence[str]) -> str:
    rows = list(zip(*sample.columns.values(), strict=True))
    same = len(rows) - len(set(rows))
    told = f"; {same:,} rows looked at repeat another one, and each counts once" if same else ""
    if candidates:
        told += (
            f"; different in every row looked at: {', '.join(candidates)}; "
            f"if one names it by meaning, take it: --key '{candidates[0]}'"
        )
    return f"no column names a row, so a hash of the whole row does{told}"


def _about_nulls(spelled: Sequence[str], columns: dict[str, Column], label: str, sample: Sample) -> list[str]:
    """Texts that count as missing where they might mean something."""
    told = []
    for name, column in columns.items():
        doubtful = [value for value in spelled if name == label or value in MISSING_AMONG_NUMBERS]
        count = sum(value in doubtful for value in sample.columns[name])
        if count and (name == label or isinstance(column.type, T.StringType)):
            told.append(f"{' and '.join(doubtful)} means missing in {name} too ({count:,} rows)")
    return told


def _nearly_numbers(columns: dict[str, Column]) -> list[str]:
    """Text columns that are mostly numbers."""
    told = []
    for column in columns.values():
        found = column.found
        numbers = found.whole + found.numbers
        share = numbers / max(len(column.present), 1)
        if isinstance(column.type, T.StringType) and share >= _NEARLY and not found.names_of_digits:
            others = dict.fromkeys(value for value in column.present if looks_like(value) == "texts")
            shown = ", ".join(list(others)[:_EXAMPLES])
            told.append(
                f"{column.name} is a number in {share:.0%} of its values, and text in others ({shown}): if "
                f"those mean missing, add them to nulls"
            )
    return told


def _about_file(sample: Sample) -> list[str]:
    encoding = sample.options.get("encoding")
    return [f"the files are not UTF-8; they are read as {encoding}: look at the accents"] if encoding else []
