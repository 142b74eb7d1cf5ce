"""The generated files say what the model says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

import pytest

from pipeline.config.json_schema import json_schema
from pipeline.config.reference import main, reference_text, schema_text
from pipeline.config.task import Metric

DOCS = Path(__file__).parents[2] / "docs"


def test_the_reference_has_not_drifted() -> None:
    assert (DOCS / "reference.md").read_text(encoding="utf-8") == reference_text(), "run `make reference`"


def test_the_schema_has_not_drifted() -> None:
    assert (DOCS / "pipeline.schema.json").read_text(encoding="utf-8") == schema_text(), (
        "run `make reference`"
    )


def test_rows_of_the_reference() -> None:
    lines = reference_text().splitlines()
    assert (
        "| `sources.<name>.schema` | a text | none | "
        "The whole schema instead of inference, as in `Order BIGINT, Sale_Price DOUBLE`. |"
    ) in lines
    assert "## `split`" in lines
    assert "### `promote.thresholds.<metric>`" in lines


def test_writing_then_checking(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--folder", str(tmp_path / "docs")]
    assert main([*arguments, "--check"]) == 1
    assert not (tmp_path / "docs").exists()
    assert main(arguments) == main([*arguments, "--check"]) == 0
    capsys.readouterr()
    (tmp_path / "docs" / "reference.md").write_text("something else")
    assert main([*arguments, "--check"]) == 1
    path = tmp_path / "docs" / "reference.md"
    assert capsys.readouterr().err == f"{path} is not what the model says. Run `make reference`.\n"


def property_of(*path: str) -> dict[str, Any]:
    schema = json_schema()
    for part in path:
        schema = schema["additionalProperties"] if part == "*" else schema["properties"][part]
    return {key: value for key, value in schema.items() if key != "description"}


def test_the_schema_is_closed_and_knows_what_is_required() -> None:
    schema = json_schema()
    assert schema["additionalProperties"] is False
    assert schema["required"] == ["name", "task", "sources", "features"]
    assert property_of("sources", "*")["required"] == ["path"]
    assert json.loads(schema_text()) == schema


def test_kinds_in_the_schema() -> None:
    reference = {"type": "string", "pattern": r"^\$\{env:[^}]*\}$"}
    nothing = {"type": "null"}
    assert property_of("task") == {"enum": ["regression", "binary", "multiclass"]}
    assert property_of("train", "folds") == {
        "anyOf": [{"type": "integer", "minimum": 0, "maximum": 100}, reference, nothing]
    }
    formats = ["csv", "json", "parquet", "orc", "avro", "delta", None]
    assert property_of("sources", "*", "format") == {"enum": formats}
    assert property_of("sources", "*", "schema") == {"type": ["string", "number", "boolean", "null"]}
    auto, learners, none = property_of("train", "learners")["anyOf"]
    assert (auto, none) == ({"enum": ["auto"]}, nothing)
    assert learners["additionalProperties"]["type"] == ["object", "null"]
    assert property_of("sources", "*")["type"] == "object"
    assert property_of("promote", "thresholds")["propertyNames"] == {"enum": list(get_args(Metric))}
