"""Values of one run in as few calls as MLflow's limits allow; what is too long for it is cut."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag
from mlflow.utils.validation import (
    MAX_METRICS_PER_BATCH,
    MAX_PARAM_VAL_LENGTH,
    MAX_PARAMS_TAGS_PER_BATCH,
    MAX_TAG_VAL_LENGTH,
)

_AT_ONCE = min(MAX_PARAMS_TAGS_PER_BATCH, MAX_METRICS_PER_BATCH)

Measured = tuple[str, float, int]
"""A metric's name, its value, and the step of its history."""


def log_in_batches(
    client: MlflowClient,
    run_id: str,
    *,
    metrics: Sequence[Measured] = (),
    params: Mapping[str, Any] | None = None,
    tags: Mapping[str, str] | None = None,
) -> None:
    """All in one call, as long as there are no more of each than MLflow takes in one; none for nothing.

    Tags come last, as MLflow writes them last within a call: a tag that is there tells that the metrics are.
    """
    now = int(time.time() * 1000)
    measured = [Metric(name, value, now, step) for name, value, step in metrics]
    given = [Param(name, cut(str(value), MAX_PARAM_VAL_LENGTH)) for name, value in (params or {}).items()]
    said = [RunTag(name, value) for name, value in short_tags(tags or {}).items()]
    values = max(len(measured), len(given))
    before = max(0, -(-values // _AT_ONCE) - 1) * _AT_ONCE  # of the last call that has any of them
    for start in range(0, max(values, before + len(said)), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        tags_now = said[max(0, start - before) : max(0, start - before + _AT_ONCE)]
        client.log_batch(run_id, metrics=measured[part], params=given[part], tags=tags_now)


def short_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """Tags that MLflow takes."""
    return {name: cut(value, MAX_TAG_VAL_LENGTH) for name, value in tags.items()}


def cut(text: str, limit: int) -> str:
    """The text, its end replaced by dots where it is longer than `limit`."""
    return text if len(text) <= limit else f"{text[: limit - 4]} ..."
