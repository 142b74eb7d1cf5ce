"""What happens inside the training task, without Spark."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import xgboost as xgb

from pipeline.learners.boosting import native
from pipeline.learners.boosting.native import (
    BadRowsError,
    Fitted,
    Job,
    read_rows,
    training_task,
    validate_rows,
)

PARAMS: dict[str, Any] = {"max_depth": 3, "learning_rate": 0.5, "seed": 1, "nthread": 1, "max_bin": 64}
NAN = float("nan")


def a_job(**changes: Any) -> Job:
    return Job(**{"features": 1, "rounds": 5, "params": PARAMS, **changes})


def a_batch(*columns: Sequence[object]) -> pa.RecordBatch:
    names = [f"c{position}" for position in range(len(columns))]
    types = [pa.bool_() if isinstance(column[0], bool) else pa.float32() for column in columns if column]
    arrays = [pa.array(column, kind) for column, kind in zip(columns, types, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, names)


def predict(fitted: Fitted, *rows: Sequence[float]) -> list[float]:
    booster = xgb.Booster(model_file=bytearray(fitted.booster))
    return [float(value) for value in booster.inplace_predict(np.array(rows, np.float32))]


def fit(job: Job, *batches: pa.RecordBatch) -> Fitted:
    return native.fit(job, *read_rows(iter(batches), job))


def test_batches_become_one_matrix_with_null_as_missing() -> None:
    job = a_job(features=2, weighted=True, expected_rows=1)
    training, validation = read_rows(
        [a_batch([1.0], [None], [10.0], [1.0]), a_batch([3.0, NAN], [4.0, 5.0], [20.0, 30.0], [2.0, 3.0])],
        job,
    )
    assert validation is None
    np.testing.assert_array_equal(training.features, np.array([[1, NAN], [3, 4], [NAN, 5]], np.float32))
    np.testing.assert_array_equal(training.label, np.array([10, 20, 30], np.float32))
    np.testing.assert_array_equal(training.weight, np.array([1, 2, 3], np.float32))
    assert training.features.dtype == np.float32
    assert training.features.flags.c_contiguous


def test_many_batches_keep_every_row_in_order_while_the_arrays_grow() -> None:
    job = a_job(expected_rows=3)
    batches = [a_batch([float(at), at + 0.5], [float(at), at + 0.5]) for at in range(1000)]
    training, _ = read_rows(batches, job)
    np.testing.assert_array_equal(training.features[:, 0], np.arange(0, 1000, 0.5, dtype=np.float32))
    np.testing.assert_array_equal(training.label, np.arange(0, 1000, 0.5, dtype=np.float32))


def test_flagged_rows_are_kept_for_stopping_only() -> None:
    job = a_job(early_stopping_rounds=2)
    training, validation = read_rows(
        [a_batch([1.0, 2.0, 3.0], [10.0, 20.0, 30.0], [False, True, False])], job
    )
    assert validation is not None
    np.testing.assert_array_equal(training.features[:, 0], [1, 3])
    np.testing.assert_array_equal(validation.features[:, 0], [2])
    np.testing.assert_array_equal(validation.label, [20])


def test_infinite_features_are_bounded_and_keep_their_order() -> None:
    infinite = float("inf")
    fitted = fit(a_job(), a_batch([infinite, -infinite, 0.0] * 5, [3.0, 1.0, 2.0] * 5))
    low, middle, high = predict(fitted, [-1e38], [0.0], [1e38])
    assert low < middle < high


def test_the_booster_is_the_one_that_xgboost_itself_trains() -> None:
    values = np.arange(40, dtype=np.float32)
    fitted = fit(a_job(), a_batch(list(values), list(values * 2)))
    matrix = xgb.QuantileDMatrix(values.reshape(-1, 1), values * 2, max_bin=64, nthread=1)
    expected = xgb.train({**PARAMS, "tree_method": "hist"}, matrix, 5)
    assert fitted.booster == bytes(expected.save_raw("ubj"))
    assert (fitted.best_iteration, fitted.curve) == (None, ())


def test_the_same_rows_in_one_batch_or_many_give_the_same_bytes() -> None:
    job = a_job(params={**PARAMS, "subsample": 0.5})
    values = [float(at) for at in range(60)]
    whole = fit(job, a_batch(values, values))
    parts = fit(job, *(a_batch(values[at : at + 7], values[at : at + 7]) for at in range(0, 60, 7)))
    other = fit(a_job(params={**PARAMS, "subsample": 0.5, "seed": 2}), a_batch(values, values))
    assert whole.booster == parts.booster
    assert whole.booster != other.booster


def test_a_category_is_a_set_not_a_size() -> None:
    codes = [0.0, 1.0, 2.0, 3.0] * 10
    labels = [5.0, 0.0, 5.0, 0.0] * 10
    stump = {**PARAMS, "max_depth": 1, "learning_rate": 1.0, "max_cat_to_onehot": 1, "reg_lambda": 0.0}
    as_set = fit(a_job(rounds=1, params=stump, categorical=(0,)), a_batch(codes, labels))
    as_size = fit(a_job(rounds=1, params=stump), a_batch(codes, labels))
    assert predict(as_set, [0], [1], [2], [3]) == pytest.approx([5, 0, 5, 0])
    assert predict(as_size, [0], [1], [2], [3]) != pytest.approx([5, 0, 5, 0], abs=0.5)


def test_early_stopping_keeps_only_the_rounds_up_to_the_best() -> None:
    job = a_job(rounds=200, early_stopping_rounds=3)
    random = np.random.default_rng(0)
    values = random.normal(size=200)
    noisy = values + random.normal(size=200)
    fitted = fit(job, a_batch(list(values), list(noisy), [at % 2 == 0 for at in range(200)]))
    assert fitted.best_iteration is not None
    assert len(fitted.curve) == fitted.best_iteration + 1 + 3
    assert min(fitted.curve) == fitted.curve[fitted.best_iteration]
    booster = xgb.Booster(model_file=bytearray(fitted.booster))
    assert booster.num_boosted_rounds() == fitted.best_iteration + 1


@pytest.mark.parametrize(
    ("batch", "expected"),
    [
        pytest.param(a_batch([1.0], [3.0]), 3.0, id="one row"),
        pytest.param(a_batch([1.0, 2.0], [3.0, 3.0]), 3.0, id="constant label"),
        pytest.param(a_batch([None, None], [2.0, 4.0]), 3.0, id="feature all missing"),
        pytest.param(a_batch([7.0, 7.0], [2.0, 4.0]), 3.0, id="feature constant"),
    ],
)
@pytest.mark.parametrize("categorical", [(), (0,)], ids=["quantity", "category"])
def test_poor_rows_give_a_model_of_the_mean(
    batch: pa.RecordBatch, expected: float, categorical: tuple[int, ...]
) -> None:
    assert predict(fit(a_job(categorical=categorical), batch), [1.0]) == pytest.approx([expected])


@pytest.mark.parametrize(
    ("job", "batches", "sentence"),
    [
        (a_job(), [], "there are no rows to train on"),
        (
            a_job(),
            [a_batch([1.0, 2.0], [1.0, float("inf")])],
            "the label of 1 of 2 rows is missing, infinite",
        ),
        (
            a_job(),
            [a_batch([1.0, 2.0], [None, NAN])],
            "the label of 2 of 2 rows is missing, infinite or too large",
        ),
        (
            a_job(weighted=True),
            [a_batch([1.0, 2.0], [1.0, 1.0], [1.0, -1.0])],
            "weight of 1 of 2 rows is missing",
        ),
        (
            a_job(weighted=True),
            [a_batch([1.0, 2.0], [1.0, 1.0], [0.0, 0.0])],
            "the weight of all 2 rows is 0",
        ),
        (
            a_job(early_stopping_rounds=2),
            [a_batch([1.0], [1.0], [False])],
            "early stopping needs validation rows, and there are none",
        ),
        (
            a_job(early_stopping_rounds=2),
            [a_batch([1.0, 2.0], [1.0, NAN], [False, True])],
            "the label of 1 of 1 rows is missing",
        ),
        (a_job(early_stopping_rounds=2), [a_batch([1.0], [1.0], [True])], "there are no rows to train on"),
        (
            a_job(classes=2),
            [a_batch([1.0, 2.0, 3.0], [1.0, 0.5, 2.0])],
            "the label of 2 of 3 rows is not one of the class indices 0 to 1",
        ),
    ],
)
def test_rows_that_cannot_be_trained_on(job: Job, batches: list[pa.RecordBatch], sentence: str) -> None:
    with pytest.raises(BadRowsError, match=sentence):
        validate_rows(*read_rows(batches, job), job.classes)
    (result,) = training_task(job)(iter(batches))
    (row,) = result.to_pylist()
    assert sentence in row.pop("bad_rows")
    assert not any(row.values())


def test_the_task_yields_one_row_with_the_booster() -> None:
    batch = a_batch([1.0, 2.0, 3.0], [1.0, 2.0, 3.0])
    (result,) = training_task(a_job())(iter([batch]))
    assert result.schema == native.RESULT
    assert result.to_pylist() == [
        {
            "booster": fit(a_job(), batch).booster,
            "best_iteration": None,
            "curve": [],
            "bad_rows": None,
            "bad_parameters": None,
        }
    ]


def test_the_task_yields_the_first_line_of_what_xgboost_refused() -> None:
    job = a_job(params={**PARAMS, "objective": "no:such"})
    (result,) = training_task(job)(iter([a_batch([1.0], [1.0])]))
    (row,) = result.to_pylist()
    assert "no:such" in row["bad_parameters"]
    assert "\n" not in row["bad_parameters"]
    assert row["booster"] is None


@pytest.mark.parametrize(
    ("classes", "objective"),
    [
        (0, {}),
        (2, {"objective": "binary:logistic"}),
        (4, {"objective": "multi:softprob", "num_class": 4}),
    ],
)
def test_the_number_of_classes_says_what_is_learned(classes: int, objective: dict[str, Any]) -> None:
    assert a_job(classes=classes).objective == objective


def test_a_class_without_rows_is_as_good_as_impossible() -> None:
    probabilities = predict_classes(fit(a_job(classes=3), a_batch([0.0, 1.0] * 20, [0.0, 2.0] * 20)), 0, 1)
    assert probabilities.shape == (2, 3)
    assert probabilities[:, 1].max() < 1e-4
    assert list(probabilities.argmax(axis=1)) == [0, 2]


@pytest.mark.parametrize("classes", [2, 3])
def test_classes_stop_early_by_the_log_loss(classes: int) -> None:
    random = np.random.default_rng(0)
    values = random.normal(size=400)
    label = np.clip(np.round(values + random.normal(size=400) + 1), 0, classes - 1)
    held_out = np.arange(400) % 2 == 0
    job = a_job(classes=classes, rounds=200, early_stopping_rounds=3)
    fitted = fit(job, a_batch(list(values), list(label), [bool(flag) for flag in held_out]))
    found = predict_classes(fitted, *values[held_out])
    if classes == 2:
        found = np.column_stack([1 - found, found])
    log_loss = -np.log(found[np.arange(len(found)), label[held_out].astype(int)]).mean()
    assert fitted.best_iteration is not None
    assert len(fitted.curve) < 200
    assert min(fitted.curve) == fitted.curve[fitted.best_iteration] == pytest.approx(log_loss, rel=1e-5)


def predict_classes(fitted: Fitted, *values: float) -> Any:
    booster = xgb.Booster(model_file=bytearray(fitted.booster))
    return booster.inplace_predict(np.array(values, np.float32)[:, None])
