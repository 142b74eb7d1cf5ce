"""What a logged model brings of this package: its own stage, and nothing else.

`shipping` copies it as the `__init__` of the package it lays out. MLflow puts that folder first on the path,
where it would hide an installed package, so it steps aside for one. It imports nothing of this project.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Iterator
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path

_NEVER_SHIPPED = ("learners", "boosting", "shipping")


def step_aside(name: str, own_folder: str) -> None:
    """Put the installed package in place of this one, if there is one."""
    for spec in _others(name, own_folder):
        if spec.loader is not None and _is_whole(spec):
            module = importlib.util.module_from_spec(spec)
            sys.modules[name] = module  # what `import` then returns
            spec.loader.exec_module(module)
            return


def _others(name: str, own_folder: str) -> Iterator[ModuleSpec]:
    """Packages of this name elsewhere: folder by folder as on the path, then editable installations."""
    own = os.path.realpath(own_folder)
    for entry in sys.path:
        spec = PathFinder.find_spec(name, [entry])
        if spec is not None and own not in map(os.path.realpath, _folders(spec)):
            yield spec
    for finder in sys.meta_path:
        if finder is not PathFinder:
            spec = finder.find_spec(name, None)
            if spec is not None:
                yield spec


def _folders(spec: ModuleSpec) -> list[str]:
    return list(spec.submodule_search_locations or ())


def _is_whole(spec: ModuleSpec) -> bool:
    """Whether a package is this project's, not what another model brought or a stranger's of that name."""
    name, found = spec.name, spec
    for part in _NEVER_SHIPPED:
        name = f"{name}.{part}"
        inner = PathFinder.find_spec(name, _folders(found))
        if inner is None:
            return False
        found = inner
    return True


if __name__ == "pipeline":
    step_aside(__name__, str(Path(__file__).parent))
