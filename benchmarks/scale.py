"""How time, memory and what reaches the driver grow with the rows: the flights of 2013, up to 8 times.

    make bench ARGS=scale
    make bench ARGS="scale --times 1 2"

Each size is a project of its own, in a process of its own with the same heap: ingest, clean, features, train,
promote, score. Time per row is the slope between the second and the last size, so that what a start costs is
not in it. Then some of them go through a cluster of one worker and of two, processes of their own on
loopback: the same rows have to come out, and no claim is made about speed, as both share the same cores. All
tables are written to `benchmarks/RESULTS.md`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

import pipeline
from benchmarks.results import table, write_part
from benchmarks.scale_project import HEAP, hashes, write_project
from pipeline.due import STEPS
from tests.cluster.standalone import standalone

ROOT = Path(__file__).resolve().parents[1]
ON_WORKERS = 60_000
"""Flights that go through one worker and two: what is compared does not depend on their number."""

Found = Mapping[str, Any]


def main() -> None:
    """Measure, print, and write down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--times", type=int, nargs="+", default=[1, 2, 4, 8], help="how often the flights are"
    )
    parser.add_argument("--flights", type=int, help="only so many of a year: to try this, not to measure")
    parser.add_argument("--no-cluster", action="store_true", help="leave out one and two workers")
    wanted = parser.parse_args()
    times = sorted(set(wanted.times))
    with tempfile.TemporaryDirectory(prefix="scale-") as folder:
        found = {}
        for size in times:
            found[size] = one_size(Path(folder) / f"{size}x", size, wanted.flights)
            print("\n".join(sizes_table({size: found[size]})), flush=True)
        parts = [sizes_table, driver_table, slopes, files_table, plan_table]
        lines = [line for part in parts for line in [*part(found), ""]]
        if not wanted.no_cluster:
            lines += workers_table(Path(folder) / "cluster", wanted.flights or ON_WORKERS)
    print("\n".join(lines))
    if wanted.flights:
        return
    given = "" if wanted.times == parser.get_default("times") else f" --times {' '.join(map(str, times))}"
    command = f'make bench ARGS="scale{given}"' if given else "make bench ARGS=scale"
    where = f"{found[times[0]]['machine']}, driver heap {HEAP}, one run"
    write_part("scale", command, where, lines)


def one_size(home: Path, times: int, most: int | None) -> Found:
    """What one size took, in a process of its own."""
    given = [str(home), str(times), *([] if most is None else [str(most)])]
    words = [sys.executable, "-m", "benchmarks.scale_project", *given]
    ended = subprocess.run(words, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    values: Found = json.loads(ended.stdout.splitlines()[-1])
    return values


def sizes_table(found: Mapping[int, Found]) -> list[str]:
    """Seconds of each step, and of all."""
    rows = []
    for times, values in found.items():
        seconds = [values["steps"][step]["seconds"] for step in STEPS]
        heap = max(values["steps"][step]["heap"] for step in STEPS)
        rows.append(
            [
                f"{times} ×",
                f"{values['rows']:,}",
                f"{values['bytes'] / 1e6:,.0f}",
                *[f"{took:.1f}" for took in [*seconds, sum(seconds)]],
                f"{heap / 1e6:,.0f}",
            ]
        )
    return table(["flights", "rows", "MB", *[f"{step} s" for step in STEPS], "all s", "heap MB"], rows)


def driver_table(found: Mapping[int, Found]) -> list[str]:
    """Kilobytes that tasks sent to the driver, by step, and the last size's over the first's."""
    first, last = min(found), max(found)
    rows = []
    for step in STEPS:
        sent = {times: values["steps"][step]["result_bytes"] for times, values in found.items()}
        ratio = sent[last] / max(1, sent[first])
        rows.append([step, *[f"{bytes_ / 1e3:,.0f}" for bytes_ in sent.values()], f"{ratio:.2f}"])
    return table(["KB to the driver", *[f"{times} ×" for times in found], f"{last} × over {first} ×"], rows)


def slopes(found: Mapping[int, Found]) -> list[str]:
    """Time per row between the second size and the last."""
    times = sorted(found)
    if len(times) < 2:
        return []
    low, high = found[times[min(1, len(times) - 2)]], found[times[-1]]
    more = high["rows"] - low["rows"]
    each = {
        step: 1e6 * (high["steps"][step]["seconds"] - low["steps"][step]["seconds"]) / more for step in STEPS
    }
    said = ", ".join(f"{step} {micros:.1f}" for step, micros in each.items())
    span = f"from {low['rows']:,} rows to {high['rows']:,}"
    return [f"Microseconds for each row more, {span}: {sum(each.values()):.1f} in all; {said}."]


def files_table(found: Mapping[int, Found]) -> list[str]:
    """Files of the tables that grow, and their size on average."""
    names = [f"{kind}_flights" for kind in ("bronze", "silver", "features", "predictions")]
    rows = []
    for name in names:
        cells = []
        for values in found.values():
            files, size = values["tables"][name]
            cells.append(f"{files} of {size / files / 1e6:.1f} MB")
        rows.append([name, *cells])
    return table(["files", *[f"{times} ×" for times in found]], rows)


def plan_table(found: Mapping[int, Found]) -> list[str]:
    """What was planned of each step of the last size just before it, beside what it used."""
    rows = []
    for step, (planned, used) in found[max(found)]["kept"].items():
        for name in ("read_bytes", "scans", "cached_bytes", "fits_local", "fits_distributed"):
            if used.get(name):
                unit = 1e6 if name.endswith("bytes") else 1
                both = (planned.get(name, 0) / unit, used[name] / unit)
                rows.append(
                    [
                        f"{step}: {name}",
                        *[f"{one:,.4g}" for one in both],
                        f"{both[1] / both[0]:.2f}" if both[0] else "",
                    ]
                )
    return table([f"{max(found)} ×, bytes in MB", "planned", "used", "used / planned"], rows)


def workers_table(home: Path, flights: int) -> list[str]:
    """The same rows on one worker and on two. Raises AssertionError where they differ."""
    files, seconds, lakes = home / "files", {}, {}
    for workers in (1, 2):
        own = home / f"{workers}"
        file = write_project(own / "project", files, 1, flights)
        begun = time.monotonic()
        with standalone(own / "cluster", workers=workers) as cluster:
            conf = {"spark.driver.memory": HEAP, "spark.sql.shuffle.partitions": "4"}
            ended = cluster.submit("run.py", "-c", str(file), "-q", conf=conf)
        assert ended.code == 0, ended.err[-3000:]
        seconds[workers], lakes[workers] = time.monotonic() - begun, own / "project" / "lake"
    with pipeline.load(home / "1" / "project" / "pipeline.yaml") as project:
        spark: SparkSession = project.spark()
        one, two = (hashes(spark, lakes[workers]) for workers in (1, 2))
    assert one == two, f"one worker and two made different rows: {one} and {two}"
    said = ", ".join(f"{workers}: {took:.0f} s" for workers, took in seconds.items())
    return [
        f"The first {flights:,} flights on workers of one core each, start and end included: {said}.",
        "They share the machine's cores, so this says nothing about speed. The same rows came out:",
        "",
        *table(["table", "one worker", "two workers"], [[name, one[name], two[name]] for name in one]),
    ]


if __name__ == "__main__":
    main()
