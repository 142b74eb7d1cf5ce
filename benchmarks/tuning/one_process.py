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
    connection = duckdb.connect(config={"threads": threads})
    connection.sql(f"CREATE TABLE rows AS FROM read_parquet('{files}/*.parquet')")
    kinds = ["q"] * len(table.numbers) + ["c"] * len(table.categories)
    scores: list[list[float]] = [[] for _ in sets]
    for number in range(table.folds):
        found = connection.sql(_encoded(table, number)).fetchnumpy()
        features = np.column_stack(
            [
                np.ma.filled(found[name].astype(np.float32), np.nan)
                for name in (*table.numbers, *table.categories)
            ]
        )
        label, judge = found[LABEL], found[FOLD_COLUMN] == number
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


def _encoded(table: Features, number: int) -> str:
    """Categories as codes, the most frequent among the training rows of a fold first: the same as ours.

    Other codes make other trees, as far as an AUC that is 0.002 apart.
    """
    joined, selected = ["rows"], list(table.numbers)
    for name in table.categories:
        codes = (
            f"SELECT {name} AS value, row_number() OVER (ORDER BY count(*) DESC, {name}) - 1 AS code"
            f" FROM rows WHERE {FOLD_COLUMN} <> {number} AND {name} IS NOT NULL GROUP BY {name}"
        )
        joined.append(f"LEFT JOIN ({codes}) AS of_{name} ON rows.{name} = of_{name}.value")
        selected.append(f"of_{name}.code AS {name}")
    return f"SELECT {', '.join([*selected, LABEL, FOLD_COLUMN])} FROM {' '.join(joined)}"
