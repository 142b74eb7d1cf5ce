"""Runs on executors that die: a program of its own, as its Spark is a cluster. It takes a JSON of wishes.

It prints one JSON object for each run: what was killed, how the run ended, and how it differs from one that
nobody disturbed.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

import pipeline.run
from pipeline import session
from pipeline.cli import main as command
from tests.faults.compare import difference, newest
from tests.faults.executors import KINDS, Watcher
from tests.faults.models import models, query
from tests.faults.shop import CONF, Shop, open_shop

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
    """`kills`: step → kinds; `dying`: steps whose executors always die; `speculation`."""
    conf = {**CONF, **CLUSTER, **(SPECULATION if wishes["speculation"] else {})}
    spark = session.get_session("executors", conf, log_file=folder / "spark.log")
    try:
        quiet = open_shop(folder / "undisturbed", batches=2)
        ended = _run(spark, quiet, Watcher(spark, quiet.lake))
        assert ended["code"] == 0, ended
        _tell(run="undisturbed", **ended, **_compared(spark, quiet, quiet))
        for name, shop, watcher in _disturbed(spark, folder, wishes):
            ended = _run(spark, shop, watcher)
            _tell(run=name, hit=watcher.kills, **ended, **_compared(spark, quiet, shop))
            if ended["code"] != 0:
                again = _run(spark, shop, Watcher(spark, shop.lake))
                _tell(run=f"{name}, again", hit=[], **again, **_compared(spark, quiet, shop))
    finally:
        session.stop()


def _disturbed(
    spark: SparkSession, folder: Path, wishes: dict[str, Any]
) -> Iterator[tuple[str, Shop, Watcher]]:
    if wishes["kills"]:
        shop = open_shop(folder / "killed", batches=2)
        yield "killed", shop, Watcher(spark, shop.lake, wanted=_each_once(wishes["kills"]))
    for step in wishes["dying"]:
        shop = open_shop(folder / f"dying in {step}", batches=2)
        yield f"always dying in {step}", shop, Watcher(spark, shop.lake, wanted=_always(step))


def _each_once(kills: dict[str, Sequence[str]]) -> Callable[[str, frozenset[str]], str | None]:
    """One kill for each wanted kind of a step."""
    left = {(step, kind) for step, kinds in kills.items() for kind in kinds}

    def wanted(step: str, kinds: frozenset[str]) -> str | None:
        for kind in KINDS:
            if kind in kinds and (step, kind) in left:
                left.discard((step, kind))
                return kind
        return None

    return wanted


def _always(chosen: str) -> Callable[[str, frozenset[str]], str | None]:
    return lambda step, kinds: "task" if step == chosen else None


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


def _compared(spark: SparkSession, quiet: Shop, shop: Shop) -> dict[str, Any]:
    """How the tables and the models differ from those of the undisturbed run."""
    found = difference(newest(spark, quiet), newest(spark, shop))
    wanted, seen = models(spark, quiet), models(spark, shop)
    more = sum((seen.predictions - wanted.predictions).values())
    return {
        "rows": sum(wanted.predictions.values()),
        "lost": found.lost + sum((wanted.predictions - seen.predictions).values()),
        "doubled": found.doubled + seen.doubled + more,
        "same_winner": seen.winner == wanted.winner,
        "same_folds": _folds(shop) == _folds(quiet),
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
