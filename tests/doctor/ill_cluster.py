"""A cluster of one executor with nine things wrong, and what the doctor says; run by `test_ill_cluster`.

Its executor's Python has no xgboost, an old scipy and a clock an hour behind; it has none of Delta's jars,
which only the driver got; each process sees another folder as the lake; executors come and go; the tracking
server is down; and no disk is as large as is asked for. Then the driver is made to believe that it is another
Python, and that executors have theirs elsewhere.
"""

from __future__ import annotations

import json
import os
import sys
import sysconfig
import venv
from collections.abc import Callable
from pathlib import Path

from pyspark.sql import SparkSession

from pipeline.config.model import Config
from pipeline.doctor.ask import ask_executors
from pipeline.doctor.examine import examine
from pipeline.doctor.finding import Finding
from pipeline.doctor.quick import require_driver, require_executors
from pipeline.errors import ConfigError
from pipeline.jars import ensure_jars
from pipeline.session import DELTA
from tests.servers.ports import free_port
from tests.short_lives import JAVA

PETABYTE = 2**50
LATE_CLOCK = "import time\nnow = time.time\ntime.time = lambda: now() - 3600\n"
HIDDEN = ("xgboost", "scipy", "__editable__", "sitecustomize")


def make_environment(folder: Path) -> Path:
    """An environment as it is after a hasty installation; returns its Python."""
    venv.create(folder, symlinks=True)
    packages = folder / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
    for installed in Path(sysconfig.get_paths()["purelib"]).iterdir():
        if not installed.name.startswith(HIDDEN):
            (packages / installed.name).symlink_to(installed)
    (packages / "scipy").mkdir()
    (packages / "scipy" / "__init__.py").write_text("__version__ = '1.5.0'\n")
    (packages / "sitecustomize.py").write_text(LATE_CLOCK)
    return folder / "bin" / "python"


def make_session() -> SparkSession:
    builder = SparkSession.builder.master("local-cluster[1,1,1024]")
    settings = {
        **DELTA,
        "spark.driver.extraClassPath": os.pathsep.join(map(str, ensure_jars())),
        "spark.driver.memory": "1g",
        "spark.driver.extraJavaOptions": JAVA,
        "spark.executor.extraJavaOptions": JAVA,
        "spark.dynamicAllocation.enabled": "true",
        "spark.dynamicAllocation.maxExecutors": "1",
        "spark.databricks.delta.snapshotPartitions": "2",
        "spark.sql.shuffle.partitions": "2",
        "spark.ui.enabled": "false",
    }
    for key, value in settings.items():
        builder = builder.config(key, value)
    return builder.getOrCreate()


def make_config() -> Config:
    return Config.model_validate(
        {
            "name": "ill",
            "task": "regression",
            "lake": {"root": "/proc/self/cwd/lake"},
            "tracking": {"uri": f"http://127.0.0.1:{free_port()}"},
            "sources": {"rows": {"path": "/nowhere", "key": ["id"]}},
            "features": {"label": "y"},
            "train": {"placement": "distributed"},
        }
    )


def main() -> None:
    os.environ["PYSPARK_PYTHON"] = str(make_environment(Path.cwd() / "environment"))
    os.environ["MLFLOW_HTTP_REQUEST_MAX_RETRIES"] = "0"
    spark = make_session()
    found = list(examine(make_config(), lambda: spark, PETABYTE))
    left = sorted(path.name for path in Path("lake").rglob("*"))
    refused = [refusal(look, spark) for look in (require_driver, require_executors)]
    context = spark.sparkContext
    version, context.pythonVer = context.pythonVer, "3.9"
    others = [ask_executors(context, (), None).failed]
    context.pythonVer, context.pythonExec = version, "./environment/bin/python"
    others.append(ask_executors(context, (), None).failed)
    spark.stop()
    told = {"found": told_by(found), "left": left, "refused": refused}
    told["python"] = [one.said for one in others if one is not None]
    print(json.dumps(told))  # noqa: T201


def refusal(look: Callable[[SparkSession, Config], None], spark: SparkSession) -> str:
    """What a run would say before it begins, or before it trains."""
    try:
        look(spark, make_config())
    except ConfigError as error:
        return str(error)
    return ""


def told_by(found: list[Finding]) -> dict[str, list[str]]:
    return {finding.name: [finding.state, finding.said] for finding in found}


if __name__ == "__main__":
    main()
