"""Which part each column plays: declared, or by the rule; said aloud, kept with the model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pyspark.sql import DataFrame
from pyspark.sql import types as T

from pipeline.config.features import Features
from pipeline.config.hints import did_you_mean
from pipeline.errors import ConfigError, DataRefused
from pipeline.preprocessing.judging import judge, judge_other
from pipeline.preprocessing.profile import Profile, is_plain, profile
from pipeline.preprocessing.role import Kind, Role, Roles, summary

__all__ = ["Kind", "Role", "Roles", "assign_roles", "declared_role", "summary", "validate_declared"]

_MOST_REASONS = 8


def assign_roles(
    rows: DataFrame, features: Features, key: Sequence[str], places: Sequence[str] = ()
) -> Roles:
    """Roles of every column of `rows` (the training rows), from one aggregation over them.

    `places` are the columns that say which part or fold a row is in.

    Raises ConfigError for a declared column that does not exist or cannot play its part, DataRefused when no
    column is left to learn from.
    """
    validate_declared(rows.schema, features, key)
    declared = {field.name: declared_role(field.name, features, key, places) for field in rows.schema.fields}
    undeclared = [field for field in rows.schema.fields if declared[field.name] is None]
    profiles = profile(rows, [field for field in undeclared if is_plain(field.dataType)])
    roles = Roles(tuple(declared[field.name] or _judged(field, profiles) for field in rows.schema.fields))
    if not roles.inputs:
        raise DataRefused(_nothing_left(roles))
    return roles


def declared_role(
    name: str, features: Features, key: Sequence[str], places: Sequence[str] = ()
) -> Role | None:
    """The role that the configuration gives a column; None where it says nothing."""
    if name in key:
        return Role(name, "key", "names the row")
    if name == features.label:
        return Role(name, "label", "what is predicted")
    if name in features.exclude:
        return Role(name, "excluded", "declared in features.exclude")
    if name == features.weight:
        return Role(name, "excluded", "how much a row counts: features.weight")
    if name == features.event_time:
        return Role(name, "excluded", "when the row happened: features.event_time")
    if name in places:
        return Role(name, "excluded", "which part or fold the row is in: split")
    if features.numeric != "auto" and name in features.numeric:
        return Role(name, "numeric", "declared")
    if features.categorical != "auto" and name in features.categorical:
        return Role(name, "categorical", "declared")
    return None


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
                near = did_you_mean(column, types)
                raise ConfigError(
                    f"features.{part}: there is no column '{column}'.{near} Columns here: {known}."
                )
    for column in named.get("numeric", ()):
        if not isinstance(types[column], (T.NumericType, T.BooleanType)):
            kind = types[column].simpleString().upper()
            raise ConfigError(
                f"features.numeric: column '{column}' is {kind}, not a number. "
                "Give it a type in sources.*.types."
            )


def _judged(field: T.StructField, profiles: Mapping[str, Profile]) -> Role:
    seen = profiles.get(field.name)
    return judge_other(field) if seen is None else judge(field, seen)


def _nothing_left(roles: Roles) -> str:
    left_out = [f"{role.column}: {role.why}" for role in roles.all if role.kind == "excluded"]
    more = f"; and {len(left_out) - _MOST_REASONS} more" if len(left_out) > _MOST_REASONS else ""
    reasons = "; ".join(left_out[:_MOST_REASONS]) + more
    if not left_out:
        return "features: there is no column to learn from beside key and label. Bring one in features.query."
    return f"features: no column is left to learn from ({reasons}). Declare one in features.numeric."
