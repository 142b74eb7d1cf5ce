"""A short hash of what a section says, by which a table or a model knows whether its maker changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from pipeline.config.base import Section
from pipeline.config.masking import public_values

Json = Mapping[str, Any] | Sequence[Any] | str | int | float | bool | None
_LENGTH = 12


def fingerprint(*parts: Section | Json, without: Collection[str] = ()) -> str:
    """The hash of sections (or plain values): the same for the same content, however and wherever written.

    Defaults count, the order of keys does not, and a secret never goes in. `without` names keys of a
    section that make no difference, such as a source's `path`.

    >>> fingerprint({"a": 1, "b": 2}) == fingerprint({"b": 2, "a": 1})
    True
    """
    said = [_said(part, without) for part in parts]
    text = json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:_LENGTH]


def _said(part: Section | Json, without: Collection[str]) -> Any:
    if isinstance(part, Section):
        return {name: value for name, value in public_values(part).items() if name not in without}
    return dict(part) if isinstance(part, Mapping) else part
