"""The code a logged model carries, so that a process without this package can load it."""

from __future__ import annotations

import inspect
from pathlib import Path

from pipeline.learners.boosting import model, shipped

_STUB = '"""Part of what a logged model brings: see the package above."""\n'


def write_code(folder: Path) -> Path:
    """Lay out a package `pipeline` that is only the boosted-tree model; return the path to give MLflow.

    Raises FileExistsError when the folder already holds one.
    """
    root = folder / "pipeline"
    boosting = root / "learners" / "boosting"
    boosting.mkdir(parents=True)
    _write(root, inspect.getsource(shipped))
    _write(root / "learners", _STUB)
    _write(boosting, _STUB)
    _write(boosting, inspect.getsource(model), "model.py")
    return root


def _write(folder: Path, source: str, name: str = "__init__.py") -> None:
    (folder / name).write_text(source, encoding="utf-8")
