"""The rules of a source: one condition each, in SQL or by name, and what happens where it is not met."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from pipeline.config.base import Choices, Names, Section, Text, Wording

OnFailure = Literal["quarantine", "drop", "warn", "fail"]
Bound = int | float | str


def _pair(value: object) -> object:
    if isinstance(value, list) and len(value) != 2:
        raise ValueError("write two values")
    return tuple(value) if isinstance(value, list) else value


def _two(items: list[str]) -> WithJsonSchema:
    schema: dict[str, Any] = {"type": [*items, "null"]}
    return WithJsonSchema({"type": "array", "items": schema, "minItems": 2, "maxItems": 2})


Bounds = Annotated[
    tuple[Bound | None, Bound | None],
    BeforeValidator(_pair),
    _two(["number", "string"]),
    Wording("[lowest, highest], one of which may be null"),
]
Lengths = Annotated[
    tuple[int | None, int | None],
    BeforeValidator(_pair),
    _two(["integer"]),
    Wording("[shortest, longest], one of which may be null"),
]
Columns = Annotated[Names, Field(min_length=1)]


class Rule(Section):
    """What the rows of a source should be like: exactly one kind of condition, and what happens where it is
    not met. [One page](rules.md) shows each kind.
    """

    check: Text | None = None
    """A Spark SQL condition over one row. A row breaks the rule where it is false; a NULL that comes from a
    NULL column passes."""
    check_batch: Text | None = None
    """A Spark SQL condition over aggregates of the batch's good rows, as in `avg(Sale_Price) > 50000`. NULL
    because there was no value passes."""
    not_null: Columns | None = None
    """Columns in which no value is missing."""
    unique: Columns | None = None
    """Columns whose values, taken together, no two good rows of a batch share. Rows with the same key are
    versions of one row, and compared only when the columns hold the whole key."""
    one_of: dict[str, Choices] | None = None
    """Column → the values it may have."""
    between: dict[str, Bounds] | None = None
    """Column → [lowest, highest], both allowed; null is no bound. A date is a text, as in `2024-01-31`."""
    matches: dict[str, Text] | None = None
    """Column → a Java regular expression that the whole text matches."""
    length: dict[str, Lengths] | None = None
    """Column → [shortest, longest] in characters; null is no bound."""
    not_in_future: Columns | None = None
    """DATE and TIMESTAMP columns that are not later than the moment at which the row was ingested."""
    references: dict[str, Text] | None = None
    """Column → `source.column`: each value is in that column of the other source's silver table."""
    on_failure: OnFailure | None = None
    """What happens when it is not met. `quarantine`, the default: the row is kept aside with its reasons.
    `drop`: it is left out and counted. `warn`: it stays, with a warning. `fail`: the whole batch is refused,
    the default of `check_batch`, which may also `warn`. `unique` does not drop: `key` does that."""

    @property
    def kind(self) -> str:
        """The key that says the condition; the first where several were written."""
        return next(kind for kind in KINDS if getattr(self, kind) is not None)

    @property
    def action(self) -> OnFailure:
        """What happens when the rule is not met, with its default."""
        return self.on_failure or ("fail" if self.kind == "check_batch" else "quarantine")

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that a named kind is about; none for SQL."""
        said: Any = getattr(self, self.kind)
        return () if isinstance(said, str) else tuple(said)


KINDS = tuple(name for name in Rule.model_fields if name != "on_failure")
ALLOWED_ACTIONS: dict[str, tuple[OnFailure, ...]] = {
    "check_batch": ("warn", "fail"),
    "unique": ("quarantine", "warn", "fail"),
}
OWN_RULES = ("malformed", "unreadable", "type", "key")
