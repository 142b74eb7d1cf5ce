"""The target of a configuration's task."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import types as T

from pipeline.config.model import Config
from pipeline.tuning.class_target import class_target, validate_class_type
from pipeline.tuning.number_target import number_target, validate_number_type
from pipeline.tuning.target import Target


def find_target(rows: DataFrame, kind: T.DataType, config: Config) -> Target:
    """The target of `with_splits` rows whose label has the type `kind`, from one job over them.

    Raises ConfigError (a label or split that does not suit the task), DataRefused (a label without
    information).
    """
    if config.task == "regression":
        validate_number_type(kind, config)
        return number_target(rows, config)
    validate_class_type(kind, config)
    return class_target(rows, kind, config)
