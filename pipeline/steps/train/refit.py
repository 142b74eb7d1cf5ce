"""The winner, fitted once more on train and validation rows, as one model from raw columns to prediction."""

from __future__ import annotations

from pyspark.ml import PipelineModel
from pyspark.ml.feature import SQLTransformer
from pyspark.sql import DataFrame

from pipeline.config.model import Config
from pipeline.learners import get_learner
from pipeline.preprocessing.prefix import Prefix, fit_prefix
from pipeline.preprocessing.roles import Roles
from pipeline.preprocessing.statistics import measure
from pipeline.tuning.rows import from_label
from pipeline.tuning.search import fit_context, learner_columns
from pipeline.tuning.trials import Standing


def refit(winner: Standing, fitting: DataFrame, count: int, roles: Roles, config: Config) -> PipelineModel:
    """Fit the prefix and the winning candidate on the `count` rows of `fitting`.

    Boosting rounds are those the folds agreed on, so no row is needed to stop early.
    """
    learner = get_learner(winner.candidate.learner)
    prefix = fit_prefix(learner.family, roles, config.features, measure(fitting, roles), fitting)
    params = learner.refit_params(winner.candidate.params, winner.rounds)
    estimator = learner.estimator(
        params, learner_columns(prefix, validation=None), fit_context(config, count)
    )
    fitted = estimator.fit(prefix.transform(fitting))
    return PipelineModel([*prefix.stages, fitted, _last_stage(prefix, config)])


def _last_stage(prefix: Prefix, config: Config) -> SQLTransformer:
    """Drop what the prefix added, and bring the prediction back to the label's own unit."""
    dropped = ", ".join(f"`{name}`" for name in (*prefix.made, "prediction"))
    prediction = from_label("prediction", config.train.label_transform)
    return SQLTransformer(statement=f"SELECT * EXCEPT ({dropped}), {prediction} AS prediction FROM __THIS__")
