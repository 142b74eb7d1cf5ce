"""Whether the rows that judge hold the classes that the metric compares."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.config.model import Config
from pipeline.errors import ConfigError
from pipeline.tuning.rows import RowCounts


def validate_class_folds(found: Mapping[str, RowCounts], config: Config) -> None:
    """Raise ConfigError where an area under a curve is optimised and judges are of one class.

    There is nothing to rank among them: every candidate would measure NaN, and fail. `found` counts rows by
    class.
    """
    if not config.metric.startswith("auc"):
        return
    folds = config.train.folds
    if folds:
        judges = [{name: counts.folds[place] for name, counts in found.items()} for place in range(folds)]
    else:
        judges = [{name: counts.splits["validation"] for name, counts in found.items()}]
    for place, rows in enumerate(judges, start=1):
        present = [name for name, count in rows.items() if count]
        if len(present) != 1:
            continue
        who = (
            f"fold {place} of {folds} has" if folds else "folds is 0, and the validation rows that judge have"
        )
        stratify = "" if config.split.by != "hash" or config.split.stratify else "split.stratify: true, "
        raise ConfigError(
            f"train.folds: {who} rows of one class only ('{present[0]}', {rows[present[0]]:,} rows), and "
            f"{config.metric} compares classes. Use {'fewer folds' if folds else 'folds: 3'}, {stratify}more "
            "data, or train.metric: log_loss."
        )
