"""The rule: which part a column plays that nobody declared. docs/roles.md says it in tables."""

from __future__ import annotations

import re

from pyspark.sql import types as T

from pipeline.lake.layout import quoted
from pipeline.preprocessing.profile import Profile
from pipeline.preprocessing.role import Role

MOSTLY_MISSING = 0.99
"""A column with values in fewer than 1 % of the rows tells next to nothing."""
ROWS_TO_JUDGE = 20
"""With fewer values, that they differ is no sign of anything."""
NEARLY_UNIQUE = 0.9
"""Above this share of different values a column names rows, it does not group them."""
FEW_CATEGORIES = 100
MOST_CATEGORIES = 1_000
ROWS_PER_CATEGORY = 20
FREE_TEXT = 40.0
"""Characters on average: categories are words, sentences are longer."""

_WORD = re.compile(r"(?:^|[\W_])(?:id|key|uuid|guid)$", re.IGNORECASE)
_CAMEL = re.compile(r"[a-z0-9](?:I[dD]|Key|Uuid|UUID|Guid|GUID)$")
_PARTS: tuple[tuple[type[T.DataType], str, str], ...] = (
    (T.DateType, "year", "year({column})"),
    (T.TimestampType, "hour", "hour({column})"),
    (T.TimestampNTZType, "hour", "hour({column})"),
    (T.ArrayType, "size", "size({column})"),
    (T.MapType, "size", "size({column})"),
    (T.BinaryType, "size", "octet_length({column})"),
)


def judge(field: T.StructField, seen: Profile) -> Role:
    """The role of a plain column, by its type, name and profile."""
    return _empty(field.name, seen) or (
        _text(field, seen) if isinstance(field.dataType, T.StringType) else _number(field, seen)
    )


def judge_other(field: T.StructField) -> Role:
    """The role of a column that is no number and no text: left out, with what would make it one."""
    kind = field.dataType.simpleString().upper()
    kind = kind if len(kind) <= 40 else f"{kind[:39]}…"
    expression = derivation(field)
    why = f"{kind}: derive a number or a text from it"
    return Role(field.name, "excluded", f"{why}, such as derive: {expression}" if expression else why)


def derivation(field: T.StructField) -> str:
    """A ready value of `features.derive` for a column that is no feature as it is; empty without an idea."""
    for kind, part, expression in _PARTS:
        if isinstance(field.dataType, kind):
            made = re.sub(r"\W+", "_", f"{field.name}_{part}").strip("_")
            plain = re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", field.name)
            column = field.name if plain else quoted(field.name)
            return f'{{{made}: "{expression.format(column=column)}"}}'
    return ""


def is_named_like_an_id(name: str) -> bool:
    """Whether a name says that the column names something: id, order_id, customerId, row key."""
    return bool(_WORD.search(name) or _CAMEL.search(name))


def is_nearly_unique(seen: Profile) -> bool:
    """Whether nearly every row has another value, among enough of them."""
    return seen.values >= ROWS_TO_JUDGE and seen.distinct >= NEARLY_UNIQUE * seen.values


def _empty(name: str, seen: Profile) -> Role | None:
    """Columns that tell nothing."""
    if seen.values == 0:
        return Role(name, "excluded", "no value in any row")
    if seen.constant and seen.values == seen.rows:
        return Role(name, "excluded", "the same value in every row")
    if seen.rows - seen.values > MOSTLY_MISSING * seen.rows:
        share = 1 - seen.values / seen.rows
        return Role(name, "excluded", f"missing in {share:.2%} of the rows")
    return None


def _number(field: T.StructField, seen: Profile) -> Role:
    name, kind = field.name, field.dataType.simpleString().upper()
    if not isinstance(field.dataType, T.IntegralType):
        return Role(name, "numeric", kind)
    unique, named = is_nearly_unique(seen), is_named_like_an_id(name)
    if unique and seen.dense:
        return Role(name, "excluded", "looks like a row number: nearly every whole number once")
    if unique and named:
        return Role(name, "excluded", "an id: named like one, and another whole number in almost every row")
    if named:
        return Role(name, "numeric", f"{kind}, though named like an id: declare a code categorical")
    return Role(name, "numeric", kind)


def _text(field: T.StructField, seen: Profile) -> Role:
    name, count = field.name, f"about {seen.distinct:,} values"
    if seen.uuids and seen.values >= ROWS_TO_JUDGE:
        return Role(name, "excluded", f"an id: UUIDs, {count}")
    if is_nearly_unique(seen):
        return Role(name, "excluded", f"text that differs in almost every row ({count})")
    if seen.distinct > FEW_CATEGORIES and seen.length > FREE_TEXT:
        return Role(
            name, "excluded", f"free text: {seen.length:.0f} characters on average, {count}; derive from it"
        )
    enough = seen.distinct * ROWS_PER_CATEGORY <= seen.values
    if seen.distinct <= FEW_CATEGORIES or (seen.distinct <= MOST_CATEGORIES and enough):
        return Role(name, "categorical", f"{field.dataType.simpleString().upper()} with {count}")
    return Role(name, "excluded", f"text with {count}; declare it categorical to keep it")
