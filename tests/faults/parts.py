"""The four parts of `make fault-test`, each told line by line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from tests.faults import model_scenarios, scenarios
from tests.faults.chain import killed_in_a_row
from tests.faults.cluster_runs import STEPS
from tests.faults.executors import ALWAYS, KINDS
from tests.faults.kills import end
from tests.faults.model_chain import killed_models
from tests.faults.outages import outages, team
from tests.faults.report import Totals, line, say
from tests.faults.scenarios import project_of
from tests.faults.shop import open_shop


def data(spark: SparkSession, folder: Path, wanted: Sequence[str]) -> Totals:
    """The driver is killed while it loads, replays, refreshes, discards."""
    totals = Totals()
    line("data", "driver killed when", "batches", "rows", "lost", "doubled")
    for scenario in scenarios.SCENARIOS:
        if wanted and scenario.name not in wanted:
            continue
        for found in killed_in_a_row(spark, folder / scenario.name, scenario):
            differing = found.difference
            where = found.where if found.is_hit else f"({found.where})"
            line(scenario.name, where, found.seen.batches, found.seen.rows, differing.lost, differing.doubled)
            totals.add(Totals(found.is_hit, found.seen.rows, differing.lost, differing.doubled))
            for row in differing.where[:5]:
                say(f"  {row}")
    return totals


def models(spark: SparkSession, folder: Path, wanted: Sequence[str]) -> Totals:
    """The driver is killed at the end of every step, and while it trains, promotes and scores."""
    totals = Totals()
    chosen = [each for each in model_scenarios.SCENARIOS if not wanted or each.name in wanted]
    if not chosen:
        return totals
    like = open_shop(folder / "never killed", 2)
    project_of(like).run(spark)
    line("models", "driver killed when", "trials", "repeated", "rows", "lost", "doubled")
    for scenario in chosen:
        for found in killed_models(spark, folder / scenario.name, scenario, like):
            where = found.where if found.is_hit else f"({found.where})"
            rows, trials = sum(found.models.keys.values()), len(found.models.trials)
            line(scenario.name, where, trials, found.repeated, rows, found.lost, found.doubled)
            wrong = [f"{scenario.name}, {found.where}: {text}" for text in found.wrong]
            totals.add(Totals(found.is_hit, rows, found.lost, found.doubled, found.repeated, wrong))
    return totals


def executors(folder: Path) -> Totals:
    """An executor is killed in every kind of stage of every step; then all of a step's, until it gives up."""
    totals = Totals()
    line("executors", "killed in", "exit", "rows", "lost", "doubled")
    every = wish("killed", "killed", kills=dict.fromkeys(STEPS, KINDS))
    dying = [wish(f"always in {step}", "dying", dying=step) for step in STEPS]
    for speculation, runs in ((False, [every, *dying, wish("the next run", "dying")]), (True, [every])):
        for told in cluster_runs(folder / f"speculation {speculation}", runs, speculation=speculation):
            name = f"{told['run']}{', speculation' if speculation else ''}"
            if told["run"] == "undisturbed":
                continue
            hits = [f"{step}: {kind}" for step, kind in told["hit"] if kind != ALWAYS]
            for hit in hits:
                line("executors", f"{hit}{', speculation' if speculation else ''}")
            killed = len(told["hit"])
            is_over = told["code"] == 0
            counts = [told[count] for count in ("rows", "lost", "doubled")] if is_over else []
            line("executors", f"({name}: {killed} kills)", told["code"], *counts)
            if not is_over:
                say(f"  {told['message']}")
            totals.add(_judged(told, name))
    return totals


def _judged(told: Mapping[str, Any], name: str) -> Totals:
    """A run that gave up has lost nothing yet: the last run has to bring what it lacks."""
    expected = 75 if told["run"].startswith("always") else 0
    wrong = [f"{name}: alias {text}" for text in told["unloadable"]]
    if told["code"] != expected:
        wrong.append(f"{name}: exit {told['code']}: {told['message']}")
    if expected:
        return Totals(len(told["hit"]), 0, 0, told["doubled"], 0, wrong)
    for what in ("same_winner", "same_folds"):
        wrong += [] if told[what] else [f"{name}: not the {what.replace('_', ' ')}"]
    return Totals(len(told["hit"]), told["rows"], told["lost"], told["doubled"], 0, wrong)


def wish(
    run: str, shop: str, *, kills: Mapping[str, Sequence[str]] | None = None, dying: str | None = None
) -> dict[str, Any]:
    """One run for `cluster_runs`."""
    return {"run": run, "shop": shop, "kills": kills or {}, "dying": dying}


def cluster_runs(
    folder: Path, runs: Sequence[Mapping[str, Any]], *, speculation: bool, like: Path | None = None
) -> Iterator[dict[str, Any]]:
    """Runs on a cluster of processes, in a process of its own; what it tells of each."""
    folder.mkdir(parents=True)
    wishes = json.dumps({"runs": runs, "speculation": speculation, "like": like and str(like)})
    said = folder / "stderr"
    with said.open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.cluster_runs", str(folder), wishes],
            env={**os.environ, "SPARK_LOCAL_IP": "127.0.0.1"},
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,
        )
    try:
        assert process.stdout is not None
        for text in process.stdout:
            yield json.loads(text)
        assert process.wait() == 0, said.read_text()[-3_000:]
    finally:
        end(process)


def server(folder: Path) -> Totals:
    """The tracking server is away, slow, or dies, with the patience that a nightly run has."""
    totals = Totals()
    line("server", "", "exit", "seconds", "trials", "repeated", "versions")
    before: dict[str, str] = {}
    with team(folder) as one:
        for outage in outages(one, slow=45.0):
            known = outage.known
            trials = {} if known is None else known.trials
            again = sum(trials.get(key) != text for key, text in before.items())
            versions = () if known is None else known.versions
            line(
                "server", outage.what, outage.code, f"{outage.seconds:.0f}", len(trials), again, len(versions)
            )
            if outage.message:
                say(f"  {outage.message}")
            expected = 0 if outage.what == "undisturbed" else 75
            wrong = [f"{outage.what}: exit {outage.code}"] if outage.code != expected else []
            totals.add(Totals(int(expected == 75), repeated=again, wrong=wrong))
            before = trials or before
    return totals
