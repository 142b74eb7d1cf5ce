"""What a logged model carries: enough to load without us, and out of the way where we are installed."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from pyspark.ml import Pipeline
from pyspark.ml.feature import SQLTransformer
from pyspark.sql import DataFrame

from pipeline.learners.boosting.estimator import XGBoostEstimator
from pipeline.learners.boosting.shipping import write_code
from tests.short_lives import SUBMIT_ARGS

ROOT = Path(__file__).parents[3]
SHIPPED = [
    "__init__.py",
    "learners/__init__.py",
    "learners/boosting/__init__.py",
    "learners/boosting/model.py",
]
IMPORTS = """
    import json, sys
    import pipeline
    same = sys.modules["pipeline"] is pipeline
    print(json.dumps([pipeline.__file__, same, "step_aside" in vars(pipeline)]))
"""


@dataclass(frozen=True)
class BarePython:
    """A Python, for the driver and for Spark's workers, with every library of ours but not this project."""

    executable: Path
    libraries: Path
    folder: Path

    def run(self, script: str, *path: Path) -> str:
        """Run in a folder of its own; the given entries come first on the path. Returns what it printed."""
        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PYTHON", "PYSPARK", "SPARK"))
        }
        environment["PYTHONPATH"] = os.pathsep.join(map(str, [*path, self.libraries]))
        environment["PYSPARK_PYTHON"] = str(self.executable)
        environment["PYSPARK_SUBMIT_ARGS"] = SUBMIT_ARGS
        done = subprocess.run(
            [self.executable, "-c", dedent(script)],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def bare_python(tmp_path_factory: pytest.TempPathFactory) -> BarePython:
    """`-S` leaves out .pth files and with them editable installations; links leave out ordinary ones."""
    folder = tmp_path_factory.mktemp("elsewhere")
    libraries = folder / "libraries"
    libraries.mkdir()
    for place in {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}:
        for found in Path(place).iterdir():
            if not found.name.startswith(
                ("pipeline", "__editable__", "spark_training_pipeline", "__pycache__")
            ):
                (libraries / found.name).symlink_to(found)
    executable = folder / "python"
    executable.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S "$@"\n', encoding="utf-8")
    executable.chmod(0o755)
    return BarePython(executable, libraries, folder)


@pytest.fixture
def code(tmp_path: Path) -> Path:
    """The folder that MLflow would put first on the path."""
    return write_code(tmp_path / "code").parent


def test_only_the_model_is_shipped(code: Path) -> None:
    files = sorted(str(path.relative_to(code / "pipeline")) for path in code.rglob("*") if path.is_file())
    assert files == SHIPPED
    with pytest.raises(FileExistsError):
        write_code(code)


@pytest.mark.parametrize("name", SHIPPED)
def test_what_is_shipped_imports_nothing_else_of_ours(code: Path, name: str) -> None:
    tree = ast.parse((code / "pipeline" / name).read_text(encoding="utf-8"))
    imported = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    imported += [str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    assert not [module for module in imported if module.split(".")[0] == "pipeline"]


def _installed(folder: Path) -> list[Path]:
    return [ROOT]


def _zipped(folder: Path) -> list[Path]:
    return [Path(shutil.make_archive(str(folder / "package"), "zip", ROOT, "pipeline"))]


def _editable(folder: Path) -> list[Path]:
    """A finder on `sys.meta_path`, which is how build tools install in place."""
    (folder / "usercustomize.py").write_text(
        dedent(f"""
            import sys
            from importlib.machinery import PathFinder

            class Finder:
                @staticmethod
                def find_spec(name, path=None, target=None):
                    return PathFinder.find_spec(name, [{str(ROOT)!r}]) if name == "pipeline" else None

            sys.meta_path.append(Finder)
        """),
        encoding="utf-8",
    )
    return [folder]


@pytest.mark.parametrize("place", [_installed, _zipped, _editable])
def test_it_steps_aside_for_the_whole_package(
    bare_python: BarePython, code: Path, tmp_path: Path, place: Callable[[Path], list[Path]]
) -> None:
    before = "import usercustomize\n" if place is _editable else ""
    script = before + dedent(IMPORTS) + "from pipeline.learners import LEARNERS\nassert 'gbt' in LEARNERS\n"
    found, same, shipped = json.loads(bare_python.run(script, code, *place(tmp_path)))
    assert not found.startswith(str(code))
    assert same
    assert not shipped


def test_it_stays_where_nothing_else_is_ours(bare_python: BarePython, code: Path, tmp_path: Path) -> None:
    other_model = write_code(tmp_path / "other").parent
    stranger = tmp_path / "stranger" / "pipeline"
    (stranger / "learners").mkdir(parents=True)
    for folder in (stranger, stranger / "learners"):
        (folder / "__init__.py").write_text(
            "raise RuntimeError('a stranger was imported')\n", encoding="utf-8"
        )
    found, same, shipped = json.loads(bare_python.run(IMPORTS, code, other_model, stranger.parent))
    assert Path(found) == code / "pipeline" / "__init__.py"
    assert same
    assert shipped


@pytest.fixture(scope="module")
def logged(houses: DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pipeline as MLflow logs it, beside ten rows and their predictions."""
    folder = tmp_path_factory.mktemp("logged")
    stages: list[Any] = [
        SQLTransformer(statement="select *, age * 12 as months from __THIS__"),
        XGBoostEstimator(inputCols=["months", "zone"], labelCol="price", n_estimators=5, placement="local"),
    ]
    fitted = Pipeline(stages=stages).fit(houses)
    rows = fitted.transform(houses.where("id < 10")).select("id", "age", "zone", "prediction")
    (folder / "rows.json").write_text(json.dumps([row.asDict() for row in rows.collect()]), encoding="utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of MLflow's own imports
        import mlflow.spark

        mlflow.spark.save_model(
            fitted,
            str(folder / "model"),
            code_paths=[str(write_code(folder / "code"))],
            pip_requirements=["pyspark", "xgboost-cpu"],
        )
    return folder


LOAD = """
    import importlib.util, json, sys
    from pathlib import Path

    def is_importable(_):
        return importlib.util.find_spec("pipeline") is not None

    from pyspark.sql import SparkSession
    spark = (
        SparkSession.builder.master("local[1]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .getOrCreate()
    )
    assert is_importable(None) is {importable}
    assert spark.sparkContext.parallelize([0], 1).map(is_importable).collect() == [{importable}]

    import mlflow.spark
    folder = Path({folder!r})
    rows = json.loads((folder / "rows.json").read_text())
    model = mlflow.spark.load_model(str(folder / "model"))
    values = [(row["id"], row["age"], row["zone"]) for row in rows]
    frame = spark.createDataFrame(values, "id long, age int, zone double")
    scored = [row["prediction"] for row in model.transform(frame).orderBy("id").collect()]
    assert scored == [r["prediction"] for r in sorted(rows, key=lambda r: r["id"])], scored
    stage = model.stages[1]
    assert len(set(scored)) > 1 and stage.rounds == 5
"""


@pytest.mark.spark
@pytest.mark.slow
def test_mlflow_loads_it_in_a_process_that_has_nothing_of_ours(bare_python: BarePython, logged: Path) -> None:
    script = dedent(LOAD.format(folder=str(logged), importable=False)) + dedent("""
        import pipeline
        assert Path(pipeline.__file__).parents[2] == folder / "model", pipeline.__file__
        assert importlib.util.find_spec("pipeline.learners.boosting.estimator") is None
        print("loaded")
    """)
    assert bare_python.run(script).splitlines()[-1] == "loaded"


@pytest.mark.spark
@pytest.mark.slow
def test_mlflow_loads_it_beside_the_whole_package_which_stays_whole(
    bare_python: BarePython, logged: Path
) -> None:
    script = dedent(LOAD.format(folder=str(logged), importable=True)) + dedent(f"""
        import pipeline
        from pipeline.learners import LEARNERS
        from pipeline.learners.boosting.model import XGBoostModel
        assert Path(pipeline.__file__).parents[1] == Path({str(ROOT)!r}), pipeline.__file__
        assert isinstance(stage, XGBoostModel) and "gbt" in LEARNERS
        print("loaded")
    """)
    assert bare_python.run(script, ROOT).splitlines()[-1] == "loaded"


@pytest.mark.spark
@pytest.mark.slow
def test_workers_need_nothing_of_ours_to_train_and_to_score(bare_python: BarePython) -> None:
    script = f"""
        import importlib.util, sys
        sys.path.insert(0, {str(ROOT)!r})  # of the driver alone
        from pyspark.sql import SparkSession, functions as F
        from pipeline.learners.boosting.estimator import XGBoostEstimator

        spark = (
            SparkSession.builder.master("local[1]")
            .config("spark.ui.enabled", "false")
            .config("spark.driver.bindAddress", "127.0.0.1")
            .config("spark.driver.host", "127.0.0.1")
            .getOrCreate()
        )

        def is_importable(_):
            return importlib.util.find_spec("pipeline") is not None

        assert spark.sparkContext.parallelize([0], 1).map(is_importable).collect() == [False]
        rows = spark.range(50).select("id", (F.col("id") * 2).alias("y"))
        for placement in ("local", "distributed"):
            stage = XGBoostEstimator(inputCols=["id"], labelCol="y", n_estimators=2, placement=placement)
            model = stage.fit(rows)
            assert model.transform(rows).select("prediction").distinct().count() > 1
        classes = rows.select("id", F.expr("id div 17").alias("y"))
        stage = XGBoostEstimator(inputCols=["id"], labelCol="y", classes=3, n_estimators=2, placement="local")
        scored = stage.fit(classes).transform(classes)
        assert scored.select("prediction", F.size("probability")).distinct().count() == 3
        print("trained")
    """
    assert bare_python.run(script).splitlines()[-1] == "trained"
