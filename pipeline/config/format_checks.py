"""A source's format can be told."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from pipeline.config.formats import Format
from pipeline.config.tree import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.config.model import Config


def check_formats(config: Config) -> Iterator[Problem]:
    """A path without a telling extension needs a format."""
    *names, last = get_args(Format)
    for name, source in config.sources.items():
        if source.file_format is None:
            path = f"sources.{name}.format"
            yield Problem(
                path,
                f"'{path}' is missing, and the path does not tell it. Write {', '.join(names)} or {last}.",
            )
