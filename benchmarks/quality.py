"""Test error on house prices, beside scikit-learn with XGBoost on the very same rows.

Five split salts. For each, the shipped configuration trains and is measured on its test rows; the
reference is `GridSearchCV` (3 folds) over the same XGBoost grid on log price, on the same rows.
Prints all ten errors; the median ratio should be at most 1.03.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from pyspark.sql import SparkSession
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.metrics import root_mean_squared_error
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OrdinalEncoder
from xgboost import XGBRegressor

import pipeline
from pipeline.config.model import Config
from pipeline.lake import Lake
from pipeline.steps.train.result import TrainResult
from pipeline.tuning.folds import split_of

CONFIGURATION = Path(__file__).parents[1] / "conf" / "house_prices.yaml"
GOAL = 1.03
SALTS = ("", "one", "two", "three", "four")


def main() -> None:
    """Run the comparison and print its table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--salts", nargs="*", default=SALTS, help="split salts to try")
    salts = parser.parse_args().salts
    pairs = []
    print(f"{'salt':>8} {'ours':>10} {'reference':>10} {'ratio':>7}  winner")
    with tempfile.TemporaryDirectory(prefix="quality-") as folder:
        for salt in salts:
            ours, reference, winner = compare(Path(folder), salt)
            pairs.append((ours, reference))
            print(
                f"{salt!r:>8} {ours:>10,.0f} {reference:>10,.0f} {ours / reference:>7.3f}  {winner}",
                flush=True,
            )
    ours = statistics.median(pair[0] for pair in pairs)
    reference = statistics.median(pair[1] for pair in pairs)
    ratio = ours / reference
    print(f"{'median':>8} {ours:>10,.0f} {reference:>10,.0f} {ratio:>7.3f}  goal {GOAL}")
    if ratio > GOAL:
        raise SystemExit(f"The median ratio {ratio:.3f} is above {GOAL}.")


def compare(folder: Path, salt: str) -> tuple[float, float, str]:
    """Test RMSE of ours and of the reference for one salt, in dollars, and our winner."""
    sets = [f"lake.root={folder / 'lake'}", f"split.salt='{salt}'"]
    with pipeline.load(CONFIGURATION, sets=sets) as project:
        spark = project.spark()
        project.ingest()
        project.clean()
        features = project.features()
        trained = project.train()
        assert trained.winner is not None
        table = f"features_{project.config.name}"
        rows = feature_frame(spark, project.config, features.tables[table])
    # The very same rows: as many in each part as our training counted.
    counted = rows.groupby("__split").size().to_dict()
    assert counted == {name: trained.rows[name] for name in ("train", "validation", "test")}
    return (
        trained.test_metrics["rmse"],
        reference_error(rows, project.config, trained),
        trained.winner.learner,
    )


def feature_frame(spark: SparkSession, config: Config, version: int) -> pd.DataFrame:
    """The labelled feature rows with their split, 2,930 at the most."""
    rows = Lake.of(spark, config.lake).read(f"features_{config.name}", version)
    labelled = rows.where(f"`{config.features.label}` IS NOT NULL")
    return labelled.withColumn("__split", split_of(config.key, config.split)).toPandas()


def reference_error(rows: pd.DataFrame, config: Config, trained: TrainResult) -> float:
    """Test RMSE of scikit-learn's grid search with XGBoost on log price."""
    kinds = {role.column: role.kind for role in trained.roles}
    numeric = [name for name, kind in kinds.items() if kind == "numeric"]
    categorical = [name for name, kind in kinds.items() if kind == "categorical"]
    xgboost = config.learners["xgboost"]
    fixed = {name: value for name, value in xgboost.params.items() if name != "early_stopping_rounds"}
    codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan)
    model = Pipeline(
        [
            ("codes", ColumnTransformer([("c", codes, categorical), ("n", "passthrough", numeric)])),
            ("xgb", XGBRegressor(random_state=config.seed, n_jobs=2, **fixed)),
        ]
    )
    search = GridSearchCV(
        TransformedTargetRegressor(model, func=np.log1p, inverse_func=np.expm1),
        {f"regressor__xgb__{name}": list(values) for name, values in xgboost.space.items()},
        scoring="neg_root_mean_squared_error",
        cv=KFold(3, shuffle=True, random_state=config.seed),
    )
    fitting, test = rows[rows["__split"] != "test"], rows[rows["__split"] == "test"]
    inputs, label = [*numeric, *categorical], config.features.label
    search.fit(fitting[inputs], fitting[label])
    return float(root_mean_squared_error(test[label], search.predict(test[inputs])))


if __name__ == "__main__":
    main()
