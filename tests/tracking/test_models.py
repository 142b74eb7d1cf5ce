from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import mlflow
import pytest
from mlflow.models import Model
from pyspark.ml import PipelineModel
from pyspark.ml.feature import SQLTransformer
from pyspark.sql import SparkSession

from pipeline.errors import ConfigError
from pipeline.learners.boosting.model import XGBoostModel
from pipeline.learners.boosting.shipping import write_code
from pipeline.tracking import ModelVersion, Registry, Run, Tracking, UnreadableModelError, predict_example
from pipeline.tracking.hadoop import Folders
from tests.short_lives import SUBMIT_ARGS

pytestmark = pytest.mark.spark

COLUMNS = {"area": "double", "rooms": "int"}
OUTPUTS = {"prediction": "double"}
EXAMPLE = ({"area": 10.5, "rooms": 3}, {"area": None, "rooms": None})
FORMULA = "SELECT *, coalesce(area, 1D) * 2 + coalesce(rooms, 0) AS prediction FROM __THIS__"


@pytest.fixture
def model() -> PipelineModel:
    return PipelineModel([SQLTransformer(statement=FORMULA)])


@pytest.fixture
def run(tracking: Tracking) -> Run:
    return tracking.open_run("train", tags={}, params={})


def store(
    spark: SparkSession, tracking: Tracking, run: Run, model: PipelineModel, tmp_dir: str, **more: object
) -> ModelVersion:
    uri = run.log_model(
        spark, model, example=EXAMPLE, columns=COLUMNS, outputs=OUTPUTS, tmp_dir=tmp_dir, **more
    )  # type: ignore[arg-type]
    registry = Registry(tracking)
    found = registry.get(registry.register(run, uri, {}))
    assert found is not None
    return found


def test_a_stored_model_predicts_the_same(
    spark: SparkSession, tracking: Tracking, run: Run, model: PipelineModel, lake_root: str
) -> None:
    version = store(spark, tracking, run, model, f"{lake_root}/_tmp")

    loaded = Registry(tracking).load(spark, version, f"{lake_root}/_tmp")

    assert predict_example(spark, loaded, EXAMPLE, COLUMNS) == ({"prediction": 24.0}, {"prediction": 2.0})
    assert predict_example(spark, model, EXAMPLE, COLUMNS) == ({"prediction": 24.0}, {"prediction": 2.0})
    assert list((Path(lake_root) / "_tmp").iterdir()) == []


def test_what_is_stored_beside_the_stages(
    spark: SparkSession, tracking: Tracking, run: Run, model: PipelineModel, lake_root: str
) -> None:
    run.log_model(
        spark, model, example=EXAMPLE, columns=COLUMNS, outputs=OUTPUTS, tmp_dir=f"{lake_root}/_tmp"
    )

    folder = Path(tracking.open()[0].download_artifacts(run.run_id, "model", lake_root))
    described = Model.load(str(folder))
    assert described.run_id == run.run_id
    assert described.signature is not None
    assert described.signature.inputs.input_names() == ["area", "rooms"]
    assert json.loads((folder / "input_example.json").read_text())["data"][0] == [10.5, 3.0]
    assert {line.partition("==")[0] for line in (folder / "requirements.txt").read_text().splitlines()} == {
        "pyspark",
        "mlflow",
        "pyarrow",
        "pandas",
    }


def test_storing_infers_no_requirements_and_starts_no_second_jvm(
    spark: SparkSession,
    run: Run,
    model: PipelineModel,
    lake_root: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a process was to be started")

    monkeypatch.setattr(mlflow.models, "infer_pip_requirements", refuse)
    monkeypatch.setattr(subprocess, "Popen", refuse)

    run.log_model(
        spark, model, example=EXAMPLE, columns=COLUMNS, outputs=OUTPUTS, tmp_dir=f"{lake_root}/_tmp"
    )

    assert capfd.readouterr() == ("", "")


def test_a_failed_store_leaves_nothing_in_the_lake(
    spark: SparkSession, run: Run, model: PipelineModel, lake_root: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def full(_: Folders, folder: str, to: Path) -> None:
        seen.append((Path(folder) / "metadata").exists())
        raise OSError("no space")

    monkeypatch.setattr(Folders, "download", full)

    with pytest.raises(OSError, match="no space"):
        run.log_model(
            spark, model, example=EXAMPLE, columns=COLUMNS, outputs=OUTPUTS, tmp_dir=f"{lake_root}/_tmp"
        )

    assert seen == [True]
    assert list((Path(lake_root) / "_tmp").iterdir()) == []


def test_a_lake_that_this_machine_does_not_see_is_told(
    spark: SparkSession, run: Run, model: PipelineModel, lake_root: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Folders, "download", lambda _, __, to: to.mkdir())

    with pytest.raises(
        ConfigError, match=r"_tmp, but this machine finds no files there: the executors wrote to"
    ):
        run.log_model(
            spark, model, example=EXAMPLE, columns=COLUMNS, outputs=OUTPUTS, tmp_dir=f"{lake_root}/_tmp"
        )


@pytest.mark.parametrize("damage", ["metadata", "stages"])
def test_a_damaged_model_is_unreadable(
    spark: SparkSession, tracking: Tracking, run: Run, model: PipelineModel, lake_root: str, damage: str
) -> None:
    version = store(spark, tracking, run, model, f"{lake_root}/_tmp")
    stored = Path(lake_root) / "mlartifacts" / "houses" / run.run_id / "artifacts" / "model" / "sparkml"
    for file in sorted((stored / damage).rglob("*")):
        if file.is_file():
            file.unlink()

    with pytest.raises(
        UnreadableModelError, match=rf"^houses version 1 cannot be loaded from .+ Next: look .+{run.run_id}"
    ):
        Registry(tracking).load(spark, version, f"{lake_root}/_tmp")
    assert list((Path(lake_root) / "_tmp").iterdir()) == []


FRESH = """
import sys, mlflow
from pyspark.sql import SparkSession
mlflow.set_tracking_uri(sys.argv[1])
spark = (SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
         .config("spark.sql.shuffle.partitions", "1").getOrCreate())
model = mlflow.spark.load_model("models:/houses@champion")
rows = spark.createDataFrame([(10.5, 3), (None, None)], "area double, rooms int")
print([row["prediction"] for row in model.transform(rows).collect()])
print(sys.modules["pipeline.learners.boosting.model"].__file__)
"""


@pytest.mark.slow
def test_a_process_that_has_only_the_model_predicts(
    spark: SparkSession, tracking: Tracking, run: Run, lake_root: str, tmp_path: Path
) -> None:
    import numpy as np
    import xgboost as xgb

    matrix = xgb.DMatrix(np.array([[10.5, 3.0], [1.0, 1.0]], np.float32), np.array([100.0, 50.0]))
    booster = xgb.train({"max_depth": 1, "min_child_weight": 0, "lambda": 0}, matrix, num_boost_round=3)
    stage = XGBoostModel(bytes(booster.save_raw("ubj")))
    stage.set(stage.inputCols, ["area", "rooms"])
    model = PipelineModel([stage])
    code = write_code(tmp_path / "code")
    version = store(spark, tracking, run, model, f"{lake_root}/_tmp", code=code, packages=("xgboost",))
    Registry(tracking).point("champion", version.version)
    expected = predict_example(spark, model, EXAMPLE, COLUMNS)

    # The interpreter below the virtual environment reads no .pth files: it does not find this package.
    bare = sys._base_executable  # type: ignore[attr-defined]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHONPATH")}
    environment["PYTHONPATH"] = sysconfig.get_path("purelib")
    fresh = subprocess.run(
        [bare, "-P", "-c", FRESH, tracking.uri],
        cwd=tmp_path,
        env={
            **environment,
            "PYSPARK_PYTHON": bare,
            "PYSPARK_SUBMIT_ARGS": SUBMIT_ARGS,
            "SPARK_LOCAL_IP": "127.0.0.1",
        },
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    predictions, module = fresh.stdout.strip().splitlines()[-2:]
    assert json.loads(predictions) == pytest.approx([row["prediction"] for row in expected], rel=1e-9), (
        fresh.stderr
    )
    assert not Path(module).is_relative_to(Path(__file__).parents[2])
    assert Path(module).parts[-5:] == ("code", "pipeline", "learners", "boosting", "model.py")
