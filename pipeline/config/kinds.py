"""The declared type of each key: found by path, and said in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

import annotated_types
from pydantic.fields import FieldInfo

from pipeline.config.base import Section, Wording
from pipeline.config.model import Config

_SCALARS = {str: "a text", int: "a whole number", float: "a number", bool: "true or false"}
_Mark = TypeVar("_Mark")


@dataclass(frozen=True)
class Kind:
    """A type without its `Annotated` and `| None`, and what they said."""

    annotation: Any
    metadata: tuple[object, ...] = ()

    @classmethod
    def of(cls, annotation: Any, metadata: Iterable[object] = ()) -> Kind:
        """The kind of an annotation, or of a field's annotation and metadata."""
        marks = _flat(metadata)
        while True:
            if get_origin(annotation) is Annotated:
                annotation, *more = get_args(annotation)
                marks = (*marks, *_flat(more))
            elif _is_union(annotation) and len(_members(annotation)) == 1:
                annotation = _members(annotation)[0]
            else:
                return cls(annotation, marks)

    @property
    def section(self) -> type[Section] | None:
        """The section's class, if this is a section, or may be one."""
        if self.members:
            return next((member.section for member in self.members if member.section), None)
        is_section = isinstance(self.annotation, type) and issubclass(self.annotation, Section)
        return self.annotation if is_section else None

    @property
    def values(self) -> Kind | None:
        """What a map's values are, if this is a map with free names, or may be one."""
        return self._of_map(1)

    @property
    def names(self) -> Kind | None:
        """What a map's names are, if this is a map with free names, or may be one."""
        return self._of_map(0)

    def _of_map(self, place: int) -> Kind | None:
        if self.members:
            return next((found for member in self.members if (found := member._of_map(place))), None)
        return Kind.of(get_args(self.annotation)[place]) if get_origin(self.annotation) is dict else None

    @property
    def choices(self) -> tuple[Any, ...]:
        """The values allowed, if this is a choice of some, or a list of such choices."""
        if get_origin(self.annotation) is tuple:
            return Kind.of(get_args(self.annotation)[0]).choices
        return get_args(self.annotation) if get_origin(self.annotation) is Literal else ()

    @property
    def members(self) -> tuple[Kind, ...]:
        """The kinds a value may have, if this is a union of several."""
        return (
            tuple(Kind.of(member) for member in _members(self.annotation))
            if _is_union(self.annotation)
            else ()
        )

    def child(self, key: str) -> Kind | None:
        """The kind of a key below this one, or of a list's items; None where there is none."""
        if self.section:
            found = fields(self.section).get(key)
            return Kind.of(found.annotation, found.metadata) if found else None
        if get_origin(self.annotation) is tuple:
            return Kind.of(get_args(self.annotation)[0])
        return self.values or next((child for member in self.members if (child := member.child(key))), None)

    def mark(self, wanted: type[_Mark]) -> _Mark | None:
        """The first mark of a class."""
        return next((mark for mark in self.metadata if isinstance(mark, wanted)), None)

    @property
    def words(self) -> str:
        """What is allowed here, in words that follow "Allowed:"."""
        wording = self.mark(Wording)
        if wording:
            return wording.text
        if self.members:
            return _either([member.words for member in self.members])
        if self.section:
            return f"the keys {', '.join(fields(self.section))}"
        if self.values:
            return f"{self._names_words()}, each with {self.values.words}"
        if self.choices:
            return ", ".join(str(choice) for choice in self.choices)
        text = _SCALARS[self.annotation]
        if self.annotation is str:
            return f"{text} that is not empty" if self.mark(annotated_types.MinLen) else text
        return f"{text} {self._bounds()}".rstrip()

    def _names_words(self) -> str:
        return "a map of at least one name" if self.mark(annotated_types.MinLen) else "a map of names"

    def _bounds(self) -> str:
        low, high = self.mark(annotated_types.Ge), self.mark(annotated_types.Le)
        above, below = self.mark(annotated_types.Gt), self.mark(annotated_types.Lt)
        if low and high:
            return f"from {low.ge} to {high.le}"
        starts = [f"at least {low.ge}"] if low else [f"above {above.gt}"] if above else []
        ends = [f"at most {high.le}"] if high else [f"below {below.lt}"] if below else []
        return " and ".join(starts + ends)


ROOT = Kind(Config)


def fields(section: type[Section]) -> dict[str, FieldInfo]:
    """A section's fields by the names that YAML uses."""
    return {info.alias or name: info for name, info in section.model_fields.items()}


def kind_of(path: Sequence[str]) -> Kind | None:
    """The kind of the key at a path; None where the model has none."""
    kind: Kind | None = ROOT
    for part in path:
        kind = kind.child(part) if kind else None
    return kind


def split_path(dotted: str) -> tuple[str, ...]:
    """The keys of a dotted path. A map of plain values takes the rest as one name: settings have dots."""
    parts = dotted.split(".")
    kind: Kind | None = ROOT
    for number, part in enumerate(parts):
        inner = kind.values if kind else None
        if inner and not inner.section:
            return (*parts[:number], ".".join(parts[number:]))
        kind = kind.child(part) if kind else None
    return tuple(parts)


def _flat(metadata: Iterable[object]) -> tuple[object, ...]:
    flat: list[object] = []
    for mark in metadata:
        flat += mark.metadata if isinstance(mark, FieldInfo) else [mark]
    return tuple(flat)


def _is_union(annotation: Any) -> bool:
    return get_origin(annotation) in (Union, UnionType)


def _members(annotation: Any) -> list[Any]:
    return [member for member in get_args(annotation) if member is not NoneType]


def _either(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
