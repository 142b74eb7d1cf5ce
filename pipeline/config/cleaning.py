"""The `columns` of a source: how the texts of one column become clean values."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from pipeline.config.base import Section, Text, Texts, Wording


class Unit(Section):
    """From the unit received to the one wanted: value × multiply + add."""

    multiply: float = 1.0
    """What a value is multiplied by."""
    add: float = 0.0
    """What is added after that."""


class Column(Section):
    """How the values of one column are cleaned: trim, nulls, case, map, then the type, then the unit."""

    rename: Text | None = None
    """The column's name from silver on; `types`, `key`, `rules` and features use it."""
    trim: bool = False
    """Take away blanks, tabs and line ends before and after a value."""
    nulls: Texts | None = None
    """Texts that mean a missing value in this column. Default: the source's `nulls`."""
    case: Literal["lower", "upper"] | None = None
    """Make all letters small or large."""
    map: dict[str, Text] = Field(default_factory=dict)
    """Value → the one that stands for it, as in `{f: female, m: male}`. Other values stay as they are."""
    formats: Texts = ()
    """How dates or moments are written, in Spark's letters, as in `[dd.MM.yyyy, yyyy-MM-dd]`: the first that
    fits counts. The column becomes a TIMESTAMP where a format has hours, else a DATE."""
    decimal: Annotated[Literal[".", ","], Wording("a point '.' or a comma ','")] = "."
    """What stands before the fraction of a number. With `,` the column becomes a DOUBLE."""
    thousands: (
        Annotated[Literal[".", ",", " ", "'", "_"], Wording("a point, a comma, a blank, ' or _")] | None
    ) = None
    """What groups the digits of a number. Digits grouped otherwise are no number: `1.5` is not read as 15."""
    unit: Unit | None = None
    """Another unit, as in `{multiply: 0.3048}` from feet to metres. The column becomes a number."""

    @property
    def is_number(self) -> bool:
        """Whether what is declared makes sense for a number only."""
        return self.decimal != "." or self.thousands is not None or self.unit is not None

    @property
    def needs_text(self) -> tuple[str, ...]:
        """The keys set here that make sense for texts only."""
        textual = ("trim", "nulls", "case", "map", "formats", "thousands")
        found = [key for key in textual if getattr(self, key) not in (None, False, (), {})]
        return (*found, *(("decimal",) if self.decimal != "." else ()))
