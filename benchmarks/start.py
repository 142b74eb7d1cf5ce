"""What the archive of Spark's classes saves a session that writes and reads one small table.

Each run is a process of its own with a JVM of its own, in turns; the processor time is that of both, until
they have ended.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from pipeline.class_archive import archive_file
from pipeline.jars import FOLDER_VARIABLE, ensure_jars

WORK = """
import sys
from pipeline import session
from pipeline.lake import Lake, Txn

spark = session.get_session("start")
lake = Lake(spark, sys.argv[1])
lake.append("numbers", spark.range(100), Txn("start", 1))
print(lake.read("numbers").count())
session.stop(60)
"""


def main() -> None:
    """Run both in turns and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5, help="runs of each")
    repeats = parser.parse_args().repeats
    if not archive_file().is_file():
        raise SystemExit("There is no archive of classes here: scripts/setup.sh writes it where Java can.")
    found: dict[bool, list[tuple[float, float]]] = {True: [], False: []}
    with tempfile.TemporaryDirectory(prefix="start-") as folder:
        bare = Path(folder, "jars")
        bare.mkdir()
        for jar in ensure_jars():
            (bare / jar.name).symlink_to(jar)
        for repeat in range(repeats + 1):
            for archived in (True, False) if repeat % 2 else (False, True):
                place = archive_file().parent if archived else bare
                usage = run(place, Path(folder, f"lake-{repeat}-{archived}"))
                if repeat:  # the first of each reads its files from disk
                    found[archived].append(usage)
    print(f"{'':>16} {'seconds':>9} {'cpu seconds':>12}")
    medians = {}
    for archived, usages in found.items():
        medians[archived] = [statistics.median(values) for values in zip(*usages, strict=True)]
        name = "with archive" if archived else "without"
        print(f"{name:>16} {medians[archived][0]:>9.1f} {medians[archived][1]:>12.1f}")
    with_it, without = medians[True][1], medians[False][1]
    print(f"The archive saves {100 * (1 - with_it / without):.0f} % of the processor time.")


def run(jars: Path, lake: Path) -> tuple[float, float]:
    """Seconds on the clock and of processors."""
    before, clock = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    ended = subprocess.run(
        [sys.executable, "-c", WORK, str(lake)],
        env={**os.environ, FOLDER_VARIABLE: str(jars)},
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.stdout.strip() != "100":
        raise SystemExit(f"A session did not read what it wrote:\n{ended.stdout}{ended.stderr}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.monotonic() - clock, used


if __name__ == "__main__":
    main()
