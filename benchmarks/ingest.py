"""From CSV to a table one can trust, beside the usual script that loses the bad rows, in one session.

(a) a bare scan; (b) read.csv with a schema, filter, dropDuplicates, write Delta; (c) ours: bronze, silver,
quarantine and ledger, types inferred. The flights of 2013, repeated with shifted years, one row in a hundred
broken in ten ways. A small run of each warms the JVM and is checked to keep the same rows; then each is
measured in turns, the order swapped. A second file of the same size is loaded by (c), and (b) redoes both.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from pathlib import Path

import pyspark
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

import pipeline
from benchmarks.flights_files import BREAKAGES, rows_of_a_year, write_years
from benchmarks.spark_usage import Usage, measured

FIRST_GOAL, SECOND_GOAL = 1.6, 1.0
KEY = ["carrier", "flight", "time_hour"]
GOOD = "minute BETWEEN 0 AND 59 AND (dep_delay IS NULL OR dep_delay > -180)"
SCHEMA = """
year BIGINT, month BIGINT, day BIGINT, dep_time BIGINT, sched_dep_time BIGINT, dep_delay BIGINT,
arr_time BIGINT, sched_arr_time BIGINT, arr_delay BIGINT, carrier STRING, flight BIGINT, tailnum STRING,
origin STRING, dest STRING, air_time BIGINT, distance BIGINT, hour BIGINT, minute BIGINT,
time_hour TIMESTAMP, _corrupt_record STRING
"""
CONFIGURATION = """
name: flights
task: regression
lake: {{root: {lake}}}
sources:
  flights:
    path: {landing}
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
    """One session over a folder of files; every measurement makes its tables anew."""

    def __init__(self, home: Path, years: Sequence[Path]) -> None:
        self._years = years
        self._landing, self._lake, self._script = home / "landing", home / "lake", home / "script"
        file = home / "pipeline.yaml"
        file.write_text(CONFIGURATION.format(lake=self._lake, landing=self._landing))
        self._project = pipeline.load(file)
        self.spark: SparkSession = self._project.spark()

    def size(self, years: int) -> int:
        """Bytes of the first files."""
        return sum(path.stat().st_size for path in self._years[:years])

    def scan(self, years: int) -> Usage:
        """(a): every value parsed, nothing kept."""
        return measured(self.spark, lambda: self._typed(years).write.format("noop").mode("append").save())

    def script(self, years: int) -> Usage:
        """(b): the usual script, which loses the bad rows."""
        shutil.rmtree(self._script, ignore_errors=True)

        def work() -> None:
            good = self._typed(years).where("_corrupt_record IS NULL").dropna(subset=KEY).where(GOOD)
            rows = good.drop("_corrupt_record").dropDuplicates(KEY)
            rows.write.format("delta").save(str(self._script))

        return measured(self.spark, work)

    def ours(self, years: int, *, more: bool = False) -> Usage:
        """(c): ingest and clean into an empty lake; with `more`, what was not there yet into the same one."""
        if not more:
            shutil.rmtree(self._lake, ignore_errors=True)
            shutil.rmtree(self._landing, ignore_errors=True)
        self._landing.mkdir(exist_ok=True)
        for path in self._years[:years]:
            if not (self._landing / path.name).exists():
                (self._landing / path.name).hardlink_to(path)

        def work() -> None:
            now = datetime.now(timezone.utc)
            self._project.ingest(self.spark, now=now)
            self._project.clean(self.spark, now=now)

        return measured(self.spark, work)

    def validate(self, years: int) -> None:
        """Raise AssertionError unless (b) and (c) kept the same rows, and (c) all bad ones besides."""
        rows, good = (years * count for count in rows_of_a_year())
        theirs = self.spark.read.format("delta").load(str(self._script))
        ours = self._project.table("silver_flights", self.spark).select(theirs.columns)
        assert _digest(ours) == _digest(theirs), "the rows of (b) and (c) differ"
        assert ours.count() == good, f"{ours.count():,} good rows, {good:,} were written"
        bad = self._project.quarantine(spark=self.spark).count()
        assert bad == rows - good, f"{bad:,} rows in quarantine, {rows - good:,} were broken"

    def _typed(self, years: int) -> DataFrame:
        reader = self.spark.read.schema(SCHEMA).option("header", "true").option("nullValue", "NA")
        return reader.csv([str(path) for path in self._years[:years]])


def _digest(rows: DataFrame) -> tuple[object, ...]:
    """The same for the same multiset of rows."""
    found = rows.select(F.xxhash64(*rows.columns).cast("decimal(38,0)").alias("hash"))
    return tuple(found.agg(F.count("hash"), F.sum("hash")).first() or ())


def main() -> None:
    """Run the comparison and print its table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=10, help="how often the flights are in one load")
    parser.add_argument("--repeats", type=int, default=3, help="how often each is measured")
    parser.add_argument("--scale", type=int, nargs="*", default=[1, 2, 4], help="multiples of the first load")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ingest-") as folder:
        home = Path(folder)
        years = write_years(home / "files", wanted.times * max(2, *wanted.scale, 2))
        bench = Bench(home, years)
        print(
            f"Spark {pyspark.__version__}, {bench.spark.sparkContext.defaultParallelism} cores, "
            f"{rows_of_a_year()[0] * wanted.times:,} rows, {bench.size(wanted.times) / 1e6:,.0f} MB, "
            f"1 % broken in {len(BREAKAGES)} ways, medians of {wanted.repeats}",
            flush=True,
        )
        compare(bench, wanted.times, wanted.repeats)
        grow(bench, wanted.times, wanted.scale)


def compare(bench: Bench, times: int, repeats: int) -> None:
    """The first load, then a second of the same size, each beside the script."""
    for work in (bench.scan, bench.script, bench.ours):
        work(1)
    bench.validate(1)
    steps: dict[str, Callable[[], Usage]] = {
        "(a) scan": lambda: bench.scan(times),
        "(b) script": lambda: bench.script(times),
        "(c) ours": lambda: bench.ours(times),
        "(c) second file": lambda: bench.ours(2 * times, more=True),
        "(b) redoes both": lambda: bench.script(2 * times),
    }
    found: dict[str, list[Usage]] = {name: [] for name in steps}
    swapped = ["(b) redoes both", "(c) ours", "(c) second file", "(b) script", "(a) scan"]
    for turn in range(repeats):
        for name in swapped if turn % 2 else steps:
            found[name].append(steps[name]())
        if turn == 0:
            bench.validate(2 * times)
    print(f"{'':>16} {'s':>7} {'cpu s':>7} {'jobs':>5} {'read':>6} {'shuffled':>9} {'to driver':>10}")
    for name, usages in found.items():
        print(_line(name, usages, bench.size(times)), flush=True)
    _tell_ratio("first load, (c) / (b)", found["(c) ours"], found["(b) script"], FIRST_GOAL)
    _tell_ratio("second file, (c) / (b)", found["(c) second file"], found["(b) redoes both"], SECOND_GOAL)


def grow(bench: Bench, times: int, scale: Sequence[int]) -> None:
    """Ours at multiples of the first load: rows a second should stay, bytes to the driver too."""
    rows = rows_of_a_year()[0]
    rates: list[float] = []
    for factor in scale:
        usage = bench.ours(factor * times)
        rates.append(rows * factor * times / usage.seconds)
        print(
            f"{factor:>3} x: {rates[-1]:>9,.0f} rows/s, {usage.jobs} jobs, "
            f"{usage.result_bytes / 1e3:,.0f} KB to the driver",
            flush=True,
        )
    if len(rates) > 1:
        print(f"rows/s at {scale[-1]} x over {scale[0]} x: {rates[-1] / rates[0]:.2f}")


def _line(name: str, usages: Sequence[Usage], size: int) -> str:
    """Medians of seconds; bytes of the last run in multiples of the first load's files."""
    last = usages[-1]
    clock = statistics.median(usage.seconds for usage in usages)
    cpu = statistics.median(usage.cpu_seconds for usage in usages)
    return (
        f"{name:>16} {clock:>7.1f} {cpu:>7.1f} {last.jobs:>5} {last.input_bytes / size:>6.2f} "
        f"{last.shuffle_bytes / size:>9.2f} {last.result_bytes / 1e3:>7,.0f} KB"
    )


def _tell_ratio(name: str, ours: Sequence[Usage], theirs: Sequence[Usage], goal: float) -> None:
    pairs = list(zip(ours, theirs, strict=True))
    clock = statistics.median(one.seconds / other.seconds for one, other in pairs)
    cpu = statistics.median(one.cpu_seconds / other.cpu_seconds for one, other in pairs)
    met = "met" if clock <= goal else "not met"
    print(f"{name}: {clock:.2f} by the clock, {cpu:.2f} by processor time; goal {goal}: {met}", flush=True)


if __name__ == "__main__":
    main()
