"""Checks of tuning: rows to judge by, spaces that can be searched, and keys that go with the strategy."""

from __future__ import annotations

import math
from collections.abc import Iterator

from pipeline.config.model import Config
from pipeline.config.search import DEFAULT_ETA, STRATEGY_KEYS, Range
from pipeline.config.task import UNBOUNDED
from pipeline.config.tree import Problem

_MOST_COMBINATIONS = 100_000
"""More are taken for a mistake: nobody waits for them."""
Problems = Iterator[Problem]


def check_folds(config: Config) -> Problems:
    """Tuning has rows to judge by, and a standard error has several folds."""
    if config.train.folds == 0 and config.split.validation == 0:
        yield Problem(
            "train.folds",
            "'train.folds' is 0, which tunes on the validation rows, and 'split.validation' is 0. "
            "Write folds: 3, or give validation a share.",
        )
    if config.train.folds == 0 and config.train.choose == "one_standard_error":
        yield Problem(
            "train.choose",
            "'train.choose' is one_standard_error, and with folds: 0 there is one value of each candidate "
            "and no standard error. Write folds: 3, or choose: best.",
        )


def check_spaces(config: Config) -> Problems:
    """A parameter is either fixed or searched, and the strategy can search all there is."""
    search = config.train.search
    for name, learner in config.learners.items():
        lists = [values for values in learner.space.values() if not isinstance(values, Range)]
        combinations = math.prod(map(len, lists))
        if search.strategy == "grid" and search.max_trials is None and combinations > _MOST_COMBINATIONS:
            path = f"train.learners.{name}.space"
            yield Problem(
                path,
                f"'{path}' has {combinations:,} combinations, and train.search.strategy grid tries every "
                "one. Write train.search.max_trials, shorter lists, or another strategy: random, halving, "
                "hyperband or tpe.",
            )
        for parameter, values in learner.space.items():
            path = f"train.learners.{name}.space.{parameter}"
            if parameter in learner.params:
                yield Problem(path, f"'{path}' is searched and also fixed in params. Keep one.")
            if isinstance(values, Range):
                yield from _range(path, values, config)


def _range(path: str, values: Range, config: Config) -> Problems:
    low, high = values.low, values.high
    if config.train.search.strategy == "grid":
        yield Problem(
            path,
            f"'{path}' is a range, and train.search.strategy grid tries every combination. Write a list of "
            "values, or another strategy: random, halving, hyperband or tpe.",
        )
    elif low >= high:
        yield Problem(path, f"'{path}' has low {low:g} and high {high:g}. low must be below high.")
    elif values.log and low <= 0:
        yield Problem(path, f"'{path}' has log: true and low {low:g}. A logarithm needs low above 0.")


def check_search(config: Config) -> Problems:
    """A key that only some strategies have stands with one of them."""
    search = config.train.search
    for key, strategies in STRATEGY_KEYS.items():
        if getattr(search, key) is not None and search.strategy not in strategies:
            path = f"train.search.{key}"
            yield Problem(
                path,
                f"'{path}' belongs to the strategies {' and '.join(strategies)}, and this one is "
                f"{search.strategy}. Leave it out, or change train.search.strategy.",
            )
    eta = search.eta or DEFAULT_ETA
    if search.strategy in STRATEGY_KEYS["min_share"] and (search.min_share or 0) * eta > 1:
        path = "train.search.min_share"
        yield Problem(
            path,
            f"'{path}' is {search.min_share:g}, and the next share, {eta} (eta) times as large, is above 1. "
            f"Write at most {1 / eta:.3g}.",
        )


def check_target(config: Config) -> Problems:
    """A target is a value that the metric can have."""
    target, metric, path = config.train.search.target, config.metric, "train.search.target"
    if target is None:
        return
    if metric in UNBOUNDED and target < 0:
        yield Problem(path, f"'{path}' is {target:g}; {metric} is at least 0.")
    elif metric not in UNBOUNDED and target > 1:
        yield Problem(path, f"'{path}' is {target:g}; {metric} is at most 1.")
