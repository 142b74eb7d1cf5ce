"""A Spark standalone cluster on loopback: a master and two workers, each a process with folders of its own.

    with standalone(tmp_path) as cluster:
        ended = cluster.submit("run.py", "-c", str(file), archive=environment)

The nodes play machines that know nothing of this checkout: their Spark is a copy of the installed one, their
environment is empty but for what Spark needs, and no folder but the shared one of the test is common to them.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pyspark

from pipeline.jars import ensure_jars
from pipeline.session import DELTA
from tests.short_lives import JAVA

ROOT = Path(__file__).parents[2]
PATIENCE = 900.0  # seconds for one submission, on a machine that does other things too
START_PATIENCE = 300.0

# A node's log has to tell where its master listens and when a worker is known to it.
LOG4J = """\
status = error
rootLogger.level = warn
rootLogger.appenderRef.stderr.ref = stderr
appender.stderr.type = Console
appender.stderr.name = stderr
appender.stderr.target = SYSTEM_ERR
appender.stderr.layout.type = PatternLayout
appender.stderr.layout.pattern = %p %c{1} %m%n%ex
logger.deploy.name = org.apache.spark.deploy
logger.deploy.level = info
"""

SMALL = {
    "spark.driver.memory": "1g",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.extraJavaOptions": JAVA,
    "spark.executor.memory": "1g",
    "spark.executor.cores": "1",
    "spark.executor.extraJavaOptions": JAVA,
    "spark.sql.shuffle.partitions": "2",
    "spark.databricks.delta.snapshotPartitions": "2",
    "spark.ui.enabled": "false",
}
"""What a submission of little data says of itself; `conf` of `submit` is over it."""


@dataclass(frozen=True)
class Ended:
    """A submission that ended."""

    code: int
    out: str
    err: str


@dataclass
class Node:
    """A master or a worker: its process, its own folder, its log."""

    process: subprocess.Popen[bytes]
    folder: Path

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

    def wait_for(self, pattern: str) -> re.Match[str]:
        """Wait until the log says it; fail with the log when the process ends before."""
        give_up_at = time.monotonic() + START_PATIENCE
        while True:
            found = re.search(pattern, self.log)
            if found is not None:
                return found
            if self.process.poll() is not None or time.monotonic() > give_up_at:
                raise AssertionError(f"{self.folder.name} did not say {pattern!r}:\n{self.log[-3000:]}")
            time.sleep(0.05)

    def stop(self) -> None:
        """End it, with all that it started."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@dataclass
class Cluster:
    """A master's address, its workers, and a way to submit to them."""

    folder: Path
    master: str
    workers: list[Node]
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    def submit(self, job: str | Path, *words: str, **options: object) -> Ended:
        """Submit in client mode and wait for the end; the options are those of `start`."""
        return self._ended(self.start(job, *words, **options))  # type: ignore[arg-type]

    def start(
        self,
        job: str | Path,
        *words: str,
        archive: Path | None = None,
        conf: Mapping[str, str] = {},
        environ: Mapping[str, str] = {},
    ) -> subprocess.Popen[str]:
        """Submit in client mode, in a process group of its own that the cluster's end ends too.

        `job` is a name in jobs/ or any file. Executors run the Python of `archive`; without one, this
        Python, which is then no test of packaging. `conf` and `environ` are over what is usual here.
        """
        settings = {**DELTA, **SMALL, "spark.pyspark.driver.python": sys.executable}
        if archive is None:
            settings["spark.pyspark.python"] = sys.executable
            settings["spark.executorEnv.PYTHONPATH"] = str(ROOT)
        else:
            settings["spark.archives"] = f"{archive.as_uri()}#environment"
            settings["spark.pyspark.python"] = "./environment/bin/python"
        command = ["spark-submit", "--master", self.master, "--jars", ",".join(map(str, ensure_jars()))]
        command += _options({**settings, **conf})
        elsewhere = self.folder / "driver"
        elsewhere.mkdir(exist_ok=True)
        return self._start([*command, str(ROOT / "jobs" / job), *words], elsewhere, environ)

    def type(self, line: str, folder: Path, conf: Mapping[str, str] = {}) -> Ended:
        """Run a line that somebody was told to type, with this master, in a folder; wait for the end.

        What little data needs is put before its own options.
        """
        program, *words = shlex.split(line.replace("\\\n", " ").replace("spark://HOST:7077", self.master))
        process = self._start([program, *_options({**SMALL, **conf}), *words], folder, {})
        return self._ended(process)

    def _start(self, command: list[str], folder: Path, environ: Mapping[str, str]) -> subprocess.Popen[str]:
        """Start a program as somebody does whose Spark is on PATH."""
        home = Path(pyspark.__file__).parent
        given = plain_environment()
        given |= {"SPARK_HOME": str(home), "SPARK_LOCAL_IP": "127.0.0.1", **environ}
        given["PATH"] = f"{home / 'bin'}{os.pathsep}{given['PATH']}"
        pipe = subprocess.PIPE
        process = subprocess.Popen(
            [str(home / "bin" / command[0]), *command[1:]],
            cwd=folder,
            env=given,
            stdout=pipe,
            stderr=pipe,
            text=True,
            start_new_session=True,
        )
        self.started.append(process)
        return process

    def _ended(self, process: subprocess.Popen[str]) -> Ended:
        try:
            out, err = process.communicate(timeout=PATIENCE)
        finally:
            end_group(process)
        return Ended(process.returncode, out, err)

    def executors(self) -> list[int]:
        """The processes of the executors on these workers."""
        parents = {worker.pid for worker in self.workers}
        return sorted(pid for pid in running() if parent_of(pid) in parents)


def _options(settings: Mapping[str, str]) -> list[str]:
    return [word for key, value in settings.items() for word in ("--conf", f"{key}={value}")]


@contextmanager
def standalone(folder: Path, workers: int = 2, *, cores: int = 1, memory: str = "2g") -> Iterator[Cluster]:
    """Start a cluster below `folder`, and end every process of it on the way out.

    The master listens on 127.0.0.1, worker n on 127.0.0.(n + 1). `cores` and `memory` are one worker's.
    """
    nodes: list[Node] = []
    home = _spark_for_nodes(folder / "spark")
    cluster: Cluster | None = None
    try:
        master = _start(folder / "master", home, "master.Master", "127.0.0.1", ["--port", "0"])
        nodes.append(master)
        address = master.wait_for(r"Starting Spark master at (spark://\S+)")[1]
        master.wait_for(r"New state: ALIVE")
        for number in range(1, workers + 1):
            words = ["--cores", str(cores), "--memory", memory, address]
            nodes.append(
                _start(folder / f"worker{number}", home, "worker.Worker", f"127.0.0.{number + 1}", words)
            )
        for node in nodes[1:]:
            node.wait_for("Successfully registered with master")
        cluster = Cluster(folder, address, nodes[1:])
        yield cluster
    finally:
        for process in cluster.started if cluster is not None else ():
            end_group(process)
        for node in reversed(nodes):
            node.stop()


def _spark_for_nodes(home: Path) -> Path:
    """Spark as it is installed on a node: scripts, jars and PySpark's archives, in a folder of its own."""
    installed = Path(pyspark.__file__).parent
    home.mkdir(parents=True)
    shutil.copytree(installed / "bin", home / "bin")
    shutil.copytree(installed / "python" / "lib", home / "python" / "lib")
    shutil.copytree(installed / "jars", home / "jars", copy_function=_link)
    (home / "conf").mkdir()
    (home / "conf" / "log4j2.properties").write_text(LOG4J)
    return home


def _link(source: str, target: str) -> None:
    """The same file under another name, so that no path leads back to where it was installed."""
    try:
        os.link(source, target)
    except OSError:  # another file system
        shutil.copyfile(source, target)


def _start(folder: Path, home: Path, name: str, host: str, words: list[str]) -> Node:
    """Start one node in its own folder; it hands its environment on to its executors."""
    for own in ("work", "local", "tmp"):
        (folder / own).mkdir(parents=True)
    given = {
        **plain_environment(),
        "SPARK_HOME": str(home),
        "SPARK_LOCAL_IP": host,
        "SPARK_LOCAL_DIRS": str(folder / "local"),
        "TMPDIR": str(folder / "tmp"),
        "SPARK_DAEMON_MEMORY": "256m",
        "SPARK_DAEMON_JAVA_OPTS": f"{JAVA} -Dspark.master.rest.enabled=false",
    }
    command = [str(home / "bin" / "spark-class"), f"org.apache.spark.deploy.{name}", "--host", host]
    command += ["--webui-port", "0"]
    if name == "worker.Worker":
        command += ["--work-dir", str(folder / "work")]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [*command, *words], cwd=folder, env=given, stdout=log, stderr=log, start_new_session=True
        )
    return Node(process, folder)


def plain_environment() -> dict[str, str]:
    """What a login shell has: nothing of this test's Python, its virtual environment or its Spark."""
    kept = {name: os.environ[name] for name in ("HOME", "LANG", "JAVA_HOME", "USER") if name in os.environ}
    virtual = str(Path(sys.executable).parent)
    folders = [part for part in os.environ.get("PATH", "").split(os.pathsep) if part != virtual]
    return {**kept, "PATH": os.pathsep.join(folders)}


def end_group(process: subprocess.Popen[str]) -> None:
    """End what is left of a process that was started here."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for pipe in (process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()


def running() -> list[int]:
    """All processes of this machine."""
    return [int(folder.name) for folder in Path("/proc").glob("[0-9]*")]


def parent_of(pid: int) -> int | None:
    """A process's parent; None once it is gone."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    return int(status.rpartition(")")[2].split()[1])
