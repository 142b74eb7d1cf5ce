"""A fitted pipeline as an MLflow model folder: Spark's files, signature, example, requirements, code."""

from __future__ import annotations

import posixpath
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timezone
from importlib.metadata import packages_distributions, version
from pathlib import Path
from typing import Any
from uuid import uuid4

import pyarrow as pa
import pyspark
from mlflow import spark as spark_flavor
from mlflow.models import Model
from mlflow.models.signature import ModelSignature
from mlflow.types.schema import ColSpec, DataType, Map, Schema, TensorSpec
from pyspark.ml import PipelineModel
from pyspark.sql import SparkSession

from pipeline.errors import ConfigError
from pipeline.tracking.hadoop import Folders

# Integers are double: pandas, which a caller of the signature uses, has no other way to say a missing one.
_TYPES = {
    "tinyint": DataType.double,
    "smallint": DataType.double,
    "int": DataType.double,
    "bigint": DataType.double,
    "float": DataType.float,
    "double": DataType.double,
    "decimal": DataType.double,
    "boolean": DataType.boolean,
    "string": DataType.string,
    "date": DataType.datetime,
    "timestamp": DataType.datetime,
    "timestamp_ntz": DataType.datetime,
}
_WHOLE = ("tinyint", "smallint", "int", "bigint")
_ARROW: Mapping[DataType, tuple[Any, Callable[[Any], Any]]] = {
    DataType.double: (pa.float64(), float),
    DataType.float: (pa.float32(), float),
    DataType.boolean: (pa.bool_(), bool),
    DataType.string: (pa.string(), str),
    DataType.datetime: (pa.timestamp("us"), lambda text: _naive(datetime.fromisoformat(text))),
}
_ALWAYS = ("pyspark", "mlflow", "pyarrow", "pandas")


def write_model(
    spark: SparkSession,
    model: PipelineModel,
    folder: Path,
    *,
    run_id: str,
    example: Sequence[Mapping[str, Any]],
    columns: Mapping[str, str],
    outputs: Mapping[str, str],
    tmp_dir: str,
    code: Path | None,
    packages: Sequence[str],
) -> Model:
    """Write `model` as an MLflow model into the new `folder`, as `mlflow.spark.save_model` lays it out.

    MLflow's own function copies from the default file system only, which need not be the lake's, and does not
    see when it copied nothing (mlflow #6129). Its description of the model is used as it is; with the
    requirements given, it starts no second JVM to find them out.
    """
    signature = model_signature(columns, outputs)
    folder.mkdir()
    _save_stages(spark, model, folder / "sparkml", f"{tmp_dir.rstrip('/')}/model-{uuid4().hex}")
    stored = Model(artifact_path=folder.name, run_id=run_id)
    with _named_main_module():
        spark_flavor._save_model_metadata(
            dst_dir=str(folder),
            spark_model=model,
            mlflow_model=stored,
            conda_env=None,
            code_paths=None if code is None else [str(code)],
            signature=signature,
            input_example=example_for(signature, example),
            pip_requirements=requirements(packages),
        )
    return stored


@contextmanager
def _named_main_module() -> Iterator[None]:
    """Keep pyspark from ending the process.

    MLflow asks whether the model is one of Spark Connect. Where grpc is missing and the main module has no
    file (`python -c`, a process that execnet started), importing pyspark.sql.connect takes that for a run of
    its doctests and calls `sys.exit(0)` (pyspark 4.2.0, `check_dependencies`). With a file it raises
    ImportError, as MLflow expects.
    """
    main = sys.modules["__main__"]
    if hasattr(main, "__file__"):
        yield
        return
    main.__file__ = "<stdin>"
    try:
        yield
    finally:
        del main.__file__


def model_signature(columns: Mapping[str, str], outputs: Mapping[str, str]) -> ModelSignature:
    """Raw input columns, any of which may be missing in a row, and what the model says.

    Raises:
        ConfigError: a column of a type that MLflow cannot describe.
    """
    inputs: list[ColSpec | TensorSpec] = []
    for name, kind in columns.items():
        known = _TYPES.get(kind.partition("(")[0].lower())
        if known is None:
            raise ConfigError(
                f"Column '{name}' is {kind.upper()}; a model reads numbers, texts, booleans, dates and "
                "timestamps. Next: derive one of those from it, or name it in features.exclude."
            )
        inputs.append(ColSpec(known, name, required=False))
    said: list[ColSpec | TensorSpec] = [ColSpec(_output(kind), name) for name, kind in outputs.items()]
    return ModelSignature(Schema(inputs), Schema(said))


def _output(kind: str) -> DataType | Map:
    """A class may be a whole number, and is never missing."""
    if kind == "map<string,double>":
        return Map(DataType.double)
    return DataType.long if kind in _WHOLE else _TYPES[kind.partition("(")[0]]


def example_for(signature: ModelSignature, example: Sequence[Mapping[str, Any]]) -> Any:
    """The example rows as a pandas frame with types that fit the signature."""
    columns = {}
    for column in signature.inputs.inputs:
        kind, read = _ARROW[column.type]
        values = [row.get(column.name) for row in example]
        columns[column.name] = pa.array([None if value is None else read(value) for value in values], kind)
    return pa.table(columns).to_pandas()


def _naive(moment: datetime) -> datetime:
    """In UTC, without saying so: MLflow's datetime has no zone."""
    return moment if moment.tzinfo is None else moment.astimezone(timezone.utc).replace(tzinfo=None)


def requirements(packages: Sequence[str]) -> list[str]:
    """What a process needs to load and use the model, pinned to what is installed here.

    A module may come from several distributions (`xgboost` from xgboost or xgboost-cpu): the installed one
    counts.
    """
    providers = packages_distributions() if packages else {}
    names = [*_ALWAYS, *(name for package in packages for name in providers.get(package, [package])[:1])]
    return [f"{name}=={_version(name)}" for name in names]


def _version(name: str) -> str:
    """A cluster's own PySpark is a folder on the path: no package that was installed."""
    return pyspark.__version__ if name == "pyspark" else version(name)


def _save_stages(spark: SparkSession, model: PipelineModel, to: Path, shared: str) -> None:
    """Let the executors write below the lake, and copy to the driver from there."""
    folders = Folders(spark)
    try:
        model.write().session(spark).save(shared)
        folders.download(shared, to)
    finally:
        folders.remove(shared)
    if not any((to / "metadata").glob("part-*")):
        raise ConfigError(
            f"The model was saved below {posixpath.dirname(shared)}, but this machine finds no files there: "
            "the executors wrote to their own disks. Next: put lake.root where all machines see it."
        )
