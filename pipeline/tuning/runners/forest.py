"""Random forests that differ in their number of trees alone: one fit of the largest serves them all."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any

from pyspark import SparkContext
from pyspark.ml import Model

from pipeline.learners import get_learner
from pipeline.tuning.candidates import Candidate
from pipeline.tuning.prepared import PreparedFold
from pipeline.tuning.runners.base import Work
from pipeline.tuning.runners.measuring import answer_of, measure_together
from pipeline.tuning.trials import Trial


def forest_work(candidates: Sequence[Candidate]) -> tuple[Work, ...]:
    """The work of forests that share a fit; forests that share none are left to the caller.

    A forest of one tree shares none: Spark gives it all rows and all features.
    """
    groups: dict[object, list[Candidate]] = {}
    for candidate in candidates:
        if candidate.learner == "random_forest" and _trees(candidate) > 1:
            params = get_learner(candidate.learner).complete(candidate.params)
            others = tuple(
                sorted((name, repr(value)) for name, value in params.items() if name != "numTrees")
            )
            groups.setdefault(others, []).append(candidate)
    return tuple(Work(ForestRunner(), tuple(group)) for group in groups.values() if len(group) > 1)


class ForestRunner:
    """Forests that differ in `numTrees` alone: the smaller ones are the first trees of the largest.

    They are forests of that size like any other, but not the ones that Spark would grow for that number of
    trees: it draws the rows and features of each tree from one stream, which the number of trees changes.
    """

    reads_once = False

    def run(self, fold: PreparedFold, candidates: Sequence[Candidate], share: float) -> Iterator[Trial]:
        """See `Runner.run`."""
        fold.keep()
        begun = time.monotonic()
        largest = max(candidates, key=_trees)
        learner = get_learner(largest.learner)
        estimator = learner.estimator(largest.params, fold.columns(stops_early=False), fold.context)
        forest = estimator.fit(fold.fitting(share, stops_early=False))
        fitted = time.monotonic()
        models = {
            candidate.number: first_trees(forest, _trees(candidate), candidate.number)
            for candidate in candidates
        }
        measured = measure_together(fold.target, fold.judging(), models)
        evaluation = (time.monotonic() - fitted) / len(candidates)
        wanted = sum(map(_trees, candidates))
        for candidate in candidates:
            fit = (fitted - begun) * _trees(candidate) / wanted
            yield Trial(
                candidate,
                fold.fold.number,
                share=share,
                metrics=measured[candidate.number],
                seconds=fit + evaluation,
                parts={"fit": fit, "evaluation": evaluation},
            )


def first_trees(forest: Any, trees: int, number: int) -> Model:
    """A forest of the first trees of another, that writes the columns of `answer_of`."""
    gateway: Any = SparkContext._gateway
    grown = forest._java_obj.trees()
    kind = type(forest).__name__.replace("RandomForest", "DecisionTree")
    package = "classification" if hasattr(forest, "numClasses") else "regression"
    first = gateway.new_array(getattr(getattr(gateway.jvm.org.apache.spark.ml, package), kind), trees)
    for place in range(trees):
        first[place] = grown[place]
    sizes = [forest.numFeatures] + ([forest.numClasses] if package == "classification" else [])
    name = f"org.apache.spark.ml.{package}.{type(forest).__name__}"
    model: Any = type(forest)._create_from_java_class(name, f"forest_{number}", first, *sizes)
    forest._copyValues(model, {forest.numTrees: trees})  # Spark divides by this number
    answer = answer_of(number)
    model.setPredictionCol(answer.prediction)
    if package == "classification":
        model.setProbabilityCol(answer.probability).setRawPredictionCol("")
    fitted: Model = model
    return fitted


def _trees(candidate: Candidate) -> int:
    return int(get_learner(candidate.learner).complete(candidate.params)["numTrees"])
