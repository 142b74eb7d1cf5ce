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
from tests.faults.executors import KINDS
from tests.faults.model_chain import killed_models
from tests.faults.outages import outages, team
from tests.faults.report import Totals, line, say
from tests.faults.scenarios import project_of
from tests.faults.shop import open_shop

STEPS = ("ingest", "clean", "features", "train", "promote", "score")


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
    line("executors", "killed in", "rows", "lost", "doubled", "exit")
    for speculation in (False, True):
        place = folder / f"speculation {speculation}"
        dying = () if speculation else STEPS
        for told in cluster_runs(place, dict.fromkeys(STEPS, KINDS), dying, speculation=speculation):
            name = f"{told['run']}{', speculation' if speculation else ''}"
            if told["run"] == "undisturbed":
                say(f"  stages seen: {_kinds(told['kinds'])}")
                continue
            for step, kind in told["hit"] if told["run"] == "killed" else ():
                line("executors", f"{step}: {kind}{', speculation' if speculation else ''}")
            line("executors", f"({name})", told["rows"], told["lost"], told["doubled"], told["code"])
            if told["code"]:
                say(f"  {told['message']}")
            totals.add(_judged(told, name))
    return totals


def _judged(told: Mapping[str, Any], name: str) -> Totals:
    """A run that gave up has lost nothing yet: the next one has to bring what it lacks."""
    gave_up = told["run"].startswith("always") and not told["run"].endswith("again")
    wrong = [f"{name}: alias {text}" for text in told["unloadable"]]
    if told["code"] != (75 if gave_up else 0):
        wrong.append(f"{name}: exit {told['code']}: {told['message']}")
    if gave_up:
        return Totals(len(told["hit"]), 0, 0, 0, 0, wrong)
    for what in ("same_winner", "same_folds"):
        wrong += [] if told[what] else [f"{name}: not the {what.replace('_', ' ')}"]
    return Totals(len(told["hit"]), told["rows"], told["lost"], told["doubled"], 0, wrong)


def cluster_runs(
    folder: Path, kills: Mapping[str, Sequence[str]], dying: Sequence[str], *, speculation: bool
) -> Iterator[dict[str, Any]]:
    """Runs on a cluster of processes, in a process of its own; what it tells of each."""
    folder.mkdir(parents=True)
    wishes = json.dumps({"kills": kills, "dying": dying, "speculation": speculation})
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.cluster_runs", str(folder), wishes],
        env={**os.environ, "SPARK_LOCAL_IP": "127.0.0.1"},
        stdout=subprocess.PIPE,
        stderr=(folder / "stderr").open("w"),
        text=True,
    )
    with process:
        assert process.stdout is not None
        for text in process.stdout:
            yield json.loads(text)
    assert process.returncode == 0, (folder / "stderr").read_text()[-3_000:]


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


def _kinds(seen: Mapping[str, Sequence[str]]) -> str:
    return "; ".join(f"{step}: {' '.join(kinds)}" for step, kinds in seen.items())
