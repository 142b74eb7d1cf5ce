"""Category codes as Spark's own StringIndexerModel, built from labels that are known already."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pyspark.ml.feature import StringIndexerModel
from pyspark.sql import SparkSession


def string_indexer(
    spark: SparkSession, labels: Sequence[Sequence[str]], inputs: Sequence[str], outputs: Sequence[str]
) -> StringIndexerModel:
    """A model that codes each column's labels 0, 1, 2 …; gaps and labels never seen get the next code.

    `StringIndexerModel.from_arrays_of_labels` pads the shorter lists with null labels, which the encoder
    behind it cannot name (Spark 4.2), so the Java arrays are made here, each with its own length.
    """
    gateway: Any = spark.sparkContext._gateway
    text = gateway.jvm.java.lang.String
    arrays = gateway.new_array(text, len(labels), 0)
    for place, column in enumerate(labels):
        array = gateway.new_array(text, len(column))
        for code, label in enumerate(column):
            array[code] = label
        arrays[place] = array
    model: StringIndexerModel = StringIndexerModel._create_from_java_class(
        "org.apache.spark.ml.feature.StringIndexerModel", arrays
    )
    model.setInputCols(list(inputs))
    model.setOutputCols(list(outputs))
    return model.setHandleInvalid("keep")
