"""The merged configuration, each value with the place it came from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from pipeline.config.masking import public_values
from pipeline.config.model import Config
from pipeline.config.origin import Origin, join


class Setting(NamedTuple):
    """One value: its dotted path, the value with secrets masked, and where it was written."""

    path: str
    value: Any
    origin: str


def show_config(config: Config) -> list[Setting]:
    """Every value of a configuration in the model's order, defaults included.

    The origin is `file:line`, `--set key`, or `default`; with ` env NAME` behind it where the value came from
    the environment.
    """
    leaves = _leaves(public_values(config), "")
    return [Setting(path, value, _origin(config._places.origins, path, value)) for path, value in leaves]


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            yield from _leaves(inner, join(path, name))
    else:
        yield path, value


def _origin(origins: Mapping[str, Origin], path: str, value: Any) -> str:
    """Where a value was written; for a list, with the variables of its items."""
    parts = [
        path,
        *(join(path, str(number)) for number in range(len(value) if isinstance(value, list) else 0)),
    ]
    found = [origins[part] for part in parts if part in origins]
    if not found:
        return "default"
    names = dict.fromkeys(name for origin in found for name in origin.variables)
    return " ".join([str(found[0]), *(f"env {name}" for name in names)])
