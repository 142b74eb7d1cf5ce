"""What every demo does: a project in a place of its own, made anew each time, and the time that it took."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import RenderableType

from pipeline.cli.options import Options
from pipeline.cli.page import heading, table
from pipeline.cli.text import elapsed

if TYPE_CHECKING:
    from pipeline.project import Project
    from pipeline.run import RunResult

ROOT = Path(__file__).resolve().parent.parent


def landing(name: str) -> Path:
    """Where the files of a demo arrive."""
    return ROOT / "lake" / f"{name}_demo" / "landing"


def stage(name: str, overlay: str) -> Options:
    """An empty landing folder, and the options of conf/<name>.yaml with `overlay` laid over it."""
    os.chdir(ROOT)
    home = landing(name).parent
    shutil.rmtree(home, ignore_errors=True)
    landing(name).mkdir(parents=True)
    written = home / "demo.yaml"
    written.write_text(overlay, encoding="utf-8")
    return Options(files=(f"conf/{name}.yaml", str(written.relative_to(ROOT))))


def start_spark(project: Project) -> float:
    """Start Spark and return the seconds it took."""
    begun = time.monotonic()
    project.spark()
    return time.monotonic() - begun


def timed(start: float, runs: Sequence[RunResult], names: Sequence[str]) -> Iterator[RenderableType]:
    """Seconds per step in each of the two named runs, after Spark's own start."""
    yield heading("Time")
    lines = [["Spark's start", elapsed(start), "-"]]
    lines += [
        [outcomes[0].step, *(elapsed(outcome.seconds) if outcome.seconds else "-" for outcome in outcomes)]
        for outcomes in zip(*(run.outcomes for run in runs), strict=True)
    ]
    total = ["all", elapsed(start + runs[0].seconds), elapsed(runs[1].seconds)]
    yield table(["step", *names], [*lines, total], left=["step"])
