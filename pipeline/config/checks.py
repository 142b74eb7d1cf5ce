"""What the model's types cannot tell: SQL, Spark types, and keys that must agree with each other.

Each check is a generator of problems, told by the configuration alone. Which learners exist and what they
take is known above this layer; `Section.where` gives their errors a line.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator

from pipeline.config.cleaning_checks import (
    check_cleaning,
    check_declared_columns,
    check_renames,
    check_transforms,
    check_types,
)
from pipeline.config.cluster_checks import check_cluster_by
from pipeline.config.format_checks import check_formats
from pipeline.config.model import Config
from pipeline.config.origin import join
from pipeline.config.rule_checks import check_rules
from pipeline.config.search_checks import check_folds, check_search, check_spaces, check_target
from pipeline.config.split_checks import check_event_time, check_split, check_split_columns
from pipeline.config.task import METRICS, UNBOUNDED
from pipeline.config.tree import Problem

Problems = Iterator[Problem]
PREDICTION_COLUMNS = (
    "prediction",
    "probability",
    "model_name",
    "model_version",
    "run_id",
    "input_version",
    "scored_at",
)
_NOT_IN_DELTA = re.compile(r"[ ,;{}()\n\t=]")


def problems_across(config: Config) -> list[Problem]:
    """Every problem that only the whole configuration shows."""
    return [problem for check in CHECKS for problem in check(config)]


def check_repeats(config: Config) -> Problems:
    """A list of names holds each one once."""
    features = config.features
    lists = {f"sources.{name}.key": source.key for name, source in config.sources.items()}
    lists |= {f"sources.{name}.cluster_by": source.cluster_by for name, source in config.sources.items()}
    lists |= {"features.key": features.key, "features.exclude": features.exclude}
    lists |= {
        "features.numeric": _declared(features.numeric),
        "features.categorical": _declared(features.categorical),
    }
    lists["score.columns"] = config.score.columns
    for path, names in lists.items():
        for name, count in Counter(names or ()).items():
            if count > 1:
                yield Problem(path, f"'{path}' names '{name}' twice. Keep one.")


def check_roles(config: Config) -> Problems:
    """A column has one role: key, label, number, category, or none."""
    features = config.features
    numeric, categorical = set(_declared(features.numeric)), set(_declared(features.categorical))
    roles = {
        "features.exclude": set(features.exclude),
        "features.numeric": numeric,
        "features.categorical": categorical,
        "features.key": set(config.key),
        "features.weight": {features.weight} if features.weight else set(),
    }
    for path, names in roles.items():
        if features.label in names:
            yield Problem(
                path, f"'{path}' names '{features.label}', which is the label. Take it out of one of the two."
            )
    pairs = (
        ("features.numeric", categorical),
        ("features.exclude", numeric | categorical),
        ("features.weight", numeric | categorical),
    )
    for path, others in pairs:
        for name in sorted(roles[path] & others):
            rival = "features.categorical" if name in categorical else "features.numeric"
            yield Problem(path, f"'{path}' names '{name}', and so does '{rival}'. Keep one.")


def check_query(config: Config) -> Problems:
    """The query is one SELECT over the sources."""
    if config.features.query is not None:
        from pipeline.config.sql import read_query

        mistake = read_query(config.features.query, config.sources).mistake
        if mistake:
            yield Problem("features.query", f"'features.query' {mistake.sentence}", mistake.line)


def check_derive(config: Config) -> Problems:
    """Each derived column is an expression over one row, has a usable name, and does not carry the label."""
    if not config.features.derive:
        return
    from pipeline.config.sql import columns_in, read_expression

    label, excluded = config.features.label, {name.lower() for name in config.features.exclude}
    carriers = {label.lower()}
    for name, expression in config.features.derive.items():
        path = join("features.derive", name)
        if _NOT_IN_DELTA.search(name):
            yield Problem(path, f"'{name}' cannot name a column: no blank and none of ,;{{}}()= is allowed.")
        sql = read_expression(expression)
        if sql.mistake:
            yield Problem(path, f"'{path}' {sql.mistake.sentence}", sql.mistake.line)
        elif sql.tree is not None and name != label and columns_in(sql.tree) & carriers:
            if name.lower() in excluded:
                carriers.add(name.lower())
            else:
                yield Problem(
                    path,
                    f"'{path}' is made from the label '{label}', which is not known when a row is scored. "
                    f"Take the label out of it, or name '{name}' in features.exclude.",
                )


def check_task(config: Config) -> Problems:
    """Keys that belong to one task are used with it, and metrics are the task's own."""
    task, train = config.task, config.train
    allowed = METRICS[task]
    named = [("train.metric", train.metric)] if train.metric else []
    named += [(f"promote.thresholds.{metric}", metric) for metric in config.promote.thresholds or {}]
    for path, metric in named:
        if metric not in allowed:
            yield Problem(path, f"'{path}': {metric} does not measure {task}. Allowed: {', '.join(allowed)}.")
    if task != "regression" and train.label_transform != "none":
        yield Problem(
            "train.label_transform",
            f"'train.label_transform' is {train.label_transform}, and {task} predicts classes. Leave it out.",
        )
    if task == "regression" and train.imbalance != "none":
        yield Problem(
            "train.imbalance",
            f"'train.imbalance' is {train.imbalance}, and regression has no classes. Leave it out.",
        )
    if task != "binary" and config.features.positive is not None:
        yield Problem(
            "features.positive",
            f"'features.positive' is for task: binary, and this one is {task}. Leave it out.",
        )


def check_thresholds(config: Config) -> Problems:
    """A threshold is a bound that some model can meet."""
    thresholds = config.promote.thresholds
    if thresholds is None:
        return
    path = "promote.thresholds"
    if not thresholds:
        example = "r2: {min: 0.8}" if config.task == "regression" else "auc_roc: {min: 0.8}"
        yield Problem(path, f"'{path}' is empty. Write a bound, as in {example}, or leave it out.")
    for metric, bound in thresholds.items():
        least = None if metric == "r2" else 0.0
        most = None if metric in UNBOUNDED else 1.0
        if bound.min is None and bound.max is None:
            yield Problem(f"{path}.{metric}", f"'{path}.{metric}' has no bound. Write min, max or both.")
        elif bound.min is not None and bound.max is not None and bound.min > bound.max:
            yield Problem(
                f"{path}.{metric}", f"'{path}.{metric}' has min {bound.min:g} above max {bound.max:g}."
            )
        elif most is not None and bound.min is not None and bound.min > most:
            yield Problem(
                f"{path}.{metric}.min", f"'{path}.{metric}.min' is {bound.min:g}; {metric} is at most 1."
            )
        elif least is not None and bound.max is not None and bound.max < least:
            yield Problem(
                f"{path}.{metric}.max", f"'{path}.{metric}.max' is {bound.max:g}; {metric} is at least 0."
            )


def check_carried_columns(config: Config) -> Problems:
    """Columns carried beside a prediction do not have its names."""
    for name in config.score.columns:
        if name.lower() in PREDICTION_COLUMNS:
            taken = ", ".join(PREDICTION_COLUMNS)
            yield Problem(
                "score.columns",
                f"'score.columns' names '{name}', which a prediction brings itself ({taken}).",
            )


def check_spark_settings(config: Config) -> Problems:
    """Spark ignores a setting whose name does not begin with spark."""
    for name in config.spark.conf:
        if not name.startswith("spark."):
            path = join("spark.conf", name)
            yield Problem(
                path, f"'{path}': Spark ignores the setting '{name}'. Its settings begin with 'spark.'."
            )


CHECKS: tuple[Callable[[Config], Problems], ...] = (
    check_formats,
    check_types,
    check_declared_columns,
    check_cleaning,
    check_renames,
    check_transforms,
    check_cluster_by,
    check_repeats,
    check_roles,
    check_rules,
    check_query,
    check_derive,
    check_task,
    check_split,
    check_split_columns,
    check_event_time,
    check_folds,
    check_spaces,
    check_search,
    check_target,
    check_thresholds,
    check_carried_columns,
    check_spark_settings,
)


def _declared(names: tuple[str, ...] | str) -> tuple[str, ...]:
    return names if isinstance(names, tuple) else ()
