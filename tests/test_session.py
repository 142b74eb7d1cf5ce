"""The session: quiet, local, with Delta, leaving nothing behind; and modest where one exists already."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pyspark
import pytest
from pyspark.errors import ArithmeticException
from pyspark.sql import Row, SparkSession

from pipeline import local, session
from pipeline.errors import ConfigError
from pipeline.jars import ensure_jars

ROOT = Path(session.__file__).parents[1]
JARS = [Path("/somewhere/a b/x.jar"), Path("/somewhere/a b/y.jar")]


def settings(**conf: str) -> dict[str, str]:
    return session.embedded_settings(
        "name", {f"spark.{key}": value for key, value in conf.items()}, JARS, Path("/t")
    )


def test_the_users_settings_win_and_lists_are_joined() -> None:
    found = session.embedded_settings(
        "name",
        {
            "spark.sql.session.timeZone": "Europe/Berlin",
            "spark.jars": "mine.jar",
            "spark.sql.extensions": "my.Extension",
            "spark.driver.extraJavaOptions": "-Dmine=1",
        },
        JARS,
        Path("/t"),
    )
    assert found["spark.sql.session.timeZone"] == "Europe/Berlin"
    assert found["spark.jars"] == "file:///somewhere/a%20b/x.jar,file:///somewhere/a%20b/y.jar,mine.jar"
    assert found["spark.sql.extensions"] == f"my.Extension,{session.DELTA[session.EXTENSIONS]}"
    options = found["spark.driver.extraJavaOptions"].split(" ")
    assert options[0] == f"-Dlog4j2.configurationFile={session.LOG_SETTINGS.as_uri()}"
    assert options[-1] == "-Dmine=1"


def test_a_cluster_gets_no_setting_meant_for_one_machine() -> None:
    assert settings()["spark.driver.bindAddress"] == "127.0.0.1"
    assert settings(master="local[4]")["spark.driver.bindAddress"] == "127.0.0.1"
    assert set(local.local_defaults()) - set(settings(master="spark://host:7077")) == set(
        local.local_defaults()
    ) - {local.JAVA_OPTIONS}
    assert local.LATE_COMPILER not in settings(master="spark://host:7077")[local.JAVA_OPTIONS]


@pytest.mark.parametrize(("installed", "driver"), [(1, 1), (3, 1), (8, 2), (24, 6), (512, 8)])
def test_the_driver_gets_a_quarter_of_the_memory_within_bounds(installed: int, driver: int) -> None:
    assert local.driver_gigabytes(installed * local.GIGABYTE + 1) == driver


def test_a_containers_limit_counts_as_the_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "CGROUP_LIMIT", tmp_path / "memory.max")
    machine = local.machine_memory()
    (tmp_path / "memory.max").write_text("max\n", encoding="ascii")
    assert local.machine_memory() == machine
    (tmp_path / "memory.max").write_text("123456789\n", encoding="ascii")
    assert local.machine_memory() == 123456789


def test_a_log_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match=r"The log file '.*file/spark\.log' cannot be written: "):
        session._open_log(tmp_path / "file" / "spark.log")


@pytest.mark.spark
def test_the_session_is_the_one_that_is_active(spark: SparkSession) -> None:
    before = spark.conf.getAll
    assert session.get_session("other", {"spark.sql.shuffle.partitions": "77"}) is spark
    assert spark.conf.getAll == before


@pytest.mark.spark
def test_the_session_writes_delta_in_utc_under_ansi(spark: SparkSession, tmp_path: Path) -> None:
    path = str(tmp_path / "a table")
    spark.sql("SELECT 1 AS id, TIMESTAMP '2020-01-01 12:00:00+00:00' AS at").write.format("delta").save(path)
    read = spark.read.format("delta").load(path)
    assert read.selectExpr("id", "string(at) AS at").collect() == [Row(id=1, at="2020-01-01 12:00:00")]
    with pytest.raises(ArithmeticException, match="DIVIDE_BY_ZERO"):
        spark.sql("SELECT 1 / 0").collect()


@pytest.mark.spark
def test_workers_run_this_python(spark: SparkSession) -> None:
    def executable(batches: Iterator[object]) -> Iterator[object]:
        import pandas as pd

        list(batches)
        yield pd.DataFrame({"python": [sys.executable]})

    rows = spark.range(1, numPartitions=1).mapInPandas(executable, "python string").collect()
    assert rows == [Row(python=sys.executable)]


class FakeSession:
    """As much of a session as require_delta asks: its settings."""

    def __init__(self, **conf: str) -> None:
        self.conf = conf


DELTA_EXTENSION = "io.delta.sql.DeltaSparkSessionExtension"
DELTA_CATALOG = "org.apache.spark.sql.delta.catalog.DeltaCatalog"


@pytest.mark.parametrize(
    ("extensions", "catalog", "missing"),
    [
        ("", "", r"spark\.sql\.extensions=io\S+ and spark\.sql\.catalog\.spark_catalog=org\S+ is not set"),
        ("other.Extension", DELTA_CATALOG, r"lacks Delta: spark\.sql\.extensions=io\S+ is not set"),
        (f"a.B,{DELTA_EXTENSION}", "", r"lacks Delta: spark\.sql\.catalog\.spark_catalog=org\S+ is not set"),
    ],
)
def test_a_session_without_delta_is_told_how_to_add_it(extensions: str, catalog: str, missing: str) -> None:
    plain = FakeSession(**{session.EXTENSIONS: extensions, session.CATALOG: catalog})
    with pytest.raises(ConfigError, match=missing + r"\. Start Spark with: --jars .* --conf spark\.sql\.ext"):
        session.require_delta(plain)  # type: ignore[arg-type]
    session.require_delta(FakeSession(**session.DELTA))  # type: ignore[arg-type]


def start(tmp_path: Path, code: str, *command: str, **environment: str) -> subprocess.Popen[str]:
    """Run code in a new Python, in a process group of its own and in an empty folder with a space."""
    script = tmp_path / "a script.py"
    script.write_text(code, encoding="utf-8")
    (tmp_path / "an empty folder").mkdir()
    return subprocess.Popen(
        [*(command or [sys.executable, "-W", "error"]), str(script)],
        cwd=tmp_path / "an empty folder",
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def wait_for_end(pid: int) -> bool:
    """Whether the process ends within a minute."""
    for _ in range(600):
        if not is_running(pid):
            return True
        time.sleep(0.1)
    return False


QUIET = """
from pathlib import Path
import os, sys
from pyspark import SparkContext
from pipeline import session

def noisy(batches):
    print("worker says", file=sys.stderr)
    os.system("echo child of worker says")
    yield from batches

spark = session.get_session("quiet", {"spark.master": "local[1]"}, log_file=Path("../logs/spark.log"))
jvm = SparkContext._jvm
jvm.java.lang.System.out.println("java says")
jvm.java.lang.System.err.println("java complains")
assert spark.range(3).mapInPandas(noisy, "id long").count() == 3
process = SparkContext._gateway.proc
session.stop()
assert process.poll() is not None, "the JVM is still there"
again = session.get_session("again", {"spark.master": "local[1]"})
assert again.sparkContext.appName == "again" and again.range(2).count() == 2
print("done", SparkContext._gateway.proc.pid)
"""


@pytest.mark.spark
@pytest.mark.slow
def test_nothing_is_printed_and_nothing_stays(tmp_path: Path) -> None:
    python = start(tmp_path, QUIET, TMPDIR=str(tmp_path))
    out, err = python.communicate(timeout=300)
    assert (python.returncode, err) == (0, "")
    word, pid = out.split()
    assert word == "done"
    log = (tmp_path / "logs" / "spark.log").read_text(encoding="utf-8")
    for said in ("java says", "java complains", "worker says", "child of worker says"):
        assert said in log
    assert " INFO " not in log
    assert not is_running(int(pid)), "the JVM outlived its Python"
    assert list((tmp_path / "an empty folder").iterdir()) == []
    assert list(tmp_path.glob("pipeline-*")) == []


HOLD = """
import time
from pyspark import SparkContext
from pipeline import session
spark = session.get_session("hold", {"spark.master": "local[1]"})
try:
    print(SparkContext._gateway.proc.pid, flush=True)  # whoever reads it may interrupt at once
    time.sleep(300)
except KeyboardInterrupt:
    print("still counts", spark.range(5).count(), flush=True)
"""


@pytest.mark.spark
@pytest.mark.slow
def test_ctrl_c_leaves_spark_alive_until_python_is_done(tmp_path: Path) -> None:
    python = start(tmp_path, HOLD)
    assert python.stdout is not None
    pid = int(python.stdout.readline())
    os.killpg(python.pid, signal.SIGINT)  # as a terminal does: to Python, the JVM and its workers alike
    out, err = python.communicate(timeout=120)
    assert (python.returncode, out, err) == (0, "still counts 5\n", "")
    assert not is_running(pid)


@pytest.mark.spark
@pytest.mark.slow
def test_a_killed_python_takes_its_jvm_along(tmp_path: Path) -> None:
    python = start(tmp_path, HOLD)
    assert python.stdout is not None
    pid = int(python.stdout.readline())
    python.kill()
    python.communicate(timeout=60)
    assert wait_for_end(pid)


SUBMITTED = """
from pipeline import session
conf = {"spark.master": "local[7]", "spark.sql.shuffle.partitions": "99", "spark.some.key": "ours"}
spark = session.get_session("ours", conf)
spark.range(2).write.format("delta").save("table")
keys = ("spark.sql.shuffle.partitions", "spark.some.key", "spark.sql.session.timeZone")
print(spark.sparkContext.master, spark.read.format("delta").load("table").count(), *map(spark.conf.get, keys))
"""


def submit(tmp_path: Path, *options: str) -> subprocess.Popen[str]:
    """spark-submit as an activated environment runs it."""
    home = Path(pyspark.__file__).parent
    mine = [
        "--master",
        "local[1]",
        "--conf",
        "spark.sql.shuffle.partitions=3",
        "--conf",
        "spark.ui.enabled=false",
    ]
    zone = [
        "--conf",
        "spark.sql.session.timeZone=Asia/Tokyo",
        "--driver-java-options",
        "-XX:TieredStopAtLevel=1",
    ]
    return start(
        tmp_path,
        SUBMITTED,
        str(home / "bin" / "spark-submit"),
        *mine,
        *zone,
        *options,
        SPARK_HOME=str(home),
        PYSPARK_PYTHON=sys.executable,
    )


@pytest.mark.spark
@pytest.mark.slow
def test_what_spark_submit_set_stays_set(tmp_path: Path) -> None:
    job = submit(tmp_path, "--jars", ",".join(map(str, ensure_jars())))
    out, err = job.communicate(timeout=300)
    assert job.returncode == 0, err
    assert out.split() == ["local[1]", "2", "3", "ours", "Asia/Tokyo"]


@pytest.mark.spark
@pytest.mark.slow
def test_spark_submit_without_delta_is_told_what_to_add(tmp_path: Path) -> None:
    job = submit(tmp_path)
    out, _ = job.communicate(timeout=300)
    assert job.returncode != 0
    # spark-submit joins a job's stderr to its stdout.
    assert 'not on Spark\'s class path. Start Spark with: --jars "$(python -m pipeline.jars)"' in out
