"""The SparkSession: one of our own on a laptop, otherwise what spark-submit or a notebook has set up."""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from py4j.protocol import Py4JError, Py4JJavaError
from pyspark import SparkConf, SparkContext
from pyspark.errors import PySparkRuntimeError
from pyspark.logger import PySparkLogger
from pyspark.sql import SparkSession

from pipeline.class_archive import use_archive
from pipeline.errors import ConfigError
from pipeline.jars import ensure_jars
from pipeline.java import require_java
from pipeline.jvm import PATIENCE, close_gateway, open_gateway, tail
from pipeline.local import JAVA_OPTIONS, local_defaults

EXTENSIONS = "spark.sql.extensions"
CATALOG = "spark.sql.catalog.spark_catalog"
DELTA = {
    EXTENSIONS: "io.delta.sql.DeltaSparkSessionExtension",
    CATALOG: "org.apache.spark.sql.delta.catalog.DeltaCatalog",
}
LOG_SETTINGS = Path(__file__).with_name("log4j2.properties")
ADD_JARS = '--jars "$(python -m pipeline.jars)"'
BARRIER = {"spark.barrier.sync.timeout": "600"}
"""Seconds that one task of a barrier stage waits for the others; Spark's own default is a year."""
WHOLE_PATHS = {"spark.sql.maxMetadataStringLength": "500"}
"""Characters of a path in the plans that Spark keeps: they tell whose files a scan opened."""
FILE_SIZES = {"spark.sql.adaptive.coalescePartitions.minPartitionSize": "16m"}
"""The smallest piece of a shuffle, and so about the smallest file: by itself Spark would cut a small shuffle
into as many as there are slots, of 1 MB each, which leaves a large cluster with thousands of small files."""
ADD_DELTA = " ".join([ADD_JARS, *(f"--conf {key}={value}" for key, value in DELTA.items())])


@dataclass(frozen=True)
class _Embedded:
    """What this process started and has to end: the JVM, and a folder that Spark insists on."""

    gateway: Any
    scratch: Path
    log: IO[bytes]


_embedded: _Embedded | None = None
_built: SparkSession | None = None


def get_session(name: str, conf: Mapping[str, str] = {}, *, log_file: Path | None = None) -> SparkSession:
    """Return a session that knows Delta: the active one untouched, else spark-submit's, else a local one.

    `conf` counts only where the session is built here, and under spark-submit only for keys that it has not
    set. What an embedded JVM prints is appended to `log_file`; without one it is dropped. Raises ConfigError.
    """
    global _built
    active = _active_session()
    if active is not None:
        require_delta(active)
        return active
    _silence_refused_queries()
    if "PYSPARK_GATEWAY_PORT" in os.environ or SparkContext._gateway is not None:
        _built = _build_in_running_jvm(name, conf)
    else:
        _built = _build_embedded(name, conf, log_file)
    return _built


def is_running() -> bool:
    """Whether there is a Spark in this process already, whoever started it."""
    return SparkContext._active_spark_context is not None


def stop(patience: float = PATIENCE) -> None:
    """End the session built here, and the JVM where it is ours; leave alone a session found active.

    `patience` is how many seconds the JVM has to end by itself.
    """
    global _built, _embedded
    built, embedded = _built, _embedded
    _built = _embedded = None
    if built is not None:
        with suppress(Py4JError, ConnectionError):  # a JVM that has died cannot be asked to stop
            built.stop()
    if embedded is not None:
        close_gateway(embedded.gateway, patience)
        embedded.log.close()
        shutil.rmtree(embedded.scratch, ignore_errors=True)


def _silence_refused_queries() -> None:
    """PySpark writes each query that Spark refuses to stderr, Java stack and all; the error says enough."""
    for name in ("SQLQueryContextLogger", "DataFrameQueryContextLogger"):
        PySparkLogger.getLogger(name).disabled = True


def _active_session() -> SparkSession | None:
    """The session of this thread, else of the running context; asking changes no setting."""
    active = SparkSession.getActiveSession()
    if active is None and SparkContext._active_spark_context is not None:
        return SparkSession.builder.getOrCreate()
    return active


def require_delta(spark: SparkSession) -> None:
    """Raise ConfigError when the session cannot work with Delta tables."""
    extensions = spark.conf.get(EXTENSIONS, "") or ""
    missing = [f"{EXTENSIONS}={DELTA[EXTENSIONS]}"] if DELTA[EXTENSIONS] not in extensions else []
    if not spark.conf.get(CATALOG, ""):
        missing.append(f"{CATALOG}={DELTA[CATALOG]}")
    if missing:
        raise ConfigError(
            f"The active Spark session lacks Delta: {' and '.join(missing)} is not set."
            f" Start Spark with: {ADD_DELTA}"
        )


def _build_in_running_jvm(name: str, conf: Mapping[str, str]) -> SparkSession:
    """Add to what spark-submit has set, never over it."""
    SparkContext._ensure_initialized()
    _require_delta_classes()
    settings = SparkConf()
    wanted = {
        **DELTA,
        **BARRIER,
        **WHOLE_PATHS,
        **FILE_SIZES,
        **conf,
        EXTENSIONS: _with_delta(settings.get(EXTENSIONS, conf.get(EXTENSIONS))),
    }
    builder = SparkSession.builder
    for key, value in wanted.items():
        if key == EXTENSIONS or not settings.contains(key):
            builder = builder.config(key, value)
    if not settings.contains("spark.app.name"):
        builder = builder.appName(name)
    return builder.getOrCreate()


def _require_delta_classes() -> None:
    """Spark only warns when an extension's class is missing, and fails much later; say it now."""
    jvm: Any = SparkContext._jvm
    try:
        jvm.java.lang.Thread.currentThread().getContextClassLoader().loadClass(DELTA[EXTENSIONS])
    except Py4JJavaError as error:
        raise ConfigError(
            f"Delta's classes are not on Spark's class path. Start Spark with: {ADD_JARS}"
        ) from error


def _build_embedded(name: str, conf: Mapping[str, str], log_file: Path | None) -> SparkSession:
    """Start a JVM of our own that needs no network, opens no port to it, and prints nothing here."""
    global _embedded
    require_java()
    jars = ensure_jars()
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    scratch = Path(tempfile.mkdtemp(prefix="pipeline-"))
    log = _open_log(log_file)
    try:
        settings = embedded_settings(name, conf, jars, scratch)
        gateway = open_gateway(settings, log, **_environment_for(settings["spark.master"]))
    except BaseException as error:
        said = tail(log)
        log.close()
        shutil.rmtree(scratch, ignore_errors=True)
        if isinstance(error, PySparkRuntimeError):
            raise ConfigError(f"Spark's JVM did not start. It said: {said}") from error
        raise
    _embedded = _Embedded(gateway, scratch, log)
    try:
        SparkContext._ensure_initialized(gateway=gateway)
        builder = SparkSession.builder
        for key, value in settings.items():
            builder = builder.config(key, value)
        return builder.getOrCreate()
    except BaseException:
        stop()
        raise


def _environment_for(master: str) -> dict[str, str]:
    """On one machine Spark talks to itself over loopback: no host name needs to resolve, no port is open."""
    return {"SPARK_LOCAL_IP": "127.0.0.1"} if master.startswith("local") else {}


def embedded_settings(name: str, conf: Mapping[str, str], jars: list[Path], scratch: Path) -> dict[str, str]:
    """All that an embedded session is started with: our defaults under the user's `conf`, lists joined."""
    settings = {
        "spark.app.name": name,
        "spark.master": "local[*]",
        CATALOG: DELTA[CATALOG],
        **BARRIER,
        **WHOLE_PATHS,
        "spark.sql.session.timeZone": "UTC",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.warehouse.dir": (scratch / "warehouse").as_uri(),
    }
    if conf.get("spark.master", "local").startswith("local"):
        settings |= local_defaults()
    log_option = f"-Dlog4j2.configurationFile={LOG_SETTINGS.as_uri()}"
    java_options = [log_option, use_archive(), settings.get(JAVA_OPTIONS, ""), conf.get(JAVA_OPTIONS, "")]
    settings |= conf
    settings[JAVA_OPTIONS] = " ".join(filter(None, java_options))  # the last of two that disagree wins
    ours = [jar.as_uri() for jar in jars]
    settings["spark.jars"] = ",".join([*ours, *filter(None, [conf.get("spark.jars")])])
    settings[EXTENSIONS] = _with_delta(conf.get(EXTENSIONS))
    return settings


def _with_delta(extensions: str | None) -> str:
    """The list of extensions with Delta's in it, once."""
    names = [name.strip() for name in (extensions or "").split(",") if name.strip()]
    return ",".join(names if DELTA[EXTENSIONS] in names else [*names, DELTA[EXTENSIONS]])


def _open_log(log_file: Path | None) -> IO[bytes]:
    """Appended to, so that several runs share a log; without a name, a file that is gone when closed."""
    if log_file is None:
        return tempfile.TemporaryFile()
    try:
        log_file.parent.mkdir(parents=True, exist_ok=True)
        return log_file.open("ab+")
    except OSError as error:
        raise ConfigError(f"The log file '{log_file}' cannot be written: {error.strerror}.") from error


atexit.register(stop)
