"""What every section of the configuration shares: frozen, closed, every key documented."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    PrivateAttr,
    WithJsonSchema,
    model_validator,
)

from pipeline.config.origin import Places, join

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_BYTES = {"b": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}
_SECONDS = {"w": 604800, "d": 86400, "h": 3600, "m": 60, "s": 1}


class Section(BaseModel):
    """A part of the configuration: typed, frozen, and without room for unknown keys.

    A key written as null is a key not written: where a value may be None, None is the default. That is
    how a later file takes back what an earlier one says.
    """

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True, allow_inf_nan=False
    )

    _places: Places = PrivateAttr(default_factory=Places)

    @model_validator(mode="before")
    @classmethod
    def _null_is_unwritten(cls, values: Any) -> Any:
        if values is None:
            return {}
        if not isinstance(values, dict):
            return values
        known = {info.alias or name for name, info in cls.model_fields.items()}
        return {key: value for key, value in values.items() if value is not None or key not in known}

    def where(self, path: str = "") -> str:
        """Where a key below this section was written, as `file:line`, to stand in front of an error.

        For a key that was not written: the closest one around it. A section made in Python has no place
        and answers "configuration".
        """
        origin = self._places.nearest(join(self._places.section, path))
        return str(origin) if origin else "configuration"

    def folder(self, path: str = "") -> Path | None:
        """The folder where a relative path written at a key starts; None for a section made in Python."""
        origin = self._places.nearest(join(self._places.section, path))
        return origin.folder if origin else None


@dataclass(frozen=True)
class Wording:
    """How a type is called in errors and on the reference page."""

    text: str


@dataclass(frozen=True)
class FolderRelative:
    """Marks a path: a relative one starts at the folder of the file that says it."""


@dataclass(frozen=True)
class MayHoldSecrets:
    """Marks a map of settings for other software, where a name such as `password` must not be shown."""


def _duration(value: object) -> object:
    if not isinstance(value, str):
        return value
    found = re.fullmatch(r"\s*(\d+)\s*([smhdw])\s*", value)
    if found is None:
        raise ValueError("write a number and a unit")
    try:
        return timedelta(**{_UNITS[found[2]]: int(found[1])})
    except OverflowError as error:
        raise ValueError("too long") from error


def _duration_text(value: timedelta) -> str:
    seconds = int(value.total_seconds())
    unit = next(unit for unit, length in _SECONDS.items() if seconds % length == 0)
    return f"{seconds // _SECONDS[unit]}{unit}"


def _size(value: object) -> object:
    if not isinstance(value, str):
        return value
    found = re.fullmatch(r"\s*(\d+)\s*([bkmgt]?)b?\s*", value.lower())
    if found is None:
        raise ValueError("write a number and a unit")
    return int(found[1]) * _BYTES[found[2] or "b"]


def _size_text(value: int) -> str:
    unit = next(unit for unit in "tgmkb" if value % _BYTES[unit] == 0)
    return f"{value // _BYTES[unit]}{unit}"


def listed(value: object) -> object:
    """YAML gives a list, or one value for a list of one; the model keeps a tuple."""
    if isinstance(value, list):
        return tuple(value)
    return value if isinstance(value, (tuple, Mapping)) or value is None else (value,)


def one_or_many(items: Mapping[str, Any]) -> WithJsonSchema:
    """The JSON Schema of one item, or a list of them."""
    return WithJsonSchema({"anyOf": [items, {"type": "array", "items": items}]})


Duration = Annotated[
    timedelta,
    BeforeValidator(_duration),
    PlainSerializer(_duration_text, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": r"^\s*[0-9]+\s*[smhdw]\s*$"}),
    Wording("a number and a unit, such as 90s, 15m, 6h, 30d or 2w"),
]
ByteSize = Annotated[
    int,
    BeforeValidator(_size),
    PlainSerializer(_size_text, when_used="json"),
    WithJsonSchema(
        {"anyOf": [{"type": "integer"}, {"type": "string", "pattern": "^[0-9]+ *[bkmgtBKMGT]?[bB]?$"}]}
    ),
    Wording("a number and a unit, such as 512m, 2g or 1t"),
]
Names = Annotated[
    tuple[str, ...],
    BeforeValidator(listed),
    one_or_many({"type": "string"}),
    Wording("a name or a list of names"),
]
Texts = Annotated[
    tuple[str, ...],
    BeforeValidator(listed),
    one_or_many({"type": "string"}),
    Wording("a text or a list of texts"),
]
Scalar = bool | int | float | str
Choices = Annotated[
    tuple[Scalar, ...],
    BeforeValidator(listed),
    one_or_many({"type": ["boolean", "number", "string"]}),
    Field(min_length=1),
    Wording("a value or a list of at least one value"),
]
Number = Annotated[int | float, Wording("a number")]
NAME_PATTERN = r"^[a-z][a-z0-9_]{0,62}$"
Name = Annotated[
    str,
    Field(pattern=NAME_PATTERN),
    Wording("small letters, digits and _, a letter first, at most 63 in all"),
]
Text = Annotated[str, Field(min_length=1)]
FolderPath = Annotated[str, Field(min_length=1), FolderRelative()]
Settings = Annotated[dict[str, str], MayHoldSecrets()]
