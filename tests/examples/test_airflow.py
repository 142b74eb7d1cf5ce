"""What a schedule does about a verdict. Airflow itself is not needed: it is no dependency of this project."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pytest

from examples.airflow.verdicts import (
    NeedsAPersonError,
    TryAgainError,
    after_data,
    after_models,
    read_verdict,
    settled,
)

DAG = Path(__file__).parents[2] / "examples" / "airflow" / "nightly.py"


def verdict(code: int | None, message: str = "") -> dict[str, Any]:
    return {
        "step": "run",
        "verdict": "running" if code is None else "done",
        "exit_code": code,
        "message": message,
    }


def test_a_verdict_is_read_from_the_file_of_result(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps(verdict(0)))

    assert read_verdict(tmp_path / "a.json") == verdict(0)
    with pytest.raises(TryAgainError, match=r"left no verdict in .*b\.json: it never began"):
        read_verdict(tmp_path / "b.json")


@pytest.mark.parametrize("code", [0, 3, 4])
def test_a_schedule_goes_on_from_what_was_decided(code: int) -> None:
    assert settled(verdict(code)) == verdict(code)


@pytest.mark.parametrize(
    ("code", "said"), [(75, "Another run works on it"), (None, "run: its driver ended without a verdict")]
)
def test_what_may_end_otherwise_is_tried_again(code: int | None, said: str) -> None:
    with pytest.raises(TryAgainError, match=said):
        settled(verdict(code, "Another run works on it." if code else ""))


@pytest.mark.parametrize("code", [1, 2, 9])
def test_what_would_end_the_same_way_is_told_to_a_person(code: int) -> None:
    with pytest.raises(NeedsAPersonError, match="unknown key"):
        settled(verdict(code, "conf.yaml:3: unknown key"))


def test_the_way_goes_by_the_verdict() -> None:
    assert (after_data(verdict(0)), after_data(verdict(3))) == ("models", "ask_about_batch")
    assert (after_models(verdict(0)), after_models(verdict(4))) == (["score"], ["score", "tell_of_refusal"])


def test_every_task_that_a_branch_names_is_in_the_dag() -> None:
    there = {node.name for node in ast.walk(ast.parse(DAG.read_text())) if isinstance(node, ast.FunctionDef)}

    assert {"models", "ask_about_batch", "score", "tell_of_refusal"} <= there
