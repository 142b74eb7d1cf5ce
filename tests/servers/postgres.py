"""A PostgreSQL on loopback in a temporary folder, gone with the test."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg2

from tests.servers.ports import free_port
from tests.servers.process import Server

MISSING = (
    "PostgreSQL's programs initdb and postgres are missing. Install them (Debian, Ubuntu: apt-get install "
    "postgresql; Fedora: dnf install postgresql-server; macOS: brew install postgresql), or put their folder "
    "on PATH."
)
USER = "pipeline"


@contextmanager
def postgres() -> Iterator[tuple[Server, str]]:
    """A database server that was started, and the address of its empty database."""
    folder = Path(tempfile.mkdtemp(prefix="pipeline-postgres-"))
    try:
        options = _as_another_user(folder)
        programs, data, port = binaries(), folder / "data", free_port()
        words = ["-D", str(data), "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
        made = subprocess.run(
            [str(programs / "initdb"), *words], cwd=folder, capture_output=True, text=True, **options
        )
        assert made.returncode == 0, made.stderr
        command = [str(programs / "postgres"), "-D", str(data), "-h", "127.0.0.1", "-p", str(port)]
        for setting in ("unix_socket_directories=", "fsync=off", "shared_buffers=16MB", "autovacuum=off"):
            command += ["-c", setting]
        options = {**options, "cwd": folder}
        server = Server("PostgreSQL", command, folder / "log", lambda: _answers(port), options)
        try:
            server.start()
            # The driver by its name: without it newer SQLAlchemy wants another one, psycopg 3.
            yield server, f"postgresql+psycopg2://{USER}@127.0.0.1:{port}/postgres"
        finally:
            server.stop(signal.SIGINT)  # its fast way down: SIGTERM would wait for clients to leave
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def binaries() -> Path:
    """The folder of `initdb` and `postgres`; fails with what to install."""
    folders = []
    with suppress(OSError, subprocess.CalledProcessError):
        told = subprocess.run(["pg_config", "--bindir"], capture_output=True, text=True, check=True)
        folders.append(Path(told.stdout.strip()))
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    folders += [Path(place) for place in os.environ.get("PATH", "").split(os.pathsep)]
    for folder in folders:
        if all((folder / name).exists() for name in ("initdb", "postgres")):
            return folder
    raise AssertionError(MISSING)


def _as_another_user(folder: Path) -> dict[str, Any]:
    """PostgreSQL refuses to run as root: then as `postgres` or `nobody`, in a folder of that user's."""
    if os.geteuid() != 0:
        return {}
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    other = known.get("postgres") or known["nobody"]
    os.chown(folder, other.pw_uid, other.pw_gid)
    return {"user": other.pw_uid, "group": other.pw_gid, "extra_groups": []}


def _answers(port: int) -> bool:
    try:
        psycopg2.connect(host="127.0.0.1", port=port, user=USER, dbname="postgres", connect_timeout=2).close()
    except psycopg2.OperationalError:
        return False
    return True
