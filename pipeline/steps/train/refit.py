"""The winner, fitted once more on train and validation rows, as one model from raw columns to prediction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pyspark.ml import PipelineModel, Transformer
from pyspark.ml.feature import SQLTransformer
from pyspark.sql import DataFrame

from pipeline.config.model import Config
from pipeline.learners import get_learner
from pipeline.learners.importance import importance
from pipeline.preprocessing.prefix import fit_prefix
from pipeline.preprocessing.roles import Roles
from pipeline.preprocessing.statistics import Statistics
from pipeline.tuning.prepared import fit_context, learner_columns
from pipeline.tuning.runners.whole_fit import fit_whole
from pipeline.tuning.target import Target
from pipeline.tuning.trials import Standing


@dataclass(frozen=True)
class Refitted:
    """The model that is stored, and how much it leans on each input column (None: it does not tell)."""

    model: PipelineModel
    importance: Mapping[str, float] | None


def refit(
    winner: Standing,
    fitting: DataFrame,
    statistics: Statistics,
    target: Target,
    roles: Roles,
    config: Config,
) -> Refitted:
    """Fit the prefix and the winning candidate on the rows of `fitting`, encoded by `target`.

    `statistics` are those of just these rows. A linear winner is fitted in one task where its trials would
    be, everything else by its estimator. Boosting rounds are those the folds agreed on, so no row is
    needed to stop early.
    """
    learner = get_learner(winner.candidate.learner)
    features = config.features.chosen(winner.candidate.features)
    prefix = fit_prefix(learner.family, roles, features, statistics, fitting)
    params = learner.refit_params(winner.candidate.params, winner.rounds)
    context = fit_context(config, target)
    estimator = learner.estimator(params, learner_columns(prefix, target, validation=None), context)
    prepared = prefix.transform(fitting)
    fitted: Transformer | None = fit_whole(estimator, winner.candidate, prefix, fitting, target, context)
    if fitted is None:
        fitted = estimator.fit(prepared)
    model = PipelineModel([*prefix.stages, fitted, _last_stage(fitted, prepared, fitting, target)])
    # A learner of several stages predicts with its first one.
    leaning = fitted.stages[0] if isinstance(fitted, PipelineModel) else fitted
    return Refitted(model, importance(leaning, prefix.slots))


def _last_stage(fitted: Transformer, prepared: DataFrame, raw: DataFrame, target: Target) -> SQLTransformer:
    """Drop what prefix and learner added, and say the prediction as people read it."""
    added = fitted.transform(prepared.limit(0)).schema
    dropped = ", ".join(f"`{name}`" for name in added.names if name not in raw.columns)
    outside = ", ".join(target.outside(added))
    return SQLTransformer(statement=f"SELECT * EXCEPT ({dropped}), {outside} FROM __THIS__")
