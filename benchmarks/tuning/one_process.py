"""The same fits without Spark: DuckDB reads and encodes the rows, one XGBoost process tries all sets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import xgboost as xgb
from sklearn.metrics import roc_auc_score

from benchmarks.tuning.tables import FOLD_COLUMN, LABEL, Features


def boosted(
    table: Features, files: Path, sets: Sequence[Mapping[str, Any]], rounds: int, threads: int
) -> list[float]:
    """Mean AUC of each set over the folds; `files` is a folder of Parquet with fold and label."""
    codes = [f"dense_rank() OVER (ORDER BY {name}) - 1 AS {name}" for name in table.categories]
    selected = ", ".join([*table.numbers, *codes, LABEL, FOLD_COLUMN])
    connection = duckdb.connect(config={"threads": threads})
    found = connection.sql(f"SELECT {selected} FROM read_parquet('{files}/*.parquet')").fetchnumpy()
    features = np.column_stack(
        [found[name].astype(np.float32) for name in (*table.numbers, *table.categories)]
    )
    kinds = ["q"] * len(table.numbers) + ["c"] * len(table.categories)
    label, fold = found[LABEL], found[FOLD_COLUMN]
    scores: list[list[float]] = [[] for _ in sets]
    for number in range(table.folds):
        judge = fold == number
        matrix = xgb.QuantileDMatrix(
            features[~judge], label[~judge], feature_types=kinds, enable_categorical=True, nthread=threads
        )
        held_out = features[judge]
        for place, params in enumerate(sets):
            given = {"objective": "binary:logistic", "tree_method": "hist", "nthread": threads, **params}
            booster = xgb.train(given, matrix, rounds)
            judged = xgb.DMatrix(held_out, feature_types=kinds, enable_categorical=True, nthread=threads)
            scores[place].append(float(roc_auc_score(label[judge], booster.predict(judged))))
    return [float(np.mean(values)) for values in scores]
