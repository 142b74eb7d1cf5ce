"""What is shown as `***`: values from the environment, and settings whose name or text looks secret."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from pipeline.config.base import FolderRelative, MayHoldSecrets, Section
from pipeline.config.kinds import Kind, kind_of
from pipeline.config.origin import Origin, Places, join

MASK = "***"
_SECRET_NAME = re.compile(r"passw|passphrase|pwd|token|secret|credential|key|signature", re.IGNORECASE)
_USER_IN_ADDRESS = re.compile(r"(?<=://)[^/@\s]+@")
_SECRET_IN_ADDRESS = re.compile(r"\b(password|pwd|token|secret|sig)=[^;&\s]+", re.IGNORECASE)


def public_values(section: Section) -> dict[str, Any]:
    """A section as plain values by the names that YAML uses, defaults included, secrets masked.

    This is what may be shown, logged and stored.
    """
    values = section.model_dump(mode="json", by_alias=True)
    return _public_map(values, Kind.of(type(section)), section._places, section._places.section)


def is_secret(path: Sequence[str], origin: Origin | None) -> bool:
    """Whether the value at a path must not be seen: the environment gave it, or its name looks secret."""
    parent = kind_of(path[:-1])
    return bool(origin and origin.variables) or (parent is not None and _hides(parent, path[-1]))


def _hides(kind: Kind, name: str) -> bool:
    """Only a map of settings hides by name: `features.key` names columns."""
    return kind.mark(MayHoldSecrets) is not None and bool(_SECRET_NAME.search(name))


def _public_map(values: dict[str, Any], kind: Kind, places: Places, path: str) -> dict[str, Any]:
    return {
        name: MASK if _hides(kind, name) else _public(value, kind.child(name), places, join(path, name), kind)
        for name, value in values.items()
    }


def _public(value: Any, kind: Kind | None, places: Places, path: str, parent: Kind | None = None) -> Any:
    origin = places.origins.get(path)
    if origin and origin.variables:
        return MASK
    if isinstance(value, dict) and kind:
        return _public_map(value, kind, places, path)
    if isinstance(value, list):
        return [_public(item, kind, places, join(path, str(number))) for number, item in enumerate(value)]
    holds_address = (kind and kind.mark(FolderRelative)) or (parent and parent.mark(MayHoldSecrets))
    if isinstance(value, str) and holds_address:
        return _SECRET_IN_ADDRESS.sub(rf"\1={MASK}", _USER_IN_ADDRESS.sub(f"{MASK}@", value))
    return value
