"""A JSON Schema of the configuration, by which editors complete keys and mark mistakes."""

from __future__ import annotations

from typing import Any

import annotated_types
from pydantic import WithJsonSchema
from pydantic.fields import FieldInfo

from pipeline.config.base import NAME_PATTERN, Section
from pipeline.config.kinds import ROOT, Kind, fields

FROM_ENVIRONMENT = {"type": "string", "pattern": r"^\$\{env:[^}]*\}$"}
_TEXT = {"type": ["string", "number", "boolean"]}
_BOUNDS = {
    annotated_types.Ge: ("minimum", "ge"),
    annotated_types.Le: ("maximum", "le"),
    annotated_types.Gt: ("exclusiveMinimum", "gt"),
    annotated_types.Lt: ("exclusiveMaximum", "lt"),
}


def json_schema() -> dict[str, Any]:
    """The schema of a whole configuration file.

    It allows what reading allows: null for a key not written, a number where a text is wanted, and
    `${env:NAME}` where a number is.
    """
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Configuration of a training pipeline",
        **_schema(ROOT),
    }


def _schema(kind: Kind) -> dict[str, Any]:
    given = kind.mark(WithJsonSchema)
    if given and given.json_schema is not None:
        return dict(given.json_schema)
    if kind.members:
        return {"anyOf": [_schema(member) for member in kind.members]}
    if kind.section:
        return _section(kind.section)
    if kind.values and kind.names:
        return {
            "type": "object",
            "propertyNames": _name(kind.names),
            "additionalProperties": _entry(kind.values),
        }
    if kind.choices:
        return {"enum": list(kind.choices)}
    return _scalar(kind)


def _scalar(kind: Kind) -> dict[str, Any]:
    pattern = _pattern(kind)
    if kind.annotation is str:
        return {"type": "string", "pattern": pattern} if pattern else dict(_TEXT)
    if kind.annotation is bool:
        return {"anyOf": [{"type": "boolean"}, FROM_ENVIRONMENT]}
    found = [(name, kind.mark(mark), attribute) for mark, (name, attribute) in _BOUNDS.items()]
    bounds = {name: getattr(mark, attribute) for name, mark, attribute in found if mark}
    return {
        "anyOf": [{"type": "integer" if kind.annotation is int else "number", **bounds}, FROM_ENVIRONMENT]
    }


def _section(section: type[Section]) -> dict[str, Any]:
    known = fields(section)
    required = [name for name, info in known.items() if info.is_required()]
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {name: _property(info) for name, info in known.items()},
        **({"required": required} if required else {}),
    }


def _property(info: FieldInfo) -> dict[str, Any]:
    schema = _schema(Kind.of(info.annotation, info.metadata))
    described = {"description": " ".join((info.description or "").split()), **schema}
    return described if info.is_required() else _or_null(described)


def _entry(kind: Kind) -> dict[str, Any]:
    """One of a map's values; null stands for a section without required keys, as in `xgboost:`."""
    required = kind.section is None or any(info.is_required() for info in fields(kind.section).values())
    return _schema(kind) if required else _or_null(_schema(kind))


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    nothing: dict[str, Any] = {"type": "null", "enum": None, "anyOf": {"type": "null"}}
    key = next(key for key in nothing if key in schema)
    before = schema[key] if isinstance(schema[key], list) else [schema[key]]
    return {**schema, key: [*before, nothing[key]]}


def _name(kind: Kind) -> dict[str, Any]:
    if kind.choices:
        return {"enum": list(kind.choices)}
    return {"pattern": _pattern(kind)} if _pattern(kind) else {}


def _pattern(kind: Kind) -> str | None:
    return next(
        (NAME_PATTERN for mark in kind.metadata if getattr(mark, "pattern", None) == NAME_PATTERN), None
    )
