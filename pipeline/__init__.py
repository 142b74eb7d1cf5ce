"""A distributed machine-learning training pipeline on Apache Spark, Delta Lake and MLflow.

import pipeline

project = pipeline.load("conf/house_prices.yaml")
project.run()
project.status()
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from pipeline.progress import SILENT, Progress

if TYPE_CHECKING:
    from pipeline.project import Project

__all__ = ["load"]


def load(
    *files: str | os.PathLike[str],
    sets: Sequence[str] = (),
    environ: Mapping[str, str] | None = None,
    progress: Progress = SILENT,
) -> Project:
    """The project that one or more YAML files describe, later ones over earlier ones, `sets` over all.

    Nothing starts here: Spark is started, or an active session taken, by the first step. Raises ConfigError.
    """
    from pipeline.project import Project

    return Project.load(files, sets, environ, progress=progress)
