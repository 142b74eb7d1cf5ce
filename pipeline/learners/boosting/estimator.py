"""Boosted trees as a pyspark.ml estimator: trained in one task where the rows fit, else on all workers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyspark import cloudpickle
from pyspark.ml import Estimator
from pyspark.ml.param import Param, Params, TypeConverters
from pyspark.ml.param.shared import (
    HasInputCols,
    HasLabelCol,
    HasPredictionCol,
    HasProbabilityCol,
    HasSeed,
    HasValidationIndicatorCol,
    HasWeightCol,
)
from pyspark.ml.util import DefaultParamsReadable, DefaultParamsWritable
from pyspark.sql import DataFrame

from pipeline.config.task import Task
from pipeline.errors import ConfigError, DataRefused
from pipeline.learners.boosting import native
from pipeline.learners.boosting.distributed import fit_distributed, slots
from pipeline.learners.boosting.frame import Layout, in_order, training_frame
from pipeline.learners.boosting.jobs import make_job
from pipeline.learners.boosting.memory import Shape, fit_bytes
from pipeline.learners.boosting.model import XGBoostModel
from pipeline.learners.boosting.native import BadRowsError, Fitted, Job
from pipeline.learners.boosting.parameters import PARAMETERS
from pipeline.learners.parameters import ParamSpec, validate_parameters

# Workers unpickle the training task without importing this package, which they may not have.
cloudpickle.register_pickle_by_value(native)


class XGBoostEstimator(
    Estimator[XGBoostModel],
    HasInputCols,
    HasLabelCol,
    HasWeightCol,
    HasValidationIndicatorCol,
    HasPredictionCol,
    HasProbabilityCol,
    HasSeed,
    DefaultParamsWritable,
    DefaultParamsReadable["XGBoostEstimator"],
):
    """Fits an XGBoostModel. Besides the parameters here it has all of `parameters.PARAMETERS`.

    With `classes` the label holds class indices 0, 1, 2 …; otherwise it is a number.

    The model depends on the rows, the parameters, the seed and the threads, not on partitions or their order;
    trained on all workers, on their number too.
    """

    categoricalCols: Param[Any] = Param(  # noqa: N815 - Spark's own style
        Params._dummy(),
        "categoricalCols",
        "which of inputCols hold category codes 0, 1, 2 …; unseen and missing are null",
        TypeConverters.toListString,
    )
    orderCol: Param[str] = Param(  # noqa: N815
        Params._dummy(),
        "orderCol",
        "orders the rows; without it a hash of their content does",
        TypeConverters.toString,
    )
    classes: Param[int] = Param(
        Params._dummy(),
        "classes",
        "how many classes the label has, also where the rows lack some; 0: the label is a number",
        TypeConverters.toInt,
    )
    placement: Param[str] = Param(
        Params._dummy(), "placement", "auto, local (one task) or distributed", TypeConverters.toString
    )
    localMemoryBytes: Param[int] = Param(  # noqa: N815
        Params._dummy(), "localMemoryBytes", "auto: the most one task may need", TypeConverters.toInt
    )
    rows: Param[int] = Param(
        Params._dummy(), "rows", "rows to train on, known or estimated; else counted", TypeConverters.toInt
    )

    def __init__(self, **params: Any) -> None:
        """Parameters by keyword; None leaves one unset. Raises ConfigError for a value not allowed."""
        super().__init__()
        defaults = {name: spec.default for name, spec in PARAMETERS.items()}
        self._setDefault(
            categoricalCols=[],
            classes=0,
            placement="auto",
            localMemoryBytes=2 * 2**30,
            rows=None,
            seed=0,
            **defaults,
        )
        given = {name: value for name, value in params.items() if name in PARAMETERS}
        validate_parameters("xgboost", PARAMETERS, given, task_of(params.get("classes", 0)))
        self._set(**params)

    def _fit(self, dataset: DataFrame) -> XGBoostModel:
        """Raises ConfigError for columns or parameters, DataRefused for rows that cannot be trained on."""
        stopping = self.getOrDefault("early_stopping_rounds") is not None
        layout = self._layout()
        if stopping and layout.validation is None:
            raise ConfigError(
                "Boosted trees: early_stopping_rounds is set, but there is no validation column to stop on."
                " Set validationIndicatorCol, or early_stopping_rounds to null."
            )
        frame = training_frame(dataset, layout, stopping=stopping)
        context = dataset.sparkSession.sparkContext
        job = self._job(layout, int(context.getConf().get("spark.task.cpus", "1") or "1"))
        try:
            if self._fits_one_task(frame, job):
                fitted = _fit_in_one_task(frame, job)
            else:
                fitted = fit_distributed(frame, job, slots(context))
        except BadRowsError as error:
            raise DataRefused(f"Boosted trees: {error}.") from error
        model = XGBoostModel(fitted.booster, fitted.best_iteration, fitted.curve, job.classes)
        model._resetUid(self.uid)
        return self._copyValues(model)

    def _layout(self) -> Layout:
        features = tuple(self.getInputCols())
        if not features:
            raise ConfigError("Boosted trees: there is no feature column. Set inputCols to at least one.")
        unknown = sorted(set(self.getOrDefault(self.categoricalCols)) - set(features))
        if unknown:
            raise ConfigError(f"Boosted trees: categorical columns {unknown} are not among the features.")
        return Layout(
            features,
            self.getLabelCol(),
            self.getWeightCol() if self.isDefined(self.weightCol) else None,
            self.getValidationIndicatorCol() if self.isDefined(self.validationIndicatorCol) else None,
            self.getOrDefault(self.orderCol) if self.isDefined(self.orderCol) else None,
        )

    def _job(self, layout: Layout, task_cpus: int) -> Job:
        values = {name: self.getOrDefault(name) for name in PARAMETERS}
        categorical = set(self.getOrDefault(self.categoricalCols))
        return make_job(
            values,
            features=len(layout.features),
            categorical=tuple(at for at, name in enumerate(layout.features) if name in categorical),
            weighted=layout.weight is not None,
            classes=self.getOrDefault(self.classes),
            seed=self.getSeed(),
            task_cpus=task_cpus,
        )

    def _fits_one_task(self, frame: DataFrame, job: Job) -> bool:
        placement = self.getOrDefault(self.placement)
        if placement != "auto":
            return bool(placement == "local")
        rows = self.getOrDefault(self.rows)
        if rows is None:
            rows = frame.count()
        shape = Shape(rows, job.features, classes=job.classes)
        needed = fit_bytes(shape, {name: self.getOrDefault(name) for name in PARAMETERS})
        return needed <= self.getOrDefault(self.localMemoryBytes)


def task_of(classes: int) -> Task:
    """The task that so many classes make; 0: a number is learned."""
    if classes == 0:
        return "regression"
    return "binary" if classes == 2 else "multiclass"


def _fit_in_one_task(frame: DataFrame, job: Job) -> Fitted:
    """Only one row reaches the driver: the booster."""
    task = native.training_task(job)
    rows = in_order(frame, 1).mapInArrow(task, native.RESULT_DDL).collect()
    if not rows:  # Spark leaves out a partition it knows to be empty
        raise BadRowsError(native.NO_ROWS)
    (row,) = rows
    if row["bad_rows"] is not None:
        raise BadRowsError(row["bad_rows"])
    if row["bad_parameters"] is not None:
        raise ConfigError(f"XGBoost refused to train: {row['bad_parameters']}")
    return Fitted(bytes(row["booster"]), row["best_iteration"], tuple(row["curve"]))


def _as_param(spec: ParamSpec) -> Param[Any]:
    converters: dict[type, Callable[[Any], Any]] = {
        int: TypeConverters.toInt,
        float: TypeConverters.toFloat,
        str: TypeConverters.toString,
    }
    return Param(Params._dummy(), spec.name, f"{spec.doc} Allowed: {spec.allowed}.", converters[spec.type])


for _spec in PARAMETERS.values():  # Spark finds a stage's parameters among the attributes of its class
    setattr(XGBoostEstimator, _spec.name, _as_param(_spec))
