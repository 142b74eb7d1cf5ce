"""What happens inside a task of many boosted trials, without Spark."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyspark import cloudpickle

from pipeline.config.task import METRICS
from pipeline.learners import get_learner
from pipeline.learners.boosting.jobs import make_job
from pipeline.learners.boosting.memory import Shape, fit_bytes
from pipeline.tuning.runners import boosted_task
from pipeline.tuning.runners.boosted import travelling_task
from pipeline.tuning.runners.boosted_task import (
    JUDGING,
    STOPPING,
    TRAINING,
    Fit,
    Plan,
    read_parts,
    trials,
    trials_task,
)

Result = dict[str, Any]


def fit(numbers: dict[int, int], *, columns: int = 2, classes: int = 2, **params: Any) -> Fit:
    """A fit for candidates by number, with the rounds of each."""
    values = get_learner("xgboost").complete(
        {"n_estimators": max(numbers.values()), "max_depth": 3, **params}
    )
    job = make_job(
        values,
        features=columns,
        categorical=(),
        weighted=False,
        classes=classes,
        seed=1,
        task_cpus=1,
    )
    return Fit(job, tuple(numbers.items()))


def rows(count: int = 400, columns: int = 2, *, purpose: Any = None, label: Any = None) -> pa.RecordBatch:
    """Two of three rows fit, one judges; the label is likelier where the first column is large."""
    rng = np.random.default_rng(7)
    features = rng.random((columns, count)).astype(np.float32)
    if label is None:
        label = (features[0] + rng.random(count) > 1).astype(np.float32)
    if purpose is None:
        purpose = np.where(np.arange(count) % 3 == 0, JUDGING, TRAINING)
    arrays = [
        *features,
        np.asarray(label, np.float32),
        np.asarray(label, np.float64),
        rng.permutation(count),
        np.asarray(purpose, np.int8),
    ]
    return pa.record_batch(arrays, names=[f"c{place}" for place in range(len(arrays))])


def plan(*fits: Fit, classes: int = 2, **changes: Any) -> Plan:
    task = {0: "regression", 2: "binary"}.get(classes, "multiclass")
    return Plan(fits, METRICS[task], **changes)  # type: ignore[index]


def run(told: Plan, *batches: pa.RecordBatch) -> dict[int, Result]:
    found = {}
    for result in trials(told, iter(batches)):
        for name in ("metrics", "training_metrics"):
            result[name] = dict(result.get(name) or ())
        found[result["number"]] = result
    return found


def test_rows_are_sorted_by_purpose_and_order_whatever_batches_they_come_in() -> None:
    batch, told = rows(90), plan(fit({1: 2}), expected_rows=3)
    shuffled = batch.take(np.random.default_rng(1).permutation(90))
    one, other = read_parts(told, [batch]), read_parts(told, [shuffled.slice(0, 50), shuffled.slice(50)])
    for part, same in ((one.training, other.training), (one.judging, other.judging)):
        np.testing.assert_array_equal(part.rows.features, same.rows.features)
        np.testing.assert_array_equal(part.actual, same.actual)
    table = batch.to_pandas().sort_values("c4")
    expected = table[table["c5"] == JUDGING][["c0", "c1"]].to_numpy(np.float32)
    np.testing.assert_array_equal(one.judging.rows.features, expected)
    assert (one.training.rows.count, one.stopping.rows.count, one.judging.rows.count) == (60, 0, 30)


@pytest.mark.parametrize("sampling", [{}, {"subsample": 0.5, "colsample_bytree": 0.5}])
def test_candidates_that_differ_in_rounds_share_a_fit_and_get_what_their_own_would_give(
    monkeypatch: pytest.MonkeyPatch, sampling: dict[str, float]
) -> None:
    fits: list[int] = []
    real = boosted_task.train
    monkeypatch.setattr(boosted_task, "train", lambda job, *rest: fits.append(job.rounds) or real(job, *rest))
    batch = rows()
    shared = run(plan(fit({1: 3, 2: 12, 3: 7}, **sampling)), batch)
    assert fits == [12]
    for number, rounds in ((1, 3), (2, 12), (3, 7)):
        own = run(plan(fit({number: rounds}, **sampling)), batch)[number]
        assert shared[number]["metrics"] == own["metrics"]
        assert shared[number]["training_metrics"] == pytest.approx(own["training_metrics"], rel=1e-6)
    assert shared[1]["metrics"] != shared[2]["metrics"]


def test_a_bad_parameter_fails_its_own_candidates_only_and_one_matrix_serves_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[int] = []
    real = boosted_task.binned

    def binned(job: Any, *rest: Any) -> Any:
        made.append(job.params["max_bin"])
        return real(job, *rest)

    monkeypatch.setattr(boosted_task, "binned", binned)
    bad = fit({2: 4, 3: 5})
    bad.job.params["grow_policy"] = "sideways"
    told = plan(fit({1: 4}), bad, fit({4: 4}, max_bin=16), fit({5: 4}, max_depth=2))
    found = run(told, rows())
    assert {number: result.get("why") for number, result in found.items()} == {
        1: None,
        2: "parameters",
        3: "parameters",
        4: None,
        5: None,
    }
    assert "sideways" in found[2]["failed"]
    assert sorted(made) == [16, 256]


def test_a_fit_without_memory_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def train(*_: Any) -> Any:
        raise MemoryError

    monkeypatch.setattr(boosted_task, "train", train)
    assert run(plan(fit({1: 4})), rows())[1]["why"] == "memory"
    monkeypatch.setattr(boosted_task, "read_parts", train)
    assert run(plan(fit({1: 4})), rows())[1]["why"] == "memory"


@pytest.mark.parametrize(
    ("purpose", "label", "stops", "sentence"),
    [
        (TRAINING, None, {}, "there are no rows to judge by"),
        (JUDGING, None, {}, "there are no rows to train on"),
        (
            None,
            None,
            {"early_stopping_rounds": 2},
            "early stopping needs validation rows, and there are none",
        ),
        (None, 2.0, {}, "the label of 266 of 266 rows is not one of the class indices 0 to 1"),
    ],
)
def test_rows_that_cannot_be_tried_are_told(
    purpose: int | None, label: float | None, stops: dict[str, int], sentence: str
) -> None:
    purposes = None if purpose is None else np.full(400, purpose)
    labels = None if label is None else np.full(400, label)
    found = run(plan(fit({1: 4}, **stops), fit({2: 3})), rows(purpose=purposes, label=labels))
    assert (found[1]["failed"], found[1]["why"]) == (sentence, "rows")
    if stops:
        assert found[2].get("failed") is None


def test_judges_of_one_class_rank_nothing() -> None:
    label = np.where(np.arange(400) % 3 == 0, 0, np.arange(400) % 2)
    found = run(plan(fit({1: 4})), rows(label=label))[1]
    assert np.isnan(found["metrics"]["auc_roc"])
    assert 0 <= found["metrics"]["accuracy"] <= 1
    assert not np.isnan(found["training_metrics"]["auc_roc"])


def test_numbers_are_measured_in_their_own_unit_and_early_stopping_tells_its_rounds() -> None:
    label = np.log1p(np.arange(400) % 50)
    purpose = np.arange(400) % 3
    assert (TRAINING, STOPPING, JUDGING) == (0, 1, 2)
    batch = rows(label=label, purpose=purpose)
    actual = pa.array(np.arange(400) % 50, pa.float64())
    batch = batch.set_column(3, "actual", actual)
    stopping = fit({1: 80}, classes=0, early_stopping_rounds=4, learning_rate=0.3)
    found = run(plan(stopping, classes=0, log1p=True), batch)[1]
    assert 1 <= found["rounds"] < 80
    assert 10 < found["metrics"]["rmse"] < 30  # of numbers from 0 to 49, not of their logarithms


def test_the_task_yields_a_row_for_each_candidate() -> None:
    batches: Iterator[pa.RecordBatch] = iter([rows()])
    found = pa.Table.from_batches(list(trials_task(plan(fit({1: 2}), fit({2: 2})))(batches))).to_pylist()
    assert [row["number"] for row in found] == [1, 2]
    assert dict(found[0]["metrics"]).keys() == set(METRICS["binary"])


def test_the_estimate_of_memory_is_near_what_a_task_takes() -> None:
    """In a process of its own; on systems that do not tell, there is nothing to compare."""
    source = f"""
import sys
sys.path[:0] = {sys.path!r}
import importlib.util
spec = importlib.util.spec_from_file_location("tests_task", {__file__!r})
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
module.run(module.plan(module.fit({{1: 2}})), module.rows())
batch = module.rows(200_000, 20)
batches = [batch.slice(start, 10_000) for start in range(0, 200_000, 10_000)]
print(module.run(module.plan(module.fit({{1: 10}}, columns=20, max_depth=6)), *batches)[1]["used_bytes"])
"""
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True)
    if done.stdout.strip() == "None":
        pytest.skip("this system does not tell")
    used = int(done.stdout)
    values = get_learner("xgboost").complete({"n_estimators": 10, "max_depth": 6})
    estimated = fit_bytes(Shape(133_333, 20, others=66_667, classes=2, gaps=False), values)
    assert 0.7 * used < estimated < 1.3 * used, (estimated, used)


def test_the_task_needs_nothing_of_ours_where_it_runs() -> None:
    task = cloudpickle.dumps(travelling_task(plan(fit({1: 2}))))
    source = """
import sys

class Missing:
    def find_spec(self, name, *_):
        if name.split(".")[0] == "pipeline":
            raise ImportError(name + " is not here")

import pickle, pyarrow as pa
sys.meta_path.insert(0, Missing())
task, batch = pickle.load(sys.stdin.buffer)
(row,) = pa.Table.from_batches(list(pickle.loads(task)(iter([batch])))).to_pylist()
print(row["failed"], dict(row["metrics"])["accuracy"] > 0.5)
"""
    given = pickle.dumps((task, rows()))
    done = subprocess.run([sys.executable, "-c", source], input=given, capture_output=True, check=True)
    assert done.stdout.decode().split() == ["None", "True"]
