"""`learners: auto` with a minute for its search, beside the shipped configurations, on the same folds.

House prices as `conf/house_prices.yaml` has them, and three tables of scikit-learn with a configuration of a
few keys, which searches what it does by default. What counts is the mean over the folds of the best one:
auto's is to be better, or worse by no more than the standard error of the other. The minute is one of the
clock, so nothing else should run.
"""

from __future__ import annotations

import argparse
import csv
import math
import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine

import pipeline
from pipeline.evaluation.metrics import gain
from pipeline.steps.train.result import TrainResult

HOUSES = Path(__file__).parents[1] / "conf" / "house_prices.yaml"
KNOWN: Mapping[str, tuple[str, Callable[[], Any]]] = {
    "breast_cancer": ("binary", load_breast_cancer),
    "wine": ("multiclass", load_wine),
    "diabetes": ("regression", load_diabetes),
}
AUTO = ("train.learners=auto", "train.search.strategy=tpe", "train.search.time_budget=60s")


def main() -> None:
    """Run both searches on each table and print what they found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", nargs="*", default=("house_prices", *KNOWN), help="tables to try")
    print(f"{'':14} {'metric':9} {'shipped':>10} {'error':>8} {'auto':>10} {'better by':>10} errors  winner")
    behind = []
    with tempfile.TemporaryDirectory(prefix="auto-") as folder:
        for name in parser.parse_args().tables:
            file = HOUSES if name == "house_prices" else written(Path(folder), name)
            shipped = trained(file, Path(folder, "shipped", name))
            auto = trained(file, Path(folder, "auto", name), AUTO)
            if report(name, shipped, auto) < -1.0:
                behind.append(name)
    if behind:
        raise SystemExit(f"auto is behind by more than a standard error: {', '.join(behind)}.")


def written(folder: Path, name: str) -> Path:
    """A table of scikit-learn as a CSV file, and a configuration that leaves everything at its default."""
    task, load = KNOWN[name]
    data = load()
    labels = data.target if task == "regression" else [f"class {place}" for place in data.target]
    home = folder / name
    home.mkdir()
    with (home / "rows.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["id", *(re.sub("[^a-z0-9]", "_", column) for column in data.feature_names), "target"])
        for number, (row, label) in enumerate(zip(data.data, labels, strict=True)):
            rows.writerow([number, *row.tolist(), label])
    positive = ", positive: class 0" if task == "binary" else ""
    configuration = home / "pipeline.yaml"
    configuration.write_text(
        f"name: {name}\ntask: {task}\nsources:\n  rows: {{path: rows.csv, key: [id]}}\n"
        f"features: {{label: target{positive}}}\n",
        encoding="utf-8",
    )
    return configuration


def trained(file: Path, lake: Path, sets: Sequence[str] = ()) -> TrainResult:
    """What one search found, in a lake of its own."""
    with pipeline.load(file, sets=[f"lake.root={lake}", *sets]) as project:
        project.ingest()
        project.clean()
        project.features()
        return project.train()


def report(name: str, shipped: TrainResult, auto: TrainResult) -> float:
    """Print one line; by how many standard errors auto is better."""
    ours, theirs = auto.winner, shipped.winner
    assert ours is not None
    assert theirs is not None
    assert ours.mean is not None
    assert theirs.mean is not None
    assert theirs.spread is not None
    error = theirs.spread / math.sqrt(len(theirs.folds))
    better = gain(shipped.metric, ours.mean, theirs.mean)
    print(
        f"{name:14} {shipped.metric:9} {theirs.mean:>10.5g} {error:>8.3g} {ours.mean:>10.5g} {better:>10.3g}"
        f" {better / error:>+6.2f}  {ours.learner} of {len(auto.leaderboard)} candidates",
        flush=True,
    )
    return better / error


if __name__ == "__main__":
    main()
