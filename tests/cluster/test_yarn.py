"""`make yarn-test`: the line that `pipeline package` prints for YARN, with the driver on the cluster."""

from __future__ import annotations

import json
import shlex
import subprocess
from pathlib import Path

import pyspark
import pytest

from tests.cluster.packaged import package
from tests.cluster.standalone import SMALL, plain_environment
from tests.cluster.yarn import yarn

pytestmark = [pytest.mark.cluster, pytest.mark.slow, pytest.mark.timeout(3600)]

PROJECT = """\
name: houses
task: regression
sources:
  houses: {path: data/*.csv, key: [id]}
features: {label: price}
train:
  folds: 2
  learners: {linear_regression: {}, xgboost: {params: {n_estimators: 10, max_depth: 2}}}
"""
OVERLAY = "lake: {{root: {shared}/lake}}\nsources:\n  houses: {{path: {shared}/houses/*.csv}}\n"
# All that runs on this one machine listens on loopback; Spark itself lies on every node.
ONE_MACHINE = {
    **{key: value for key, value in SMALL.items() if not key.startswith("spark.driver.")},
    "spark.driver.memory": "1g",
    "spark.executor.instances": "1",
    "spark.yarn.jars": f"local:{Path(pyspark.__file__).parent}/jars/*",
    "spark.yarn.appMasterEnv.SPARK_LOCAL_IP": "127.0.0.1",
    "spark.executorEnv.SPARK_LOCAL_IP": "127.0.0.1",
    "spark.yarn.maxAppAttempts": "1",
}


def submit(line: str, folder: Path, conf: Path, *words: str) -> None:
    """Type the line in a folder, with what one machine needs before its own options."""
    program, *own = shlex.split(line.replace("\\\n", " "))
    staging = f"spark.yarn.stagingDir={(folder / 'staging').as_uri()}"
    settings = [staging, *(f"{key}={value}" for key, value in ONE_MACHINE.items())]
    options = [word for setting in settings for word in ("--conf", setting)]
    home = Path(pyspark.__file__).parent
    environ = {**plain_environment(), "SPARK_HOME": str(home), "HADOOP_CONF_DIR": str(conf)}
    environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    ended = subprocess.run(
        [str(home / "bin" / program), *options, *own, *words],
        cwd=folder,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-5000:]


@pytest.mark.usefixtures("on_yarn")
def test_the_whole_flow_runs_with_its_driver_on_yarn(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    (shared / "houses").mkdir(parents=True)
    rows = [f"{number},{50 + number % 90},{(50 + number % 90) * 1000 + number % 7}" for number in range(300)]
    (shared / "houses" / "a.csv").write_text("\n".join(["id,area,price", *rows]) + "\n")
    (tmp_path / "project.yaml").write_text(PROJECT)
    packaged = package(tmp_path, tmp_path / "project.yaml", OVERLAY.format(shared=shared))
    verdicts = [shared / "first.json", shared / "second.json"]

    with yarn(tmp_path / "yarn") as conf:
        for verdict in verdicts:
            submit(packaged.on_yarn, packaged.typed, conf, "--result", str(verdict))

    first, second = (json.loads(verdict.read_text()) for verdict in verdicts)
    assert (first["verdict"], second["verdict"]) == ("done", "nothing new")
    assert [step["step"] for step in first["steps"]] == [
        "ingest",
        "clean",
        "features",
        "train",
        "promote",
        "score",
    ]
    assert first["steps"][1]["rows"]["inserted"] == 300
