"""A first configuration for those without data yet: complete, commented, to be changed by hand."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pipeline.config.task import Task

_TEMPLATE = """\
# A project for the task {task}. Change what is marked with <-, then:
#   pipeline validate      checks this file, without Java or Spark
#   pipeline run           lands, cleans, trains, promotes and scores
# With data at hand: pipeline init NAME --data 'my/*.csv' --label COLUMN
name: {name}
task: {task}
sources:
  rows:
    path: data/*.csv                # <- your files: csv, json (one object a line) or parquet
    # key: [id]                     # <- the columns that name a row; default: a hash of the row
    nulls: ["", "NA"]               # texts that mean: missing
    # types: {{postcode: STRING}}     # over what is found in the data
    # rules: {{plausible: {{check: "age BETWEEN 0 AND 120", on_failure: quarantine}}}}
features:
  label: {label}{space}# <- the column to predict
{features}  # derive: {{signup_year: "year(signup)"}}
  # exclude: [refund]               # <- columns that are not known yet when a row is scored
train:
  metric: {metric}
  # every: 30d                      # when a training is too old
promote:
  thresholds: {{{threshold}}}       # <- what a model must reach on the test rows
"""
_BINARY = """\
  positive: "yes"                   # <- the class that counts
"""
_PARTS: Mapping[Task, tuple[str, str, str, str]] = MappingProxyType(
    {
        "regression": ("price", "", "rmse                      # or mae, mape, r2", "r2: {min: 0.5}"),
        "binary": (
            "churned",
            _BINARY,
            "auc_roc                   # or log_loss, f1, auc_pr",
            "auc_roc: {min: 0.7}",
        ),
        "multiclass": ("species", "", "log_loss                  # or accuracy, f1", "accuracy: {min: 0.7}"),
    }
)


def template(task: Task, name: str) -> str:
    """The configuration of a project called `name`."""
    label, features, metric, threshold = _PARTS[task]
    return _TEMPLATE.format(
        task=task,
        name=name,
        label=label,
        space=" " * (27 - len(label)),
        features=features,
        metric=metric,
        threshold=threshold,
    )
