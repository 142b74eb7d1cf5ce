"""Our search beside what one writes by hand, on the same rows, folds and features table.

Equal results are asserted before a time is printed. Each line warms the JVM by a small run of both sides,
then measures them in turns, the order swapped; printed are medians, and what each side took of Spark.

    boosted    CrossValidator(Pipeline) with GBT; our XGBoost at the same depth, step and rounds
    logistic   CrossValidator(Pipeline) with logistic regression, one-hot
    linear     CrossValidator(Pipeline) with linear regression, 12 values of regParam
    process    DuckDB and XGBoost in one process, the same fits
    halving    a grid of 64 sets beside successive halving over it
    resume     a training killed at half, and gone on
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from benchmarks.spark_usage import Usage, measured
from benchmarks.tuning import by_hand, one_process, ours, resumed, tables
from benchmarks.tuning.tables import Features
from pipeline import session

LINES = ("boosted", "logistic", "linear", "process", "halving", "resume")
ROUNDS = 20
BOOSTED = [{"max_depth": depth, "learning_rate": rate} for depth in (3, 5) for rate in (0.1, 0.2, 0.4)]
# Spark's GBT sums up half the log-odds: the same step in log-odds is half the rate.
GBT = [{"maxDepth": one["max_depth"], "stepSize": one["learning_rate"] / 2} for one in BOOSTED]
LOGISTIC = [{"regParam": value, "elasticNetParam": 0.0} for value in (1e-4, 1e-3, 1e-2, 0.03, 0.1, 0.3)]
# Tight enough that both sides stop at one place.
SOLVER: dict[str, Any] = {"maxIter": 500, "tol": 1e-9}
LINEAR = [{"regParam": 10.0**-power, "elasticNetParam": 0.0} for power in range(-2, 10)]


class Warming:
    """Runs both sides once, and measures nothing."""

    def __init__(self, spark: SparkSession) -> None:
        self.spark, self.slots = spark, spark.sparkContext.defaultParallelism

    def compare(
        self,
        title: str,  # noqa: ARG002
        theirs: Callable[[], Any],
        mine: Callable[[], Any],
        equal: Callable[[Any, Any], str],  # noqa: ARG002 - few rows may tell the sides apart
    ) -> None:
        """Both, once."""
        theirs()
        mine()


class Bench(Warming):
    """The session, and how often each side is measured."""

    def __init__(self, spark: SparkSession, repeats: int) -> None:
        super().__init__(spark)
        self.repeats = repeats

    def compare(
        self, title: str, theirs: Callable[[], Any], mine: Callable[[], Any], equal: Callable[[Any, Any], str]
    ) -> None:
        """Measure both in turns; `equal` raises where their results differ, and says how near they are."""
        sides: dict[str, list[Usage]] = {"theirs": [], "ours": []}
        results: dict[str, Any] = {}
        for repeat in range(self.repeats):
            order = (("theirs", theirs), ("ours", mine))
            for name, work in order if repeat % 2 == 0 else order[::-1]:

                def keep(name: str = name, work: Callable[[], Any] = work) -> None:
                    results[name] = work()

                sides[name].append(measured(self.spark, keep))
        near = equal(results["theirs"], results["ours"])
        print(f"\n{title}\n  equal: {near}", flush=True)
        for name, usages in sides.items():
            print(f"  {name:>7} {_told(usages)}")
        ratio = _median(sides["theirs"], "seconds") / _median(sides["ours"], "seconds")
        print(f"  theirs / ours = {ratio:.2f}")
        found = results["ours"]
        if isinstance(found, ours.Found):
            trials = sum(len(standing.trials) for standing in found.standings)
            read = _median(sides["ours"], "input_bytes") / trials / 2**20
            print(
                f"  ours: {trials} trials, {read:.1f} MB read for each; {found.prefix_fits} prefix fits; "
                f"{found.tasks} tasks that built a matrix of bins, "
                f"at most {found.used_bytes / 2**20:,.0f} MB for one task's matrix and fits"
            )
            print(f"  ours, the last time: {_parts(found.seconds)}; within the search, all threads and tasks")
            print(f"  together: {_parts(found.within)}")


def main() -> None:
    """Run the lines that were asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--lines", nargs="*", choices=LINES, default=LINES, help="which lines")
    parser.add_argument("--table", choices=("flights", "wide"), default="flights", help="which table")
    parser.add_argument("--rows", type=int, help="fewer rows of it")
    parser.add_argument("--repeats", type=int, default=3, help="measurements of each side")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tuning-") as home:
        spark = session.get_session("tuning", {"spark.driver.memory": "6g"})
        try:
            table = _table(spark, Path(home, "all"), chosen.table, chosen.rows)
            small = _table(spark, Path(home, "small"), chosen.table, 20_000)
            bench, warming = Bench(spark, chosen.repeats), Warming(spark)
            cores = os.cpu_count()
            print(f"{chosen.table}: {table.rows(_boosted_config(table)).count():,} rows tune, {cores} cores")
            for line in chosen.lines:
                run = RUN[line]
                if line != "resume":  # its processes are new ones anyway
                    run(warming, small)
                run(bench, table)
        finally:
            session.stop()


def _boosted(bench: Warming, table: Features) -> None:
    config = _boosted_config(table)

    def equal(theirs: by_hand.Found, found: ours.Found) -> str:
        lower = max(their - our for their, our in zip(theirs.means, found.means, strict=True))
        assert lower <= 0.002, f"an AUC of ours is lower by {lower:.4f}: {theirs.means} and {found.means}"
        best = f"best AUC {max(theirs.means):.4f} and {max(found.means):.4f}"
        return f"{best}; of no set is ours lower by more than {max(lower, 0.0):.4f}"

    bench.compare(
        f"CrossValidator(Pipeline) with GBT, {len(GBT)} sets of {ROUNDS} rounds",
        lambda: by_hand.boosted(table, table.rows(config), GBT, ROUNDS, bench.slots),
        lambda: ours.search(table, config),
        equal,
    )


def _logistic(bench: Warming, table: Features) -> None:
    choice = {"params": SOLVER, "space": {"regParam": [one["regParam"] for one in LOGISTIC]}}
    train = {"metric": "log_loss", "learners": {"logistic_regression": choice}}
    config = table.config("binary", "late", train)
    bench.compare(
        f"CrossValidator(Pipeline) with logistic regression, {len(LOGISTIC)} sets",
        lambda: by_hand.logistic(table, table.rows(config), LOGISTIC, SOLVER, bench.slots),
        lambda: ours.search(table, config),
        _equal_means,
    )


def _linear(bench: Warming, table: Features) -> None:
    choice = {"space": {"regParam": [one["regParam"] for one in LINEAR]}}
    label = "arr_delay" if table.name == "flights" else "late"
    train = {"metric": "rmse", "learners": {"linear_regression": choice}}
    config = table.config("regression", label, train)

    def equal(theirs: by_hand.Found, found: ours.Found) -> str:
        said = _equal_means(theirs, found)
        # Penalties that come to the same metric: theirs may have chosen another one.
        once = by_hand.linear_once(table, table.rows(config), found.winner.candidate.params)
        largest = max(map(abs, once))
        pairs = zip(sorted(once), sorted(found.model.coefficients), strict=True)
        apart = max(abs(their - our) for their, our in pairs) / largest
        assert apart <= 1e-6, f"a coefficient differs by {apart:g} of the largest"
        return f"{said}; coefficients of the winner to {apart:.1g} of the largest"

    bench.compare(
        f"CrossValidator(Pipeline) with linear regression, {len(LINEAR)} values of regParam",
        lambda: by_hand.linear(table, table.rows(config), LINEAR, bench.slots),
        lambda: ours.search(table, config),
        equal,
    )


def _process(bench: Warming, table: Features) -> None:
    config = _boosted_config(table)
    files = table.folder / "for-duckdb"
    table.rows(config).write.mode("overwrite").parquet(str(files))

    def equal(theirs: Sequence[float], found: ours.Found) -> str:
        worst = max(abs(their - our) for their, our in zip(theirs, found.means, strict=True))
        apart = abs(max(theirs) - max(found.means))
        assert apart <= 0.002, f"the best AUC differs by {apart:.4f}: {theirs} and {found.means}"
        return f"best AUC {max(theirs):.4f} and {max(found.means):.4f}; of one set apart by {worst:.4f}"

    bench.compare(
        f"DuckDB and XGBoost in one process with {bench.slots} threads, {len(BOOSTED)} sets",
        lambda: one_process.boosted(table, files, BOOSTED, ROUNDS, bench.slots),
        lambda: ours.search(table, config),
        equal,
    )


def _halving(bench: Warming, table: Features) -> None:
    space = {
        "max_depth": [2, 3, 5, 7],
        "learning_rate": [0.03, 0.1, 0.2, 0.4],
        "min_child_weight": [1.0, 20.0],
        "subsample": [0.7, 1.0],
    }
    learners = {"xgboost": {"params": {"n_estimators": ROUNDS}, "space": space}}
    config = table.config("binary", "late", {"metric": "auc_roc", "learners": learners})
    halved = table.config(
        "binary", "late", {"metric": "auc_roc", "learners": learners, "search": {"strategy": "halving"}}
    )

    def equal(whole: ours.Found, found: ours.Found) -> str:
        best = max(whole.standings, key=lambda standing: standing.mean)
        last = [standing for standing in found.standings if standing.share == 1]
        mine = max(last, key=lambda standing: standing.mean)
        error = best.spread / len(best.trials) ** 0.5
        assert best.mean - mine.mean <= error, f"{mine.mean:.4f} is not within {error:.4f} of {best.mean:.4f}"
        return (
            f"AUC {best.mean:.4f} and {mine.mean:.4f}, standard error {error:.4f}; work (trials × rows) "
            f"{whole.work:.1f} and {found.work:.1f}: {whole.work / found.work:.1f} times less"
        )

    bench.compare(
        "a grid of 64 sets, and successive halving over it",
        lambda: ours.search(table, config),
        lambda: ours.search(table, halved),
        equal,
    )


def _resume(bench: Warming, table: Features) -> None:  # noqa: ARG001 - processes of their own
    space = {"max_depth": [3, 5, 7, 9], "learning_rate": [0.03, 0.1, 0.2, 0.4]}
    learners = {"xgboost": {"params": {"n_estimators": 100}, "space": space}}
    found = resumed.resumed(table, {"metric": "auc_roc", "learners": learners}, 16 * table.folds)
    print(
        f"\na training of {found.trials} trials killed after {found.kept}: {found.whole:.1f} s undisturbed, "
        f"{found.rest:.1f} s to go on ({100 * found.rest / found.whole:.0f} %), {found.repeated} repeated"
    )


def _boosted_config(table: Features) -> Any:
    space = {"max_depth": [3, 5], "learning_rate": [0.1, 0.2, 0.4]}
    learners = {"xgboost": {"params": {"n_estimators": ROUNDS}, "space": space}}
    return table.config("binary", "late", {"metric": "auc_roc", "learners": learners})


def _equal_means(theirs: by_hand.Found, found: ours.Found) -> str:
    pairs = list(zip(theirs.means, found.means, strict=True))
    apart = max(abs(their - our) / abs(their) for their, our in pairs)
    assert apart <= 1e-6, f"fold metrics differ by {apart:g} of their size: {pairs}"
    return f"all {len(pairs)} means to {apart:.1g} of their size"


def _table(spark: SparkSession, folder: Path, name: str, rows: int | None) -> Features:
    if name == "flights":
        return tables.flights(spark, folder, rows)
    return tables.wide(spark, folder, rows or 200_000)


def _told(usages: Sequence[Usage]) -> str:
    return (
        f"{_median(usages, 'seconds'):>8.1f} s {_median(usages, 'cpu_seconds'):>8.1f} cpu s of the JVM, "
        f"{_median(usages, 'jobs'):,.0f} jobs, read {_median(usages, 'input_bytes') / 2**20:,.0f} MB, "
        f"{_median(usages, 'result_bytes') / 2**10:,.0f} KB to the driver; at most "
        f"{_median(usages, 'jvm_bytes') / 2**20:,.0f} MB in the JVM, "
        f"{_median(usages, 'driver_bytes') / 2**20:,.0f} MB in Python on the driver"
    )


def _parts(seconds: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {took:.1f} s" for name, took in seconds.items())


def _median(usages: Sequence[Usage], name: str) -> float:
    return float(statistics.median(getattr(usage, name) for usage in usages))


RUN: dict[str, Callable[[Warming, Features], None]] = {
    "boosted": _boosted,
    "logistic": _logistic,
    "linear": _linear,
    "process": _process,
    "halving": _halving,
    "resume": _resume,
}

if __name__ == "__main__":
    main()
