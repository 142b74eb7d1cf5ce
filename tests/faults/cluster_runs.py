"""Runs on executors that die: a program of its own, as its Spark is a cluster. It takes a JSON of wishes.

It prints one JSON object for each run: what was killed, how the run ended, and how it differs from one that
nobody disturbed.
"""

from __future__ import annotations

import io
import json
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

import pipeline.run
from pipeline import session
from pipeline.cli import main as command
from tests.faults.compare import Difference, difference, newest
from tests.faults.executors import Watcher, Wishes
from tests.faults.models import models, query
from tests.faults.shop import CONF, Shop, open_shop

NO_DIFFERENCE = Difference(0, 0)
STEPS = ("ingest", "clean", "features", "train", "promote", "score")
CLUSTER = {
    "spark.master": "local-cluster[2,1,1024]",
    "spark.driver.memory": "1g",
    "spark.executor.extraJavaOptions": CONF["spark.driver.extraJavaOptions"],
    "spark.ui.liveUpdate.period": "0",  # what runs now is known at once
}
SPECULATION = {
    "spark.speculation": "true",
    "spark.speculation.interval": "50ms",
    "spark.speculation.multiplier": "1",
    "spark.speculation.quantile": "0.1",
    "spark.speculation.minTaskRuntime": "20ms",
}


def main(folder: Path, wishes: dict[str, Any]) -> None:
    """Wishes are `speculation`, `like` and `runs`.

    `like` is the folder of a project that nobody disturbed; without one such a project is run first. Each of
    the runs is on the project that the ones before it left: `kills` are kinds by step, each hit once, and
    `dying` is a step in which whatever executor gets a task is killed.
    """
    conf = {**CONF, **CLUSTER, **(SPECULATION if wishes["speculation"] else {})}
    spark = session.get_session("executors", conf, log_file=folder / "spark.log")
    try:
        like = Shop(Path(wishes["like"] or folder / "undisturbed"))
        if not like.folder.exists():
            open_shop(like.folder, batches=2)
            ended = _run(spark, like, Watcher(spark, like.lake))
            assert ended["code"] == 0, ended
            _tell(run="undisturbed", **ended)
        comparison = Comparison(spark, like)
        shops: dict[str, Shop] = {}
        for wish in wishes["runs"]:
            shop = shops.get(wish["shop"]) or open_shop(folder / wish["shop"], batches=2)
            shops[wish["shop"]] = shop
            watcher = Watcher(spark, shop.lake, Wishes(wish["kills"], wish["dying"]))
            ended = _run(spark, shop, watcher)
            _tell(run=wish["run"], hit=watcher.kills, **ended, **comparison.of(shop))
    finally:
        session.stop()


def _run(spark: SparkSession, shop: Shop, watcher: Watcher) -> dict[str, Any]:
    """`pipeline run` in this process: its exit code, its last sentence, and what kinds of stages it had."""
    out = io.StringIO()
    with redirect_stdout(out), redirect_stderr(io.StringIO()), _steps_told(watcher), watcher.watching():
        code = command(["run", "--json", "-c", str(shop.config_file)])
    last = json.loads(out.getvalue().splitlines()[-1])
    kinds = {step: sorted(watcher.seen.get(step, ())) for step in STEPS if step in watcher.seen}
    return {"code": code, "message": last["message"], "kinds": kinds}


@contextmanager
def _steps_told(watcher: Watcher) -> Iterator[None]:
    """The watcher knows which step runs."""
    own = pipeline.run._run_step

    def told(work: Any, step: str) -> Any:
        watcher.step = step
        try:
            return own(work, step)
        finally:
            watcher.step = ""

    pipeline.run._run_step = told
    try:
        yield
    finally:
        pipeline.run._run_step = own


class Comparison:
    """Tables and models beside those of an undisturbed run, which are read once."""

    def __init__(self, spark: SparkSession, like: Shop) -> None:
        self._spark, self._folds = spark, _folds(like)
        self._tables, self._models = newest(spark, like), models(spark, like)

    def of(self, shop: Shop) -> dict[str, Any]:
        """Rows lost and doubled, and what else has to be as it was there."""
        seen, wanted = models(self._spark, shop), self._models
        is_whole = "champion" in seen.aliases and "RUNNING" not in seen.statuses
        found = difference(self._tables, newest(self._spark, shop)) if is_whole else NO_DIFFERENCE
        more = sum((seen.predictions - wanted.predictions).values())
        return {
            "rows": sum(map(Counter.total, [seen.predictions, *self._tables.values()])),
            "lost": found.lost + sum((wanted.predictions - seen.predictions).values()),
            "doubled": found.doubled + seen.doubled + more,
            "same_winner": seen.winner == wanted.winner,
            "same_folds": _folds(shop) == self._folds,
            "aliases": dict(seen.aliases),
            "unloadable": list(seen.unloadable),
            "statuses": dict(seen.statuses),
        }


def _folds(shop: Shop) -> list[tuple[Any, ...]]:
    """What every candidate had on every fold, to nine digits."""
    found = query(shop.lake, "SELECT r.name, m.key, m.value FROM metrics m JOIN runs r USING (run_uuid)")
    return sorted((name, key, f"{value:.9g}") for name, key, value in found if "rmse_fold" in key)


def _tell(**values: Any) -> None:
    sys.stdout.write(f"{json.dumps(values)}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), json.loads(sys.argv[2]))
