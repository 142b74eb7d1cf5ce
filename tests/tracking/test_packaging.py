from __future__ import annotations

import sys
from importlib.metadata import PackageNotFoundError, version
from types import ModuleType
from typing import Any

import pandas as pd
import pyspark
import pytest
from mlflow import spark as spark_flavor
from mlflow.types.schema import DataType, Map
from pandas.testing import assert_frame_equal

from pipeline.errors import ConfigError
from pipeline.tracking import packaging
from pipeline.tracking.packaging import example_for, model_signature, requirements

COLUMNS = {
    "id": "bigint",
    "area": "double",
    "share": "float",
    "price": "decimal(10,2)",
    "kind": "string",
    "new": "boolean",
    "sold": "date",
    "seen": "timestamp",
}


def test_the_signature_has_raw_columns_only_and_numbers_that_may_be_missing() -> None:
    signature = model_signature(COLUMNS, {"prediction": "double"})

    inputs = {column.name: (column.type.name, column.required) for column in signature.inputs.inputs}
    assert inputs == {
        "id": ("double", False),
        "area": ("double", False),
        "share": ("float", False),
        "price": ("double", False),
        "kind": ("string", False),
        "new": ("boolean", False),
        "sold": ("datetime", False),
        "seen": ("datetime", False),
    }
    assert [(column.name, column.type.name) for column in signature.outputs.inputs] == [
        ("prediction", "double")
    ]


def test_the_signature_tells_classes_and_probabilities() -> None:
    binary = model_signature(COLUMNS, {"prediction": "int", "probability": "double"})
    several = model_signature(COLUMNS, {"prediction": "string", "probability": "map<string,double>"})

    assert [column.type.name for column in binary.outputs.inputs] == ["long", "double"]
    assert several.outputs.inputs[0].type == DataType.string
    assert several.outputs.inputs[1].type == Map(DataType.double)


def test_a_column_that_mlflow_cannot_describe_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"^Column 'tags' is ARRAY<STRING>; a model reads numbers, texts"):
        model_signature({"tags": "array<string>"}, {})


def test_a_process_without_a_main_file_survives_mlflows_question(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "__main__", ModuleType("__main__"))
    sys.modules["__main__"].__spec__ = None
    with packaging._named_main_module():
        assert not spark_flavor._is_spark_connect_model(object())
    assert not hasattr(sys.modules["__main__"], "__file__")


def test_the_example_fits_the_signature() -> None:
    columns = {"id": "int", "kind": "string", "seen": "timestamp"}
    rows: list[dict[str, Any]] = [
        {"id": 1, "kind": "x", "seen": "2026-01-02T03:04:05.000006+01:00"},
        {"id": None, "kind": None, "seen": None},
    ]

    expected = pd.DataFrame(
        {
            "id": [1.0, None],
            "kind": ["x", None],
            "seen": pd.Series([pd.Timestamp("2026-01-02T02:04:05.000006"), None], dtype="datetime64[us]"),
        }
    )
    found = example_for(model_signature(columns, {"prediction": "double"}), rows)
    assert_frame_equal(found, expected)
    with pytest.raises(AssertionError):
        assert_frame_equal(found, expected.assign(id=[2.0, None]))


def test_requirements_are_pinned_to_what_is_installed() -> None:
    plain = requirements(())
    boosted = requirements(("xgboost",))

    assert plain == [f"{name}=={version(name)}" for name in ("pyspark", "mlflow", "pyarrow", "pandas")]
    assert boosted[:-1] == plain
    assert boosted[-1] in {f"xgboost-cpu=={_version('xgboost-cpu')}", f"xgboost=={_version('xgboost')}"}


def test_a_clusters_own_pyspark_is_no_installed_package(monkeypatch: pytest.MonkeyPatch) -> None:
    def elsewhere(name: str) -> str:
        if name == "pyspark":
            raise PackageNotFoundError(name)
        return version(name)

    monkeypatch.setattr(packaging, "version", elsewhere)
    assert requirements(())[0] == f"pyspark=={pyspark.__version__}"


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
