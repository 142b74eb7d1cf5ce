"""A team's project whose tracking server is away, slow, or dies: what runs said, and what it knew after."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from pathlib import Path

from mlflow import MlflowClient

from pipeline.cli import main
from tests.faults.shop import NAME, TRAIN, Shop, open_shop
from tests.servers.mlflow_server import TrackingServer, tracking_server
from tests.servers.proxy import Proxy, proxy


@dataclass(frozen=True)
class Known:
    """What the server says, asked directly."""

    trials: dict[str, str]
    statuses: frozenset[str]
    versions: tuple[int, ...]
    aliases: dict[str, int]


@dataclass(frozen=True)
class Outage:
    """One run during an outage: its exit code, its sentence, and how long it took to give up."""

    what: str
    code: int
    message: str
    seconds: float
    has_happened: bool
    known: Known | None = None
    """None while the server is down."""


@dataclass(frozen=True)
class Team:
    """A project whose runs and models are kept by a server, which is reached through a proxy."""

    shop: Shop
    server: TrackingServer
    way: Proxy

    def run(self, what: str, *words: str) -> Outage:
        """A command in this process, by the Spark session that is there."""
        out, begun = io.StringIO(), time.monotonic()
        with redirect_stdout(out), redirect_stderr(io.StringIO()):
            code = main([*words, "--json", "-c", str(self.shop.config_file)])
        seconds = time.monotonic() - begun
        message = json.loads(out.getvalue().splitlines()[-1])["message"]
        return Outage(what, code, message, seconds, self.way.has_acted)

    def known(self) -> Known:
        client = MlflowClient(self.server.uri, self.server.uri)
        experiment = client.get_experiment_by_name(NAME)
        runs = [] if experiment is None else client.search_runs([experiment.experiment_id], max_results=1000)
        tags = [pair for run in runs for pair in run.data.tags.items()]
        models = client.search_registered_models()
        return Known(
            {key: text for key, text in tags if key.startswith("trial.")},
            frozenset(run.info.status for run in runs),
            tuple(sorted(int(version.version) for version in client.search_model_versions())),
            {name: int(version) for model in models for name, version in model.aliases.items()},
        )


@contextmanager
def team(folder: Path) -> Iterator[Team]:
    """A project with files to land, and its servers."""
    with tracking_server(folder) as server, proxy(server.port) as way:
        shop = open_shop(folder / "shop", batches=2)
        shop.configure(more=f"{TRAIN}tracking: {{uri: {way.uri}}}\n")
        yield Team(shop, server, way)


def outages(team: Team, slow: float) -> Iterator[Outage]:
    """One after another on one project; `slow` is longer than any patience. The last run is not disturbed."""
    server, way = team.server, team.way
    server.mlflow.kill()
    yield team.run("down before the run", "run")
    server.mlflow.start()
    way.delay = slow
    yield team.run("too slow", "train")
    way.delay = 0.01
    moments = (
        ("dies while the model is uploaded", _is("PUT", "/artifacts/model/sparkml/metadata/"), server.mlflow),
        ("its database dies when a version is made", _is("POST", "/model-versions/create"), server.database),
        (
            "dies while the model is read back",
            _is("GET", "/artifacts/model/sparkml/metadata/"),
            server.mlflow,
        ),
    )
    for what, is_time, victim in moments:
        way.when(is_time, victim.kill)
        outage = team.run(what, "run")
        victim.start()
        yield replace(outage, known=team.known())
    yield replace(team.run("undisturbed", "run"), known=team.known())


def _is(method: str, part: str) -> Callable[[str], bool]:
    """A request to wait for."""
    return lambda line: line.startswith(f"{method} ") and part in line
