"""The statistics of every fold's training rows, and of all rows, measured together when first asked for."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from pyspark.sql import DataFrame

from pipeline.config.model import Config
from pipeline.learners import get_learner
from pipeline.preprocessing.number_statistics import Detail
from pipeline.preprocessing.roles import Roles
from pipeline.preprocessing.statistics import Statistics, measure_each
from pipeline.tuning.judges import Fold, folds_of


class FoldStatistics:
    """The same jobs whatever the number of folds and families, and no others for the refit.

    `rows` are those outside the test split.
    """

    def __init__(self, rows: DataFrame, roles: Roles, config: Config) -> None:
        self._rows, self._roles = rows, roles
        self._folds: Sequence[Fold] = folds_of(config)
        self._detail = needed_detail(config)
        self._lock = threading.Lock()
        self._measured: tuple[Statistics, ...] | None = None

    def of(self, fold: Fold) -> Statistics:
        """Those of one fold; whoever asks meanwhile waits. What failed is tried again for the next."""
        return self._all()[fold.number]

    def of_all_rows(self) -> Statistics:
        """Those of all rows, which the winner is fitted on."""
        return self._all()[-1]

    def _all(self) -> tuple[Statistics, ...]:
        with self._lock:
            if self._measured is None:
                conditions = [*(fold.training for fold in self._folds), "true"]
                self._measured = measure_each(self._rows, self._roles, conditions, self._detail)
            return self._measured


def needed_detail(config: Config) -> Detail:
    """Boosted trees take numbers as they are; for others medians fill gaps, and quartiles scale robustly."""
    if all(get_learner(name).family == "boosting" for name in config.learners):
        return "gaps"
    return "all" if "robust" in config.features.scale else "filling"
