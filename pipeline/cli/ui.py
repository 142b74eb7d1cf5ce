"""MLflow's own page on a project's runs and models, until Ctrl-C."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.cli.screen import Screen
from pipeline.errors import ConfigError, PipelineError

if TYPE_CHECKING:
    from pipeline.project import Project

FIRST_PORT = 5000
_PORTS = range(FIRST_PORT, FIRST_PORT + 100)
_PATIENCE = 90.0  # seconds for MLflow's server to answer, and for it to end


def ui(project: Project, screen: Screen) -> int:
    """Serve the page and wait. A project on a tracking server has its page there already."""
    from pipeline.tracking import Tracking

    tracking = Tracking.of(project.config, project.config.lake.place)
    if tracking.file is None:
        screen.say(
            screen.verdict("served elsewhere", address=tracking.address), f"MLflow: {tracking.address}"
        )
        return 0
    if not tracking.file.exists():
        raise ConfigError(f"There is no tracking store {tracking.file} yet. Run `pipeline run` first.")
    port = free_port()
    server = _start(tracking.uri, tracking.file.parent, port, project.log_file)
    try:
        with screen.progress.task("starting MLflow's page"):
            _wait_for(server, port, project.log_file)
        address = f"http://127.0.0.1:{port}"
        screen.say(screen.verdict("serving", address=address), f"MLflow: {address}  (Ctrl-C ends it)")
        code = server.wait()
        raise PipelineError(f"MLflow's server ended by itself with code {code}. Log: {project.log_file}")
    except KeyboardInterrupt:
        screen.where("\nMLflow's page has ended; its runs and models stay.")
        screen.next((("status",), "champion, tables, what is due"))
        return 0
    finally:
        _end(server)


def free_port() -> int:
    """The first port from 5000 that nobody listens on. Raises PipelineError when a hundred are taken."""
    for port in _PORTS:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise PipelineError(f"No port from {_PORTS[0]} to {_PORTS[-1]} is free on this machine.")


def _start(uri: str, folder: Path, port: int, log: Path) -> subprocess.Popen[bytes]:
    """In a process group of its own, so that its workers end with it; what it prints goes to the log."""
    words = [sys.executable, "-m", "mlflow", "ui", "--backend-store-uri", uri]
    words += ["--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    # MLflow would start seven more processes for jobs that a page to look at has no use for.
    environ = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", **os.environ}
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as stream:
        return subprocess.Popen(
            words,
            cwd=folder,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            start_new_session=True,
        )


def _wait_for(server: subprocess.Popen[Any], port: int, log: Path) -> None:
    give_up_at = time.monotonic() + _PATIENCE
    while time.monotonic() < give_up_at and server.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    raise PipelineError(f"MLflow's server did not start. Log: {log}")


def _end(server: subprocess.Popen[Any]) -> None:
    """End the server and its workers; a second Ctrl-C does not leave them behind."""
    for name in (signal.SIGTERM, signal.SIGKILL):
        if server.poll() is not None and name == signal.SIGTERM:
            continue
        try:
            os.killpg(server.pid, name)
        except ProcessLookupError:
            return
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            continue
