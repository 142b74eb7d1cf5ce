"""What a trained model is, kept as `training.json` beside it: what later steps decide by."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from pipeline.errors import ConfigError

FILE = "training.json"
FORMAT = 1
"""Of the file. Raised when an older reader could not, or should not, read it."""


@dataclass(frozen=True)
class ColumnRole:
    """The part one column plays, and why."""

    kind: str
    why: str


@dataclass(frozen=True)
class Winner:
    """The learner that won, and its parameters."""

    learner: str
    params: Mapping[str, Any]


@dataclass(frozen=True)
class TrainingRecord:
    """All that later steps need to know of one training.

    `features_version` is the Delta version trained on, `features_batch` the newest `_batch_id` in it.
    `label_type` is the Spark type of a prediction, `classes` are the classes as texts in the order of their
    places, of two the one that counts last; none for a number.
    `example` holds at most 20 rows of the input columns (name → Spark type) as JSON values, `expected` what
    the model predicted for them: `prediction`, and with classes `probability`. `split` is the section of the
    configuration, by time with the moments that were found: it finds the test rows again.
    Metrics are in the label's own unit; one that could not be measured is NaN (null in the file).
    """

    name: str
    task: str
    key: tuple[str, ...]
    label: str
    label_type: str
    label_transform: str
    classes: tuple[str, ...]
    features_table: str
    features_version: int
    features_batch: int
    input_columns: Mapping[str, str]
    roles: Mapping[str, ColumnRole]
    split: Mapping[str, Any]
    metric: str
    winner: Winner
    cv_metrics: Mapping[str, float]
    test_metrics: Mapping[str, float]
    baseline_metrics: Mapping[str, float]
    example: tuple[Mapping[str, Any], ...]
    expected: tuple[Mapping[str, Any], ...]
    fingerprint: str
    code_version: str
    trained_at: datetime
    rows: Mapping[str, int]

    @property
    def outputs(self) -> dict[str, str]:
        """What the model says about a row: column → Spark type."""
        if not self.classes:
            return {"prediction": self.label_type}
        probability = "double" if len(self.classes) == 2 else "map<string,double>"
        return {"prediction": self.label_type, "probability": probability}

    def to_json(self) -> str:
        """The file's text: the format's version first, then the fields by name."""
        values = asdict(self)
        for name in _METRICS:
            values[name] = {key: _number(value) for key, value in values[name].items()}
        values["trained_at"] = self.trained_at.isoformat()
        return json.dumps({"format": FORMAT, **values}, indent=2, allow_nan=False)

    @classmethod
    def from_json(cls, text: str, source: str) -> TrainingRecord:
        """The record that `source` (for errors) holds.

        Raises:
            ConfigError: another format than this version reads, or not such a file.
        """
        try:
            values: dict[str, Any] = json.loads(text)
            found = values.pop("format")
        except (ValueError, KeyError, AttributeError, TypeError) as error:
            raise ConfigError(f"{source} is not a training record. Next: train again.") from error
        if found != FORMAT:
            raise ConfigError(
                f"{source} has format {found}; known here: {FORMAT}. Next: use the version of this package "
                "that wrote it, or train again."
            )
        for name in _METRICS:
            values[name] = {key: _from_number(value) for key, value in values[name].items()}
        values["expected"] = tuple(values["expected"])
        values["classes"] = tuple(values["classes"])
        values["key"] = tuple(values["key"])
        values["example"] = tuple(values["example"])
        values["winner"] = Winner(**values["winner"])
        values["roles"] = {column: ColumnRole(**role) for column, role in values["roles"].items()}
        values["trained_at"] = datetime.fromisoformat(values["trained_at"])
        return cls(**values)


_METRICS = ("cv_metrics", "test_metrics", "baseline_metrics")


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _from_number(value: float | None) -> float:
    return math.nan if value is None else float(value)
