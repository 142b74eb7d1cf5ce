"""Which part each column plays: decided by type and cardinality, said aloud, kept with the model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from pipeline.config.features import Features
from pipeline.errors import ConfigError, DataRefused

Kind = Literal["key", "label", "numeric", "categorical", "excluded"]

FEW_CATEGORIES = 100
MOST_CATEGORIES = 1_000
# A text column with more distinct values than this share of its rows describes rows, it does not group them.
NEARLY_UNIQUE = 0.9
ROWS_TO_JUDGE_UNIQUENESS = 20

_NUMBERS = (T.NumericType, T.BooleanType)


@dataclass(frozen=True)
class Role:
    """The part one column plays, and why."""

    column: str
    kind: Kind
    why: str


@dataclass(frozen=True)
class Profile:
    """What is known of a column over the training rows; `distinct` is approximate (within about 5 %)."""

    rows: int
    values: int
    distinct: int
    constant: bool
    dense: bool = False
    """An integer column whose values fill the range from smallest to largest, as row numbers do."""


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


def assign_roles(rows: DataFrame, features: Features, key: Sequence[str]) -> Roles:
    """Roles of every column of `rows` (the training rows), from one aggregation over them.

    Raises ConfigError for a declared column that does not exist or cannot play its part, DataRefused when no
    column is left to learn from.
    """
    validate_declared(rows.schema, features, key)
    fixed = {features.label, *key, *features.exclude, *_declared(features)}
    open_columns = [
        field for field in rows.schema.fields if field.name not in fixed and _is_plain(field.dataType)
    ]
    profiles = profile(rows, open_columns)
    roles = Roles(tuple(_role(field, features, key, profiles) for field in rows.schema.fields))
    if not roles.inputs:
        reasons = "; ".join(f"{role.column}: {role.why}" for role in roles.all if role.kind == "excluded")
        raise DataRefused(
            f"features: no column is left to learn from ({reasons}). Declare one in features.numeric."
        )
    return roles


def validate_declared(schema: T.StructType, features: Features, key: Sequence[str]) -> None:
    """Raise ConfigError when a column named in `features` is missing, or one declared numeric is not."""
    types = {field.name: field.dataType for field in schema.fields}
    named = {"label": (features.label,), "key": tuple(key), "exclude": features.exclude}
    named |= {
        part: value for part in ("numeric", "categorical") if (value := getattr(features, part)) != "auto"
    }
    for part, columns in named.items():
        for column in columns:
            if column not in types:
                known = ", ".join(sorted(types))
                raise ConfigError(f"features.{part}: there is no column '{column}'. Columns here: {known}.")
    for column in named.get("numeric", ()):
        if not isinstance(types[column], _NUMBERS):
            kind = types[column].simpleString().upper()
            raise ConfigError(
                f"features.numeric: column '{column}' is {kind}, not a number. "
                "Give it a type in sources.*.types."
            )


def _declared(features: Features) -> set[str]:
    numeric = () if features.numeric == "auto" else features.numeric
    categorical = () if features.categorical == "auto" else features.categorical
    return {*numeric, *categorical}


def _is_plain(kind: T.DataType) -> bool:
    return isinstance(kind, (*_NUMBERS, T.StringType))


def profile(rows: DataFrame, columns: Sequence[T.StructField]) -> Mapping[str, Profile]:
    """Profiles of some columns of `rows`, from one job; its result is one row."""
    if not columns:
        return {}
    parts = [F.count(F.lit(1)).alias("rows")]
    for place, field in enumerate(columns):
        column = F.col(f"`{field.name}`")
        parts += [
            F.count(column).alias(f"values_{place}"),
            F.approx_count_distinct(column).alias(f"distinct_{place}"),
            F.equal_null(F.min(column), F.max(column)).alias(f"constant_{place}"),
        ]
        if isinstance(field.dataType, T.IntegralType):
            width = F.max(column).cast("double") - F.min(column).cast("double") + 1
            parts.append((width <= F.count(column)).alias(f"dense_{place}"))
    found = rows.agg(*parts).first()
    assert found is not None  # an aggregation without groups has one row
    facts = found.asDict()
    return {
        field.name: Profile(
            rows=facts["rows"],
            values=facts[f"values_{place}"],
            distinct=facts[f"distinct_{place}"],
            constant=facts[f"constant_{place}"],
            dense=bool(facts.get(f"dense_{place}")),
        )
        for place, field in enumerate(columns)
    }


def _role(
    field: T.StructField, features: Features, key: Sequence[str], profiles: Mapping[str, Profile]
) -> Role:
    name = field.name
    if name in key:
        return Role(name, "key", "names the row")
    if name == features.label:
        return Role(name, "label", "what is predicted")
    if name in features.exclude:
        return Role(name, "excluded", "declared in features.exclude")
    if features.numeric != "auto" and name in features.numeric:
        return Role(name, "numeric", "declared")
    if features.categorical != "auto" and name in features.categorical:
        return Role(name, "categorical", "declared")
    if name not in profiles:
        kind = field.dataType.simpleString().upper()
        return Role(name, "excluded", f"{kind}: derive a number or a text from it")
    return judge(field, profiles[name])


def judge(field: T.StructField, seen: Profile) -> Role:
    """The role of a column that nobody declared, by its type and profile."""
    name, kind = field.name, field.dataType.simpleString().upper()
    if seen.values == 0:
        return Role(name, "excluded", "no value in the training rows")
    if seen.constant and seen.values == seen.rows:
        return Role(name, "excluded", "the same value in every training row")
    unique = seen.distinct >= NEARLY_UNIQUE * seen.values and seen.values >= ROWS_TO_JUDGE_UNIQUENESS
    if isinstance(field.dataType, _NUMBERS):
        if seen.dense and unique:
            return Role(name, "excluded", "looks like a row number: every whole number once")
        return Role(name, "numeric", kind)
    if unique:
        return Role(
            name, "excluded", f"text that differs in almost every row (about {seen.distinct:,} values)"
        )
    if seen.distinct <= FEW_CATEGORIES or (
        seen.distinct <= MOST_CATEGORIES and seen.distinct <= seen.values / 20
    ):
        return Role(name, "categorical", f"{kind} with about {seen.distinct:,} values")
    return Role(
        name, "excluded", f"text with about {seen.distinct:,} values; declare it categorical to keep it"
    )


def summary(roles: Roles) -> str:
    """One line for the person watching: how many of each kind, and what was left out."""
    left_out = [role.column for role in roles.all if role.kind == "excluded"]
    named = f" ({', '.join(left_out[:5])}{', …' if len(left_out) > 5 else ''})" if left_out else ""
    counts = f"{len(roles.numeric)} numeric and {len(roles.categorical)} categorical columns"
    return f"{counts}, {len(left_out)} left out{named}"
