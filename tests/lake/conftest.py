"""What tests of the lake share."""

from __future__ import annotations

import pytest
from pyspark.sql import SparkSession

from pipeline.lake.hadoop import Files


@pytest.fixture
def files(spark: SparkSession) -> Files:
    return Files(spark)
