"""Where a value was written, so that every error can point at a line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Origin:
    """A line of a file, or a `--set` (which has no line).

    `variables` are the environment variables that went into the value. `block` is true for a text written
    as a literal block (`|`), whose lines are the lines of the file below its key. `folder` is where a
    relative path written here starts.
    """

    source: str
    line: int | None = None
    variables: tuple[str, ...] = ()
    block: bool = False
    folder: Path = Path()

    def __str__(self) -> str:
        return self.source if self.line is None else f"{self.source}:{self.line}"

    def at_line(self, number: int) -> str:
        """Where line `number` (from 1) of this text is, as far as it can be told."""
        if self.block and self.line is not None:
            return f"{self.source}:{self.line + number}"
        return str(self)


@dataclass(frozen=True)
class Places:
    """The origin of every key that was written, by dotted path, and the path of the section that keeps this.

    Two sections that say the same are equal wherever they were written, so places never differ.
    """

    origins: Mapping[str, Origin] = field(default_factory=dict)
    section: str = ""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Places)

    def __hash__(self) -> int:
        return 0

    def nearest(self, path: str) -> Origin | None:
        """The origin of a key, or of the closest key around it that was written."""
        while path not in self.origins:
            if not path:
                return None
            path = path.rpartition(".")[0]
        return self.origins[path]


def join(*parts: str) -> str:
    """A dotted path, leaving out empty parts."""
    return ".".join(part for part in parts if part)
