from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest

from pipeline.errors import ConfigError
from pipeline.tracking import TrainingRecord


def test_a_record_comes_back_as_it_was(record: TrainingRecord) -> None:
    text = record.to_json()

    assert TrainingRecord.from_json(text, "training.json") == record
    assert TrainingRecord.from_json(text, "training.json") != replace(record, features_batch=1)
    assert json.loads(text)["format"] == 1


def test_a_metric_that_could_not_be_measured_is_null_in_the_file(record: TrainingRecord) -> None:
    text = replace(record, test_metrics={"rmse": 1.0, "mape": math.nan}).to_json()

    assert json.loads(text)["test_metrics"] == {"rmse": 1.0, "mape": None}
    assert math.isnan(TrainingRecord.from_json(text, "training.json").test_metrics["mape"])


def test_a_record_of_another_format_is_refused(record: TrainingRecord) -> None:
    text = record.to_json().replace('"format": 1', '"format": 2')

    with pytest.raises(
        ConfigError, match=r"training\.json of houses version 3 has format 2; known here: 1\."
    ):
        TrainingRecord.from_json(text, "training.json of houses version 3")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format"'])
def test_what_is_no_record_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match=r"^training\.json is not a training record\. Next: train again\.$"):
        TrainingRecord.from_json(text, "training.json")
