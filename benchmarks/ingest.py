"""From CSV to a table one can trust, beside the usual script that loses the bad rows, in one session.

(a) a bare scan; (b) read.csv with a schema, filter, dropDuplicates, write Delta; (c) ours: bronze, silver,
quarantine and ledger. All rows of 2013's flights, repeated with shifted years, one in a hundred broken in
ten ways. First a small run of each, checked to keep the same rows; then each is measured in turns, the order
swapped; medians are printed. A second file of the same size is then loaded by (c), and (b) redoes both.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path

import pyspark
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

import pipeline
from benchmarks.flights_files import BREAKAGES, rows_of_a_year, write_years
from benchmarks.spark_usage import Usage, measured
from pipeline.project import Project

FIRST_GOAL, SECOND_GOAL = 1.6, 1.0
KEY = ("carrier", "flight", "time_hour")
GOOD = "minute BETWEEN 0 AND 59 AND (dep_delay IS NULL OR dep_delay > -180)"
SCHEMA = (
    "year BIGINT, month BIGINT, day BIGINT, dep_time BIGINT, sched_dep_time BIGINT, dep_delay BIGINT, "
    "arr_time BIGINT, sched_arr_time BIGINT, arr_delay BIGINT, carrier STRING, flight BIGINT, tailnum STRING, "
    "origin STRING, dest STRING, air_time BIGINT, distance BIGINT, hour BIGINT, minute BIGINT, "
    "time_hour TIMESTAMP"
)
CONFIGURATION = """
name: flights
task: regression
lake: {{root: {lake}}}
sources:
  flights:
    path: {path}
    format: csv
    nulls: ["", "NA"]
    types: {{flight: BIGINT}}
    key: [carrier, flight, time_hour]
    rules:
      scheduled: {{check: time_hour IS NOT NULL AND minute BETWEEN 0 AND 59}}
      plausible: {{check: dep_delay > -180}}
features: {{label: arr_delay}}
"""


class Bench:
    """One session, one folder of files and of tables, each table made anew by each measurement."""

    def __init__(self, home: Path, years: Sequence[Path]) -> None:
        self.home = home
        self._years = years
        self.spark: SparkSession = self._project(1).spark()

    def landing(self, years: int) -> Path:
        """A folder with the first files of the years: links, no copies."""
        folder = self.home / f"landing-{years}"
        folder.mkdir(exist_ok=True)
        for path in self._years[:years]:
            link = folder / path.name
            if not link.exists():
                link.hardlink_to(path)
        return folder

    def bytes(self, years: int) -> int:
        return sum(path.stat().st_size for path in self._years[:years])

    def scan(self, years: int) -> Usage:
        """(a): every value parsed, nothing kept."""
        return measured(self.spark, lambda: self._typed(years).write.format("noop").mode("append").save())

    def script(self, years: int) -> Usage:
        """(b): the usual script, which loses the bad rows."""

        def work() -> None:
            good = self._typed(years).where("_corrupt_record IS NULL").dropna(subset=KEY).where(GOOD)
            rows = good.drop("_corrupt_record").dropDuplicates([*KEY])
            rows.write.format("delta").mode("overwrite").save(str(self.home / "script"))

        return measured(self.spark, work)

    def ours(self, years: int, *, fresh: bool = True) -> Usage:
        """(c): ingest and clean; with `fresh` into an empty lake, else the years that are not there yet."""
        if fresh:
            shutil.rmtree(self.home / "lake", ignore_errors=True)
        # Every measurement has its own landing folder, so that what is there already is linked, not moved.
        landing = self.home / "landing-now"
        if fresh:
            shutil.rmtree(landing, ignore_errors=True)
        landing.mkdir(exist_ok=True)
        for path in self._years[:years]:
            if not (landing / path.name).exists():
                (landing / path.name).hardlink_to(path)
        project = self._project(years)

        def work() -> None:
            now = datetime.now(timezone.utc)
            project.ingest(self.spark, now=now)
            project.clean(self.spark, now=now)

        return measured(self.spark, work)

    def validate(self, years: int) -> None:
        """Raise AssertionError unless (b) and (c) kept the same rows, and (c) all bad ones besides."""
        rows, good = (years * count for count in rows_of_a_year())
        project = self._project(years)
        ours = project.table("silver_flights", self.spark)
        theirs = self.spark.read.format("delta").load(str(self.home / "script"))
        columns = theirs.columns
        assert _digest(ours, columns) == _digest(theirs, columns), "the rows of (b) and (c) differ"
        assert ours.count() == good, f"{ours.count():,} good rows, {good:,} were written"
        bad = project.quarantine(self.spark).count()
        assert bad == rows - good, f"{bad:,} rows in quarantine, {rows - good:,} were broken"

    def _typed(self, years: int) -> DataFrame:
        reader = self.spark.read.schema(f"{SCHEMA}, _corrupt_record STRING")
        return reader.option("header", "true").option("nullValue", "NA").csv(str(self.landing(years)))

    def _project(self, years: int) -> Project:
        file = self.home / "pipeline.yaml"
        file.write_text(CONFIGURATION.format(lake=self.home / "lake", path=self.home / "landing-now"))
        return pipeline.load(file)


def _digest(rows: DataFrame, columns: Sequence[str]) -> tuple[object, ...]:
    """The same for the same multiset of rows."""
    found = rows.select(F.xxhash64(*columns).cast("decimal(38,0)").alias("hash"))
    return tuple(found.agg(F.count("hash"), F.sum("hash")).first() or ())


def main() -> None:
    """Run the comparison and print its table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--times", type=int, default=10, help="how often the flights are repeated in one load"
    )
    parser.add_argument("--repeats", type=int, default=3, help="how often each is measured")
    parser.add_argument("--scale", type=int, nargs="*", default=[1, 2, 4], help="multiples of the first load")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ingest-") as folder:
        run(Path(folder), wanted.times, wanted.repeats, wanted.scale)


def run(home: Path, times: int, repeats: int, scale: Sequence[int]) -> None:
    years = write_years(home / "files", times * max(2, *scale))
    bench = Bench(home, years)
    rows = rows_of_a_year()[0] * times
    size = bench.bytes(times)
    print(
        f"Spark {pyspark.__version__}, {bench.spark.sparkContext.defaultParallelism} cores, "
        f"{rows:,} rows, {size / 1e6:,.0f} MB, 1 % broken in {len(BREAKAGES)} ways, medians of {repeats}"
    )
    for work in (bench.scan, bench.script, bench.ours):
        work(1)
    bench.validate(1)
    found: dict[str, list[Usage]] = {name: [] for name in ("a", "b", "c", "b both", "c second")}
    for turn in range(repeats):
        steps = {
            "a": lambda: bench.scan(times),
            "b": lambda: bench.script(times),
            "b both": lambda: bench.script(2 * times),
            "c": lambda: bench.ours(times),
        }
        for name in sorted(steps, reverse=bool(turn % 2)):
            found[name].append(steps[name]())
            if name == "c":
                found["c second"].append(bench.ours(2 * times, fresh=False))
        if turn == 0:
            bench.script(2 * times)
            bench.validate(2 * times)
    for name, usages in found.items():
        print(_line(name, usages, size * (1 + name.endswith(("both", "second")))))
    _ratio("(c) first load / (b)", found["c"], found["b"], FIRST_GOAL)
    _ratio("(c) second file / (b) both", found["c second"], found["b both"], SECOND_GOAL)


def _line(name: str, usages: Sequence[Usage], size: int) -> str:
    last = usages[-1]
    return (
        f"{name:>10} {statistics.median(usage.seconds for usage in usages):>7.1f} s "
        f"{statistics.median(usage.cpu_seconds for usage in usages):>7.1f} cpu s {last.jobs:>4} jobs "
        f"{last.input_bytes / size:>6.2f} input {last.shuffle_bytes / size:>6.2f} shuffle "
        f"{last.result_bytes / 1e3:>9,.0f} KB to the driver"
    )


def _ratio(name: str, ours: Sequence[Usage], theirs: Sequence[Usage], goal: float) -> None:
    pairs = list(zip(ours, theirs, strict=True))
    clock = statistics.median(one.seconds / other.seconds for one, other in pairs)
    cpu = statistics.median(one.cpu_seconds / other.cpu_seconds for one, other in pairs)
    print(f"{name}: {clock:.2f} on the clock, {cpu:.2f} of processor time, goal {goal}")


if __name__ == "__main__":
    main()
